import { describe, expect, it } from 'vitest';
import { linear, schedule, type Backoff, type BackoffStep } from 'holdfast';
import { wrongArgument } from '../wrong-argument.ts';

describe('linear()', () => {
  it.each([
    [undefined, 100, [100, 200, 300, 400]],
    [undefined, 0.5, [0.5, 1, 1.5, 2]],
    [undefined, 0, [0, 0, 0, 0]],
    [{}, 10, [10, 20, 30, 40]],
    [{ increment: undefined }, 10, [10, 20, 30, 40]],
    [{ increment: 50 }, 100, [100, 150, 200, 250]],
    [{ increment: 0 }, 100, [100, 100, 100, 100]],
    [{ increment: 0.25 }, 0, [0, 0.25, 0.5, 0.75]],
    [undefined, Number.MAX_VALUE, [Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE]],
    [{ increment: Number.MAX_VALUE }, 1, [1, Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE]],
  ])('grows by the same amount every time (%o, base delay %d ms)', (options, baseDelay, delays) => {
    const planned = schedule(linear(options), { baseDelay, retries: 4 });

    expect(planned).toEqual(delays);
  });

  it.each([
    [1, 100, 100],
    [10_000, 100, 1_000_000],
    [2 ** 31, 100, 100 * 2 ** 31],
    [2 ** 31, 0, 0],
    [2 ** 31, 0.5, 2 ** 30],
    [2 ** 31, Number.MAX_VALUE, Number.MAX_VALUE],
  ])('is exact after attempt %d with a base delay of %d ms', (attempt, baseDelay, expected) => {
    const delay = linear()(after(attempt, baseDelay));

    expect(delay).toBe(expected);
  });

  it.each([
    [{ increment: -1 }, RangeError, 'expected increment to be a finite number of ms ≥ 0, got -1'],
    [{ increment: Infinity }, RangeError, 'expected increment to be a finite number of ms ≥ 0, got Infinity'],
    [{ increment: NaN }, RangeError, 'expected increment to be a finite number of ms ≥ 0, got NaN'],
    [{ increment: '50' }, TypeError, 'expected increment to be a finite number of ms ≥ 0, got "50"'],
    [{ increment: 50n }, TypeError, 'expected increment to be a finite number of ms ≥ 0, got 50n'],
    [{ step: 50 }, TypeError, 'expected a known option (increment), got "step"'],
    [50, TypeError, 'expected options to be an object, got 50'],
    [null, TypeError, 'expected options to be an object, got null'],
  ] as const)('refuses %o', (options, Class, message) => {
    const make = (): Backoff => linear(options as never);

    expect(make).toThrow(wrongArgument(Class, `Cannot make a linear backoff: ${message}`));
  });
});

function after(attempt: number, baseDelay: number): BackoffStep {
  return { attempt, baseDelay, previousDelay: 1, totalDelay: 2, random: () => 0.9 };
}
