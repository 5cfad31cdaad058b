import { describe, expect, it } from 'vitest';
import { AdaptiveThrottle, ThrottledError } from 'holdfast';
import { seededRandom, VirtualClock } from 'holdfast/testing';

/** What the dependency accepts in a second; also what it accepts at once after a rest. */
const CAPACITY = 50;

/** What happened in a second: calls wanted, sent, and accepted. */
interface Second {
  wanted: number;
  sent: number;
  accepted: number;
}

/** Calls at random moments, `load` times what the dependency accepts, second by second. */
async function simulate(k: number, seed: number, loads: readonly number[]): Promise<Second[]> {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const throttle = new AdaptiveThrottle({ k, clock, random: seededRandom(seed + 1) });
  const seconds: Second[] = [];
  let tokens = CAPACITY;
  for (const load of loads) {
    const second = { wanted: Math.round(load * CAPACITY), sent: 0, accepted: 0 };
    const moments = Array.from({ length: second.wanted }, () => random() * 1_000).toSorted((one, other) => one - other);
    let passed = 0;
    const pass = (moment: number): void => {
      clock.jump(moment - passed);
      tokens = Math.min(CAPACITY, tokens + ((moment - passed) * CAPACITY) / 1_000);
      passed = moment;
    };
    for (const moment of moments) {
      pass(moment);
      const call = throttle.execute(() => {
        second.sent++;
        if (tokens < 1) throw new Error('overloaded');
        tokens--;
        second.accepted++;
      });
      await call.catch(() => {});
    }
    pass(1_000);
    seconds.push(second);
  }
  return seconds;
}

const repeat = (seconds: number, load: number): number[] => Array.from({ length: seconds }, () => load);
const sum = (seconds: readonly Second[], what: keyof Second): number =>
  seconds.reduce((total, second) => total + second[what], 0);

describe('the laws of AdaptiveThrottle', () => {
  describe('under ten times as many calls as the dependency accepts', () => {
    // Each of the n calls that are wanted is sent with a probability of about p = k / 10, so that what is sent deviates by
    // √(n · p · (1 − p)) from n · p: 1.2, 1.0 and 0.8 % of it. Four of these deviations are allowed, so that it does not
    // depend on the choice of seeds; the seeds are the first five.
    it.each([1.1, 1.5, 2])('sends about %d times what is accepted', async (k) => {
      const measured = 120;
      const [n, p] = [measured * 10 * CAPACITY, k / 10];
      const tolerance = 4 * Math.sqrt((1 - p) / (n * p));
      const deviations: number[] = [];

      for (const seed of [1, 2, 3, 4, 5]) {
        const seconds = (await simulate(k, seed, repeat(60 + measured, 10))).slice(60);
        deviations.push(Math.abs(sum(seconds, 'sent') / (k * sum(seconds, 'accepted')) - 1));
      }

      expect(Math.max(...deviations)).toBeLessThan(tolerance);
    });

    it.each([1.1, 1.5, 2])('costs the dependency none of what it can do, with k = %d', async (k) => {
      const seconds = (await simulate(k, 7, repeat(180, 10))).slice(60);

      // What it accepts while calls come by chance: it idles for less than 1 % of the time.
      expect(sum(seconds, 'accepted') / (120 * CAPACITY)).toBeGreaterThan(0.99);
    });
  });

  describe('under less than the dependency accepts', () => {
    it('holds nothing back', async () => {
      const seconds = await simulate(2, 11, repeat(60, 0.8));

      expect(sum(seconds, 'sent')).toBe(sum(seconds, 'wanted'));
    });
  });

  describe('when the overload ends', () => {
    // From then on, the part that is sent is k times the part that was sent in the window: it grows slowly with a small k.
    it.each([
      [1.1, 600],
      [1.5, 180],
      [2, 90],
    ])('sends ever more, and with k = %d all of it after %d s', async (k, recovery) => {
      const seconds = await simulate(k, 13, [...repeat(60, 10), ...repeat(recovery + 60, 0.5)]);
      const [during, after] = [seconds.slice(30, 60), seconds.slice(60 + recovery)];
      const thirds = [0, 1, 2].map((third) =>
        sum(seconds.slice(60 + (third * recovery) / 3, 60 + ((third + 1) * recovery) / 3), 'sent'),
      );

      expect(sum(during, 'sent') / sum(during, 'wanted')).toBeLessThan(0.25);
      expect(thirds).toEqual(thirds.toSorted((one, other) => one - other));
      expect(sum(after, 'sent')).toBe(sum(after, 'wanted'));
    });
  });

  describe('while nothing is accepted at all', () => {
    it('lets one call a second through, whatever chance says', async () => {
      for (const every of [1, 10, 999, 1_000, 1_001, 5_000]) {
        const clock = new VirtualClock();
        const throttle = new AdaptiveThrottle({ clock, random: () => 0 });
        const passed: number[] = [];

        while (clock.now() < 100_000) {
          const at = clock.now();
          await throttle.execute(() => Promise.reject(void passed.push(at))).catch(() => {});
          clock.jump(every);
        }

        // The first call that comes a second or more after the last that passed.
        const gap = every * Math.ceil(1_000 / every);
        const gaps = new Set(passed.slice(2).map((at, index) => at - passed[index + 1]!));
        expect([every, ...gaps]).toEqual([every, gap]);
      }
    });
  });

  describe('given any calls', () => {
    it('has the probability of the formula, in which calls held back count as requests', async () => {
      for (const [seed, k] of [1, 1.1, 1.5, 2, 5].entries()) {
        const clock = new VirtualClock();
        const random = seededRandom(seed);
        const throttle = new AdaptiveThrottle({ k, clock, random: seededRandom(seed + 100) });
        const outcomes: { at: number; accepted: boolean }[] = [];
        let held = 0;

        for (let call = 0; call < 3_000; call++) {
          clock.jump(Math.floor(random() * 40));
          const bucket = Math.floor(clock.now() / 3_000);
          const inside = outcomes.filter(({ at }) => bucket - Math.floor(at / 3_000) < 10);
          const accepts = inside.filter(({ accepted }) => accepted).length;
          const expected = Math.max(0, (inside.length - k * accepts) / (inside.length + 1));
          expect(throttle.probability).toBe(expected);
          const accepted = random() < 0.3;
          const error = await throttle
            .execute(() => {
              if (!accepted) throw new Error('overloaded');
            })
            .catch((error: unknown) => error);
          if (error instanceof ThrottledError) held++;
          outcomes.push({ at: clock.now(), accepted: error === undefined });
        }

        // With k = 5, which three in ten is enough for, next to nothing is held back.
        if (k < 3) expect(held).toBeGreaterThan(500);
      }
    });
  });
});
