import { describe, expect, it } from 'vitest';
import { seededRandom } from 'holdfast/testing';
import { arrivals, type Arrivals } from '../../src/simulator/arrivals.ts';
import { conditions } from '../../src/simulator/conditions.ts';
import type { Trigger } from '../../src/simulator/trigger.ts';

function times(process: Arrivals, end: number, triggers: readonly Trigger[] = [], seed = 1): number[] {
  const { first, next } = arrivals(process, conditions(triggers), seededRandom(seed));
  const all: number[] = [];
  for (let time = first; time < end; time = next(time)) all.push(time);
  return all;
}

describe('arrivals()', () => {
  describe('of a Poisson process', () => {
    it('come as often as the rate says, with gaps that vary as much as they are long', () => {
      const all = times({ kind: 'poisson', rate: 10 }, 1_000_000);

      const gaps = all.slice(1).map((time, index) => time - all[index]!);
      const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
      const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
      expect(Math.abs(all.length / 10_000 - 1)).toBeLessThan(0.03);
      expect(Math.abs(deviation / mean - 1)).toBeLessThan(0.03);
    });

    it('come factor times as often in a surge, and are the same before it', () => {
      const surge: Trigger = { kind: 'surge', at: 500_000, duration: 100_000, factor: 3 };

      const calm = times({ kind: 'poisson', rate: 10 }, 1_000_000);
      const surged = times({ kind: 'poisson', rate: 10 }, 1_000_000, [surge]);

      const inside = surged.filter((time) => time >= 500_000 && time < 600_000).length;
      const before = (time: number): boolean => time < 500_000;
      expect(surged.filter(before)).toEqual(calm.filter(before));
      expect(Math.abs(inside / 3_000 - 1)).toBeLessThan(0.06);
    });

    it('do not come while the factor is 0, and never again if that lasts for ever', () => {
      const pause: Trigger = { kind: 'surge', at: 100, duration: 200, factor: 0 };

      const paused = times({ kind: 'poisson', rate: 100 }, 1_000, [pause]);
      const ended = arrivals(
        { kind: 'poisson', rate: 1 },
        conditions([{ ...pause, at: 0, duration: Infinity }]),
        () => 0.5,
      );

      expect(paused.some((time) => time > 100 && time < 300)).toBe(false);
      expect(paused.some((time) => time > 300)).toBe(true);
      expect(ended.first).toBe(Infinity);
    });
  });

  describe('at a constant rate', () => {
    it('come evenly, from a moment of their own on', () => {
      const { first, next } = arrivals({ kind: 'constant', rate: 4 }, conditions([]), () => 0.5);

      expect([first, next(first), next(next(first))]).toEqual([125, 375, 625]);
    });

    it('come closer together in a surge, to the ms', () => {
      const surges = conditions([{ kind: 'surge', at: 100, duration: 100, factor: 2 }]);

      const { next } = arrivals({ kind: 'constant', rate: 10 }, surges, () => 0);

      // Of the 100 ms after 50, 50 pass as they are, and the others twice as fast; from 150 on, 50 ms do for 100.
      expect([next(50), next(150), next(180)]).toEqual([125, 200, 260]);
    });
  });

  describe('one at a time', () => {
    it('come a pause after the answer', () => {
      const process = arrivals({ kind: 'closed', thinkTime: { kind: 'constant', mean: 50 } }, conditions([]), () => 0);

      expect([process.closed, process.first, process.next(400), process.size(400)]).toEqual([true, 50, 450, 1]);
    });
  });

  describe('in bursts', () => {
    it('come so many at once, and more in a surge', () => {
      const surges = conditions([{ kind: 'surge', at: 1_000, duration: 500, factor: 2.5 }]);

      const process = arrivals({ kind: 'bursts', size: 3, every: 500 }, surges, () => 0);

      expect([process.first, process.next(0), process.next(500)]).toEqual([0, 500, 1_000]);
      expect([process.size(0), process.size(1_000), process.size(1_500)]).toEqual([3, 8, 3]);
      expect(process.closed).toBe(false);
    });
  });
});
