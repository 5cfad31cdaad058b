import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { niceTicks } from '../../src/cli/nice-ticks.ts';

describe('niceTicks()', () => {
  it.each([
    [100, [0, 20, 40, 60, 80, 100]],
    [0, [0, 0.2]],
    [7, [0, 2, 4, 6, 8]],
    [0.3, [0, 0.1, 0.2, 0.3]],
    [1_234, [0, 500, 1_000, 1_500]],
  ])('gives round numbers up to %d', (max, ticks) => {
    expect(niceTicks(max)).toEqual(ticks);
  });

  it('ends at or above the largest value, in at most five steps', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e15, noNaN: true }), (max) => {
        const ticks = niceTicks(max);

        expect(ticks.at(-1)!).toBeGreaterThanOrEqual(max * (1 - 1e-8));
        expect(ticks.length).toBeLessThanOrEqual(6);
        expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b));
      }),
    );
  });
});
