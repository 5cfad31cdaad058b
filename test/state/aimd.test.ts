import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aimd, decrease, increase, limitOf, type Aimd } from '../../src/state/aimd.ts';

function at(limit: number, { min = 1, max = 200, successes = 0 }: Partial<Aimd> = {}): Aimd {
  return { ...aimd(min, max, limit), successes };
}

describe('aimd()', () => {
  it('is plain data', () => {
    expect(aimd(1, 200, 2)).toEqual({ min: 1, max: 200, limit: 2, successes: 0 });
  });

  it.each([
    [5, 10, 2, 5],
    [1, 1, 2, 1],
    [1, 10, 50, 10],
    [3, 3, 3, 3],
  ])('between %d and %d begins as near to %d as it may: at %d', (min, max, initial, limit) => {
    expect(limitOf(aimd(min, max, initial))).toBe(limit);
  });
});

describe('limitOf()', () => {
  it('is the whole part', () => {
    expect([1, 1.8, 8.1, 199.999].map((limit) => limitOf(at(limit)))).toEqual([1, 1, 8, 199]);
  });
});

describe('decrease()', () => {
  it('takes a tenth away, and forgets the successes so far', () => {
    const state = at(10, { successes: 7 });

    decrease(state);

    expect(state).toEqual({ min: 1, max: 200, limit: 9, successes: 0 });
  });

  it('keeps the fraction, so that small limits shrink too', () => {
    const state = at(5);
    const limits: number[] = [];

    for (let failure = 0; failure < 7; failure++) {
      decrease(state);
      limits.push(limitOf(state));
    }

    expect(limits).toEqual([4, 4, 3, 3, 2, 2, 2]);
  });

  it('never goes below min', () => {
    const state = at(4, { min: 3 });

    for (let failure = 0; failure < 100; failure++) decrease(state);

    expect(state.limit).toBe(3);
  });
});

describe('increase()', () => {
  it('adds one after as many successes as the limit has', () => {
    const state = at(3);
    const limits: number[] = [];

    for (let success = 0; success < 7; success++) {
      increase(state, 3);
      limits.push(state.limit);
    }

    expect(limits).toEqual([3, 3, 4, 4, 4, 4, 5]);
    expect(state.successes).toBe(0);
  });

  it('goes by the whole part, and keeps the fraction', () => {
    const state = at(1.8);

    increase(state, 1);

    expect(state).toEqual({ min: 1, max: 200, limit: 2.8, successes: 0 });
  });

  it.each([
    [4, 1, 0],
    [4, 2, 1],
    [5, 2, 0],
    [5, 3, 1],
    [5.9, 2, 0],
    [1, 1, 0],
    [1, 0, 0],
  ])('with a limit of %d counts a success beside %d that run %d times', (limit, running, successes) => {
    const state = at(limit);

    increase(state, running);

    expect(state.successes).toBe(successes);
  });

  it('never goes above max, not by a fraction either', () => {
    const state = at(9.5, { max: 10 });

    for (let success = 0; success < 100; success++) increase(state, 10);

    expect(state.limit).toBe(10);
  });

  it('begins to count anew after a decrease', () => {
    const state = at(3);
    increase(state, 3);
    increase(state, 3);

    decrease(state);
    increase(state, 3);
    const before = limitOf(state);
    increase(state, 3);

    expect([before, state.limit]).toEqual([2, 3.7]);
  });
});

describe('any history', () => {
  it('keeps the limit between min and max, and moves it by one up or a tenth down at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 50 }),
        fc.array(fc.oneof(fc.constant(-1), fc.nat(100)), { maxLength: 200 }),
        (min, more, history) => {
          const state = aimd(min, min + more, 2);
          for (const running of history) {
            const { limit } = state;
            if (running < 0) decrease(state);
            else increase(state, running);

            expect(state.limit).toBeGreaterThanOrEqual(min);
            expect(state.limit).toBeLessThanOrEqual(min + more);
            expect(state.limit).toBeLessThanOrEqual(limit + 1);
            expect(state.limit).toBeGreaterThanOrEqual(Math.max(min, limit * 0.9));
            expect(state.successes).toBeLessThan(limitOf(state));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
