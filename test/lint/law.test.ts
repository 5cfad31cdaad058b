import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bulkhead, pipeline, timeout } from 'holdfast';
import { layersIn } from '../../src/base/layers.ts';
import { has, isBelow, percent, shown, shownDown, shownUp, type Law } from '../../src/lint/law.ts';

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

describe.each([
  ['shownUp()', shownUp, ['1234', '124', '12.4', '0.334', '100', '0.1']],
  ['shownDown()', shownDown, ['1233', '123', '12.3', '0.333', '100', '0.1']],
])('%s', (_, rounded, texts) => {
  it('rounds to one side, but for what floating point adds', () => {
    expect([1_233.5, 123.4, 12.34, 1 / 3, 100.00000000000001, 0.30000000000000004 / 3].map(rounded)).toEqual(texts);
  });

  it('leaves nothing as it is', () => {
    expect(rounded(0)).toBe('0');
  });

  it('shows no less, or no more, than there is', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (value) => {
        const [least, most] = [shownDown(value), shownUp(value)].map(Number) as [number, number];
        expect([isBelow(value, least), isBelow(most, value)]).toEqual([false, false]);
        expect(most - least).toBeLessThanOrEqual(Math.max(1, value) / 50);
      }),
    );
  });
});

describe('percent()', () => {
  it('shows a part in per cent', () => {
    expect([0.1, 0.75, 1 / 3, 2.25].map(percent)).toEqual(['10 %', '75 %', '33.3 %', '225 %']);
  });
});
