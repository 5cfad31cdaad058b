import { describe, expect, it } from 'vitest';
import { atLeast, capped, constant, exponential, fullJitter, linear, schedule, type Backoff } from 'holdfast';
import { wrongArgument } from '../wrong-argument.ts';

describe('atLeast()', () => {
  it.each([
    [250, [250, 250, 300, 400]],
    [0, [100, 200, 300, 400]],
    [100.5, [100.5, 200, 300, 400]],
    [Number.MAX_VALUE, [Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE]],
  ])('never waits less than %d ms', (minDelay, delays) => {
    const planned = schedule(atLeast(linear(), minDelay), { baseDelay: 100, retries: 4 });

    expect(planned).toEqual(delays);
  });

  it('is a floor under a jitter', () => {
    const draws = [0, 0.5, 0.999];

    const planned = schedule(atLeast(fullJitter(constant()), 20), {
      baseDelay: 100,
      retries: 3,
      random: () => draws.shift()!,
    });

    expect(planned).toEqual([20, 50, 99.9]);
  });

  it('leaves the last word to what is outside: a cap below the floor', () => {
    const planned = schedule(capped(atLeast(exponential(), 50), 10), { baseDelay: 1, retries: 2 });

    expect(planned).toEqual([10, 10]);
  });

  it.each([
    [2 ** 31, 0, 30],
    [2 ** 31, 1, Number.MAX_VALUE],
  ])('holds after attempt %d with a base delay of %d ms', (attempt, baseDelay, expected) => {
    const delay = atLeast(exponential(), 30)({ attempt, baseDelay, previousDelay: 0, totalDelay: 0, random: () => 0 });

    expect(delay).toBe(expected);
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [100, '100'],
    ['exponential', '"exponential"'],
    [{}, 'a value of type object'],
  ])('refuses an inner backoff that is none (%s)', (inner, shown) => {
    const make = (): Backoff => atLeast(inner as never, 5);

    expect(make).toThrow(
      wrongArgument(TypeError, `Cannot put a floor under a backoff: expected inner to be a function, got ${shown}`),
    );
  });

  it.each([
    [-1, RangeError, '-1'],
    [NaN, RangeError, 'NaN'],
    [Infinity, RangeError, 'Infinity'],
    [undefined, TypeError, 'undefined'],
    ['5', TypeError, '"5"'],
  ] as const)('refuses a floor of %o', (minDelay, Class, shown) => {
    const make = (): Backoff => atLeast(constant(), minDelay as never);

    expect(make).toThrow(
      wrongArgument(
        Class,
        `Cannot put a floor under a backoff: expected minDelay to be a finite number of ms ≥ 0, got ${shown}`,
      ),
    );
  });
});
