import { describe, expect, it } from 'vitest';
import { Bulkhead, pipeline, timeout } from 'holdfast';
import { layersIn } from '../../src/base/layers.ts';
import { has, percent, shown, type Law } from '../../src/lint/law.ts';

describe('has()', () => {
  it('looks for layers of some kinds', () => {
    const concerns: Law['concerns'] = has('retry', 'bulkhead');

    expect(concerns(layersIn(pipeline(timeout(1), new Bulkhead({ maxConcurrent: 1 }))))).toBe(true);
    expect(concerns(layersIn(timeout(1)))).toBe(false);
  });
});

describe('shown()', () => {
  it.each([
    [0, '0'],
    [7, '7'],
    [0.33333, '0.333'],
    [12.3456, '12.3'],
    [123.456, '123'],
    [123_456, '123456'],
    [Infinity, 'Infinity'],
  ])('shows %d as %s', (value, text) => {
    expect(shown(value)).toBe(text);
  });
});

describe('percent()', () => {
  it('shows a part in per cent', () => {
    expect([0.1, 0.75, 1 / 3, 2.25].map(percent)).toEqual(['10 %', '75 %', '33.3 %', '225 %']);
  });
});
