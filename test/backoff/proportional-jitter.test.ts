import { describe, expect, it } from 'vitest';
import { constant, envelope, exponential, proportionalJitter, schedule, type Backoff } from 'holdfast';
import { wrongArgument } from '../wrong-argument.ts';

describe('proportionalJitter()', () => {
  it.each([
    [0.25, 0, [75, 150, 300]],
    [0.25, 0.5, [100, 200, 400]],
    [0.5, 0.75, [125, 250, 500]],
    [0, 0.9, [100, 200, 400]],
    [1, 0, [0, 0, 0]],
    [1, 0.75, [150, 300, 600]],
  ])('varies what is inside by a ratio of %d both ways, at the part %d', (ratio, part, delays) => {
    const planned = schedule(proportionalJitter(exponential(), ratio), {
      baseDelay: 100,
      retries: 3,
      random: () => part,
    });

    expect(planned).toEqual(delays);
  });

  it.each([
    [2 ** 31, 0, 0],
    [2 ** 31, 100, Number.MAX_VALUE],
    [1, Number.MAX_VALUE, Number.MAX_VALUE],
    [1, 0.5, 0.625],
  ])('is finite after attempt %d with a base delay of %d ms', (attempt, baseDelay, expected) => {
    const backoff = proportionalJitter(exponential(), 0.5);

    const delay = backoff({ attempt, baseDelay, previousDelay: 0, totalDelay: 0, random: () => 0.75 });

    expect(delay).toBe(expected);
  });

  it('keeps the mean', () => {
    const bounds = envelope(proportionalJitter(constant(), 0.25), { baseDelay: 100, retries: 2 });

    expect(bounds.map(({ min, max, mean }) => [min, Math.round(max), Math.round(mean)])).toEqual([
      [75, 125, 100],
      [75, 125, 100],
    ]);
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [100, '100'],
    ['exponential', '"exponential"'],
    [{}, 'a value of type object'],
  ])('refuses an inner backoff that is none (%s)', (inner, shown) => {
    const make = (): Backoff => proportionalJitter(inner as never, 0.5);

    expect(make).toThrow(
      wrongArgument(TypeError, `Cannot jitter a backoff: expected inner to be a function, got ${shown}`),
    );
  });

  it.each([
    [-0.1, RangeError, '-0.1'],
    [1.1, RangeError, '1.1'],
    [25, RangeError, '25'],
    [NaN, RangeError, 'NaN'],
    [undefined, TypeError, 'undefined'],
    ['25%', TypeError, '"25%"'],
  ] as const)('refuses a ratio of %o', (ratio, Class, shown) => {
    const make = (): Backoff => proportionalJitter(constant(), ratio as never);

    expect(make).toThrow(
      wrongArgument(Class, `Cannot jitter a backoff: expected ratio to be a number from 0 to 1, got ${shown}`),
    );
  });
});
