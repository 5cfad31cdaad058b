// oxlint-disable unicorn/no-thenable -- a call may return any thenable
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  Bulkhead,
  BulkheadFullError,
  CircuitBreaker,
  constant,
  consecutiveFailures,
  fallback,
  hedge,
  onObserverError,
  pipeline,
  retry,
  timeout,
  TimeoutError,
  type BulkheadOptions,
  type CallContext,
  type Policy,
  type Releasable,
} from 'holdfast';
import { scriptedCall, VirtualClock } from 'holdfast/testing';
import { rejection, turns } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');
const never = (): Promise<never> => new Promise(() => {});

/** Work that goes on until it is told to end, whatever becomes of its signal. */
interface Work {
  readonly fn: () => Promise<string>;
  readonly end: (value?: string) => void;
  readonly fail: (error: unknown) => void;
  readonly begun: () => number;
}

function work(): Work {
  let end!: Work['end'];
  let fail!: Work['fail'];
  let begun = 0;
  const promise = new Promise<string>((resolve, reject) => {
    end = (value = 'done') => resolve(value);
    fail = reject;
  });
  const fn = (): Promise<string> => {
    begun++;
    return promise;
  };
  return { fn, end, fail, begun: () => begun };
}

function make(options: Partial<BulkheadOptions> = {}): { bulkhead: Bulkhead; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { bulkhead: new Bulkhead({ maxConcurrent: 1, clock, ...options }), clock };
}

const counts = ({ running, queued }: Bulkhead): number[] => [running, queued];
const refusal = (error: unknown): unknown => error instanceof BulkheadFullError && [error.running, error.queued];

describe('Bulkhead', () => {
  it('shows what it is', () => {
    const { bulkhead } = make({ maxConcurrent: 3, name: 'db' });

    expect([bulkhead.name, bulkhead.maxConcurrent, bulkhead.running, bulkhead.queued]).toEqual(['db', 3, 0, 0]);
    expect(make().bulkhead.name).toBeUndefined();
  });

  describe('given a free slot', () => {
    it('makes the call in the same turn, and gives its value', async () => {
      const { bulkhead } = make();
      const { fn, end, begun } = work();

      const value = bulkhead.execute(fn);
      const during = [begun(), ...counts(bulkhead)];
      end('up');

      expect([await value, during, counts(bulkhead)]).toEqual(['up', [1, 1, 0], [0, 0]]);
    });

    it.each([
      ['rejects', (): Promise<never> => Promise.reject(down)],
      [
        'throws',
        (): never => {
          throw down;
        },
      ],
      [
        'gives a thenable that rejects',
        (): PromiseLike<never> => ({
          then: (_, reject) => Promise.reject(down).then(undefined, reject),
        }),
      ],
      [
        'gives a thenable that throws',
        (): PromiseLike<never> => ({
          then: () => {
            throw down;
          },
        }),
      ],
    ])('gives the slot back where the call %s', async (_, fn) => {
      const { bulkhead } = make();

      const error = await rejection(bulkhead.execute(fn));

      expect([error, counts(bulkhead)]).toEqual([down, [0, 0]]);
    });

    it.each([
      ['a value', () => 'up'],
      ['nothing', () => undefined],
      ['a thenable', (): PromiseLike<string> => ({ then: (resolve) => Promise.resolve('up').then(resolve) })],
    ])('gives the slot back where the call gives %s', async (_, fn) => {
      const { bulkhead } = make();

      await bulkhead.execute<unknown>(fn);

      expect(counts(bulkhead)).toEqual([0, 0]);
    });

    it('hands fn the context of the call', async () => {
      const { bulkhead } = make();

      const seen = await bulkhead.execute(({ attempt, remaining, signal }) => [attempt, remaining, signal.aborted]);

      expect(seen).toEqual([1, Infinity, false]);
    });

    it('can be called by a function taken off it', async () => {
      const { execute } = make().bulkhead;

      expect(await execute(() => 'up')).toBe('up');
    });
  });

  describe('given no free slot and no line', () => {
    it('refuses the call without making it, and without a timer', async () => {
      const { bulkhead, clock } = make({ maxConcurrent: 2, name: 'db' });
      const fn = vi.fn();
      void bulkhead.execute(never);
      void bulkhead.execute(never);

      const error = await rejection(bulkhead.execute(fn));

      expect(error).toBeInstanceOf(BulkheadFullError);
      expect(error).toMatchObject({
        name: 'BulkheadFullError',
        code: 'ERR_BULKHEAD_FULL',
        message: 'Refused by bulkhead db: 2 running, 0 queued',
        retryAfter: undefined,
        running: 2,
        queued: 0,
      });
      expect([fn.mock.calls, clock.pending, counts(bulkhead)]).toEqual([[], 0, [2, 0]]);
    });

    it('lets calls through again once a slot has come free', async () => {
      const { bulkhead } = make();
      const { fn, end } = work();
      const first = bulkhead.execute(fn);
      const refused = await rejection(bulkhead.execute(() => 'too early'));

      end();
      await first;

      expect(refusal(refused)).toEqual([1, 0]);
      expect(await bulkhead.execute(() => 'now')).toBe('now');
    });

    it('has the abort go first where the caller aborts in the turn of the refusal', async () => {
      const { bulkhead } = make();
      const controller = new AbortController();
      void bulkhead.execute(never);

      const outcome = rejection(bulkhead.execute(never, { signal: controller.signal }));
      controller.abort('stop');

      expect(await outcome).toBe('stop');
    });
  });

  describe('given a line', () => {
    it('is first in, first out, and refuses who finds it full', async () => {
      const { bulkhead } = make({ maxQueued: 3 });
      const works = Array.from({ length: 5 }, work);
      const seen: unknown[] = [];

      const calls = works.map(({ fn }) => bulkhead.execute(fn).catch(refusal));
      const before = counts(bulkhead);
      for (const { end } of works) {
        end();
        await turns();
        seen.push([works.map(({ begun }) => begun()), ...counts(bulkhead)]);
      }

      expect(before).toEqual([1, 3]);
      expect(seen).toEqual([
        [[1, 1, 0, 0, 0], 1, 2],
        [[1, 1, 1, 0, 0], 1, 1],
        [[1, 1, 1, 1, 0], 1, 0],
        [[1, 1, 1, 1, 0], 0, 0],
        [[1, 1, 1, 1, 0], 0, 0],
      ]);
      expect(await Promise.all(calls)).toEqual(['done', 'done', 'done', 'done', [1, 3]]);
    });

    it('lets nobody overtake: a call made in the turn in which a slot came free goes to the end', async () => {
      const { bulkhead } = make({ maxQueued: 5 });
      const begun: string[] = [];
      const permit = bulkhead.tryAcquire()!;
      const call = (name: string): Promise<unknown> => bulkhead.execute(() => begun.push(name));

      const calls = [call('a'), call('b')];
      permit.release();
      calls.push(call('late'));
      const seen = [...counts(bulkhead), bulkhead.tryAcquire(), ...begun];
      await Promise.all(calls);

      expect(seen).toEqual([1, 2, undefined]);
      expect(begun).toEqual(['a', 'b', 'late']);
    });

    it('lets nobody overtake who is called by the call that ends', async () => {
      const { bulkhead } = make({ maxQueued: 5 });
      const begun: string[] = [];
      const first = bulkhead
        .execute(async () => begun.push('first'))
        .then(() => bulkhead.execute(() => begun.push('again')));
      const second = bulkhead.execute(() => begun.push('second'));

      await Promise.all([first, second]);

      expect(begun).toEqual(['first', 'second', 'again']);
    });

    it('serves a thousand with three at a time, each of them once', async () => {
      const { bulkhead, clock } = make({ maxConcurrent: 3, maxQueued: 997 });
      const begun: number[] = [];
      let most = 0;

      const calls = Array.from({ length: 1_000 }, (_, index) =>
        bulkhead.execute(async () => {
          begun.push(index);
          most = Math.max(most, bulkhead.running);
          await Promise.resolve();
          return index;
        }),
      );
      const refused = await rejection(bulkhead.execute(never));

      const order = Array.from({ length: 1_000 }, (_, index) => index);
      expect(await Promise.all(calls)).toEqual(order);
      expect(begun).toEqual(order);
      expect([refusal(refused), most, counts(bulkhead), clock.pending]).toEqual([[3, 997], 3, [0, 0], 0]);
    });

    it('hands every caller his own async context, whoever gives the slot back', async () => {
      const storage = new AsyncLocalStorage<string>();
      const { bulkhead, clock } = make({ maxConcurrent: 2, maxQueued: 9, maxWait: 1_000 });
      const seen: [string, string | undefined][] = [];
      const call = (name: string): Promise<void> =>
        storage.run(name, async () => {
          await bulkhead.execute(async () => {
            seen.push([name, storage.getStore()]);
            await Promise.resolve();
            seen.push([name, storage.getStore()]);
          });
          seen.push([name, storage.getStore()]);
        });

      const permits = [bulkhead.tryAcquire()!, bulkhead.tryAcquire()!];
      const calls = ['a', 'b', 'c', 'd'].map(call);
      storage.run('whoever releases', () => permits[0]!.release());
      await turns();
      storage.run('whoever resizes', () => bulkhead.resize(5));
      await storage.run('whoever moves the clock', () => clock.advance(10));
      await Promise.all(calls);

      expect(seen).toHaveLength(12);
      expect(seen.filter(([name, store]) => name !== store)).toEqual([]);
    });
  });

  describe('an abort', () => {
    it('that has happened already makes no call, and takes no slot', async () => {
      const { bulkhead } = make();
      const fn = vi.fn();

      const error = await rejection(bulkhead.execute(fn, { signal: AbortSignal.abort('early') }));

      expect([error, fn.mock.calls, counts(bulkhead)]).toEqual(['early', [], [0, 0]]);
    });

    it('takes a waiter out of the line at once, wherever he stands', async () => {
      const { bulkhead, clock } = make({ maxQueued: 3, maxWait: 1_000 });
      const permit = bulkhead.tryAcquire()!;
      const controller = new AbortController();
      const { signal } = controller;
      const begun: string[] = [];
      const first = bulkhead.execute(() => begun.push('first'));
      const outcome = rejection(bulkhead.execute(() => begun.push('second'), { signal }));
      const third = bulkhead.execute(() => begun.push('third'));

      controller.abort('stop');
      const atOnce = counts(bulkhead);
      permit.release();
      await Promise.all([first, third]);

      expect([await outcome, atOnce, begun]).toEqual(['stop', [1, 2], ['first', 'third']]);
      expect([counts(bulkhead), clock.pending, getEventListeners(signal, 'abort')]).toEqual([[0, 0], 0, []]);
    });

    it('of all who wait leaves neither a place nor a timer', async () => {
      const { bulkhead, clock } = make({ maxQueued: 3, maxWait: 1_000 });
      const controller = new AbortController();
      bulkhead.tryAcquire();
      const outcomes = [1, 2, 3].map(() => rejection(bulkhead.execute(never, { signal: controller.signal })));
      const before = [...counts(bulkhead), clock.pending];

      controller.abort('stop');
      const atOnce = [...counts(bulkhead), clock.pending];

      expect([await Promise.all(outcomes), before, atOnce]).toEqual([
        ['stop', 'stop', 'stop'],
        [1, 3, 1],
        [1, 0, 0],
      ]);
    });

    it('from within fn ends the call, and holds the slot until fn has settled', async () => {
      const { bulkhead } = make();
      const controller = new AbortController();
      const { fn, end } = work();

      const outcome = rejection(
        bulkhead.execute(
          () => {
            controller.abort('stop');
            return fn();
          },
          { signal: controller.signal },
        ),
      );
      const error = await outcome;
      const before = counts(bulkhead);
      end();
      await turns();

      expect([error, before, counts(bulkhead)]).toEqual(['stop', [1, 0], [0, 0]]);
    });

    it('that makes fn settle at once frees the slot a turn later', async () => {
      const { bulkhead } = make();
      const controller = new AbortController();
      const fn = ({ signal }: CallContext): Promise<never> =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(down)));

      const outcome = rejection(bulkhead.execute(fn, { signal: controller.signal }));
      controller.abort('stop');
      const atOnce = counts(bulkhead);

      expect([await outcome, atOnce]).toEqual(['stop', [1, 0]]);
      await turns();
      expect(counts(bulkhead)).toEqual([0, 0]);
    });
  });

  describe('maxWait', () => {
    it('ends the wait at its time, with the refusal and who runs and waits then', async () => {
      const { bulkhead, clock } = make({ maxQueued: 2, maxWait: 50 });
      const fn = vi.fn();
      bulkhead.tryAcquire();
      const ends: unknown[] = [];
      const call = (): void =>
        void rejection(bulkhead.execute(fn)).then((error) => ends.push([clock.now(), refusal(error)]));

      call();
      await clock.advance(10);
      call();
      await clock.advance(39.5);
      const before = [...ends];
      await clock.runAll();

      expect(before).toEqual([]);
      expect(ends).toEqual([
        [50, [1, 1]],
        [60, [1, 0]],
      ]);
      expect([fn.mock.calls, counts(bulkhead), clock.pending]).toEqual([[], [1, 0], 0]);
    });

    it('does not end a call that has got its slot in time', async () => {
      const { bulkhead, clock } = make({ maxQueued: 1, maxWait: 50 });
      const permit = bulkhead.tryAcquire()!;
      const { fn, end } = work();

      const value = bulkhead.execute(fn);
      await clock.advance(49);
      permit.release();
      const { pending } = clock;
      await clock.advance(1_000);
      end('up');

      expect([await value, pending]).toEqual(['up', 0]);
    });

    it('of 0 makes a line of no use', async () => {
      const { bulkhead, clock } = make({ maxQueued: 5, maxWait: 0 });
      bulkhead.tryAcquire();

      const error = await rejection(bulkhead.execute(never));

      expect([refusal(error), counts(bulkhead), clock.pending]).toEqual([[1, 0], [1, 0], 0]);
    });

    it('of Infinity sets no timer', async () => {
      const { bulkhead, clock } = make({ maxQueued: 1 });
      const permit = bulkhead.tryAcquire()!;

      const value = bulkhead.execute(() => 'up');
      const { pending } = clock;
      await clock.advance(1e9);
      permit.release();

      expect([await value, pending]).toEqual(['up', 0]);
    });

    it('has one timer, however many wait', async () => {
      const { bulkhead, clock } = make({ maxQueued: 100, maxWait: 50 });
      bulkhead.tryAcquire();

      const outcomes = Array.from({ length: 100 }, () => rejection(bulkhead.execute(never)));
      const { pending } = clock;
      await clock.advance(50);

      expect([pending, clock.pending]).toEqual([1, 0]);
      expect((await Promise.all(outcomes)).map(refusal)).toEqual(
        Array.from({ length: 100 }, (_, index) => [1, 99 - index]),
      );
    });

    it('is counted anew for each turn in the line', async () => {
      const { bulkhead, clock } = make({ maxQueued: 1, maxWait: 50 });
      const policy = pipeline(retry({ clock, backoff: constant(), baseDelay: 10 }), bulkhead);
      const permit = bulkhead.tryAcquire()!;
      const fn = scriptedCall([{ throws: down }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await clock.advance(40);
      permit.release();
      await turns();
      const blocker = bulkhead.tryAcquire()!;
      await clock.advance(49);
      blocker.release();

      expect([await value, fn.log.map(({ at }) => at)]).toEqual(['up', [40, 89]]);
      expect(clock.pending).toBe(0);
    });

    it('tells the observer of him who has waited too long in that call’s own async context', async () => {
      const storage = new AsyncLocalStorage<string>();
      const clock = new VirtualClock();
      const seen: unknown[] = [];
      const setTimer: VirtualClock['setTimer'] = (delay, callback) =>
        clock.setTimer(delay, AsyncResource.bind(callback));
      const bulkhead = new Bulkhead({
        maxConcurrent: 1,
        maxQueued: 2,
        maxWait: 50,
        clock: { now: clock.now, setTimer },
        on: { rejected: () => seen.push(storage.getStore()) },
      });
      bulkhead.tryAcquire();

      const outcomes = ['a', 'b'].map((name) => storage.run(name, () => rejection(bulkhead.execute(never))));
      await clock.runAll();
      await Promise.all(outcomes);

      expect(seen).toEqual(['a', 'b']);
    });
  });

  describe('releaseOn', () => {
    it('settle, the default, holds the slot until the work that a timeout gave up on has settled', async () => {
      const { bulkhead, clock } = make({ maxQueued: 1 });
      const policy = pipeline(bulkhead, timeout(20, { clock }));
      const { fn, end } = work();
      const next = vi.fn(() => 'next');

      const outcome = rejection(policy.execute(fn));
      const second = policy.execute(next);
      await clock.advance(20);
      const error = await outcome;
      const before = [next.mock.calls.length, ...counts(bulkhead)];
      end();
      await turns();

      expect([error, before]).toEqual([new TimeoutError(20), [0, 1, 1]]);
      expect([await second, counts(bulkhead), clock.pending]).toEqual(['next', [0, 0], 0]);
    });

    it('settle holds it too where the work rejects late, and nothing is left unhandled', async () => {
      const unhandled = vi.fn();
      process.on('unhandledRejection', unhandled);
      const { bulkhead, clock } = make();
      const { fn, fail } = work();

      const outcome = rejection(pipeline(bulkhead, timeout(20, { clock })).execute(fn));
      await clock.advance(20);
      fail(down);
      await clock.advance(0);
      process.off('unhandledRejection', unhandled);

      expect([await outcome, counts(bulkhead)]).toEqual([new TimeoutError(20), [0, 0]]);
      expect(unhandled).not.toHaveBeenCalled();
    });

    it('settle waits for all attempts of a retry inside, not only for the last', async () => {
      const { bulkhead, clock } = make();
      const policy = pipeline(bulkhead, retry({ clock, backoff: constant(), baseDelay: 10 }), timeout(20, { clock }));
      const works = [work(), work()];
      let attempts = 0;

      const value = policy.execute(() => works[attempts++]!.fn());
      await clock.advance(30);
      works[1]!.end('second');
      const settled = await value;
      const before = counts(bulkhead);
      works[0]!.end('first, late');
      await turns();

      expect([settled, before, counts(bulkhead)]).toEqual(['second', [1, 0], [0, 0]]);
    });

    it('settle does not give the slot back between the attempts of a retry inside', async () => {
      const { bulkhead, clock } = make();
      const policy = pipeline(bulkhead, retry({ clock, backoff: constant(), baseDelay: 10, maxAttempts: 2 }));
      const fn = scriptedCall([{ throws: down }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await clock.advance(5);
      const between = counts(bulkhead);
      await clock.runAll();

      expect([await value, between, counts(bulkhead)]).toEqual(['up', [1, 0], [0, 0]]);
    });

    it('settle waits for the loser of a hedge inside', async () => {
      const { bulkhead, clock } = make();
      const policy = pipeline(bulkhead, hedge({ delay: 10, clock }));
      const works = [work(), work()];

      const value = policy.execute(({ attempt }) => works[attempt - 1]!.fn());
      await clock.advance(10);
      works[1]!.end('second');
      const settled = await value;
      const before = counts(bulkhead);
      works[0]!.end();
      await turns();

      expect([settled, before, counts(bulkhead)]).toEqual(['second', [1, 0], [0, 0]]);
    });

    it('settle waits for the substitute of a fallback inside, when a timeout around has given up on it', async () => {
      const { bulkhead, clock } = make();
      const substitute = work();
      const policy = pipeline(timeout(20, { clock }), bulkhead, fallback(substitute.fn));

      const outcome = rejection(policy.execute(() => Promise.reject(down)));
      await clock.advance(20);
      const error = await outcome;
      const before = counts(bulkhead);
      substitute.end();
      await turns();

      expect([error, before, counts(bulkhead)]).toEqual([new TimeoutError(20), [1, 0], [0, 0]]);
    });

    it('settle holds the slots of two bulkheads, one inside the other', async () => {
      const { bulkhead: outer, clock } = make();
      const inner = new Bulkhead({ maxConcurrent: 1, clock });
      const loose = new Bulkhead({ maxConcurrent: 1, clock, releaseOn: 'timeout' });
      const { fn, end } = work();

      const outcome = rejection(pipeline(outer, loose, inner, timeout(20, { clock })).execute(fn));
      await clock.advance(20);
      await outcome;
      const before = [outer, loose, inner].map(counts);
      end();
      await turns();

      expect([before, [outer, loose, inner].map(counts)]).toEqual([
        [
          [1, 0],
          [0, 0],
          [1, 0],
        ],
        [
          [0, 0],
          [0, 0],
          [0, 0],
        ],
      ]);
    });

    it('settle gives the slot back at once where a retry inside was waiting as it was given up', async () => {
      const { bulkhead, clock } = make();
      const controller = new AbortController();
      const policy = pipeline(bulkhead, retry({ clock, backoff: constant(), baseDelay: 1_000 }));

      const outcome = rejection(policy.execute(() => Promise.reject(down), { signal: controller.signal }));
      await turns();
      controller.abort('stop');
      const atOnce = counts(bulkhead);

      expect([await outcome, atOnce, clock.pending]).toEqual(['stop', [0, 0], 0]);
    });

    it('settle holds the slot through a policy that was made elsewhere', async () => {
      const { bulkhead, clock } = make();
      const foreign: Policy = { execute: async (fn, options) => fn(options as CallContext) };
      const { fn, end } = work();

      const outcome = rejection(pipeline(bulkhead, foreign, timeout(20, { clock })).execute(fn));
      await clock.advance(20);
      await outcome;
      const before = counts(bulkhead);
      end();
      await turns();

      expect([before, counts(bulkhead)]).toEqual([
        [1, 0],
        [0, 0],
      ]);
    });

    it.each([
      ['a timeout inside', (inner: Policy, limit: Policy) => pipeline(inner, limit)],
      ['a timeout around', (inner: Policy, limit: Policy) => pipeline(limit, inner)],
    ])('timeout frees the slot as soon as %s has given up', async (_, compose) => {
      const { bulkhead, clock } = make({ maxQueued: 1, releaseOn: 'timeout' });
      const policy = compose(bulkhead, timeout(20, { clock }));
      const { fn, end } = work();

      const outcome = rejection(policy.execute(fn));
      const second = bulkhead.execute(() => 'second');
      await clock.advance(20);
      const seen = [await outcome, await second, counts(bulkhead)];
      end('late');
      await turns();

      expect(seen).toEqual([new TimeoutError(20), 'second', [0, 0]]);
      expect(counts(bulkhead)).toEqual([0, 0]);
    });

    it('timeout frees the slot of an aborted call in the same turn, for the first in line', async () => {
      const { bulkhead } = make({ maxQueued: 1, releaseOn: 'timeout' });
      const controller = new AbortController();
      const { fn, end } = work();
      const outcome = rejection(bulkhead.execute(fn, { signal: controller.signal }));
      const next = work();
      const second = bulkhead.execute(next.fn);

      controller.abort('stop');
      const atOnce = counts(bulkhead);
      await turns();
      end('late');
      await turns();
      const after = counts(bulkhead);
      next.end();

      expect([await outcome, await second, atOnce, after]).toEqual(['stop', 'done', [1, 0], [1, 0]]);
    });
  });

  describe('around other policies', () => {
    it('takes one slot for each attempt inside a retry, and none while it waits', async () => {
      const { bulkhead, clock } = make();
      const policy = pipeline(retry({ clock, backoff: constant(), baseDelay: 10 }), bulkhead);
      const fn = scriptedCall([{ throws: down }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await clock.advance(5);
      const between = counts(bulkhead);
      await clock.runAll();

      expect([await value, between, counts(bulkhead)]).toEqual(['up', [0, 0], [0, 0]]);
    });

    it('has each attempt of a retry hold a slot of its own, until its own work has settled', async () => {
      const { bulkhead, clock } = make({ maxConcurrent: 2 });
      const policy = pipeline(
        retry({ clock, backoff: constant(), baseDelay: 10, isRetryable: () => true }),
        bulkhead,
        timeout(20, { clock }),
      );
      const works = [work(), work()];
      let attempts = 0;

      const value = policy.execute(() => works[attempts++]!.fn());
      await clock.advance(30);
      const both = counts(bulkhead);
      works[0]!.end('first, late');
      await turns();
      const second = counts(bulkhead);
      works[1]!.end('second');

      expect([await value, both, second, counts(bulkhead)]).toEqual(['second', [2, 0], [1, 0], [0, 0]]);
    });

    it('is not asked again by a retry, since nobody knows when a slot comes free', async () => {
      const { bulkhead, clock } = make();
      bulkhead.tryAcquire();

      const error = await rejection(pipeline(retry({ clock }), bulkhead).execute(never));

      expect([refusal(error), clock.pending]).toEqual([[1, 0], 0]);
    });

    it('counts as neither success nor failure for a breaker around it', async () => {
      const { bulkhead, clock } = make();
      const breaker = new CircuitBreaker({ clock, trip: consecutiveFailures(1) });
      bulkhead.tryAcquire();

      const error = await rejection(pipeline(breaker, bulkhead).execute(never));

      expect([refusal(error), breaker.state]).toEqual([[1, 0], 'closed']);
    });

    it('gives the slot back where a policy inside refuses the call', async () => {
      const { bulkhead, clock } = make();
      const breaker = new CircuitBreaker({ clock, trip: consecutiveFailures(1) });
      breaker.tryAcquire()!.fail();

      const error = await rejection(pipeline(bulkhead, breaker).execute(never));

      expect([(error as Error).name, counts(bulkhead)]).toEqual(['CircuitOpenError', [0, 0]]);
    });

    it('has the timeout of a whole call run while it waits, and lets it leave the line', async () => {
      const { bulkhead, clock } = make({ maxQueued: 1, maxWait: 1_000 });
      const fn = vi.fn();
      bulkhead.tryAcquire();

      const outcome = rejection(pipeline(timeout(30, { clock }), bulkhead).execute(fn));
      await clock.advance(30);

      expect([await outcome, counts(bulkhead), clock.pending]).toEqual([new TimeoutError(30), [1, 0], 0]);
      expect(fn).not.toHaveBeenCalled();
    });

    it('has the timeout of an attempt run only once it has begun', async () => {
      const { bulkhead, clock } = make({ maxQueued: 1 });
      const permit = bulkhead.tryAcquire()!;
      const seen: number[] = [];

      const value = pipeline(bulkhead, timeout(30, { clock })).execute(({ remaining }) => seen.push(remaining));
      await clock.advance(500);
      permit.release();

      expect([await value, seen]).toEqual([1, [30]]);
    });

    it('has its own limit in each of the pipelines that share it', async () => {
      const { bulkhead, clock } = make({ maxConcurrent: 2 });
      const policies = [pipeline(bulkhead), pipeline(timeout(100, { clock }), bulkhead), bulkhead];

      const outcomes = policies.map((policy) => rejection(policy.execute(never)));
      const third = await outcomes[2]!;

      expect(refusal(third)).toEqual([2, 0]);
    });

    it('is called by what runs in it: a second slot is taken, or refused', async () => {
      const { bulkhead } = make({ maxConcurrent: 2 });

      const outcome = await bulkhead.execute((context) =>
        bulkhead.execute(async (inner) => [counts(bulkhead), await rejection(bulkhead.execute(never, inner))], context),
      );

      expect(outcome).toEqual([[2, 0], expect.any(BulkheadFullError)]);
      expect(counts(bulkhead)).toEqual([0, 0]);
    });
  });

  describe('acquire()', () => {
    it('gives a slot, and takes it back once', async () => {
      const { bulkhead } = make({ maxConcurrent: 2 });
      bulkhead.tryAcquire();

      const permit = await bulkhead.acquire();
      const held = counts(bulkhead);
      permit.release();
      permit.release();
      permit[Symbol.dispose]();
      await turns();

      expect([held, counts(bulkhead)]).toEqual([
        [2, 0],
        [1, 0],
      ]);
    });

    it('gives it back at the end of a using block', async () => {
      const { bulkhead } = make();
      const block = async (): Promise<number[]> => {
        using permit = await bulkhead.acquire();
        expect(permit).toBeDefined();
        return counts(bulkhead);
      };

      const held = await block();
      await turns();

      expect([held, counts(bulkhead)]).toEqual([
        [1, 0],
        [0, 0],
      ]);
    });

    it('has its slot go to the first in line in the turn in which it is given back', async () => {
      const { bulkhead } = make();

      const permit = await bulkhead.acquire();
      permit.release();

      expect(counts(bulkhead)).toEqual([0, 0]);
    });

    it('waits its turn in the line, between calls', async () => {
      const { bulkhead } = make({ maxQueued: 3 });
      const order: string[] = [];
      const blocker = bulkhead.tryAcquire()!;

      const first = bulkhead.execute(() => order.push('call'));
      const second = bulkhead.acquire().then((permit) => {
        order.push('permit');
        permit.release();
      });
      const third = bulkhead.execute(() => order.push('another call'));
      blocker.release();
      await Promise.all([first, second, third]);

      expect([order, counts(bulkhead)]).toEqual([
        ['call', 'permit', 'another call'],
        [0, 0],
      ]);
    });

    it('is refused as a call is', async () => {
      const { bulkhead, clock } = make({ maxQueued: 1, maxWait: 40 });
      bulkhead.tryAcquire();

      const waiting = rejection(bulkhead.acquire());
      const refused = await rejection(bulkhead.acquire());
      await clock.advance(40);

      expect([refusal(refused), refusal(await waiting), counts(bulkhead)]).toEqual([
        [1, 1],
        [1, 0],
        [1, 0],
      ]);
    });

    it('leaves the line where it is aborted', async () => {
      const { bulkhead } = make({ maxQueued: 1 });
      const controller = new AbortController();
      bulkhead.tryAcquire();

      const outcome = rejection(bulkhead.acquire({ signal: controller.signal }));
      controller.abort('stop');
      const atOnce = counts(bulkhead);

      expect([await outcome, atOnce]).toEqual(['stop', [1, 0]]);
      expect(await rejection(bulkhead.acquire({ signal: AbortSignal.abort('early') }))).toBe('early');
    });

    it('keeps the slot where it is aborted later on, until it is given back', async () => {
      const { bulkhead } = make();
      const controller = new AbortController();
      const permit = await bulkhead.acquire({ signal: controller.signal });

      controller.abort('stop');
      await turns();
      const held = counts(bulkhead);
      permit.release();
      await turns();

      expect([held, counts(bulkhead), getEventListeners(controller.signal, 'abort')]).toEqual([[1, 0], [0, 0], []]);
    });

    it('keeps the slot whatever becomes of the signal that ended its waiting, also with releaseOn: timeout', async () => {
      const { bulkhead } = make({ releaseOn: 'timeout' });
      const controller = new AbortController();
      const permit = await bulkhead.acquire({ signal: controller.signal });

      controller.abort('stop');
      const atOnce = counts(bulkhead);
      const other = bulkhead.tryAcquire();
      permit.release();
      await turns();

      expect([atOnce, other === undefined, counts(bulkhead)]).toEqual([[1, 0], true, [0, 0]]);
    });

    it('refuses wrong options by rejection', async () => {
      const error = await rejection(make().bulkhead.acquire({ signal: 'stop' as never }));

      expect(error).toEqual(
        wrongArgument(TypeError, 'Cannot acquire a slot: expected signal to be an AbortSignal, got "stop"'),
      );
    });
  });

  describe('given a call that needs a slot of it while it has all of them', () => {
    it('refuses it at once, instead of letting it wait for itself', async () => {
      const { bulkhead } = make({ maxConcurrent: 1, maxQueued: 5 });

      const error = await rejection(bulkhead.execute((context) => bulkhead.execute(() => 'up', context)));

      expect(error).toEqual(new BulkheadFullError('bulkhead', 1, 0));
      expect(counts(bulkhead)).toEqual([0, 0]);
    });

    it.each([Infinity, 1_000])('refuses it also once the limit has become so low (maxWait: %d)', async (maxWait) => {
      const { bulkhead, clock } = make({ maxConcurrent: 2, maxQueued: 5, maxWait });
      const other = bulkhead.tryAcquire()!;
      const inner = bulkhead.execute((context) => bulkhead.execute(() => 'up', context));
      const next = bulkhead.execute(() => 'next');
      const error = rejection(inner);
      const before = counts(bulkhead);

      bulkhead.resize(1);
      other.release();

      expect([await error, await next, before]).toEqual([new BulkheadFullError('bulkhead', 1, 1), 'next', [2, 2]]);
      expect([...counts(bulkhead), clock.pending]).toEqual([0, 0, 0]);
    });

    it('lets one wait that was handed the context of a call which is over', async () => {
      const { bulkhead } = make({ maxConcurrent: 2, maxQueued: 5 });
      const permit = bulkhead.tryAcquire()!;
      let inner!: Promise<string>;
      let other!: Promise<string>;
      let end!: () => void;
      const fn = (): Promise<string> => new Promise((resolve) => (end = () => resolve('done')));

      await bulkhead.execute((context) => {
        other = bulkhead.execute(fn);
        inner = bulkhead.execute(() => 'up', context);
      });
      bulkhead.resize(1);
      const before = counts(bulkhead);
      permit.release();
      end();

      expect([before, await other, await inner]).toEqual([[2, 1], 'done', 'up']);
      expect(counts(bulkhead)).toEqual([0, 0]);
    });

    it('leaves nothing behind where it is aborted before it hears of that', async () => {
      const { bulkhead } = make({ maxConcurrent: 2, maxQueued: 5 });
      const other = bulkhead.tryAcquire()!;
      const caller = new AbortController();
      const inner = bulkhead.execute((context) => bulkhead.execute(() => 'up', context), { signal: caller.signal });

      bulkhead.resize(1);
      caller.abort('enough');
      other.release();

      expect([await rejection(inner), ...counts(bulkhead)]).toEqual(['enough', 0, 0]);
    });
  });

  describe('tryAcquire()', () => {
    it('gives a slot while there is one, and tells the observer where there is none', () => {
      const rejected = vi.fn();
      const { bulkhead } = make({ maxConcurrent: 2, on: { rejected } });

      const permits = [bulkhead.tryAcquire(), bulkhead.tryAcquire(), bulkhead.tryAcquire()];

      expect(permits.map(Boolean)).toEqual([true, true, false]);
      expect(rejected.mock.calls.map(([{ error }]) => refusal(error))).toEqual([[2, 0]]);
    });

    it('gives it back at once, and only once', () => {
      const { bulkhead } = make({ maxConcurrent: 2 });
      const [first] = [bulkhead.tryAcquire()!, bulkhead.tryAcquire()!];
      const { release } = first;

      release();
      const once = bulkhead.running;
      first[Symbol.dispose]();
      release();

      expect([once, bulkhead.running]).toEqual([1, 1]);
    });

    it('gives it back at the end of a using block', () => {
      const { bulkhead } = make();
      {
        using permit: Releasable | undefined = bulkhead.tryAcquire();
        expect([permit !== undefined, bulkhead.running]).toEqual([true, 1]);
      }

      expect(bulkhead.running).toBe(0);
    });

    it('does not overtake those who wait', () => {
      const { bulkhead } = make({ maxQueued: 1 });
      const permit = bulkhead.tryAcquire()!;
      void bulkhead.execute(never);

      permit.release();

      expect([bulkhead.tryAcquire(), counts(bulkhead)]).toEqual([undefined, [1, 0]]);
    });
  });

  describe('resize()', () => {
    it('to more hands the new slots to the line at once', async () => {
      const { bulkhead } = make({ maxQueued: 5 });
      const begun: number[] = [];
      void bulkhead.execute(never);
      for (let call = 0; call < 4; call++) {
        void bulkhead.execute(() => {
          begun.push(call);
          return never();
        });
      }

      bulkhead.resize(3);
      const atOnce = [bulkhead.maxConcurrent, ...counts(bulkhead)];
      await turns();

      expect([atOnce, begun]).toEqual([
        [3, 3, 2],
        [0, 1],
      ]);
    });

    it('to less ends nothing, and lets nothing begin until fewer run', async () => {
      const { bulkhead } = make({ maxConcurrent: 3, maxQueued: 1 });
      const permits = [1, 2, 3].map(() => bulkhead.tryAcquire()!);
      const { fn, begun } = work();
      void bulkhead.execute(fn);

      bulkhead.resize(1);
      const seen: unknown[] = [[begun(), ...counts(bulkhead)]];
      for (const permit of permits) {
        permit.release();
        await turns();
        seen.push([begun(), ...counts(bulkhead)]);
      }

      expect(seen).toEqual([
        [0, 3, 1],
        [0, 2, 1],
        [0, 1, 1],
        [1, 1, 0],
      ]);
    });

    it('to the same changes nothing', () => {
      const { bulkhead } = make({ maxConcurrent: 2 });

      bulkhead.resize(2);

      expect([bulkhead.maxConcurrent, ...counts(bulkhead)]).toEqual([2, 0, 0]);
    });

    it('within a call lets the call that waits for it begin', async () => {
      const { bulkhead } = make({ maxQueued: 1 });

      const value = await bulkhead.execute(() => {
        const inner = bulkhead.execute(() => 'inner');
        bulkhead.resize(2);
        return inner;
      });

      expect([value, counts(bulkhead)]).toEqual(['inner', [0, 0]]);
    });

    it.each([
      [0, RangeError, 'got 0'],
      [-1, RangeError, 'got -1'],
      [1.5, RangeError, 'got 1.5'],
      [NaN, RangeError, 'got NaN'],
      [Infinity, RangeError, 'got Infinity'],
      ['2', TypeError, 'got "2"'],
      [undefined, TypeError, 'got undefined'],
    ])('to %j is refused, and changes nothing', (to, Class, got) => {
      const { bulkhead } = make({ maxConcurrent: 2 });

      expect(() => bulkhead.resize(to as number)).toThrow(
        wrongArgument(Class, `Cannot resize a bulkhead: expected maxConcurrent to be an integer ≥ 1, ${got}`),
      );
      expect(bulkhead.maxConcurrent).toBe(2);
    });
  });

  describe('observers', () => {
    beforeEach(() => onObserverError(() => {}));
    afterEach(() => onObserverError(undefined));

    it('are told of every refusal, with the error that the caller gets', async () => {
      const rejected = vi.fn();
      const { bulkhead, clock } = make({ maxQueued: 1, maxWait: 10, on: { rejected } });
      bulkhead.tryAcquire();

      const waiting = rejection(bulkhead.execute(never));
      const refused = await rejection(bulkhead.execute(never));
      await clock.advance(10);
      const expired = await waiting;

      expect(rejected.mock.calls).toEqual([[{ error: refused }], [{ error: expired }]]);
      expect(rejected.mock.calls[0]![0].error).toBe(refused);
      expect(rejected.mock.calls[1]![0].error).toBe(expired);
    });

    it('that throw or reject change nothing', async () => {
      for (const rejected of [() => Promise.reject(down), vi.fn().mockThrow(down)]) {
        const { bulkhead } = make({ on: { rejected } });
        bulkhead.tryAcquire();

        expect(refusal(await rejection(bulkhead.execute(never)))).toEqual([1, 0]);
      }
    });

    it('may give a slot back, and the refused call is refused all the same', async () => {
      const rejected = (): void => permit.release();
      const { bulkhead } = make({ on: { rejected } });
      const permit = bulkhead.tryAcquire()!;

      const error = await rejection(bulkhead.execute(never));

      expect([refusal(error), counts(bulkhead)]).toEqual([
        [1, 0],
        [0, 0],
      ]);
    });

    it('may give a slot back as a wait ends: it goes to the next in line, though his time is up too', async () => {
      const rejected = (): void => permit.release();
      const { bulkhead, clock } = make({ maxQueued: 2, maxWait: 10, on: { rejected } });
      const permit = bulkhead.tryAcquire()!;

      const first = rejection(bulkhead.execute(never));
      const second = bulkhead.execute(() => 'second');
      await clock.advance(10);

      expect([refusal(await first), await second, counts(bulkhead), clock.pending]).toEqual([
        [1, 1],
        'second',
        [0, 0],
        0,
      ]);
    });

    it('may make another call', async () => {
      let again: Promise<unknown> | undefined;
      const { bulkhead, clock } = make({
        maxQueued: 1,
        maxWait: 10,
        on: { rejected: () => void (again ??= rejection(bulkhead.execute(never))) },
      });
      bulkhead.tryAcquire();

      const first = rejection(bulkhead.execute(never));
      await clock.advance(10);
      const waits = counts(bulkhead);
      await clock.advance(10);

      expect([refusal(await first), waits, refusal(await again!), clock.now(), clock.pending]).toEqual([
        [1, 0],
        [1, 1],
        [1, 0],
        20,
        0,
      ]);
    });

    it('may abort the call that is refused', async () => {
      const controller = new AbortController();
      const { bulkhead } = make({ on: { rejected: () => controller.abort('observer') } });
      const substitute = vi.fn(() => 'substitute');
      bulkhead.tryAcquire();

      const outcome = rejection(pipeline(fallback(substitute), bulkhead).execute(never, { signal: controller.signal }));

      expect([await outcome, substitute.mock.calls, counts(bulkhead)]).toEqual(['observer', [], [1, 0]]);
    });

    it('may abort a call that is refused at its second attempt: the slot of the first is given back once', async () => {
      const controller = new AbortController();
      const { bulkhead, clock } = make({ on: { rejected: () => controller.abort('observer') } });
      const policy = pipeline(retry({ clock, backoff: constant(), baseDelay: 10 }), bulkhead);

      const outcome = rejection(policy.execute(() => Promise.reject(down), { signal: controller.signal }));
      await clock.advance(5);
      bulkhead.tryAcquire();
      await clock.advance(5);

      expect([await outcome, counts(bulkhead), clock.pending]).toEqual(['observer', [1, 0], 0]);
    });

    it('may abort the call whose wait is over', async () => {
      const controller = new AbortController();
      const { bulkhead, clock } = make({
        maxQueued: 1,
        maxWait: 10,
        on: { rejected: () => controller.abort('observer') },
      });
      const substitute = vi.fn(() => 'substitute');
      bulkhead.tryAcquire();

      const outcome = rejection(pipeline(fallback(substitute), bulkhead).execute(never, { signal: controller.signal }));
      await clock.advance(10);

      expect([await outcome, substitute.mock.calls, counts(bulkhead)]).toEqual(['observer', [], [1, 0]]);
    });
  });

  describe('before it is used', () => {
    it('sets no timer', () => {
      const { clock } = make({ maxQueued: 5, maxWait: 10 });

      expect(clock.pending).toBe(0);
    });
  });

  describe('wrong arguments', () => {
    it.each([
      [undefined, TypeError, 'maxConcurrent to be an integer ≥ 1, got undefined'],
      [{}, TypeError, 'maxConcurrent to be an integer ≥ 1, got undefined'],
      [null, TypeError, 'options to be an object, got null'],
      [5, TypeError, 'options to be an object, got 5'],
      [{ maxConcurrent: 0 }, RangeError, 'maxConcurrent to be an integer ≥ 1, got 0'],
      [{ maxConcurrent: 2.5 }, RangeError, 'maxConcurrent to be an integer ≥ 1, got 2.5'],
      [{ maxConcurrent: NaN }, RangeError, 'maxConcurrent to be an integer ≥ 1, got NaN'],
      [{ maxConcurrent: Infinity }, RangeError, 'maxConcurrent to be an integer ≥ 1, got Infinity'],
      [{ maxConcurrent: '2' }, TypeError, 'maxConcurrent to be an integer ≥ 1, got "2"'],
      [{ maxConcurrent: 1, maxQueued: -1 }, RangeError, 'maxQueued to be an integer from 0 to 100000, got -1'],
      [{ maxConcurrent: 1, maxWait: NaN }, RangeError, 'maxWait to be a number of ms ≥ 0, or Infinity, got NaN'],
      [{ maxConcurrent: 1, releaseOn: 'settled' }, TypeError, "releaseOn to be 'settle' or 'timeout', got \"settled\""],
      [{ maxConcurrent: 1, releaseOn: true }, TypeError, "releaseOn to be 'settle' or 'timeout', got true"],
      [{ maxConcurrent: 1, name: 5 }, TypeError, 'name to be a string, got 5'],
      [{ maxConcurrent: 1, clock: Date }, TypeError, 'clock to be a Clock, got a value of type function'],
      [
        { maxConcurrent: 1, on: { reject: never } },
        TypeError,
        'a known option (did you mean on.rejected?), got "on.reject"',
      ],
      [{ maxConcurrent: 1, on: { rejected: 1 } }, TypeError, 'on.rejected to be a function, got 1'],
      [
        { concurrency: 1 },
        TypeError,
        'a known option (maxConcurrent, releaseOn, name, on, maxQueued, maxWait, clock), got "concurrency"',
      ],
    ])('are refused (%#)', (options, Class, message) => {
      const wrong = (): unknown => new Bulkhead(options as never);

      expect(wrong).toThrow(wrongArgument(Class, `Cannot make a bulkhead: expected ${message}`));
      expect(wrong).toThrow(Class);
    });

    it('of the call come out as a rejection, and take no slot', async () => {
      const { bulkhead } = make();

      const error = await rejection(bulkhead.execute('fn' as never));

      expect(error).toEqual(wrongArgument(TypeError, 'Cannot execute a call: expected fn to be a function, got "fn"'));
      expect(counts(bulkhead)).toEqual([0, 0]);
    });

    it('are none where an option is undefined', async () => {
      const bulkhead = new Bulkhead({
        maxConcurrent: 1,
        maxQueued: undefined,
        maxWait: undefined,
        releaseOn: undefined,
        name: undefined,
        clock: undefined,
        on: undefined,
      });
      bulkhead.tryAcquire();

      expect(refusal(await rejection(bulkhead.execute(never)))).toEqual([1, 0]);
    });
  });
});
