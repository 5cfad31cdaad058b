import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import {
  pipeline,
  RateLimitedError,
  RateLimiter,
  retry,
  timeout,
  TimeoutError,
  type CallContext,
  type Clock,
  type RateLimiterOptions,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { layersOf } from '../../src/base/layers.ts';
import { rejection, turns } from '../rejection.ts';

/** A unit in 10 ms, one of them at once, and a line. */
function make(options: Partial<RateLimiterOptions> = {}): { limiter: RateLimiter; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { limiter: new RateLimiter({ limit: 1, interval: 10, maxQueued: 10, clock, ...options }), clock };
}

const never = (): Promise<never> => new Promise(() => {});
const refusal = (retryAfter: number): RateLimitedError => new RateLimitedError('rate limiter', retryAfter);

describe('rateLimitLayer()', () => {
  describe('given a line', () => {
    it('serves it first in, first out, whatever the costs are, with one timer', async () => {
      const { limiter, clock } = make({ burst: 8 });
      const gone: unknown[] = [];
      const pending: number[] = [];
      limiter.tryAcquire(8);

      for (const cost of [8, 1, 4, 1]) {
        void limiter.execute(() => gone.push([cost, clock.now()]), { cost });
        pending.push(clock.pending);
      }
      const { queued } = limiter;
      await clock.runAll();

      expect(gone).toEqual([
        [8, 80],
        [1, 90],
        [4, 130],
        [1, 140],
      ]);
      expect([pending, queued, limiter.queued, clock.pending]).toEqual([[1, 1, 1, 1], 4, 0, 0]);
    });

    it('refuses one more than may wait, and says when its turn would have been', async () => {
      for (const maxQueued of [0, 1, 3]) {
        const { limiter, clock } = make({ maxQueued });
        limiter.tryAcquire();
        const waiting = Array.from({ length: maxQueued }, () => limiter.acquire());

        const error = await rejection(limiter.acquire());

        expect([error, limiter.queued]).toEqual([refusal(10 * (maxQueued + 1)), maxQueued]);
        await clock.runAll();
        await Promise.all(waiting);
      }
    });

    it('refuses at once who would wait for longer than maxWait, and nobody else', async () => {
      const { limiter, clock } = make({ maxWait: 20 });
      limiter.tryAcquire();

      const calls = [1, 2, 3].map(() => limiter.acquire().catch((error: unknown) => error));
      await turns();
      const { queued } = limiter;
      await clock.runAll();

      expect([queued, await Promise.all(calls)]).toEqual([2, [undefined, undefined, refusal(30)]]);
    });

    it('lets nobody wait where maxWait is 0', async () => {
      const { limiter, clock } = make({ maxWait: 0 });
      limiter.tryAcquire();

      expect([await rejection(limiter.acquire()), limiter.queued, clock.pending]).toEqual([refusal(10), 0, 0]);
    });

    it('lets a call in whose turn has come only behind those who are in line still', async () => {
      const { limiter, clock } = make();
      const gone: string[] = [];
      limiter.tryAcquire();
      void limiter.acquire().then(() => gone.push('first'));

      clock.jump(50);
      void limiter.acquire().then(() => gone.push('second'));
      await clock.runAll();

      expect([gone, clock.now()]).toEqual([['first', 'second'], 60]);
    });

    it('is served by the timers alone where the reading stands still', async () => {
      const inner = new VirtualClock();
      const { limiter } = make({ clock: { now: () => 7, setTimer: inner.setTimer } });
      const gone: number[] = [];
      limiter.tryAcquire();

      for (let call = 0; call < 3; call++) void limiter.acquire().then(() => gone.push(inner.now()));
      await inner.runAll();

      expect([gone, inner.pending]).toEqual([[10, 20, 30], 0]);
    });

    it('serves a call in a later turn than its timer', async () => {
      const { limiter, clock } = make();
      const inTimer: boolean[] = [];
      let ringing = false;
      const setTimer: Clock['setTimer'] = (delay, callback) =>
        clock.setTimer(delay, () => {
          ringing = true;
          callback();
          ringing = false;
        });
      const other = new RateLimiter({ limit: 1, interval: 10, maxQueued: 1, clock: { now: clock.now, setTimer } });
      other.tryAcquire();

      void other.execute(() => inTimer.push(ringing));
      await clock.runAll();

      expect([inTimer, limiter.queued]).toEqual([[false], 0]);
    });

    it('keeps no share of those who have left it, however the costs were rounded', async () => {
      const { limiter, clock } = make({ limit: 2 ** 53, interval: 2 ** 53, burst: 2 ** 53 });
      limiter.tryAcquire(2 ** 53);
      const controller = new AbortController();
      const waiting = [2 ** 53, 1].map((cost) => rejection(limiter.acquire(cost, { signal: controller.signal })));
      controller.abort('stop');
      await Promise.all(waiting);

      const call = limiter.acquire(1).then(() => clock.now());
      const { queued } = limiter;
      await clock.runAll();

      expect([await call, queued]).toEqual([1, 1]);
    });
  });

  describe('an abort', () => {
    it('takes a call out of the line, and those behind move up', async () => {
      const { limiter, clock } = make({ burst: 5 });
      const gone: unknown[] = [];
      const controller = new AbortController();
      limiter.tryAcquire(5);

      const first = rejection(limiter.acquire(5, { signal: controller.signal }));
      for (const cost of [1, 2]) void limiter.acquire(cost).then(() => gone.push([cost, clock.now()]));
      await clock.advance(25);
      controller.abort('stop');
      const { queued } = limiter;
      await clock.runAll();

      expect(await first).toBe('stop');
      expect(queued).toBe(1);
      expect(gone).toEqual([
        [1, 25],
        [2, 30],
      ]);
      expect([getEventListeners(controller.signal, 'abort'), clock.pending]).toEqual([[], 0]);
    });

    it('of the last in line leaves no timer', async () => {
      const { limiter, clock } = make();
      const controller = new AbortController();
      limiter.tryAcquire();

      const waiting = rejection(limiter.execute(never, { signal: controller.signal }));
      controller.abort('stop');

      expect([await waiting, clock.pending, limiter.queued, limiter.available]).toEqual(['stop', 0, 0, 0]);
    });

    it('before the call takes nothing, and calls nothing', async () => {
      const { limiter } = make();
      const fn = vi.fn();

      const outcomes = [
        await rejection(limiter.execute(fn, { signal: AbortSignal.abort('stop') })),
        await rejection(limiter.execute(fn, { signal: AbortSignal.abort('stop'), cost: 1 })),
        await rejection(limiter.acquire(1, { signal: AbortSignal.abort('stop') })),
      ];

      expect([outcomes, fn.mock.calls, limiter.available]).toEqual([['stop', 'stop', 'stop'], [], 1]);
    });

    it('between its turn and the call gives all of it back to those behind', async () => {
      for (const actualCost of [undefined, () => 1]) {
        const { limiter, clock } = make({ actualCost });
        const controller = new AbortController();
        const fn = vi.fn();
        limiter.tryAcquire();
        const first = rejection(limiter.execute(fn, { signal: controller.signal }));
        const second = limiter.execute(() => clock.now());

        // Whatever is told to the limiter lets those go on whose turn has come, and they do so a turn later.
        clock.jump(10);
        limiter.observe({});
        controller.abort('stop');
        await clock.advance(0);

        expect([await first, await second, fn.mock.calls]).toEqual(['stop', 10, []]);
        await clock.runAll();
        expect([clock.pending, limiter.queued]).toEqual([0, 0]);
      }
    });

    it('during the call gives nothing back', async () => {
      for (const actualCost of [undefined, () => 0]) {
        const { limiter, clock } = make({ burst: 5, cost: 3, actualCost });
        const controller = new AbortController();

        const call = rejection(limiter.execute(never, { signal: controller.signal }));
        controller.abort('stop');

        expect([await call, limiter.available, clock.pending]).toEqual(['stop', 2, 0]);
      }
    });

    it('during a call that has waited gives nothing back', async () => {
      for (const actualCost of [undefined, () => 0]) {
        const { limiter, clock } = make({ burst: 5, cost: 3, actualCost });
        const controller = new AbortController();
        limiter.tryAcquire(5);

        const call = rejection(limiter.execute(never, { signal: controller.signal }));
        await clock.advance(30);
        controller.abort('stop');

        expect([await call, limiter.available, clock.pending]).toEqual(['stop', 0, 0]);
      }
    });

    it('from actualCost ends the call with its reason, and the cost is settled once', async () => {
      const { limiter } = make({ burst: 5 });
      const controller = new AbortController();
      const actualCost = (): number => {
        controller.abort('stop');
        return 1;
      };

      const call = rejection(limiter.execute(() => 'up', { cost: 4, actualCost, signal: controller.signal }));

      expect([await call, limiter.available]).toEqual(['stop', 4]);
    });

    it('from the observer of its refusal is its outcome', async () => {
      const controller = new AbortController();
      const { limiter } = make({ maxQueued: 0, on: { rejected: () => controller.abort('stop') } });
      limiter.tryAcquire();

      expect(await rejection(limiter.execute(never, { signal: controller.signal }))).toBe('stop');
    });
  });

  describe('a deadline around it', () => {
    const inside = (clock: VirtualClock, limiter: RateLimiter, ms: number) =>
      pipeline(timeout(ms, { clock }), limiter).execute(() => clock.now());

    it('that cannot be kept refuses the call at once, and one that can does not', async () => {
      const { limiter, clock } = make();
      limiter.tryAcquire(1);

      const late = await rejection(inside(clock, limiter, 10));
      const inTime = inside(clock, limiter, 10.5);
      const behind = await rejection(inside(clock, limiter, 20));
      await clock.runAll();

      expect([late, await inTime, behind]).toEqual([refusal(10), 10, refusal(20)]);
      expect(clock.pending).toBe(0);
    });

    it('is also that of an outer call', async () => {
      const { limiter, clock } = make();
      limiter.tryAcquire();
      const fn = vi.fn();

      const call = rejection(timeout(5, { clock }).execute((context: CallContext) => limiter.execute(fn, context)));

      expect([await call, fn.mock.calls, clock.now()]).toEqual([refusal(10), [], 0]);
    });

    it('that its turn has moved behind, since more was used than was said, ends the call at once', async () => {
      const { limiter, clock } = make({ burst: 2 });
      const reservation = limiter.reserve(2);

      const call = rejection(inside(clock, limiter, 15));
      const behind = limiter.acquire().then(() => clock.now());
      reservation.settle(4);
      await clock.runAll();

      expect([await call, await behind, limiter.queued, clock.pending]).toEqual([refusal(40), 30, 0, 0]);
    });

    it('that its turn has moved behind ends the call, unless its observer has done so', async () => {
      const controller = new AbortController();
      const { limiter, clock } = make({ maxWait: 20, on: { rejected: () => controller.abort('stop') } });
      limiter.tryAcquire();

      const call = rejection(limiter.execute(never, { signal: controller.signal }));
      limiter.observe({ 'retry-after': '60' });
      await turns();

      expect([await call, limiter.queued, clock.pending]).toEqual(['stop', 0, 0]);
    });

    it('of 0 lets through what need not wait', async () => {
      const { limiter, clock } = make();

      expect(await inside(clock, limiter, 0)).toBe(0);
      expect(await rejection(inside(clock, limiter, 0))).toEqual(refusal(10));
    });

    it('that ends a call during its attempt charges it all', async () => {
      const { limiter, clock } = make({ burst: 5, cost: 3, actualCost: () => 0 });

      const call = rejection(pipeline(timeout(5, { clock }), limiter).execute(never));
      await clock.advance(5);

      expect([await call, limiter.available]).toEqual([new TimeoutError(5), 2.5]);
    });

    it('is kept or the call refused at once also with two limits', async () => {
      const { limiter, clock } = make({ limit: 10, interval: 100, cost: 10, calls: { limit: 1, interval: 50 } });
      limiter.tryAcquire(1);
      await clock.advance(40);
      const first = limiter.execute(() => clock.now());

      // The first goes at 50 ms with a full burst, which is there again at 150 ms.
      const second = rejection(inside(clock, limiter, 105));
      await clock.runAll();

      expect([await first, await second]).toEqual([50, refusal(110)]);
    });

    it('is kept or the call refused at once also while nothing passes', async () => {
      const { limiter, clock } = make();
      limiter.observe({ 'retry-after': '1' });
      const first = limiter.execute(() => clock.now());

      const second = rejection(inside(clock, limiter, 1_005));
      await clock.runAll();

      expect([await first, await second]).toEqual([1_000, refusal(1_010)]);
    });
  });

  describe('a reservation', () => {
    it('is told its time behind those who wait, who keep theirs', async () => {
      const { limiter, clock } = make({ burst: 3 });
      const gone: unknown[] = [];
      limiter.tryAcquire(3);
      for (const cost of [3, 1]) void limiter.acquire(cost).then(() => gone.push([cost, clock.now()]));

      const reservations = [limiter.reserve(2), limiter.reserve(1)];
      limiter.observe({ 'ratelimit-remaining': '0' });
      await clock.runAll();

      expect(reservations.map(({ at }) => at)).toEqual([60, 70]);
      expect(gone).toEqual([
        [3, 30],
        [1, 40],
      ]);
      expect([limiter.queued, clock.pending]).toEqual([0, 0]);
    });

    it('lets nobody past those who wait when it is cancelled', async () => {
      const { limiter, clock } = make({ burst: 3 });
      const gone: unknown[] = [];
      limiter.tryAcquire(3);
      const [early, late] = [limiter.reserve(3), limiter.reserve(1)];
      void limiter.acquire(3).then(() => gone.push(['first', clock.now()]));
      limiter.reserve(1);

      late.cancel();
      early.cancel();
      void limiter.acquire(1).then(() => gone.push(['second', clock.now()]));
      await clock.runAll();

      expect(gone.map((each) => (each as unknown[])[0])).toEqual(['first', 'second']);
    });

    it('gives back what one in line was given with it, when that one leaves', async () => {
      const { limiter, clock } = make();
      const controller = new AbortController();
      limiter.tryAcquire();
      const waiting = rejection(limiter.acquire(1, { signal: controller.signal }));
      const { at } = limiter.reserve();

      controller.abort('stop');
      await clock.advance(20);

      // The reservation keeps its time, for which it has waited already.
      expect([await waiting, at, limiter.available, limiter.queued, clock.pending]).toEqual(['stop', 20, 0, 0, 0]);
    });

    it('holds back nobody in line behind one that it gave a time, when that one leaves', async () => {
      const { limiter, clock } = make({ burst: 8 });
      const controller = new AbortController();
      limiter.tryAcquire(6);
      const first = rejection(limiter.acquire(3, { signal: controller.signal }));
      limiter.reserve(1);
      const second = limiter.acquire(1).then(() => clock.now());

      controller.abort('stop');
      await clock.runAll();

      // 6 units are taken, one is reserved, and one is left.
      expect([await first, await second]).toEqual(['stop', 0]);
    });

    it('lets nobody in line through while nothing passes', async () => {
      const { limiter, clock } = make();
      limiter.tryAcquire();
      const waiting = limiter.acquire().then(() => clock.now());
      limiter.reserve();

      limiter.observe({ 'retry-after': '1' });
      await clock.runAll();

      expect(await waiting).toBeGreaterThanOrEqual(1_000);
    });
  });

  describe('actualCost', () => {
    it('of a call that has waited gives back to those who wait still', async () => {
      const { limiter, clock } = make({ burst: 4 });
      const ends: (() => void)[] = [];
      const gone: number[] = [];
      const fn = (): Promise<void> => {
        gone.push(clock.now());
        return new Promise((resolve) => ends.push(resolve));
      };
      limiter.tryAcquire(4);
      const calls = [1, 2, 3].map(() => limiter.execute(fn, { cost: 4, actualCost: () => 1 }));

      await clock.advance(40);
      await clock.advance(5);
      ends[0]!();
      await clock.advance(5);
      ends[1]!();
      await clock.runAll();
      ends[2]!();

      await Promise.all(calls);
      // 3 of the 4 units that the first was charged at 40 ms came back at 45 ms, so that the second had 10 ms to wait.
      expect(gone).toEqual([40, 50, 60]);
    });
  });

  describe('the async context', () => {
    it('of each call is its own, whoever serves it', async () => {
      const clock = new VirtualClock();
      const setTimer: Clock['setTimer'] = (delay, callback) => clock.setTimer(delay, AsyncResource.bind(callback));
      const limiter = new RateLimiter({
        limit: 1,
        interval: 10,
        maxQueued: 5,
        clock: { now: clock.now, setTimer },
        actualCost: ({ value }) => (seen.push([value, 'cost', storage.getStore()]), 1),
      });
      const storage = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      const controller = new AbortController();
      const call = (name: string, options: { signal?: AbortSignal } = {}): Promise<unknown> =>
        storage.run(name, () =>
          limiter
            .execute(() => {
              seen.push([name, 'call', storage.getStore()]);
              return name;
            }, options)
            .catch(() => seen.push([name, 'end', storage.getStore()])),
        );
      limiter.tryAcquire();

      const calls = [call('first', { signal: controller.signal }), call('second'), call('third')];
      const acquired = storage.run('fourth', () => limiter.acquire().then(() => storage.getStore()));
      storage.run('whoever aborts', () => controller.abort('stop'));
      await storage.run('whoever moves the clock', () => clock.runAll());
      await Promise.all(calls);

      expect(await acquired).toBe('fourth');
      expect(seen).toEqual([
        ['first', 'end', 'first'],
        ['second', 'call', 'second'],
        ['second', 'cost', 'second'],
        ['third', 'call', 'third'],
        ['third', 'cost', 'third'],
      ]);
    });
  });

  describe('inside a retry', () => {
    it('charges every attempt, and waits for each', async () => {
      const { limiter, clock } = make({ actualCost: () => 1 });
      const times: number[] = [];
      const policy = pipeline(retry({ clock, maxAttempts: 3, baseDelay: 0 }), limiter);

      const call = policy.execute(({ attempt }) => {
        times.push(clock.now());
        if (attempt < 3) throw new Error('down');
        return attempt;
      });
      await clock.runAll();

      expect([await call, times, clock.pending]).toEqual([3, [0, 10, 20], 0]);
    });
  });

  describe('given calls that call it themselves', () => {
    it('lets a function use its own limiter', async () => {
      const { limiter, clock } = make();

      const call = limiter.execute(async (context) => [
        clock.now(),
        await limiter.execute(() => clock.now(), context),
        limiter.reserve().at,
        limiter.tryAcquire(),
      ]);
      await clock.runAll();

      expect(await call).toEqual([0, 10, 20, false]);
    });
  });

  describe('the layer', () => {
    it('says what it goes by', () => {
      const { limiter } = make({ name: 'payments', cost: 1, maxWait: 50, calls: { limit: 2, interval: 20 } });
      const [layer] = layersOf(limiter)!;

      expect([layer!.kind, layer!.facts]).toEqual([
        'rate-limiter',
        {
          limit: 1,
          interval: 10,
          burst: 1,
          calls: { limit: 2, interval: 20, burst: 2 },
          maxQueued: 10,
          maxWait: 50,
          name: 'payments',
          cost: 1,
        },
      ]);
    });

    it('weighs something as long as something of a limit is taken', async () => {
      const { limiter, clock } = make({ calls: { limit: 1, interval: 30 } });
      const weight = (): number => layersOf(limiter)![0]!.weight!();
      const weights = [weight()];

      limiter.tryAcquire();
      for (const ms of [0, 10, 20]) {
        await clock.advance(ms);
        weights.push(weight());
      }

      expect(weights).toEqual([0, 1, 1, 0]);
    });
  });
});
