import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  HoldfastError,
  onObserverError,
  pipeline,
  RateLimitedError,
  RateLimiter,
  RefusalError,
  retry,
  timeout,
  type RateLimiterOptions,
  type ResponseHeaders,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { rejection } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

/** Ten units in 100 ms, so a unit in 10 ms; ten of them at once. */
function make(options: Partial<RateLimiterOptions> = {}): { limiter: RateLimiter; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { limiter: new RateLimiter({ limit: 10, interval: 100, clock, ...options }), clock };
}

const refusal = (retryAfter: number, name = 'rate limiter'): RateLimitedError => new RateLimitedError(name, retryAfter);

/** How many calls of one unit get through now. */
function granted(limiter: RateLimiter): number {
  let count = 0;
  while (limiter.tryAcquire()) count++;
  return count;
}

describe('RateLimiter', () => {
  describe('tryAcquire()', () => {
    it('takes the burst at once, and then a unit in each part of the interval', async () => {
      const { limiter, clock } = make();

      const counts = [granted(limiter)];
      for (const ms of [9, 1, 10, 25, 5, 1_000]) {
        await clock.advance(ms);
        counts.push(granted(limiter));
      }

      expect(counts).toEqual([10, 0, 1, 1, 2, 1, 10]);
    });

    it('takes a burst that is lower or higher than the limit', () => {
      const counts = [1, 3, 25].map((burst) => granted(make({ burst }).limiter));

      expect(counts).toEqual([1, 3, 25]);
    });

    it('takes all of a cost or nothing', () => {
      const { limiter } = make();

      const taken = [6, 5, 4, 1].map((cost) => limiter.tryAcquire(cost));

      expect([taken, limiter.available]).toEqual([[true, false, true, false], 0]);
    });

    it('takes parts of a unit', async () => {
      const { limiter, clock } = make({ limit: 1, interval: 1_000 });

      const taken = [0.5, 0.25, 0.5, 0.25].map((cost) => limiter.tryAcquire(cost));
      await clock.advance(125);
      taken.push(limiter.tryAcquire(0.125));

      expect(taken).toEqual([true, true, false, true, true]);
    });

    it('takes nothing before those who wait', async () => {
      const { limiter, clock } = make({ maxQueued: 1 });
      limiter.tryAcquire(10);
      const waiting = limiter.acquire(5);
      await clock.advance(20);

      const taken = limiter.tryAcquire(1);
      await clock.runAll();

      expect([taken, await waiting, clock.now()]).toEqual([false, undefined, 50]);
    });

    it('takes nothing at the same reading twice, wherever the clock begins', () => {
      for (const start of [0, 1e9]) {
        const limiter = new RateLimiter({ limit: 2, interval: 10, clock: new VirtualClock(start) });

        expect([granted(limiter), granted(limiter)]).toEqual([2, 0]);
      }
    });

    it('takes nothing for a clock that goes back', async () => {
      const { limiter, clock } = make();
      await clock.advance(500);
      limiter.tryAcquire(10);

      clock.jump(-400);
      const back = granted(limiter);
      await clock.advance(10);

      expect([back, granted(limiter)]).toEqual([0, 1]);
    });
  });

  describe('execute()', () => {
    it('calls fn while there is enough, and refuses without calling it when there is not', async () => {
      const { limiter } = make({ limit: 2, interval: 20, name: 'payments' });
      const fn = vi.fn(() => 'up');

      const values = [await limiter.execute(fn), await limiter.execute(fn)];
      const error = await rejection(limiter.execute(fn));

      expect([values, fn.mock.calls.length]).toEqual([['up', 'up'], 2]);
      expect(error).toBeInstanceOf(RateLimitedError);
      expect(error).toBeInstanceOf(RefusalError);
      expect(error).toBeInstanceOf(HoldfastError);
      expect(error).toMatchObject({
        name: 'RateLimitedError',
        code: 'ERR_RATE_LIMITED',
        retryAfter: 10,
        message: 'Refused by rate limiter payments: next turn in 10 ms',
      });
      expect(limiter.name).toBe('payments');
    });

    it('charges the cost of the limiter, or that of the call', async () => {
      const { limiter } = make({ cost: 3 });
      const left: number[] = [];
      const fn = (): number => left.push(limiter.available);

      await limiter.execute(fn);
      await limiter.execute(fn, {});
      await limiter.execute(fn, { cost: 2 });
      const error = await rejection(limiter.execute(fn));

      expect([left, error]).toEqual([[7, 4, 2], refusal(10)]);
    });

    it('charges a call that fails, whatever way it fails', async () => {
      const { limiter } = make();
      const down = new Error('down');

      const errors = [
        await rejection(limiter.execute(() => Promise.reject(down))),
        await rejection(
          limiter.execute(() => {
            throw down;
          }),
        ),
      ];

      expect([errors, limiter.available]).toEqual([[down, down], 8]);
    });

    it('is waited out by a retry around it', async () => {
      const { limiter, clock } = make({ limit: 1, interval: 300 });
      limiter.tryAcquire();
      const policy = pipeline(retry({ clock, random: () => 0 }), limiter);

      const value = policy.execute(() => clock.now());
      await clock.runAll();

      expect(await value).toBe(300);
    });

    it('can be taken off its limiter', async () => {
      const { execute } = make().limiter;

      expect(await execute(() => 'up')).toBe('up');
    });

    it('charges the cost of the limiter where the call says only what it has really cost', async () => {
      const { limiter } = make({ cost: 3 });

      const left = await limiter.execute(() => limiter.available, { actualCost: () => 3 });

      expect([left, limiter.available]).toEqual([7, 7]);
    });

    it('shares the deadline and the signal of an outer call that it is given as context', async () => {
      const { limiter, clock } = make({ maxQueued: 1 });
      limiter.tryAcquire(10);
      const outer = timeout(40, { clock });

      const late = rejection(outer.execute((context) => limiter.execute(() => 'up', { cost: 4, context })));
      const inTime = outer.execute((context) => limiter.execute(({ remaining }) => remaining, { cost: 3, context }));
      const plain = outer.execute((context) =>
        limiter.execute(() => 'up', { context }).catch((error: unknown) => error),
      );
      const errors = [await late, await plain];
      await clock.runAll();

      expect([errors, await inTime]).toEqual([[refusal(40), refusal(40)], 10]);
    });

    it('is given a context or a signal, not both', async () => {
      const { limiter } = make();
      const { signal } = new AbortController();

      const error = await timeout(40).execute((context) =>
        rejection(limiter.execute(() => 'up', { cost: 1, context, signal })),
      );

      expect(error).toEqual(wrongArgument(TypeError, 'Cannot acquire: expected a context or a signal, got "both"'));
      expect(limiter.available).toBe(10);
    });

    it('takes a cost of undefined for the default', async () => {
      const { limiter } = make({ cost: 3 });

      expect(await limiter.execute(() => limiter.available, { cost: undefined })).toBe(7);
    });

    it('goes by the actualCost of the limiter where the call says only its cost', async () => {
      const { limiter } = make({ actualCost: () => 1 });

      await limiter.execute(() => 'up', { cost: 5 });

      expect(limiter.available).toBe(9);
    });
  });

  describe('actualCost', () => {
    it('gives back what a call has not used', async () => {
      const { limiter } = make({ cost: 8, actualCost: ({ value }) => (value as { used: number }).used });

      const during = await limiter.execute(() => ({ used: 3, left: limiter.available }));

      expect([during.left, limiter.available]).toEqual([2, 7]);
    });

    it('charges what it has used besides, also below 0', async () => {
      const { limiter, clock } = make();

      await limiter.execute(() => 'up', { cost: 2, actualCost: () => 25 });
      const left = limiter.available;
      await clock.advance(159);
      const before = granted(limiter);
      await clock.advance(1);

      expect([left, before, granted(limiter)]).toEqual([-15, 0, 1]);
    });

    it('may be 0, or what was said', async () => {
      const { limiter } = make({ cost: 4 });

      await limiter.execute(() => 'up', { cost: 4, actualCost: () => 0 });
      const free = limiter.available;
      await limiter.execute(() => 'up', { cost: 4, actualCost: () => 4 });

      expect([free, limiter.available]).toEqual([10, 6]);
    });

    it('is not asked about a call that failed, which has cost what was said', async () => {
      const actualCost = vi.fn(() => 0);
      const { limiter } = make({ cost: 4, actualCost });

      await rejection(limiter.execute(() => Promise.reject(new Error('down'))));

      expect([actualCost.mock.calls, limiter.available]).toEqual([[], 6]);
    });

    it('is told the value', async () => {
      const actualCost = vi.fn(() => 0);
      const { limiter } = make({ actualCost });

      await limiter.execute(() => 'up');

      expect(actualCost.mock.calls).toEqual([[{ value: 'up' }]]);
    });

    describe('that fails', () => {
      const reported: unknown[] = [];
      beforeEach(() => {
        reported.length = 0;
        onObserverError((error, event) => void reported.push([error, event]));
      });
      afterEach(() => onObserverError(undefined));

      it('changes nothing of the outcome, which was paid for; it has cost what was said', async () => {
        const broken = new Error('broken');
        const actualCost = (): never => {
          throw broken;
        };
        const { limiter } = make({ cost: 4, actualCost });

        expect([await limiter.execute(() => 'up'), limiter.available]).toEqual(['up', 6]);
        expect(reported).toEqual([[broken, 'actualCost']]);
      });

      it.each([
        [-1, RangeError, '-1'],
        [NaN, RangeError, 'NaN'],
        [Infinity, RangeError, 'Infinity'],
        ['3', TypeError, '"3"'],
        [undefined, TypeError, 'undefined'],
        [Promise.resolve(3), TypeError, 'a value of type object'],
      ])('so, since it gives %s, is reported', async (given, Class, shown) => {
        const { limiter } = make({ cost: 4, actualCost: () => given as number });

        const value = await limiter.execute(() => 'up');

        const message = `Cannot settle a cost: expected actual cost to be a number from 0 to 1e100, got ${shown}`;
        expect([value, limiter.available]).toEqual(['up', 6]);
        expect(reported).toEqual([[wrongArgument(Class, message), 'actualCost']]);
      });
    });

    it('may use the limiter', async () => {
      const { limiter } = make();
      const actualCost = (): number => Number(limiter.tryAcquire(2));

      await limiter.execute(() => 'up', { cost: 5, actualCost });

      expect(limiter.available).toBe(7);
    });
  });

  describe('acquire()', () => {
    it('resolves to nothing when its turn has come', async () => {
      const { limiter, clock } = make({ maxQueued: 2 });
      const gone: unknown[] = [];

      for (const cost of [undefined, 9, 3, 2]) {
        void limiter.acquire(cost).then((value) => gone.push([cost, value, clock.now()]));
      }
      const { queued } = limiter;
      await clock.runAll();

      expect(gone).toEqual([
        [undefined, undefined, 0],
        [9, undefined, 0],
        [3, undefined, 30],
        [2, undefined, 50],
      ]);
      expect([queued, limiter.queued, clock.pending]).toEqual([2, 0, 0]);
    });

    it('is refused where it would have to wait', async () => {
      const { limiter } = make();
      limiter.tryAcquire(10);

      expect(await rejection(limiter.acquire(4))).toEqual(refusal(40));
    });

    it('rejects with the reason of an abort, before it and while it waits', async () => {
      const { limiter, clock } = make({ maxQueued: 1 });
      const controller = new AbortController();
      limiter.tryAcquire(10);

      const waiting = rejection(limiter.acquire(1, { signal: controller.signal }));
      controller.abort('stop');
      const outcomes = [await waiting, await rejection(limiter.acquire(1, { signal: controller.signal }))];

      expect([outcomes, limiter.queued, clock.pending]).toEqual([['stop', 'stop'], 0, 0]);
    });
  });

  describe('reserve()', () => {
    it('takes what is there now, and then for times to come', () => {
      const { limiter } = make();

      const reservations = [10, 1, 5].map((cost) => limiter.reserve(cost));

      expect(reservations.map(({ at, delay }) => [at, delay])).toEqual([
        [0, 0],
        [10, 10],
        [60, 60],
      ]);
      expect(limiter.available).toBe(-6);
    });

    it('gives its time as a reading of the clock', () => {
      const limiter = new RateLimiter({ limit: 1, interval: 10, clock: new VirtualClock(5_000) });

      const reservations = [limiter.reserve(), limiter.reserve()];

      expect(reservations.map(({ at, delay }) => [at, delay])).toEqual([
        [5_000, 0],
        [5_010, 10],
      ]);
    });

    it('comes after those who wait already, and before those who come later', async () => {
      const { limiter, clock } = make({ limit: 1, interval: 10, maxQueued: 3 });
      const gone: unknown[] = [];
      limiter.tryAcquire();
      for (const name of ['first', 'second']) void limiter.acquire().then(() => gone.push([name, clock.now()]));

      const { at } = limiter.reserve();
      void limiter.acquire().then(() => gone.push(['later', clock.now()]));
      await clock.runAll();

      expect(at).toBe(30);
      expect(gone).toEqual([
        ['first', 10],
        ['second', 20],
        ['later', 40],
      ]);
    });

    it('gives back what is cancelled, once, and lets those behind move up', async () => {
      const { limiter, clock } = make({ maxQueued: 1 });
      const reservation = limiter.reserve(10);
      const waiting = limiter.acquire(2).then(() => clock.now());
      await clock.advance(5);

      reservation.cancel();
      reservation.cancel();
      await clock.advance(0);

      expect([await waiting, limiter.available, clock.pending]).toEqual([5, 8, 0]);
    });

    it('keeps what somebody has had to wait for already', async () => {
      const { limiter, clock } = make({ limit: 1, interval: 10 });
      const [first] = [limiter.reserve(), limiter.reserve()];

      first.cancel();
      await clock.advance(10);

      expect([limiter.available, granted(limiter)]).toEqual([0, 0]);
    });

    it('is settled at what it has really cost: less is given back, more is charged; the first word counts', () => {
      const { limiter } = make();
      const [less, more] = [limiter.reserve(4), limiter.reserve(2)];

      const left = [() => less.settle(1), () => less.settle(0), () => less.cancel(), () => more.settle(6)].map(
        (say) => {
          say();
          return limiter.available;
        },
      );

      expect(left).toEqual([7, 7, 7, 3]);
    });

    it('does not take a wrong cost for a word', () => {
      const { limiter } = make();
      const reservation = limiter.reserve(4);

      for (const [cost, Class, shown] of [
        [-1, RangeError, '-1'],
        [NaN, RangeError, 'NaN'],
        [Infinity, RangeError, 'Infinity'],
        ['1', TypeError, '"1"'],
      ] as const) {
        const message = `Cannot settle a cost: expected cost to be a number from 0 to 1e100, got ${shown}`;
        expect(() => reservation.settle(cost as number)).toThrow(wrongArgument(Class, message));
      }
      reservation.settle(0);

      expect(limiter.available).toBe(10);
    });

    it('leaves nothing taken when all that was reserved has been cancelled', () => {
      const { limiter } = make({ limit: 1, interval: 10 });
      const reservations = Array.from({ length: 100 }, () => limiter.reserve());

      for (const reservation of reservations) reservation.cancel();

      expect(limiter.available).toBe(1);
    });

    it('leaves nothing taken when all has been cancelled from the last one on', () => {
      const { limiter } = make({ limit: 1, interval: 10 });
      const reservations = Array.from({ length: 100 }, () => limiter.reserve());

      for (const reservation of reservations.toReversed()) reservation.cancel();

      expect(limiter.available).toBe(1);
    });

    it('gives back, of both limits, what was reserved for a time to come', async () => {
      const { limiter, clock } = make({ calls: { limit: 1, interval: 5 } });
      limiter.tryAcquire(10);

      limiter.reserve(10).cancel();
      await clock.advance(10);

      expect(limiter.tryAcquire(1)).toBe(true);
    });
  });

  describe('available', () => {
    it('is what could be used at once', async () => {
      const { limiter, clock } = make({ burst: 4 });
      const readings = [limiter.available];

      limiter.tryAcquire(4);
      for (const ms of [0, 5, 5, 1e9]) {
        await clock.advance(ms);
        readings.push(limiter.available);
      }

      expect(readings).toEqual([4, 0, 0.5, 1, 4]);
    });
  });

  describe('given a limit on calls besides', () => {
    it('lets through what both have', async () => {
      const { limiter, clock } = make({ calls: { limit: 2, interval: 40 } });

      const taken = [1, 1, 1].map((cost) => limiter.tryAcquire(cost));
      await clock.advance(20);
      taken.push(limiter.tryAcquire(10), limiter.tryAcquire(9), limiter.tryAcquire(1));

      // 8 of the units are left at 0 ms, and 10 at 20 ms.
      expect(taken).toEqual([true, true, false, true, false, false]);
    });

    it('says when both will have enough', async () => {
      const { limiter } = make({ calls: { limit: 1, interval: 60 } });
      limiter.tryAcquire(10);

      const errors = [await rejection(limiter.acquire(1)), await rejection(limiter.acquire(8))];

      expect(errors).toEqual([refusal(60), refusal(80)]);
    });

    it('counts a call as one, whatever it has cost, and a cancelled reservation as none', async () => {
      const { limiter } = make({ calls: { limit: 3, interval: 30 } });

      await limiter.execute(() => 'up', { cost: 5, actualCost: () => 0 });
      limiter.reserve(5).settle(0);
      limiter.reserve(5).cancel();

      expect([limiter.available, granted(limiter)]).toEqual([10, 1]);
    });

    it('has a burst of its own', () => {
      expect(granted(make({ calls: { limit: 10, interval: 100, burst: 2 } }).limiter)).toBe(2);
    });
  });

  describe('observe()', () => {
    const headers = (record: Record<string, string>): ResponseHeaders => new Headers(record);

    it('lowers the limiter to what is left, and never raises it', () => {
      const { limiter } = make();

      const left = ['12', '10', '4', '7', '0', '9'].map((remaining) => {
        limiter.observe(headers({ 'RateLimit-Remaining': remaining }));
        return limiter.available;
      });

      expect(left).toEqual([10, 10, 4, 4, 0, 0]);
    });

    it('recovers at its own rate', async () => {
      const { limiter, clock } = make();

      limiter.observe({ 'ratelimit-remaining': '0' });
      await clock.advance(30);

      expect(limiter.available).toBe(3);
    });

    it.each([
      ['x-ratelimit-remaining-requests', 4],
      ['ratelimit-remaining', 4],
      ['x-ratelimit-remaining', 4],
      ['x-ratelimit-remaining-tokens', 10],
      ['x-ratelimit-limit', 10],
    ])('reads %s where there is one limit: %d', (name, left) => {
      for (const given of [headers({ [name]: '4' }), new Map([[name, '4']]) as never, { [name]: '4' }]) {
        const { limiter } = make();

        limiter.observe(given);

        expect(limiter.available).toBe(left);
      }
    });

    it('reads tokens and requests where there are two', () => {
      const { limiter } = make({ calls: { limit: 5, interval: 100 } });

      limiter.observe({ 'x-ratelimit-remaining-tokens': '7.5', 'x-ratelimit-remaining-requests': '3' });

      expect([limiter.available, granted(limiter)]).toEqual([7.5, 3]);
    });

    it('heeds all of an answer before it lets anybody go on', async () => {
      const calls = { limit: 1, interval: 4, burst: 1 };
      const { limiter, clock } = make({ limit: 2, interval: 40, burst: 5, calls, maxQueued: 2 });
      limiter.reserve(3);
      const { signal } = new AbortController();
      const first = rejection(limiter.execute(() => 7, { cost: 3, context: { attempt: 1, remaining: 25, signal } }));
      await clock.advance(10);
      const second = limiter.acquire(1).then(() => clock.now());

      limiter.observe({ 'x-ratelimit-remaining-tokens': '1', 'x-ratelimit-remaining-requests': '0' });
      await clock.runAll();

      expect([await first, await second]).toEqual([expect.any(RateLimitedError), 14]);
    });

    it('takes the first of the names that is well formed', () => {
      const { limiter } = make();

      limiter.observe({
        'x-ratelimit-remaining-requests': 'many',
        'ratelimit-remaining': '6',
        'x-ratelimit-remaining': '2',
      });

      expect(limiter.available).toBe(6);
    });

    it('lets nothing through for as long as retry-after says', async () => {
      const { limiter, clock } = make();

      limiter.observe({ 'retry-after': '2' });
      limiter.observe({ 'retry-after': '1.5' });
      const error = await rejection(limiter.acquire());
      await clock.advance(1_999);
      const before = limiter.tryAcquire();
      await clock.advance(1);

      expect([error, before, granted(limiter)]).toEqual([refusal(2_000), false, 10]);
    });

    it('takes more than a day for a mistake', () => {
      const { limiter } = make();

      limiter.observe({ 'retry-after': '86401' });
      const after = granted(limiter);
      limiter.observe({ 'retry-after': '86400' });

      expect([after, limiter.reserve().delay]).toEqual([10, 86_400_000]);
    });

    it('holds also those who wait and those who reserve', async () => {
      const { limiter, clock } = make({ limit: 1, interval: 10, maxQueued: 1 });
      limiter.tryAcquire();
      const waiting = limiter.acquire().then(() => clock.now());

      limiter.observe({ 'retry-after': '1' });
      const { pending } = clock;
      const { at } = limiter.reserve();
      await clock.runAll();

      expect([pending, await waiting, at]).toEqual([1, 1_000, 1_010]);
    });

    it('lets those who wait wait for longer', async () => {
      const { limiter, clock } = make({ maxQueued: 1 });
      limiter.tryAcquire(8);
      const waiting = limiter.acquire(4).then(() => clock.now());

      limiter.observe({ 'ratelimit-remaining': '1' });
      await clock.runAll();

      expect([await waiting, clock.pending]).toEqual([30, 0]);
    });

    it.each([
      '',
      ' ',
      ' 3',
      '3 ',
      '3\n',
      '-3',
      '+3',
      '3e2',
      '0x3',
      '3.',
      '.3',
      '3,000',
      '3, 3',
      'NaN',
      'Infinity',
      '٣',
      '3.0000000001',
      '1'.repeat(16),
      '0'.repeat(1e6),
      `${'1'.repeat(1e6)}!`,
      'Wed, 21 Oct 2015 07:28:00 GMT',
      [],
      [3],
      undefined,
      null,
      3,
      3n,
      NaN,
      true,
      {},
      { toString: () => '3' },
      new String('3'),
      () => '3',
    ])('ignores a header that is malformed (%#)', (value) => {
      const { limiter } = make({ calls: { limit: 10, interval: 100 } });
      const names = ['x-ratelimit-remaining-tokens', 'x-ratelimit-remaining-requests', 'ratelimit-remaining'];
      const record = Object.fromEntries(
        [...names, 'x-ratelimit-remaining', 'retry-after'].map((name) => [name, value]),
      );

      limiter.observe(record as ResponseHeaders);
      limiter.observe({ get: (name: string) => record[name] } as ResponseHeaders);

      expect([limiter.available, granted(limiter)]).toEqual([10, 10]);
    });

    it.each([{}, Object.create(null) as object, new Headers(), [], new Map(), { get: 'a header of that name' }])(
      'does nothing where there is nothing to read (%#)',
      (given) => {
        const { limiter } = make();

        limiter.observe(given as ResponseHeaders);

        expect([limiter.available, granted(limiter)]).toEqual([10, 10]);
      },
    );

    it('reads the first of several values', () => {
      const { limiter } = make();

      limiter.observe({ 'ratelimit-remaining': ['3', '9'] });

      expect(limiter.available).toBe(3);
    });

    it('reads each header once, also by a getter', () => {
      const { limiter } = make();
      const reads: string[] = [];
      const given = new Proxy<Record<string, string>>(
        {},
        { get: (_, name) => (reads.push(String(name)), name === 'ratelimit-remaining' ? '3' : undefined) },
      );

      limiter.observe(given);

      expect(reads).toEqual([
        'x-ratelimit-remaining-tokens',
        'x-ratelimit-remaining-requests',
        'ratelimit-remaining',
        'retry-after',
      ]);
      expect(limiter.available).toBe(3);
    });

    it('ignores a header that throws when it is read', () => {
      const { limiter } = make();

      limiter.observe({
        get 'ratelimit-remaining'(): string {
          throw new Error('broken header');
        },
        'retry-after': '1',
      });

      expect(limiter.tryAcquire()).toBe(false);
    });

    it.each([
      [undefined, 'undefined'],
      [null, 'null'],
      ['ratelimit-remaining: 3', '"ratelimit-remaining: 3"'],
      [3, '3'],
    ])('refuses what are no headers (%s)', (given, shown) => {
      const { limiter } = make();

      const message = `Cannot observe a response: expected headers to be the headers of a response, got ${shown}`;
      expect(() => limiter.observe(given as never)).toThrow(wrongArgument(TypeError, message));
    });
  });

  describe('observers', () => {
    it('are told of every refusal, and of its cost', async () => {
      const rejected = vi.fn();
      const { limiter } = make({ on: { rejected } });
      limiter.tryAcquire(9);

      limiter.tryAcquire(3);
      const errors = [await rejection(limiter.acquire(4)), await rejection(limiter.execute(() => 'up', { cost: 5 }))];

      expect(rejected.mock.calls).toEqual([
        [{ error: refusal(20), cost: 3 }],
        [{ error: refusal(30), cost: 4 }],
        [{ error: refusal(40), cost: 5 }],
      ]);
      expect(rejected.mock.calls.slice(1).map(([{ error }]) => error as unknown)).toEqual(errors);
      expect((rejected.mock.calls[1]![0] as { error: unknown }).error).toBe(errors[0]);
    });

    it('that throw or reject change nothing', async () => {
      const broken = new Error('broken observer');
      const reported = vi.fn();
      onObserverError(reported);
      const rejected = vi
        .fn()
        .mockImplementationOnce(() => {
          throw broken;
        })
        .mockImplementationOnce(() => Promise.reject(broken));
      const { limiter } = make({ limit: 1, on: { rejected } });
      limiter.tryAcquire();

      const taken = limiter.tryAcquire();
      const error = await rejection(limiter.acquire());
      onObserverError(undefined);

      expect([taken, error]).toEqual([false, refusal(100)]);
      expect(reported.mock.calls).toEqual([
        [broken, 'rejected'],
        [broken, 'rejected'],
      ]);
    });

    it('may use the limiter', async () => {
      const seen: unknown[] = [];
      const { limiter, clock } = make({
        limit: 1,
        maxQueued: 1,
        on: {
          rejected: ({ cost }) => {
            if (cost < 1) return;
            seen.push([limiter.queued, limiter.tryAcquire(0.5), limiter.reserve().delay]);
          },
        },
      });
      limiter.tryAcquire();
      const waiting = limiter.acquire().then(() => clock.now());

      const error = await rejection(limiter.execute(() => 'up'));
      await clock.runAll();

      expect([seen, error, await waiting]).toEqual([[[1, false, 200]], refusal(200), 100]);
    });
  });

  describe('the largest numbers', () => {
    it('are waited for without an end', async () => {
      const { limiter } = make({ limit: Number.MIN_VALUE, interval: 1e100, burst: 1 });

      const taken = [limiter.tryAcquire(), limiter.tryAcquire()];

      expect([taken, await rejection(limiter.acquire())]).toEqual([[true, false], refusal(Infinity)]);
    });

    it('let everything through', () => {
      const { limiter } = make({ limit: 1e100, interval: Number.MIN_VALUE });

      const taken = Array.from({ length: 10 }, () => limiter.tryAcquire(1e99));

      expect(taken.every(Boolean)).toBe(true);
    });

    it('are refused where adding them up could overflow', () => {
      const message =
        'Cannot make a rate limiter: expected limit, interval and burst to be at most 1e100, got 1.7976931348623157e+308';

      expect(() => make({ limit: 3, interval: Number.MAX_VALUE })).toThrow(wrongArgument(RangeError, message));
    });

    it('do not let more through than the limit', () => {
      const { limiter } = make({ limit: 3, interval: 1e100 });

      const taken = Array.from({ length: 6 }, () => limiter.tryAcquire());

      expect(taken).toEqual([true, true, true, false, false, false]);
    });
  });

  describe('wrong arguments', () => {
    const positive = 'to be a finite number above 0';
    const rate = { limit: 1, interval: 1 };
    it.each([
      [undefined, TypeError, `limit ${positive}, got undefined`],
      [null, TypeError, 'options to be an object, got null'],
      [5, TypeError, 'options to be an object, got 5'],
      [{}, TypeError, `limit ${positive}, got undefined`],
      [{ limit: 1 }, TypeError, `interval ${positive}, got undefined`],
      [{ limit: 0, interval: 1 }, RangeError, `limit ${positive}, got 0`],
      [{ limit: -1, interval: 1 }, RangeError, `limit ${positive}, got -1`],
      [{ limit: Infinity, interval: 1 }, RangeError, `limit ${positive}, got Infinity`],
      [{ limit: '1', interval: 1 }, TypeError, `limit ${positive}, got "1"`],
      [{ limit: 5n, interval: 1 }, TypeError, `limit ${positive}, got 5n`],
      [{ limit: 1, interval: 0 }, RangeError, `interval ${positive}, got 0`],
      [{ limit: 1, interval: NaN }, RangeError, `interval ${positive}, got NaN`],
      [{ ...rate, burst: 0 }, RangeError, `burst ${positive}, got 0`],
      [{ ...rate, cost: 0 }, RangeError, `cost ${positive}, got 0`],
      [{ ...rate, cost: 2 }, RangeError, 'cost to be a number above 0, at most the burst of 1, got 2'],
      [{ ...rate, burst: 0.5 }, RangeError, 'cost to be a number above 0, at most the burst of 0.5, got 1'],
      [{ ...rate, actualCost: 1 }, TypeError, 'actualCost to be a function, got 1'],
      [{ ...rate, maxQueued: -1 }, RangeError, 'maxQueued to be an integer from 0 to 100000, got -1'],
      [{ ...rate, maxQueued: 100_001 }, RangeError, 'maxQueued to be an integer from 0 to 100000, got 100001'],
      [{ ...rate, maxWait: -1 }, RangeError, 'maxWait to be a number of ms ≥ 0, or Infinity, got -1'],
      [{ ...rate, clock: {} }, TypeError, 'clock to be a Clock, got a value of type object'],
      [{ ...rate, name: 5 }, TypeError, 'name to be a string, got 5'],
      [{ ...rate, on: { rejected: 1 } }, TypeError, 'on.rejected to be a function, got 1'],
      [{ ...rate, on: { reject: 1 } }, TypeError, 'a known option (did you mean on.rejected?), got "on.reject"'],
      [{ ...rate, limits: 1 }, TypeError, 'a known option (did you mean limit?), got "limits"'],
      [{ ...rate, calls: 5 }, TypeError, 'calls to be an object, got 5'],
      [{ ...rate, calls: {} }, TypeError, `calls.limit ${positive}, got undefined`],
      [{ ...rate, calls: { limit: 1 } }, TypeError, `calls.interval ${positive}, got undefined`],
      [{ ...rate, calls: { limit: 0, interval: 1 } }, RangeError, `calls.limit ${positive}, got 0`],
      [
        { ...rate, calls: { limit: 1, interval: 1, burst: 0.5 } },
        RangeError,
        'calls.burst to be a finite number ≥ 1, got 0.5',
      ],
      [{ ...rate, calls: { ...rate, burst: 0.5 } }, RangeError, 'calls.burst to be a finite number ≥ 1, got 0.5'],
      [
        { ...rate, calls: { ...rate, cost: 1 } },
        TypeError,
        'a known option (limit, interval, burst), got "calls.cost"',
      ],
    ])('of the limiter are refused (%#)', (options, Class, message) => {
      const make = (): unknown => new RateLimiter(options as never);

      expect(make).toThrow(wrongArgument(Class, `Cannot make a rate limiter: expected ${message}`));
      expect(make).toThrow(Class);
    });

    it('may be left undefined', () => {
      const undefinedOptions = { burst: undefined, cost: undefined, actualCost: undefined, calls: undefined };
      const { limiter } = make({ ...undefinedOptions, maxQueued: undefined, maxWait: undefined, on: undefined });

      expect([granted(limiter), limiter.name]).toEqual([10, undefined]);
    });

    it.each([
      [0, RangeError, '0'],
      [-1, RangeError, '-1'],
      [10.5, RangeError, '10.5'],
      [Infinity, RangeError, 'Infinity'],
      [NaN, RangeError, 'NaN'],
      ['1', TypeError, '"1"'],
      [null, TypeError, 'null'],
      [{ signal: undefined }, TypeError, 'a value of type object'],
    ])('of its methods are refused, and take nothing (cost %s)', async (cost, Class, shown) => {
      const { limiter } = make();
      const wrong = cost as number;
      const says = (action: string): Error =>
        wrongArgument(
          Class,
          `Cannot ${action}: expected cost to be a number above 0, at most the burst of 10, got ${shown}`,
        );

      expect(() => limiter.tryAcquire(wrong)).toThrow(says('acquire'));
      expect(() => limiter.reserve(wrong)).toThrow(says('reserve'));
      expect(await rejection(limiter.acquire(wrong))).toEqual(says('acquire'));
      expect(await rejection(limiter.acquire(wrong))).toBeInstanceOf(Class);
      expect(limiter.available).toBe(10);
    });

    it.each([
      [{ cost: 11 }, RangeError, 'acquire: expected cost to be a number above 0, at most the burst of 10, got 11'],
      [{ cost: 0 }, RangeError, 'acquire: expected cost to be a finite number above 0, got 0'],
      [{ cost: '1' }, TypeError, 'acquire: expected cost to be a finite number above 0, got "1"'],
      [{ actualCost: 1 }, TypeError, 'acquire: expected actualCost to be a function, got 1'],
      [{ cost: 1, signal: 1 }, TypeError, 'acquire: expected signal to be an AbortSignal, got 1'],
      [{ cost: 1, costs: 1 }, TypeError, 'acquire: expected a known option (did you mean cost?), got "costs"'],
      [{ costs: 1 }, TypeError, 'execute a call: expected a known option (signal, attempt, remaining), got "costs"'],
      [null, TypeError, 'execute a call: expected options to be an object, got null'],
    ])('of a call come out as a rejection, and take nothing (%#)', async (options, Class, message) => {
      const { limiter } = make();
      const fn = vi.fn();

      const error = await rejection(limiter.execute(fn, options as never));

      expect(error).toEqual(wrongArgument(Class, `Cannot ${message}`));
      expect([error instanceof Class, fn.mock.calls, limiter.available]).toEqual([true, [], 10]);
    });

    it('are a function that is none, and options of acquire that are none', async () => {
      const { limiter } = make();

      const errors = [
        await rejection(limiter.execute('fn' as never)),
        await rejection(limiter.execute('fn' as never, { cost: 1 })),
        await rejection(limiter.acquire(1, { cost: 1 } as never)),
      ];

      expect(errors).toEqual([
        wrongArgument(TypeError, 'Cannot execute a call: expected fn to be a function, got "fn"'),
        wrongArgument(TypeError, 'Cannot execute a call: expected fn to be a function, got "fn"'),
        wrongArgument(TypeError, 'Cannot acquire: expected a known option (signal, attempt, remaining), got "cost"'),
      ]);
      expect(limiter.available).toBe(10);
    });
  });
});
