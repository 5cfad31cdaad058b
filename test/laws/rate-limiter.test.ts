import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimiter, type Clock, type Rate, type Reservation } from 'holdfast';
import { turns } from '../rejection.ts';

const HOUR = 3_600_000;

/** Time that a test moves from timer to timer, without a macrotask for each. */
class HandClock implements Clock {
  time = 0;
  timers: { readonly at: number; readonly ring: () => void }[] = [];
  readonly now = (): number => this.time;
  readonly setTimer = (delay: number, ring: () => void): (() => void) => {
    const timer = { at: this.time + delay, ring };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  };

  async passTo(end: number): Promise<void> {
    await turns();
    const earliest = (): number => Math.min(...this.timers.map(({ at }) => at));
    for (let at = earliest(); at <= end && at < Infinity; at = earliest()) {
      const next = this.timers.find((timer) => timer.at === at)!;
      this.timers = this.timers.filter((each) => each !== next);
      this.time = Math.max(this.time, at);
      next.ring();
      await turns();
    }
    this.time = Math.max(this.time, end);
  }
}

interface Grant {
  readonly at: number;
  cost: number;
}

/** One step of a schedule: what is done after a pause. */
interface Step {
  readonly what: 'take' | 'acquire' | 'execute' | 'reserve' | 'cancel' | 'settle' | 'finish' | 'abort';
  readonly pause: number;
  readonly cost: number;
  readonly actual: number;
  readonly which: number;
}

/** Looks at every pair of grants: none of the spans between two holds more than burst + limit · span / interval. */
function checkSpans(grants: readonly Grant[], { limit, interval, burst = limit }: Rate, tolerance = 0): void {
  const inOrder = grants.toSorted((one, other) => one.at - other.at);
  for (const [index, { at: from }] of inOrder.entries()) {
    let sum = 0;
    for (const { at, cost } of inOrder.slice(index)) {
      sum += cost;
      // In units of interval, so that nothing is rounded where all are whole numbers.
      if (sum * interval > burst * interval + limit * (at - from) + tolerance) {
        throw new Error(`${sum} units from ${from} to ${at}`);
      }
    }
  }
}

/** Rates of which an hour holds a whole number, and what is left after it. */
const RATES: readonly (readonly [limit: number, interval: number])[] = [
  [1, 1_000],
  [3, 1_000],
  [10, 1_000],
  [100, 60_000],
  [1, 7],
];

/** Rates of which the division by the limit, and the multiplication with it, do not always come out where they began. */
const ROUNDED: typeof RATES = [
  [7, 1_000],
  [11, 3_000],
];

describe('the laws of RateLimiter', () => {
  describe('over an hour', () => {
    it('grants 1 + 10 800 of 3 a second with a burst of 1, the k-th at exactly k · 1000 / 3 ms', async () => {
      const clock = new HandClock();
      const limiter = new RateLimiter({ limit: 3, interval: 1_000, burst: 1, maxQueued: 1, clock });
      const times: number[] = [];
      const worker = async (): Promise<void> => {
        for (;;) {
          await limiter.acquire();
          times.push(clock.time);
        }
      };

      void worker();
      await clock.passTo(HOUR);

      expect(times).toEqual(Array.from({ length: 10_801 }, (_, index) => (index * 1_000) / 3));
    });

    it.each(RATES)('reserves %d per %d ms at exactly k · interval / limit', (limit, interval) => {
      expect(wrongReservations(limit, interval)).toEqual([]);
    });

    it.each(ROUNDED)('reserves also %d per %d ms at exactly k · interval / limit', (limit, interval) => {
      expect(wrongReservations(limit, interval)).toEqual([]);
    });

    it.each([...RATES, ...ROUNDED])(
      'grants as many of %d per %d ms to those who wait, and to those who ask all the time',
      async (limit, interval) => {
        const clock = new HandClock();
        const waited = new RateLimiter({ limit, interval, burst: 1, maxQueued: 1, clock });
        const asked = new RateLimiter({ limit, interval, burst: 1, clock });
        const times: number[] = [];
        const takes: number[] = [];
        const minutes = 1;
        const worker = async (): Promise<void> => {
          for (;;) {
            await waited.acquire();
            times.push(clock.time);
          }
        };

        void worker();
        await turns();
        for (let ms = 0; ms <= minutes * 60_000; ms++) {
          await clock.passTo(ms);
          if (asked.tryAcquire()) takes.push(ms);
        }
        await clock.passTo(clock.time + 1e-6);

        const count = Math.floor((minutes * 60_000 * limit) / interval) + 1;
        const late = times.map((at, index) => at - (index * interval) / limit);
        expect(times.length).toBe(count);
        // Readings and delays are rounded each time, by at most 10⁻¹⁶ of 60 000: less than a millionth of a ms in all.
        expect(Math.max(...late.map(Math.abs))).toBeLessThan(1e-6);
        // Who asks at whole ms only gets each a part of a ms late, and loses that part each time where the burst is 1.
        expect(takes.length).toBe(Math.floor((minutes * 60_000) / Math.ceil(interval / limit)) + 1);
      },
    );

    it('loses nothing to those who ask at whole ms, where the burst is 2', async () => {
      const clock = new HandClock();
      const limiter = new RateLimiter({ limit: 3, interval: 1_000, burst: 2, clock });
      let count = 0;

      for (; clock.time <= HOUR; clock.time += 5) while (limiter.tryAcquire()) count++;

      expect(count).toBe(10_802);
    });
  });

  describe('in every span', () => {
    const command: fc.Arbitrary<Step> = fc.record({
      what: fc.constantFrom(
        'take',
        'acquire',
        'acquire',
        'execute',
        'reserve',
        'cancel',
        'settle',
        'finish',
        'finish',
        'abort',
      ),
      pause: fc.constantFrom(0, 0, 1, 2, 7, 20, 60),
      cost: fc.integer({ min: 1, max: 8 }),
      actual: fc.nat(8),
      which: fc.nat(12),
    });
    const schedule = fc.array(command, { maxLength: 60, size: 'max' });

    /** Plays a schedule, and gives what was granted, each at what it has cost in the end, but not more than it was granted. */
    async function play(rate: Rate, unit: number, commands: readonly Step[]): Promise<Grant[]> {
      const clock = new HandClock();
      const limiter = new RateLimiter({ ...rate, maxQueued: 20, clock });
      const grants: Grant[] = [];
      let running: { grant: Grant; signal: AbortSignal; finish: (actual: number) => void }[] = [];
      const reserved: { grant: Grant; reservation: Reservation }[] = [];
      const controllers: AbortController[] = [];
      for (const { what, pause, which, ...units } of commands) {
        const [cost, actual] = [units.cost * unit, units.actual * unit];
        await clock.passTo(clock.time + pause);
        const controller = new AbortController();
        const { signal } = controller;
        if (what === 'take') {
          if (limiter.tryAcquire(cost)) grants.push({ at: clock.time, cost });
        } else if (what === 'acquire') {
          controllers.push(controller);
          limiter.acquire(cost, { signal }).then(
            () => grants.push({ at: clock.time, cost }),
            () => {},
          );
        } else if (what === 'execute') {
          controllers.push(controller);
          const fn = (): Promise<number> => {
            const grant = { at: clock.time, cost };
            grants.push(grant);
            return new Promise((resolve) => running.push({ grant, signal, finish: resolve }));
          };
          limiter.execute(fn, { cost, signal, actualCost: ({ value }) => value as number }).catch(() => {});
        } else if (what === 'reserve') {
          const reservation = limiter.reserve(cost);
          const grant = { at: reservation.at, cost };
          grants.push(grant);
          reserved.push({ grant, reservation });
        } else if (what === 'abort') {
          // One who runs already has used all of it; one who waits has never been granted anything.
          controllers[which % (controllers.length || 1)]?.abort('stop');
          running = running.filter((call) => !call.signal.aborted);
        } else if (what === 'finish') {
          const [call] = running.splice(which % (running.length || 1), 1);
          call?.finish(actual);
          if (call) call.grant.cost = Math.min(call.grant.cost, actual);
        } else {
          const [claim] = reserved.splice(which % (reserved.length || 1), 1);
          if (what === 'cancel') claim?.reservation.cancel();
          else claim?.reservation.settle(actual);
          if (claim) claim.grant.cost = what === 'cancel' ? 0 : Math.min(claim.grant.cost, actual);
        }
        await turns();
      }
      await clock.passTo(1e6);
      expect([clock.timers, limiter.queued]).toEqual([[], 0]);
      return grants;
    }

    it('grants at most burst + limit · t / interval, exactly, where all numbers are whole', async () => {
      const rates = fc.record({
        limit: fc.constantFrom(1, 2, 4, 8),
        interval: fc.integer({ min: 1, max: 100 }),
        burst: fc.integer({ min: 8, max: 16 }),
      });
      let count = 0;

      await fc.assert(
        fc.asyncProperty(rates, schedule, async (rate, commands) => {
          const grants = await play(rate, 1, commands);
          checkSpans(grants, rate);
          count += grants.length;
        }),
        { numRuns: 1_500 },
      );

      expect(count).toBeGreaterThan(10_000);
    });

    it('grants that to a millionth where numbers are fractions', async () => {
      const rates = fc.record({
        limit: fc.double({ min: 0.5, max: 20, noNaN: true }),
        interval: fc.double({ min: 0.5, max: 100, noNaN: true }),
        burst: fc.double({ min: 8, max: 16, noNaN: true }),
      });

      await fc.assert(
        fc.asyncProperty(rates, schedule, async (rate, commands) => {
          const grants = await play(rate, 0.7, commands);
          // Sixty costs and readings up to 10⁶ ms are rounded by at most 10⁻¹⁶ of themselves each.
          checkSpans(grants, rate, 1e-6);
        }),
        { numRuns: 500 },
      );
    });
  });

  describe('given a heavy caller among light ones', () => {
    it('lets the heavy one through in its turn, however many light ones come after it', async () => {
      const clock = new HandClock();
      const limiter = new RateLimiter({ limit: 10, interval: 100, maxQueued: 1_000, clock });
      const gone: (readonly [string, number])[] = [];
      const call = (name: string, cost: number): void =>
        void limiter.acquire(cost).then(() => gone.push([name, clock.time]));
      limiter.tryAcquire(10);

      for (let light = 0; light < 3; light++) call('light before', 1);
      call('heavy', 10);
      for (let ms = 0; ms < 200; ms++) {
        call('light after', 1);
        await clock.passTo(ms);
        limiter.tryAcquire(1);
      }

      expect(gone.slice(0, 5)).toEqual([
        ['light before', 10],
        ['light before', 20],
        ['light before', 30],
        ['heavy', 130],
        ['light after', 140],
      ]);
    });

    it('lets each of a hundred heavy ones through, in order, at the rate', async () => {
      const clock = new HandClock();
      const limiter = new RateLimiter({ limit: 10, interval: 100, maxQueued: 1_000, clock });
      const heavy: number[] = [];
      for (let round = 0; round < 100; round++) {
        void limiter.acquire(10).then(() => heavy.push(clock.time));
        for (let light = 0; light < 5; light++) void limiter.acquire(1);
      }

      await clock.passTo(1e6);

      expect(heavy).toEqual(Array.from({ length: 100 }, (_, round) => 150 * round));
    });
  });
});

/** The first reservations in an hour, at most three, that are not for exactly their time: which one, and how late it is. */
function wrongReservations(limit: number, interval: number): unknown {
  const limiter = new RateLimiter({ limit, interval, burst: 1, clock: new HandClock() });
  const count = Math.floor((HOUR * limit) / interval) + 1;
  const late = Array.from({ length: count }, (_, index) => [index, limiter.reserve().at - (index * interval) / limit]);
  return late.filter(([, by]) => by !== 0).slice(0, 3);
}
