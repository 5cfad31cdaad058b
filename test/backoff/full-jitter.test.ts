import { describe, expect, it, vi } from 'vitest';
import { capped, constant, envelope, exponential, fullJitter, schedule, type Backoff } from 'holdfast';
import { wrongArgument } from '../wrong-argument.ts';

const ALMOST_ONE = 1 - 2 ** -53;

describe('fullJitter()', () => {
  it.each([
    [0, [0, 0, 0, 0]],
    [0.25, [25, 50, 100, 200]],
    [0.5, [50, 100, 200, 400]],
    [ALMOST_ONE, [100, 200, 400, 800].map((delay) => delay * ALMOST_ONE)],
  ])('takes the part %d of what is inside', (part, delays) => {
    const planned = schedule(fullJitter(exponential()), { baseDelay: 100, retries: 4, random: () => part });

    expect(planned).toEqual(delays);
  });

  it('draws once a delay', () => {
    const random = vi.fn(() => 0.5);

    schedule(fullJitter(exponential()), { baseDelay: 100, retries: 3, random });

    expect(random).toHaveBeenCalledTimes(3);
  });

  it.each([
    [1, 0.5, 0.25],
    [2 ** 31, 0, 0],
    [2 ** 31, 100, Number.MAX_VALUE / 2],
    [1, Number.MAX_VALUE, Number.MAX_VALUE / 2],
  ])('is finite after attempt %d with a base delay of %d ms', (attempt, baseDelay, expected) => {
    const delay = fullJitter(exponential())({ attempt, baseDelay, previousDelay: 0, totalDelay: 0, random: () => 0.5 });

    expect(delay).toBe(expected);
  });

  it('lies between 0 and what is inside, half of it in the mean', () => {
    const bounds = envelope(fullJitter(capped(exponential(), 300)), { baseDelay: 100, retries: 4 });

    expect(bounds.map(({ min, max }) => [min, Math.round(max)])).toEqual([
      [0, 100],
      [0, 200],
      [0, 300],
      [0, 300],
    ]);
    bounds.forEach(({ max, mean }) => expect(mean / max).toBeCloseTo(0.5, 2));
  });

  it('multiplies its chances where it is nested', () => {
    const draws = [0.5, 0.25];

    const [delay] = schedule(fullJitter(fullJitter(constant())), {
      baseDelay: 80,
      retries: 1,
      random: () => draws.shift()!,
    });

    expect(delay).toBe(10);
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [100, '100'],
    ['exponential', '"exponential"'],
    [{}, 'a value of type object'],
  ])('refuses an inner backoff that is none (%s)', (inner, shown) => {
    const make = (): Backoff => fullJitter(inner as never);

    expect(make).toThrow(
      wrongArgument(TypeError, `Cannot jitter a backoff: expected inner to be a function, got ${shown}`),
    );
  });
});
