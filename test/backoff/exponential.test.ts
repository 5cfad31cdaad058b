import { describe, expect, it } from 'vitest';
import { exponential, schedule, type Backoff, type BackoffStep } from 'holdfast';
import { wrongArgument } from '../wrong-argument.ts';

describe('exponential()', () => {
  it.each([
    [undefined, 100, [100, 200, 400, 800]],
    [undefined, 0.5, [0.5, 1, 2, 4]],
    [undefined, 0, [0, 0, 0, 0]],
    [undefined, 3, [3, 6, 12, 24]],
    [{}, 10, [10, 20, 40, 80]],
    [{ factor: undefined }, 10, [10, 20, 40, 80]],
    [{ factor: 3 }, 10, [10, 30, 90, 270]],
    [{ factor: 1.5 }, 8, [8, 12, 18, 27]],
    [{ factor: 1 }, 10, [10, 10, 10, 10]],
    [{ factor: Number.MAX_VALUE }, 10, [10, Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE]],
    [undefined, Number.MAX_VALUE, [Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE]],
  ])('multiplies by its factor every time (%o, base delay %d ms)', (options, baseDelay, delays) => {
    const planned = schedule(exponential(options), { baseDelay, retries: 4 });

    expect(planned).toEqual(delays);
  });

  it.each([
    [1, 100, 100],
    [15, 1, 2 ** 14],
    [16, 1, 2 ** 15],
    [17, 1, 2 ** 16],
    [31, 1, 2 ** 30],
    [32, 1, 2 ** 31],
    [33, 1, 2 ** 32],
    [1_024, 1, 2 ** 1_023],
    [1_025, 1, Number.MAX_VALUE],
    [10_000, 100, Number.MAX_VALUE],
    [2 ** 31, 100, Number.MAX_VALUE],
    [2 ** 31, 0, 0],
    [2 ** 31, Number.MIN_VALUE, Number.MAX_VALUE],
  ])(
    'is exact, and ends at the largest number, after attempt %d with a base delay of %d ms',
    (attempt, baseDelay, expected) => {
      const delay = exponential()(after(attempt, baseDelay));

      expect(delay).toBe(expected);
    },
  );

  it.each([
    [{ factor: 0.99 }, RangeError, 'expected factor to be a finite number ≥ 1, got 0.99'],
    [{ factor: 0 }, RangeError, 'expected factor to be a finite number ≥ 1, got 0'],
    [{ factor: -2 }, RangeError, 'expected factor to be a finite number ≥ 1, got -2'],
    [{ factor: Infinity }, RangeError, 'expected factor to be a finite number ≥ 1, got Infinity'],
    [{ factor: NaN }, RangeError, 'expected factor to be a finite number ≥ 1, got NaN'],
    [{ factor: '2' }, TypeError, 'expected factor to be a finite number ≥ 1, got "2"'],
    [{ factor: 2n }, TypeError, 'expected factor to be a finite number ≥ 1, got 2n'],
    [{ factor: null }, TypeError, 'expected factor to be a finite number ≥ 1, got null'],
    [{ base: 2 }, TypeError, 'expected a known option (factor), got "base"'],
    [2, TypeError, 'expected options to be an object, got 2'],
    [[2], TypeError, 'expected options to be an object, got a value of type object'],
  ] as const)('refuses %o', (options, Class, message) => {
    const make = (): Backoff => exponential(options as never);

    expect(make).toThrow(wrongArgument(Class, `Cannot make an exponential backoff: ${message}`));
  });
});

function after(attempt: number, baseDelay: number): BackoffStep {
  return { attempt, baseDelay, previousDelay: 1, totalDelay: 2, random: () => 0.9 };
}
