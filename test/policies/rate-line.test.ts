import { describe, expect, it, vi } from 'vitest';
import { RateLimitedError, RateLimiter, type RateLimiterOptions } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { rateClaim, type RateClaim } from '../../src/policies/rate-claim.ts';
import { rateLine, type RateLine } from '../../src/policies/rate-line.ts';
import { gcra, type Gcra } from '../../src/state/gcra.ts';
import { rejection, turns } from '../rejection.ts';

const refusal = (retryAfter: number): RateLimitedError => new RateLimitedError('rate limiter', retryAfter);

/** A unit in 200 ms, one at once, on a clock whose timers ring when they are told to: the machine is busy. */
function busy(options?: Partial<RateLimiterOptions>): { limiter: RateLimiter; pass(ms: number): void; ring(): void } {
  let time = 0;
  let callback: (() => void) | undefined;
  const clock = {
    now: () => time,
    setTimer: (_: number, ring: () => void) => {
      callback = ring;
      return () => (callback = undefined);
    },
  };
  return {
    limiter: new RateLimiter({ limit: 1, interval: 200, maxQueued: 10, maxWait: 250, clock, ...options }),
    pass: (ms) => void (time += ms),
    ring: () => callback?.(),
  };
}

describe('rateLine()', () => {
  describe('given a timer that is late', () => {
    it('lets those go on whose turn has come before it reckons with a newcomer', async () => {
      const { limiter, pass, ring } = busy();
      const gone = vi.fn();
      limiter.tryAcquire();
      void limiter.acquire().then(gone);

      pass(1_050);
      void limiter.acquire().then(gone);
      const errors = [await rejection(limiter.acquire()), await rejection(limiter.acquire())];
      const early = gone.mock.calls.length;
      pass(200);
      ring();
      await turns();

      expect(errors).toEqual([refusal(400), refusal(400)]);
      expect([early, gone.mock.calls.length, limiter.queued]).toEqual([1, 2, 0]);
    });

    it('does so before it says to others when to come back', async () => {
      const rejected = vi.fn();
      const { limiter, pass } = busy({ on: { rejected } });
      limiter.tryAcquire();
      void limiter.acquire();

      pass(1_050);
      const passed = limiter.tryAcquire();

      expect([passed, limiter.queued]).toEqual([false, 0]);
      expect(rejected).toHaveBeenCalledWith({ error: refusal(200), cost: 1 });
    });

    it('does so before it reserves', () => {
      const { limiter, pass } = busy();
      limiter.tryAcquire();
      void limiter.acquire();

      pass(1_050);
      const { at } = limiter.reserve();

      expect([at, limiter.queued]).toEqual([1_250, 0]);
    });
  });

  describe('given news while the timer is late', () => {
    it('refuses nobody whose turn has come', async () => {
      const { limiter, pass } = busy({ maxWait: 250 });
      limiter.tryAcquire();
      const waits = limiter.acquire().then(() => 'passed');

      pass(460);
      limiter.observe({ 'x-ratelimit-remaining': '5' });

      expect([await waits, limiter.queued]).toEqual(['passed', 0]);
    });
  });

  describe('given a long line', () => {
    /** A limit that counts how often it is looked at. */
    function counted(): { limit: Gcra; looks: () => number } {
      let looks = 0;
      const limit = gcra(1, 10, 1);
      const { interval } = limit;
      Object.defineProperty(limit, 'interval', { get: () => (looks++, interval) });
      return { limit, looks: () => looks };
    }

    function joined(line: RateLine, count: number, fits?: RateClaim['fits']): RateClaim[] {
      return Array.from({ length: count }, () => {
        const claim = Object.assign(rateClaim(1), { go: vi.fn(), fits });
        line.join(claim, undefined, 0);
        return claim;
      });
    }

    it('does not go through it where all can wait for ever, whatever is corrected', () => {
      const clock = new VirtualClock();
      const { limit, looks } = counted();
      const line = rateLine([limit], clock, () => clock.now());
      const spent = line.award(rateClaim(1), 0);
      joined(line, 1_000);

      const before = looks();
      line.settle(spent, 5, 1);
      line.heed([0], 5);

      expect(looks() - before).toBeLessThan(50);
    });

    it('does not look at it for an answer that says nothing', () => {
      const clock = new VirtualClock();
      const { limit, looks } = counted();
      const line = rateLine([limit], clock, () => clock.now());
      line.award(rateClaim(1), 0);
      joined(line, 1_000, () => true);

      const before = looks();
      line.heed([undefined], 0);

      expect(looks() - before).toBe(0);
    });

    it('tells those who cannot wait so long, and them alone', () => {
      const clock = new VirtualClock();
      const limit = gcra(1, 10, 1);
      const line = rateLine([limit], clock, () => clock.now());
      const spent = line.award(rateClaim(1), 0);
      const patient = joined(line, 2);
      const impatient = joined(line, 2, (turn) => turn <= 40);

      line.settle(spent, 2, 1);

      expect(patient.map(({ lost }) => lost)).toEqual([false, false]);
      expect(impatient.map(({ lost }) => lost)).toEqual([false, true]);
      expect([line.queued(), impatient[1]!.go]).toEqual([3, expect.any(Function)]);
    });

    it('can be left by everybody, in any order', () => {
      const clock = new VirtualClock();
      const line = rateLine([gcra(1, 10, 1)], clock, () => clock.now());
      line.award(rateClaim(1), 0);
      const claims = joined(line, 5, () => true);

      for (const at of [2, 0, 4, 1, 3]) line.settle(claims[at]!, 0, 0);

      expect([line.queued(), line.untilTurn(), clock.pending]).toEqual([0, Infinity, 0]);
    });
  });
});
