import { describe, expect, it, vi } from 'vitest';
import { capped, envelope, schedule, smoothJitter } from 'holdfast';

const BASE = 100;

describe('smoothJitter()', () => {
  it.each([0, 0.25, 0.5, 0.999])('gives the differences of its curve at the part %d of every attempt', (part) => {
    const planned = schedule(smoothJitter(), { baseDelay: BASE, retries: 6, random: () => part });

    const expected = [0, 1, 2, 3, 4, 5].map((n) => curve(n + part) - (n ? curve(n - 1 + part) : 0));
    planned.forEach((delay, index) => expect(delay).toBeCloseTo(expected[index]!, 9));
  });

  it('gives these delays for a chance of a half', () => {
    const planned = schedule(smoothJitter(), { baseDelay: BASE, retries: 5, random: () => 0.5 });

    expect(planned.map(Math.round)).toEqual([90, 109, 204, 405, 808]);
  });

  it('does not make up for a delay that a hint of the server made longer', () => {
    const step = { attempt: 3, baseDelay: BASE, previousDelay: 30_000, random: () => 0.5 };

    const delays = [0, 30_000, 1e9].map((totalDelay) => smoothJitter()({ ...step, totalDelay }));

    expect(delays.map(Math.round)).toEqual([403, 119, 119]);
  });

  it('draws once a delay, and twice where a cap applies', () => {
    const random = vi.fn(() => 0.5);

    schedule(smoothJitter(), { baseDelay: BASE, retries: 3, random });
    const free = random.mock.calls.length;
    schedule(capped(smoothJitter(), 150), { baseDelay: BASE, retries: 3, random });

    expect([free, random.mock.calls.length - free]).toEqual([3, 4]);
  });

  it.each([
    [1, 0, 0],
    [2 ** 31, 0, 0],
    [2 ** 31, 100, Number.MAX_VALUE],
    [2 ** 31, Number.MIN_VALUE, Number.MAX_VALUE],
    [1, Number.MAX_VALUE, (Math.SQRT2 * Math.tanh(Math.SQRT2) * Number.MAX_VALUE) / 1.4],
    [2, Number.MAX_VALUE, Number.MAX_VALUE],
  ])('is finite after attempt %d with a base delay of %d ms', (attempt, baseDelay, expected) => {
    const delay = smoothJitter()({ attempt, baseDelay, previousDelay: 0, totalDelay: 0, random: () => 0.5 });

    expect(delay).toBe(Math.min(expected, Number.MAX_VALUE));
  });

  describe('given a cap around it', () => {
    it('draws what would be longer evenly from 0 to the cap', () => {
      const draws = [0.5, 0.5, 0.9, 0.75, 0.1, 0.25];

      const planned = schedule(capped(smoothJitter(), 150), {
        baseDelay: BASE,
        retries: 4,
        random: () => draws.shift()!,
      });

      expect(planned.map(Math.round)).toEqual([90, 109, 113, 38]);
    });

    it('is free where the cap is Infinity', () => {
      const random = (): number => 0.5;

      const planned = [smoothJitter(), capped(smoothJitter(), Infinity)].map((backoff) =>
        schedule(backoff, { baseDelay: BASE, retries: 8, random }),
      );

      expect(planned[1]).toEqual(planned[0]);
    });

    it('waits nothing where the cap is 0', () => {
      const planned = schedule(capped(smoothJitter(), 0), { baseDelay: BASE, retries: 3, random: () => 0.5 });

      expect(planned).toEqual([0, 0, 0]);
    });
  });

  it('has its median first delay near the base delay', () => {
    const [first] = envelope(smoothJitter(), { baseDelay: BASE, retries: 1 });

    expect(first!.min).toBe(0);
    expect(first!.max).toBeCloseTo(curve(1), 9);
    expect(Math.round(curve(0.5))).toBe(90);
  });
});

/** 2^t · tanh(√(4t)) · BASE / 1.4 */
function curve(t: number): number {
  return (2 ** t * Math.tanh(Math.sqrt(4 * t)) * BASE) / 1.4;
}
