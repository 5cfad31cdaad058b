import { describe, expect, it } from 'vitest';
import { median, noiseOf, quantile, rounded } from './statistics.mjs';

describe('median()', () => {
  it('is the value in the middle, or between the two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([7])).toBe(7);
  });
});

describe('quantile()', () => {
  it('lies on the line between two values', () => {
    expect([0, 0.25, 0.5, 0.9, 1].map((part) => quantile([10, 30, 20], part))).toEqual([10, 15, 20, 28, 30]);
  });
});

describe('rounded()', () => {
  it('keeps so many digits', () => {
    expect([rounded(1234.567), rounded(0.0012346), rounded(2.71828, 2)]).toEqual([1235, 0.001235, 2.7]);
  });
});

describe('noiseOf()', () => {
  it('is 15 % at least', () => {
    expect(
      noiseOf([
        [2, 2, 2],
        [2, 2, 2],
      ]),
    ).toBe(0.15);
  });

  it('is how far the medians of the runs lie apart', () => {
    expect(
      noiseOf([
        [2, 2, 9],
        [3, 3, 3],
        [2.5, 2.5, 0],
      ]),
    ).toBeGreaterThanOrEqual(0.4);
    expect(
      noiseOf([
        [2, 2, 2],
        [3, 3, 3],
        [2.5, 2.5, 2.5],
      ]),
    ).toBe(0.4);
  });

  it('is twice the standard error of a run where that is more', () => {
    // The quartiles of 1 … 9 are 3 and 7; 2 · 0.93 · 4 / 3 of the median, which is 5.
    expect(noiseOf([[1, 2, 3, 4, 5, 6, 7, 8, 9]])).toBe(0.496);
  });
});
