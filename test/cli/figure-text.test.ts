import { describe, expect, it } from 'vitest';
import { countText, figureText, percentText } from '../../src/cli/figure-text.ts';

describe('figureText()', () => {
  it.each([
    [0, '0 ms'],
    [0.12345, '0.123 ms'],
    [999, '999 ms'],
    [1_000, '1 s'],
    [69_648, '69.6 s'],
    [Infinity, 'never'],
    [null, '–'],
  ])('says %d as %s', (ms, text) => {
    expect(figureText(ms)).toBe(text);
  });
});

describe('countText()', () => {
  it('keeps all digits of what is large, and three of what is small', () => {
    expect([0, 0.12345, 99.96, 37_967.4].map(countText)).toEqual(['0', '0.123', '100', '37967']);
  });
});

describe('percentText()', () => {
  it('has one place after the point', () => {
    expect([0, 0.25378, 1].map(percentText)).toEqual(['0.0 %', '25.4 %', '100.0 %']);
  });
});
