import { describe, expect, it } from 'vitest';
import { envelope, equalJitter, exponential, schedule, type Backoff } from 'holdfast';
import { wrongArgument } from '../wrong-argument.ts';

describe('equalJitter()', () => {
  it.each([
    [0, [50, 100, 200, 400]],
    [0.25, [62.5, 125, 250, 500]],
    [0.5, [75, 150, 300, 600]],
  ])('keeps half of what is inside, and takes the part %d of the other half', (part, delays) => {
    const planned = schedule(equalJitter(exponential()), { baseDelay: 100, retries: 4, random: () => part });

    expect(planned).toEqual(delays);
  });

  it.each([
    [1, 0.5, 0.375],
    [2 ** 31, 0, 0],
    [2 ** 31, 100, Number.MAX_VALUE * 0.75],
    [1, Number.MAX_VALUE, Number.MAX_VALUE * 0.75],
    [1, Number.MIN_VALUE, 0],
  ])('is finite after attempt %d with a base delay of %d ms', (attempt, baseDelay, expected) => {
    const random = (): number => (baseDelay === Number.MIN_VALUE ? 0 : 0.5);

    const delay = equalJitter(exponential())({ attempt, baseDelay, previousDelay: 0, totalDelay: 0, random });

    expect(delay).toBe(expected);
  });

  it('lies between half and all of what is inside, three quarters in the mean', () => {
    const bounds = envelope(equalJitter(exponential()), { baseDelay: 100, retries: 3 });

    expect(bounds.map(({ min, max }) => [min, Math.round(max)])).toEqual([
      [50, 100],
      [100, 200],
      [200, 400],
    ]);
    bounds.forEach(({ max, mean }) => expect(mean / max).toBeCloseTo(0.75, 2));
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [100, '100'],
    ['exponential', '"exponential"'],
    [{}, 'a value of type object'],
  ])('refuses an inner backoff that is none (%s)', (inner, shown) => {
    const make = (): Backoff => equalJitter(inner as never);

    expect(make).toThrow(
      wrongArgument(TypeError, `Cannot jitter a backoff: expected inner to be a function, got ${shown}`),
    );
  });
});
