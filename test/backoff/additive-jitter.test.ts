import { describe, expect, it } from 'vitest';
import { additiveJitter, constant, envelope, exponential, schedule, type Backoff } from 'holdfast';
import { wrongArgument } from '../wrong-argument.ts';

describe('additiveJitter()', () => {
  it.each([
    [undefined, 0, [100, 200, 400]],
    [undefined, 0.5, [150, 250, 450]],
    [20, 0.5, [110, 210, 410]],
    [0, 0.5, [100, 200, 400]],
    [0.5, 0.5, [100.25, 200.25, 400.25]],
  ])('adds to what is inside (spread %s) the part %d of its spread', (spread, part, delays) => {
    const planned = schedule(additiveJitter(exponential(), spread), { baseDelay: 100, retries: 3, random: () => part });

    expect(planned).toEqual(delays);
  });

  it.each([
    [2 ** 31, 0, undefined, 0],
    [2 ** 31, 0, 10, 5],
    [2 ** 31, 100, undefined, Number.MAX_VALUE],
    [1, Number.MAX_VALUE, undefined, Number.MAX_VALUE],
    [1, 1, Number.MAX_VALUE, 1 + Number.MAX_VALUE / 2],
  ])(
    'is finite after attempt %d with a base delay of %d ms and a spread of %s',
    (attempt, baseDelay, spread, expected) => {
      const backoff = additiveJitter(exponential(), spread);

      const delay = backoff({ attempt, baseDelay, previousDelay: 0, totalDelay: 0, random: () => 0.5 });

      expect(delay).toBe(expected);
    },
  );

  it('never shortens, and adds half of its spread in the mean', () => {
    const bounds = envelope(additiveJitter(constant(), 50), { baseDelay: 100, retries: 2 });

    expect(bounds.map(({ min, max, mean }) => [min, Math.round(max), Math.round(mean)])).toEqual([
      [100, 150, 125],
      [100, 150, 125],
    ]);
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [100, '100'],
    ['exponential', '"exponential"'],
    [{}, 'a value of type object'],
  ])('refuses an inner backoff that is none (%s)', (inner, shown) => {
    const make = (): Backoff => additiveJitter(inner as never);

    expect(make).toThrow(
      wrongArgument(TypeError, `Cannot jitter a backoff: expected inner to be a function, got ${shown}`),
    );
  });

  it.each([
    [-1, RangeError, '-1'],
    [NaN, RangeError, 'NaN'],
    [Infinity, RangeError, 'Infinity'],
    [null, TypeError, 'null'],
    ['5', TypeError, '"5"'],
  ] as const)('refuses a spread of %o', (spread, Class, shown) => {
    const make = (): Backoff => additiveJitter(constant(), spread as never);

    expect(make).toThrow(
      wrongArgument(Class, `Cannot jitter a backoff: expected spread to be a finite number of ms ≥ 0, got ${shown}`),
    );
  });
});
