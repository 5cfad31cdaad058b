import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capped, exponential, schedule } from 'holdfast';
import { fitExponential } from '../../src/queues/fit-exponential.ts';
import { same } from '../../src/queues/retry-curve.ts';

describe('fitExponential()', () => {
  it.each([
    ['a capped exponential', [100, 200, 400, 500, 500], { initialDelay: 100, factor: 2, maxDelay: 500 }],
    ['a constant', [100, 100, 100], { initialDelay: 100, factor: 1, maxDelay: 100 }],
    ['a single delay', [70], { initialDelay: 70, factor: 1, maxDelay: 70 }],
    ['an exponential that is capped at once', [100, 150, 150], { initialDelay: 100, factor: 1.5, maxDelay: 150 }],
  ])('goes through %s', (_, delays, { initialDelay, factor, maxDelay }) => {
    const fit = fitExponential(delays, 1);

    expect(fit).toEqual({ initialDelay, factor, maxDelay, delays });
  });

  it.each([
    ['a linear curve', [100, 200, 300, 400], { initialDelay: 100, factor: 2, maxDelay: 400 }, [100, 200, 400, 400]],
    ['a curve that falls', [500, 100, 50], { initialDelay: 500, factor: 1, maxDelay: 500 }, [500, 500, 500]],
    ['a curve with a peak', [100, 900, 50], { initialDelay: 100, factor: 9, maxDelay: 900 }, [100, 900, 900]],
    ['a curve that begins with 0', [0, 0, 400], { initialDelay: 1, factor: 20, maxDelay: 400 }, [1, 20, 400]],
    ['fractions', [0.5, 1.5], { initialDelay: 1, factor: 1.5, maxDelay: 2 }, [1, 1.5]],
    ['nothing but 0', [0, 0], { initialDelay: 1, factor: 1, maxDelay: 1 }, [1, 1]],
    ['no delay', [], { initialDelay: 1, factor: 1, maxDelay: 1 }, []],
  ])('lies above %s', (_, delays, { initialDelay, factor, maxDelay }, waited) => {
    const fit = fitExponential(delays, 1);

    expect(fit).toEqual({ initialDelay, factor, maxDelay, delays: waited });
  });

  it('counts in the unit, and gives the delays in ms', () => {
    const fit = fitExponential([1_500, 3_000, 6_000], 1_000);

    expect(fit).toEqual({
      initialDelay: 2,
      factor: expect.closeTo(Math.sqrt(3), 9),
      maxDelay: 6,
      delays: expect.any(Array),
    });
    expect(fit.delays.map(Math.round)).toEqual([2_000, 3_464, 6_000]);
  });

  it('ends at a year', () => {
    const fit = fitExponential([1e10, 2e10, 4e10, Number.MAX_VALUE], 1);

    expect(fit).toEqual({
      initialDelay: 1e10,
      factor: 2,
      maxDelay: 31_536_000_000,
      delays: [1e10, 2e10, 31_536_000_000, 31_536_000_000],
    });
  });

  it('finds the numbers that a capped exponential was made of', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 11, max: 40 }),
        fc.integer({ min: 1, max: 1_000 }),
        (baseDelay, tenths, times) => {
          const factor = tenths / 10;
          const backoff = capped(exponential({ factor }), baseDelay * factor * times);
          const delays = schedule(backoff, { baseDelay, retries: 50 });

          const fit = fitExponential(delays.map(Math.ceil), 1);

          expect(fit.initialDelay).toBe(baseDelay);
          expect(fit.maxDelay).toBe(Math.ceil(delays.at(-1)!));
        },
      ),
    );
  });

  it('lies nowhere below what it fits, and below it with any smaller factor', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 50 }), (delays) => {
        const { initialDelay, factor, maxDelay, delays: waited } = fitExponential(delays, 1);

        const below = (growth: number): boolean =>
          delays.some((delay, index) => {
            const wait = Math.min(maxDelay, initialDelay * growth ** index);
            return wait < delay && !same(wait, delay);
          });
        expect(waited.every((wait, index) => wait >= delays[index]! || same(wait, delays[index]!))).toBe(true);
        expect(factor === 1 || below(factor * (1 - 1e-6))).toBe(true);
      }),
    );
  });

  it('rounds up to whole units, the first delay and the longest', () => {
    const { initialDelay, maxDelay } = fitExponential([1_200, 3_300], 1_000);

    expect([initialDelay, maxDelay]).toEqual([2, 4]);
  });

  it('shows a factor without the noise of its root', () => {
    expect(fitExponential([1_000, 1_100, 1_210, 1_331], 1).factor).toBe(1.1);
  });
});
