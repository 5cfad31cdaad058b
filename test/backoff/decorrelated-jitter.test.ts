import { describe, expect, it } from 'vitest';
import { decorrelatedJitter, envelope, schedule, type Backoff } from 'holdfast';
import { wrongArgument } from '../wrong-argument.ts';

describe('decorrelatedJitter()', () => {
  it.each([
    [undefined, 0, [100, 100, 100, 100]],
    [undefined, 0.5, [200, 350, 575, 912.5]],
    [{}, 0.5, [200, 350, 575, 912.5]],
    [{ maxDelay: undefined }, 0.5, [200, 350, 575, 912.5]],
    [{ maxDelay: 500 }, 0.5, [200, 350, 500, 500]],
    [{ maxDelay: 50 }, 0.5, [50, 50, 50, 50]],
    [{ maxDelay: 0 }, 0.5, [0, 0, 0, 0]],
    [{ maxDelay: Infinity }, 0.25, [150, 187.5, 215.625, 236.71875]],
  ])('draws between the base delay and three times the last delay (%o), at the part %d', (options, part, delays) => {
    const planned = schedule(decorrelatedJitter(options), { baseDelay: 100, retries: 4, random: () => part });

    expect(planned).toEqual(delays);
  });

  it('does not look at the number of the attempt', () => {
    const backoff = decorrelatedJitter();

    const delays = [1, 2, 2 ** 31].map((attempt) =>
      backoff({ attempt, baseDelay: 10, previousDelay: 30, totalDelay: 0, random: () => 0.5 }),
    );

    expect(delays).toEqual([50, 50, 50]);
  });

  it.each([
    [0, 0, 0],
    [0.5, 0.5, 1],
    [100, 0, 100],
    [100, 20, 100],
    [Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE],
    [0, Number.MAX_VALUE, Number.MAX_VALUE / 2],
  ])(
    'stays finite and at or above its base delay of %d ms after a delay of %d ms',
    (baseDelay, previousDelay, expected) => {
      const delay = decorrelatedJitter()({ attempt: 2, baseDelay, previousDelay, totalDelay: 0, random: () => 0.5 });

      expect(delay).toBe(expected);
    },
  );

  it('lies between the base delay and 3ⁿ times it, under its cap', () => {
    const bounds = envelope(decorrelatedJitter({ maxDelay: 2_000 }), { baseDelay: 100, retries: 4 });

    expect(bounds.map(({ min, max }) => [min, Math.round(max)])).toEqual([
      [100, 300],
      [100, 900],
      [100, 2_000],
      [100, 2_000],
    ]);
  });

  it.each([
    [{ maxDelay: -1 }, RangeError, 'expected maxDelay to be a number of ms ≥ 0, or Infinity, got -1'],
    [{ maxDelay: NaN }, RangeError, 'expected maxDelay to be a number of ms ≥ 0, or Infinity, got NaN'],
    [{ maxDelay: '2s' }, TypeError, 'expected maxDelay to be a number of ms ≥ 0, or Infinity, got "2s"'],
    [{ cap: 5 }, TypeError, 'expected a known option (maxDelay), got "cap"'],
    [2_000, TypeError, 'expected options to be an object, got 2000'],
  ] as const)('refuses %o', (options, Class, message) => {
    const make = (): Backoff => decorrelatedJitter(options as never);

    expect(make).toThrow(wrongArgument(Class, `Cannot make a decorrelated jitter: ${message}`));
  });
});
