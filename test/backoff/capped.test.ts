import { describe, expect, it } from 'vitest';
import { capped, constant, exponential, fullJitter, linear, schedule, smoothJitter, type Backoff } from 'holdfast';
import { wrongArgument } from '../wrong-argument.ts';

describe('capped()', () => {
  it.each([
    [300, [100, 200, 300, 300, 300]],
    [100, [100, 100, 100, 100, 100]],
    [50, [50, 50, 50, 50, 50]],
    [0, [0, 0, 0, 0, 0]],
    [0.5, [0.5, 0.5, 0.5, 0.5, 0.5]],
    [Infinity, [100, 200, 400, 800, 1_600]],
    [Number.MAX_VALUE, [100, 200, 400, 800, 1_600]],
  ])('never waits longer than %d ms', (maxDelay, delays) => {
    const planned = schedule(capped(exponential(), maxDelay), { baseDelay: 100, retries: 5 });

    expect(planned).toEqual(delays);
  });

  it.each([1, 2 ** 31])('holds after attempt %d', (attempt) => {
    const backoff = capped(exponential(), 5);

    const delay = backoff({ attempt, baseDelay: Number.MAX_VALUE, previousDelay: 0, totalDelay: 0, random: () => 0 });

    expect(delay).toBe(5);
  });

  it('holds the lower of two caps', () => {
    const one = capped(capped(linear(), 300), 200);
    const other = capped(capped(linear(), 200), 300);

    const planned = [one, other].map((backoff) => schedule(backoff, { baseDelay: 100, retries: 3 }));

    expect(planned).toEqual([
      [100, 200, 200],
      [100, 200, 200],
    ]);
  });

  it('spreads a jitter that is around it below the cap, and cuts off one that is in it at the cap', () => {
    const random = (): number => 0.75;

    const around = schedule(fullJitter(capped(constant(), 100)), { baseDelay: 200, retries: 2, random });
    const within = schedule(capped(fullJitter(constant()), 100), { baseDelay: 200, retries: 2, random });

    expect(around).toEqual([75, 75]);
    expect(within).toEqual([100, 100]);
  });

  describe('given a backoff that spreads below a cap by itself', () => {
    it('draws evenly below the cap instead of waiting the cap', () => {
      const random = (): number => 0.5;

      const planned = schedule(capped(smoothJitter(), 60), { baseDelay: 100, retries: 4, random });

      expect(planned).toEqual([30, 30, 30, 30]);
    });

    it('draws below the lower of two caps, too', () => {
      const random = (): number => 0.5;

      const planned = schedule(capped(capped(smoothJitter(), 1_000), 60), { baseDelay: 100, retries: 4, random });

      expect(planned.every((delay) => delay < 60)).toBe(true);
    });
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [100, '100'],
    ['exponential', '"exponential"'],
    [{}, 'a value of type object'],
  ])('refuses an inner backoff that is none (%s)', (inner, shown) => {
    const make = (): Backoff => capped(inner as never, 5);

    expect(make).toThrow(
      wrongArgument(TypeError, `Cannot cap a backoff: expected inner to be a function, got ${shown}`),
    );
  });

  it.each([
    [-1, RangeError, '-1'],
    [NaN, RangeError, 'NaN'],
    [undefined, TypeError, 'undefined'],
    ['20s', TypeError, '"20s"'],
    [5n, TypeError, '5n'],
    [{ maxDelay: 5 }, TypeError, 'a value of type object'],
  ] as const)('refuses a cap of %o', (maxDelay, Class, shown) => {
    const make = (): Backoff => capped(constant(), maxDelay as never);

    expect(make).toThrow(
      wrongArgument(
        Class,
        `Cannot cap a backoff: expected maxDelay to be a number of ms ≥ 0, or Infinity, got ${shown}`,
      ),
    );
  });
});
