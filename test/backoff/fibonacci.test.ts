import { describe, expect, it } from 'vitest';
import { fibonacci, schedule } from 'holdfast';

describe('fibonacci()', () => {
  it.each([
    [100, [100, 100, 200, 300, 500, 800, 1_300]],
    [1, [1, 1, 2, 3, 5, 8, 13]],
    [0.5, [0.5, 0.5, 1, 1.5, 2.5, 4, 6.5]],
    [0, [0, 0, 0, 0, 0, 0, 0]],
    [Number.MAX_VALUE, Array.from({ length: 7 }, () => Number.MAX_VALUE)],
  ])('grows with the Fibonacci numbers from a base delay of %d ms', (baseDelay, delays) => {
    const planned = schedule(fibonacci(), { baseDelay, retries: 7 });

    expect(planned).toEqual(delays);
  });

  it.each([
    [1, 1, 1],
    [2, 1, 1],
    [78, 1, 8_944_394_323_791_464],
    [1_476, 1, 1.3069892237633987e308],
    [1_477, 1, Number.MAX_VALUE],
    [10_000, 1, Number.MAX_VALUE],
    [2 ** 31, 100, Number.MAX_VALUE],
    [2 ** 31, 0, 0],
  ])(
    'is exact, and ends at the largest number, after attempt %d with a base delay of %d ms',
    (attempt, baseDelay, expected) => {
      const delay = fibonacci()({ attempt, baseDelay, previousDelay: 1, totalDelay: 2, random: () => 0.9 });

      expect(delay).toBe(expected);
    },
  );
});
