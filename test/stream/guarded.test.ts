import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  Bulkhead,
  BulkheadFullError,
  CircuitBreaker,
  CircuitOpenError,
  consecutiveFailures,
  constant,
  fallback,
  hedge,
  pipeline,
  RateLimitedError,
  RateLimiter,
  retry,
  timeout,
  TimeoutError,
  type CallContext,
  type Policy,
} from 'holdfast';
import {
  guarded,
  StreamIdleError,
  StreamIncompleteError,
  StreamInterruptedError,
  type GuardStreamOptions,
  type OpenStream,
} from 'holdfast/stream';
import { VirtualClock } from 'holdfast/testing';
import { rejection, turns } from '../rejection.ts';
import { scriptedStreams, trace } from '../scripted-stream.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');
const never = (): Promise<never> => new Promise(() => {});
const END = { done: true, value: undefined };

const iterate = (
  policy: Policy,
  open: OpenStream<string>,
  options?: GuardStreamOptions<string>,
): Required<AsyncIterator<string, undefined>> =>
  guarded(policy, open, options)[Symbol.asyncIterator]() as Required<AsyncIterator<string, undefined>>;

const retrying = (clock: VirtualClock, maxAttempts = 3): Policy =>
  retry({ maxAttempts, baseDelay: 50, backoff: constant(), clock });

function breakerOn(clock: VirtualClock): CircuitBreaker {
  return new CircuitBreaker({
    clock,
    trip: consecutiveFailures(2),
    openDuration: 1_000,
    probes: { required: 1, timeout: Infinity },
  });
}

const fails = (): Promise<never> => Promise.reject(down);

/** A breaker that lets one probe in at a time. */
async function halfOpen(clock: VirtualClock): Promise<CircuitBreaker> {
  const breaker = breakerOn(clock);
  await rejection(breaker.execute(fails));
  await rejection(breaker.execute(fails));
  await clock.advance(1_000);
  return breaker;
}

const unhandled = vi.fn();
beforeEach(() => {
  unhandled.mockClear();
  process.on('unhandledRejection', unhandled);
});
afterEach(async () => {
  await new VirtualClock().advance(0);
  await new VirtualClock().advance(0);
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

describe('guarded()', () => {
  it('asks its policy for nothing until it is read', async () => {
    const clock = new VirtualClock();
    const { open, log } = scriptedStreams(clock, [{}]);
    const policy = { execute: vi.fn() };

    iterate(policy, open);
    await turns();

    expect([policy.execute.mock.calls, log]).toEqual([[], []]);
  });

  it.each([0, 1, 3])('gives the events (%d) and the end, and does not abort the signal', async (count) => {
    const clock = new VirtualClock();
    const events = ['a', 'b', 'c'].slice(0, count);
    const { open, contexts, log } = scriptedStreams(clock, [{ events, after: 10 }]);

    const seen = trace(guarded(pipeline(), open, { idle: 11, clock }), clock);
    await clock.runAll();

    expect(seen).toEqual([...events.map((event, index) => [event, 10 * (index + 1)]), ['end', 10 * (count + 1)]]);
    expect([log, contexts[0]!.signal.aborted, clock.pending]).toEqual([['open 1 at 0'], false, 0]);
  });

  it('gives the error of a stream itself before the first event, and afterwards one that says how many there were', async () => {
    const clock = new VirtualClock();
    const { open } = scriptedStreams(clock, [{ last: { throws: down } }, { events: ['a'], last: { throws: down } }]);

    const seen = [trace(guarded(pipeline(), open), clock), trace(guarded(pipeline(), open), clock)];
    await clock.runAll();

    expect(seen).toEqual([
      [[down, 0]],
      [
        ['a', 0],
        [new StreamInterruptedError(1, down), 0],
      ],
    ]);
  });

  it('gives the end after an error', async () => {
    const clock = new VirtualClock();
    const { open } = scriptedStreams(clock, [{ last: { throws: down } }]);
    const iterator = iterate(pipeline(), open);

    expect([await rejection(iterator.next()), await iterator.next()]).toEqual([down, END]);
  });

  it.each([
    ['firstEvent', { last: 'stall' }, { firstEvent: 10 }, new StreamIdleError('firstEvent', 10, 0), 10],
    ['idle', { events: ['a'], last: 'stall' }, { idle: 20 }, new StreamIdleError('idle', 20, 1), 20],
    ['total', { events: ['a'], last: 'stall' }, { total: 30 }, new StreamIdleError('total', 30, 1), 30],
    ['isComplete', { events: ['a'] }, { isComplete: () => false }, new StreamIncompleteError(1), 0],
  ] as const)('ends by %s', async (_name, script, limits, error, at) => {
    const clock = new VirtualClock();
    const { open, log, contexts } = scriptedStreams(clock, [script]);

    const seen = trace(guarded(pipeline(), open, { ...limits, clock }), clock);
    await clock.runAll();

    const stalled = error instanceof StreamIdleError;
    expect([seen.at(-1), clock.pending]).toEqual([[error, at], 0]);
    expect(log).toEqual(stalled ? ['open 1 at 0', `return 1 at ${at}`] : ['open 1 at 0']);
    expect([contexts[0]!.signal.aborted, contexts[0]!.signal.reason]).toEqual([stalled, stalled ? error : undefined]);
  });

  it('hands the attempt and the time that is left to open', async () => {
    const clock = new VirtualClock();
    const seen: unknown[] = [];
    const open = async ({ attempt, remaining }: CallContext): Promise<AsyncIterable<string>> => {
      seen.push([attempt, remaining]);
      if (attempt < 2) throw down;
      return (async function* () {})();
    };

    const ends = trace(guarded(pipeline(timeout(100, { clock }), retrying(clock)), open, { clock }), clock);
    await clock.runAll();

    expect([ends, seen]).toEqual([
      [['end', 50]],
      [
        [1, 100],
        [2, 50],
      ],
    ]);
  });

  describe('under a bulkhead', () => {
    it('holds the slot until the stream ends', async () => {
      const clock = new VirtualClock();
      const bulkhead = new Bulkhead({ maxConcurrent: 1, clock });
      const { open } = scriptedStreams(clock, [{ events: ['a', 'b'] }]);
      const iterator = iterate(bulkhead, open);
      const running: number[] = [];

      for (let read = 0; read < 3; read++) {
        await iterator.next();
        running.push(bulkhead.running);
      }

      expect(running).toEqual([1, 1, 0]);
    });

    it.each(['end', 'error', 'stall', 'break', 'abort'] as const)(
      'hands the slot to the next in line on %s',
      async (how) => {
        const clock = new VirtualClock();
        const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueued: 1, clock });
        const controller = new AbortController();
        const last = how === 'error' ? { throws: down } : how === 'end' ? 'end' : 'stall';
        const { open, log } = scriptedStreams(clock, [{ events: ['a'], last }, { events: ['b'] }]);
        const first = iterate(bulkhead, open, { idle: 100, signal: controller.signal, clock });
        await first.next();

        const second = trace(guarded(bulkhead, open, { clock }), clock);
        await turns();
        const queued = bulkhead.queued;
        if (how === 'break') await first.return();
        else {
          const read = first.next().catch(() => undefined);
          if (how === 'abort') controller.abort(down);
          await clock.advance(how === 'stall' ? 100 : 0);
          await read;
        }
        await clock.advance(0);

        const at = how === 'stall' ? 100 : 0;
        expect([queued, bulkhead.running, bulkhead.queued, clock.pending]).toEqual([1, 0, 0, 0]);
        expect(second).toEqual([
          ['b', at],
          ['end', at],
        ]);
        expect(log.filter((line) => line.startsWith('return'))).toEqual(
          how === 'end' || how === 'error' ? [] : [`return 1 at ${at}`],
        );
      },
    );

    it('refuses where there is no slot, and opens nothing', async () => {
      const clock = new VirtualClock();
      const bulkhead = new Bulkhead({ maxConcurrent: 1, clock });
      const { open, log } = scriptedStreams(clock, [{ events: ['a'], last: 'stall' }]);
      await iterate(bulkhead, open).next();

      const error = await rejection(iterate(bulkhead, open).next());

      expect([error, log]).toEqual([new BulkheadFullError('bulkhead', 1, 0), ['open 1 at 0']]);
    });

    it('gives the place in line back of a reader that leaves, or whose caller aborts', async () => {
      const clock = new VirtualClock();
      const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueued: 2, clock });
      const controller = new AbortController();
      const { open } = scriptedStreams(clock, [{ events: ['a'], last: 'stall' }]);
      await iterate(bulkhead, open).next();
      const leaving = iterate(bulkhead, open);
      const reads = [leaving.next(), rejection(iterate(bulkhead, open, { signal: controller.signal }).next())];
      await turns();
      const queued = bulkhead.queued;

      await leaving.return();
      controller.abort(down);

      expect([queued, bulkhead.queued, await Promise.all(reads)]).toEqual([2, 0, [END, down]]);
    });

    it('gives the slot back of a reader that leaves in the very turn in which it gets it', async () => {
      const held: number[] = [];

      for (let after = 0; after < 12; after++) {
        const clock = new VirtualClock();
        const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueued: 1, clock });
        const permit = await bulkhead.acquire();
        const { open } = scriptedStreams(clock, [{ last: 'stall' }]);
        const iterator = iterate(bulkhead, open);
        void iterator.next();
        await turns();
        permit.release();
        for (let turn = 0; turn < after; turn++) await Promise.resolve();
        await iterator.return();
        await clock.advance(0);
        held.push(bulkhead.running);
      }

      expect(held).toEqual(Array.from({ length: 12 }, () => 0));
    });

    it('gives the slot back of a caller that aborts in the very turn in which it gets it', async () => {
      const held: number[] = [];

      for (let after = 0; after < 12; after++) {
        const clock = new VirtualClock();
        const controller = new AbortController();
        const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueued: 1, clock });
        const permit = await bulkhead.acquire();
        const { open } = scriptedStreams(clock, [{ last: 'stall' }]);
        const error = rejection(iterate(bulkhead, open, { signal: controller.signal }).next());
        await turns();
        permit.release();
        for (let turn = 0; turn < after; turn++) await Promise.resolve();
        controller.abort(down);
        await clock.advance(0);
        held.push(bulkhead.running);
        expect(await error).toBe(down);
      }

      expect(held).toEqual(Array.from({ length: 12 }, () => 0));
    });
  });

  describe('under a rate limiter', () => {
    it('costs one grant for each stream, however many events', async () => {
      const clock = new VirtualClock();
      const limiter = new RateLimiter({ limit: 1, interval: 1_000, clock });
      const { open } = scriptedStreams(clock, [{ events: ['a', 'b', 'c'] }]);

      const first = trace(guarded(limiter, open), clock);
      await clock.advance(0);
      const second = await rejection(iterate(limiter, open).next());

      expect([first.length, second]).toEqual([4, new RateLimitedError('rate limiter', 1_000)]);
    });
  });

  describe('under a breaker', () => {
    it.each([
      ['an end', { events: ['a'] }, {}, 'closed'],
      ['an error before the first event', { last: { throws: down } }, {}, 'open'],
      ['an error after it', { events: ['a'], last: { throws: down } }, {}, 'open'],
      ['a stall', { events: ['a'], last: 'stall' }, { idle: 10 }, 'open'],
      ['a missing last word', { events: ['a'] }, { isComplete: () => false }, 'open'],
    ] as const)('counts a stream by how it ends: %s', async (_name, script, limits, state) => {
      const clock = new VirtualClock();
      const breaker = breakerOn(clock);
      const { open } = scriptedStreams(clock, [script, script]);
      const states: string[] = [];

      for (let stream = 0; stream < 2; stream++) {
        trace(guarded(breaker, open, { ...limits, clock }), clock);
        await clock.runAll();
        states.push(breaker.state);
      }

      expect(states).toEqual(['closed', state]);
    });

    it('does not count a stream that has only begun', async () => {
      const clock = new VirtualClock();
      const breaker = breakerOn(clock);
      const { open } = scriptedStreams(clock, [{ events: ['a'], last: { throws: down } }]);
      await rejection(breaker.execute(fails));
      const iterator = iterate(breaker, open);

      await iterator.next();
      const begun = breaker.state;
      await rejection(iterator.next());

      expect([begun, breaker.state]).toEqual(['closed', 'open']);
    });

    it.each(['break', 'break in a read', 'abort', 'abort in a read', 'throw()'] as const)(
      'counts a reader that leaves for nothing, by %s',
      async (how) => {
        const clock = new VirtualClock();
        const breaker = new CircuitBreaker({ clock, trip: consecutiveFailures(1) });
        const controller = new AbortController();
        const { open, log } = scriptedStreams(clock, [{ events: ['a'], last: 'stall' }]);
        const iterator = iterate(breaker, open, { idle: 100, signal: controller.signal, clock });
        await iterator.next();

        const read = how.endsWith('in a read') ? iterator.next().catch((error: unknown) => error) : undefined;
        if (how.startsWith('break')) await iterator.return();
        else if (how === 'throw()') await rejection(iterator.throw(down));
        else controller.abort(down);
        await clock.advance(0);

        expect(await read).toEqual(how === 'break in a read' ? END : how === 'abort in a read' ? down : undefined);
        expect([breaker.state, log, clock.pending]).toEqual(['closed', ['open 1 at 0', 'return 1 at 0'], 0]);
      },
    );

    it('half-open, keeps the place of the probe until the stream ends, and closes then', async () => {
      const clock = new VirtualClock();
      const breaker = await halfOpen(clock);
      const { open } = scriptedStreams(clock, [{ events: ['a'] }]);
      const iterator = iterate(breaker, open);
      await iterator.next();

      const error = await rejection(breaker.execute(() => 'up'));
      const during = breaker.state;
      await iterator.next();

      expect(error).toBeInstanceOf(CircuitOpenError);
      expect([during, breaker.state]).toEqual(['half-open', 'closed']);
    });

    it.each(['break', 'abort'] as const)(
      'half-open, gets the place of the probe back from a reader that leaves, by %s, and stays half-open',
      async (how) => {
        const clock = new VirtualClock();
        const breaker = await halfOpen(clock);
        const controller = new AbortController();
        const { open } = scriptedStreams(clock, [{ events: ['a'], last: 'stall' }]);
        const iterator = iterate(breaker, open, { signal: controller.signal });
        await iterator.next();

        if (how === 'break') await iterator.return();
        else controller.abort(down);
        const after = breaker.state;
        const value = await breaker.execute(() => 'up');

        expect([after, value, breaker.state]).toEqual(['half-open', 'up', 'closed']);
      },
    );

    it('half-open, opens again where the stream stalls', async () => {
      const clock = new VirtualClock();
      const breaker = await halfOpen(clock);
      const { open } = scriptedStreams(clock, [{ events: ['a'], last: 'stall' }]);

      trace(guarded(breaker, open, { idle: 100, clock }), clock);
      await clock.runAll();

      expect(breaker.state).toBe('open');
    });

    it('open, refuses, and opens nothing', async () => {
      const clock = new VirtualClock();
      const breaker = new CircuitBreaker({ clock, trip: consecutiveFailures(1), openDuration: 1_000 });
      await rejection(breaker.execute(fails));
      const { open, log } = scriptedStreams(clock, [{}]);

      const error = await rejection(iterate(breaker, open).next());

      expect([error, log]).toEqual([new CircuitOpenError('circuit breaker (open)', 1_000), []]);
    });
  });

  describe('under a retry', () => {
    it('makes another attempt before the first event', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{ last: { throws: down } }, { last: 'stall' }, { events: ['a'] }]);

      const seen = trace(guarded(retrying(clock), open, { firstEvent: 10, clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 110],
        ['end', 110],
      ]);
      expect(log).toEqual(['open 1 at 0', 'open 2 at 50', 'return 2 at 60', 'open 3 at 110']);
    });

    it('gives the last error itself when attempts run out', async () => {
      const clock = new VirtualClock();
      const { open } = scriptedStreams(clock, [{ last: { throws: new Error('first') } }, { last: { throws: down } }]);

      const seen = trace(guarded(retrying(clock, 2), open, { clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([[down, 50]]);
    });

    it('opens nothing again after the first event', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{ events: ['a'], last: { throws: down } }]);

      const seen = trace(guarded(retrying(clock), open, { clock }), clock);
      await clock.runAll();

      expect(seen.map((entry) => (entry as unknown[])[0])).toEqual(['a', new StreamInterruptedError(1, down)]);
      expect([log, clock.pending]).toEqual([['open 1 at 0'], 0]);
    });

    it('gives the error of a stream that breaks off at once, without any delay', async () => {
      const clock = new VirtualClock();
      const { open } = scriptedStreams(clock, [{ events: ['a'], last: { throws: down } }]);

      const seen = trace(guarded(retrying(clock), open, { clock }), clock);
      await clock.runAll();

      expect(seen[1]).toEqual([new StreamInterruptedError(1, down), 0]);
      expect(clock.pending).toBe(0);
    });

    it('gives up after the first event, and tells nobody of a retry that does not come', async () => {
      const clock = new VirtualClock();
      const on = { retry: vi.fn(), giveUp: vi.fn() };
      const policy = pipeline(timeout(500, { clock }), retry({ clock, isRetryable: () => true, on }), breakerOn(clock));
      const { open } = scriptedStreams(clock, [{ events: ['a'], last: { throws: down } }]);

      trace(guarded(policy, open, { clock }), clock);
      await clock.runAll();

      expect(on.retry.mock.calls).toEqual([]);
      expect(on.giveUp.mock.calls).toEqual([[{ error: down, attempts: 1, delays: [], reason: 'not-retryable' }]]);
    });

    it('is not waited for beyond the total limit', async () => {
      const clock = new VirtualClock();
      const cut = { last: { throws: down } };
      const { open, log } = scriptedStreams(clock, [cut, cut, cut]);

      const seen = trace(guarded(retrying(clock), open, { total: 70, clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([[new StreamIdleError('total', 70, 0), 70]]);
      expect([log, clock.pending]).toEqual([['open 1 at 0', 'open 2 at 50'], 0]);
    });

    it('that was made elsewhere opens nothing again after the first event', async () => {
      const clock = new VirtualClock();
      const failures: unknown[] = [];
      const stubborn: Policy = {
        async execute(fn) {
          const context = { attempt: 1, remaining: Infinity, signal: new AbortController().signal };
          for (let attempt = 1; ; attempt++) {
            try {
              return await fn(context);
            } catch (error) {
              failures.push(error);
              if (attempt === 3) throw error;
            }
          }
        },
      };
      const { open, log } = scriptedStreams(clock, [{ events: ['a'], last: { throws: down } }]);

      const seen = trace(guarded(stubborn, open, { clock }), clock);
      await clock.runAll();
      await turns();

      expect([failures, log]).toEqual([[down, down, down], ['open 1 at 0']]);
      expect(seen).toEqual([
        ['a', 0],
        [new StreamInterruptedError(1, down), 0],
      ]);
    });

    it('has a breaker inside it count a stream that breaks off once', async () => {
      const clock = new VirtualClock();
      const breaker = breakerOn(clock);
      const { open } = scriptedStreams(clock, [{ events: ['a'], last: { throws: down } }]);

      trace(guarded(pipeline(retrying(clock), breaker), open, { clock }), clock);
      await clock.runAll();

      expect(breaker.state).toBe('closed');
    });

    it.each(['a timeout of each attempt', 'the total limit'] as const)(
      'does not deliver events again to a reader that was slow when %s struck',
      async (what) => {
        const clock = new VirtualClock();
        const { open, log } = scriptedStreams(clock, [
          { events: ['a', 'b'], last: 'stall' },
          { events: ['a', 'b'] },
          { events: ['a', 'b'] },
        ]);
        const limits = what === 'the total limit' ? { total: 100, clock } : { clock };
        const policy =
          what === 'the total limit' ? retrying(clock) : pipeline(retrying(clock), timeout(100, { clock }));
        let slow = true;
        const slowly = async (): Promise<void> => {
          if (slow) await new Promise<void>((resolve) => void clock.setTimer(1_000, resolve));
          slow = false;
        };

        const seen = trace(guarded(policy, open, limits), clock, slowly);
        await clock.runAll();

        const error =
          what === 'the total limit'
            ? new StreamIdleError('total', 100, 1)
            : new StreamInterruptedError(1, new TimeoutError(100));
        expect(seen).toEqual([
          ['a', 0],
          [error, 1_000],
        ]);
        expect(log).toEqual(['open 1 at 0', 'return 1 at 100']);
      },
    );

    it('has a total limit over all attempts', async () => {
      const clock = new VirtualClock();
      const { open } = scriptedStreams(clock, [{ last: 'stall' }, { last: 'stall' }, { last: 'stall' }]);

      const seen = trace(guarded(retrying(clock), open, { total: 100, clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([[new StreamIdleError('total', 100, 0), 100]]);
    });

    it('has a total limit that runs from the first read on', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{ last: { throws: down } }, { events: ['a'], last: 'stall' }]);
      const iterator = iterate(retrying(clock), open, { total: 100, clock });

      await clock.advance(5_000);
      const first = iterator.next();
      await clock.advance(50);
      const second = rejection(iterator.next());
      await clock.runAll();

      expect([await first, await second, clock.now()]).toEqual([
        { done: false, value: 'a' },
        new StreamIdleError('total', 100, 1),
        5_100,
      ]);
      expect(log).toEqual(['open 1 at 5000', 'open 2 at 5050', 'return 2 at 5100']);
    });

    it('is left in a delay at once', async () => {
      const clock = new VirtualClock();
      const { open } = scriptedStreams(clock, [{ last: { throws: down } }]);
      const iterator = iterate(retrying(clock), open, { clock });
      const read = iterator.next();
      await clock.advance(10);

      await iterator.return();

      expect([await read, clock.now()]).toEqual([END, 10]);
      expect(clock.pending).toBe(0);
    });

    it('ends at once where it is a predicate that throws', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{ events: ['a'] }, { events: ['a'] }, { events: ['a'] }]);
      const isProgress = (): never => {
        throw down;
      };

      const seen = trace(guarded(retrying(clock), open, { isProgress, clock }), clock);
      await clock.runAll();

      expect([seen, log]).toEqual([[[down, 0]], ['open 1 at 0', 'return 1 at 0']]);
    });
  });

  describe('given a stream that stalls after its last word', () => {
    it.each(['a breaker', 'a retry'] as const)('ends as one that is complete, under %s', async (what) => {
      const clock = new VirtualClock();
      const breaker = new CircuitBreaker({ clock, trip: consecutiveFailures(1) });
      const { open, log } = scriptedStreams(clock, [{ events: ['[DONE]'], last: 'stall' }, { events: ['[DONE]'] }]);
      const isComplete = ({ event }: { readonly event: string }): boolean => event === '[DONE]';

      const policy = what === 'a retry' ? retrying(clock) : breaker;
      const seen = trace(guarded(policy, open, { idle: 10, isComplete, clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([
        ['[DONE]', 0],
        ['end', 10],
      ]);
      expect([log, breaker.state]).toEqual([['open 1 at 0', 'return 1 at 10'], 'closed']);
    });

    it.each([true, 'stop'])('counts as a success where the reader leaves at the last word (%j)', async (last) => {
      const clock = new VirtualClock();
      const breaker = await halfOpen(clock);
      const { open } = scriptedStreams(clock, [{ events: ['[DONE]'], last: 'stall' }]);
      const iterator = iterate(breaker, open, { isComplete: () => last as true, clock });
      await iterator.next();

      await iterator.return();
      await turns();

      expect(breaker.state).toBe('closed');
    });

    it('has its source stopped once where the reader leaves at the last word', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{ events: ['[DONE]'], last: 'stall' }]);
      const iterator = iterate(pipeline(), open, { idle: 10, isComplete: () => true, clock });
      await iterator.next();

      await iterator.return();
      await clock.runAll();

      expect([log, clock.pending]).toEqual([['open 1 at 0', 'return 1 at 0'], 0]);
    });
  });

  describe('under a timeout', () => {
    it('is limited as a whole, and stopped once, its signal aborted with the error', async () => {
      const clock = new VirtualClock();
      const { open, log, contexts } = scriptedStreams(clock, [{ events: ['a', 'b', 'c', 'd', 'e'], after: 30 }]);

      const seen = trace(guarded(timeout(100, { clock }), open, { idle: 50, clock }), clock);
      await clock.runAll();

      const error = new TimeoutError(100);
      expect(seen).toEqual([
        ['a', 30],
        ['b', 60],
        ['c', 90],
        [new StreamInterruptedError(3, error), 100],
      ]);
      expect([log, contexts[0]!.signal.reason]).toEqual([['open 1 at 0', 'return 1 at 100'], error]);
      expect(clock.pending).toBe(0);
    });

    it('has its error given to the next read, where nobody reads', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{ events: ['a', 'b'] }]);
      const iterator = iterate(timeout(100, { clock }), open, { clock });
      await iterator.next();
      await clock.runAll();
      const stopped = [...log];

      expect(await rejection(iterator.next())).toEqual(new StreamInterruptedError(1, new TimeoutError(100)));
      expect([await iterator.next(), stopped]).toEqual([END, ['open 1 at 0', 'return 1 at 100']]);
    });

    it('that limits an attempt inside a retry makes another one before the first event', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{ last: 'stall' }, { events: ['a'] }]);

      const seen = trace(guarded(pipeline(retrying(clock), timeout(100, { clock })), open, { clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 150],
        ['end', 150],
      ]);
      expect(log).toEqual(['open 1 at 0', 'return 1 at 100', 'open 2 at 150']);
    });
  });

  describe('under a hedge', () => {
    it('delivers the events of one stream only', async () => {
      const clock = new VirtualClock();
      const { open } = scriptedStreams(clock, [
        { events: ['a1', 'b1'], after: 100 },
        { events: ['a2', 'b2'], after: 100 },
      ]);

      const seen = trace(guarded(hedge({ delay: 50, clock }), open, { clock }), clock);
      await clock.runAll();

      const events = seen.map((entry) => String((entry as unknown[])[0]));
      expect(new Set(events.filter((event) => event !== 'end').map((event) => event[1])).size).toBe(1);
    });
  });

  describe('under a fallback', () => {
    it('does not end as if it were complete where it has broken off', async () => {
      const clock = new VirtualClock();
      const { open } = scriptedStreams(clock, [{ events: ['a'], last: { throws: down } }]);

      const seen = trace(guarded(fallback('instead') as Policy<unknown> as Policy, open, { clock }), clock);
      await clock.runAll();

      expect(seen[1]).toEqual([new StreamInterruptedError(1, down), 0]);
    });

    it('says how many events there were, and what is wrong, where it stands in for a timeout inside', async () => {
      const clock = new VirtualClock();
      const { open } = scriptedStreams(clock, [{ events: ['a'], last: 'stall' }]);
      const policy = pipeline(fallback('instead'), timeout(100, { clock }));

      const seen = trace(guarded(policy as Policy<unknown> as Policy, open, { clock }), clock) as [unknown, [Error]];
      await clock.runAll();

      expect(seen[1]).toEqual([new StreamInterruptedError(1, expect.any(TypeError)), 100]);
      expect(seen[1][0].cause).toMatchObject({
        message: expect.stringContaining('a policy that stands in for no failure') as string,
        cause: new TimeoutError(100),
      });
    });

    it('does not end as if it were empty where it could not be opened', async () => {
      const clock = new VirtualClock();
      const { open } = scriptedStreams(clock, [{ last: { throws: down } }]);

      const seen = trace(guarded(fallback('instead') as Policy<unknown> as Policy, open, { clock }), clock) as [
        [Error, number],
      ];
      await clock.runAll();

      expect(seen).toEqual([
        [
          wrongArgument(
            TypeError,
            'Cannot guard a stream: expected a policy that stands in for no failure, got a value of type object',
          ),
          0,
        ],
      ]);
      expect(seen[0][0].cause).toBe(down);
    });
  });

  describe('under a policy made elsewhere', () => {
    it('that throws is asked once, and lets go of the signal and of the clock', async () => {
      const clock = new VirtualClock();
      const { signal } = new AbortController();
      const execute = vi.fn((): never => {
        throw down;
      });
      const iterator = iterate({ execute }, never, { total: 100, signal, clock });

      expect([await rejection(iterator.next()), await iterator.next()]).toEqual([down, END]);
      expect([execute.mock.calls.length, clock.pending, getEventListeners(signal, 'abort')]).toEqual([1, 0, []]);
    });

    it('that does not heed its signal keeps nobody beyond the time of all, nor beyond an abort', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const policy: Policy = { execute: () => new Promise(() => {}) };
      const late = iterate(policy, never, { total: 100, clock });
      const given = iterate(policy, never, { signal: controller.signal, clock });
      const dead = iterate(policy, never, { signal: AbortSignal.abort('gone'), clock });
      const reads = Promise.all([late, given, dead].map((iterator) => rejection(iterator.next())));

      controller.abort(down);
      await clock.advance(100);
      const [error, ...reasons] = await reads;

      expect([(error as StreamIdleError).limit, ...reasons]).toEqual(['total', down, 'gone']);
      expect([await late.next(), await given.next(), clock.pending]).toEqual([END, END, 0]);
    });

    it('works, where that hands the context on', async () => {
      const clock = new VirtualClock();
      const calls: unknown[] = [];
      const policy: Policy = {
        execute: (fn, options) => {
          calls.push(Object.keys(options!));
          return pipeline().execute(fn, options);
        },
      };
      const { open } = scriptedStreams(clock, [{ events: ['a'] }]);

      const seen = trace(guarded(policy, open), clock);
      await clock.runAll();

      expect([seen, calls]).toEqual([
        [
          ['a', 0],
          ['end', 0],
        ],
        [['signal']],
      ]);
    });

    it('may try again in the very turn in which an attempt fails', async () => {
      const clock = new VirtualClock();
      const { signal } = new AbortController();
      const policy: Policy = {
        async execute(fn) {
          try {
            return await fn({ attempt: 1, remaining: Infinity, signal });
          } catch {
            return await fn({ attempt: 2, remaining: Infinity, signal });
          }
        },
      };
      const { open, log } = scriptedStreams(clock, [{ last: 'stall' }, { events: ['a'] }]);

      const seen = trace(guarded(policy, open, { idle: 10, clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 10],
        ['end', 10],
      ]);
      expect(log).toEqual(['open 1 at 0', 'return 1 at 10', 'open 2 at 10']);
    });

    it('may take its time to reject: an abort has its reason by identity all the same', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const policy: Policy = {
        execute: async (fn, options) => {
          try {
            return await pipeline().execute(fn, options);
          } finally {
            await turns();
          }
        },
      };
      const { open, log } = scriptedStreams(clock, [{ events: ['a'], last: 'stall' }]);
      const iterator = iterate(policy, open, { signal: controller.signal });
      await iterator.next();

      const error = rejection(iterator.next());
      await turns();
      controller.abort(down);

      expect(await error).toBe(down);
      expect(await iterator.next()).toEqual(END);
      expect(log).toEqual(['open 1 at 0', 'return 1 at 0']);
    });
  });

  describe('a reader that leaves early', () => {
    it('before its first read asks for nothing', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{}]);
      const iterator = iterate(pipeline(), open);

      await iterator.return();

      expect([await iterator.next(), log]).toEqual([END, []]);
    });

    it('while the stream is being opened has its signal aborted, and leaves nothing behind', async () => {
      const clock = new VirtualClock();
      const { signal } = new AbortController();
      const signals: AbortSignal[] = [];
      const open = (context: CallContext): Promise<never> => {
        signals.push(context.signal);
        return never();
      };
      const iterator = iterate(timeout(100, { clock }), open, { idle: 50, signal, clock });
      const read = iterator.next();
      await turns();

      await iterator.return();
      await turns();

      expect(await read).toEqual(END);
      expect(signals.map(({ aborted, reason }) => [aborted, (reason as Error).name])).toEqual([[true, 'AbortError']]);
      expect([clock.pending, getEventListeners(signal, 'abort')]).toEqual([0, []]);
    });

    it('after the end, or twice, changes nothing', async () => {
      const clock = new VirtualClock();
      const { open, log, contexts } = scriptedStreams(clock, [{}]);
      const iterator = iterate(pipeline(), open);
      await iterator.next();

      await iterator.return();
      await iterator.return();
      await turns();

      expect([log, contexts[0]!.signal.aborted]).toEqual([['open 1 at 0'], false]);
    });
  });

  describe('signal', () => {
    it.each([down, 'text', null, 0])('aborted in a read, ends it with its reason, by identity (%s)', async (reason) => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const { open, contexts, log } = scriptedStreams(clock, [{ events: ['a'], last: 'stall' }]);
      const policy = pipeline(timeout(500, { clock }), retrying(clock), breakerOn(clock));
      const iterator = iterate(policy, open, { idle: 100, signal: controller.signal, clock });
      await iterator.next();

      const error = rejection(iterator.next());
      await turns();
      controller.abort(reason);

      expect(await error).toBe(reason);
      expect(await iterator.next()).toEqual(END);
      expect(contexts[0]!.signal.reason).toBe(reason);
      expect([log, clock.pending]).toEqual([['open 1 at 0', 'return 1 at 0'], 0]);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    it('aborted between two reads, stops the stream at once, and ends the next read', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const { open, log } = scriptedStreams(clock, [{ events: ['a', 'b'] }]);
      const iterator = iterate(pipeline(), open, { signal: controller.signal });
      await iterator.next();

      controller.abort(down);
      await turns();
      const stopped = [...log];

      expect(stopped).toEqual(['open 1 at 0', 'return 1 at 0']);
      expect([await rejection(iterator.next()), await iterator.next()]).toEqual([down, END]);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    it('aborted before, opens nothing', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{}]);
      const signal = AbortSignal.abort(down);

      expect(await rejection(iterate(pipeline(), open, { signal }).next())).toBe(down);
      expect([log, getEventListeners(signal, 'abort')]).toEqual([[], []]);
    });

    it.each(['end', 'error'] as const)('has no listener after the %s', async (how) => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const { open, contexts } = scriptedStreams(clock, [
        { events: ['a'], last: how === 'end' ? 'end' : { throws: down } },
      ]);
      const seen = trace(guarded(pipeline(), open, { signal: controller.signal }), clock);
      await clock.runAll();

      const listeners = getEventListeners(controller.signal, 'abort').length;
      controller.abort();

      expect([seen.length, listeners, contexts[0]!.signal.aborted]).toEqual([2, 0, false]);
    });
  });

  it('runs what opens in the async context of its reader, whoever frees the slot or moves the clock', async () => {
    const clock = new VirtualClock();
    const storage = new AsyncLocalStorage<string>();
    const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueued: 5, clock });
    const seen: unknown[] = [];
    const read = async (name: string): Promise<void> => {
      const { open } = scriptedStreams(clock, [{ last: { throws: down } }, { events: ['a'], after: 10 }]);
      const opening: OpenStream<string> = (context) => {
        seen.push([name, storage.getStore(), 'open']);
        return open(context);
      };
      for await (const event of guarded(pipeline(retrying(clock), bulkhead), opening, { idle: 100, clock })) {
        seen.push([name, storage.getStore(), event]);
      }
      seen.push([name, storage.getStore(), 'end']);
    };

    const reads = ['a', 'b', 'c'].map((name) => storage.run(name, () => read(name)));
    await storage.run('whoever moves the clock', () => clock.runAll());
    await Promise.all(reads);

    expect(seen.length).toBe(12);
    expect(seen.filter((entry) => (entry as unknown[])[0] !== (entry as unknown[])[1])).toEqual([]);
  });

  it('lets reads at once wait for one another, and opens the stream once', async () => {
    const clock = new VirtualClock();
    const { open, log } = scriptedStreams(clock, [{ events: ['a', 'b'] }]);
    const iterator = iterate(pipeline(), open);

    const reads = await Promise.all([1, 2, 3, 4].map(() => iterator.next()));

    expect([reads, log]).toEqual([
      [{ done: false, value: 'a' }, { done: false, value: 'b' }, END, END],
      ['open 1 at 0'],
    ]);
  });

  describe('wrong arguments', () => {
    const open = (): Promise<never> => never();

    it.each([
      [[], TypeError, 'expected policy to be a policy, got undefined'],
      [[null, open], TypeError, 'expected policy to be a policy, got null'],
      [[{}, open], TypeError, 'expected policy to be a policy, got a value of type object'],
      [[pipeline()], TypeError, 'expected open to be a function, got undefined'],
      [[pipeline(), 'open'], TypeError, 'expected open to be a function, got "open"'],
      [[pipeline(), open, null], TypeError, 'expected options to be an object, got null'],
      [[pipeline(), open, { idle: -1 }], RangeError, 'expected idle to be a number of ms ≥ 0, or Infinity, got -1'],
      [[pipeline(), open, { signal: 5 }], TypeError, 'expected signal to be an AbortSignal, got 5'],
    ])('are refused (%#)', (parameters, Class, message) => {
      const make = (): unknown => (guarded as (...all: unknown[]) => unknown)(...parameters);

      expect(make).toThrow(wrongArgument(Class, `Cannot guard a stream: ${message}`));
      expect(make).toThrow(Class);
    });
  });

  it('ends a call of a policy made elsewhere that would go on after a break, and lets go of the signal', async () => {
    const down = new Error('down');
    const caller = new AbortController();
    let inner: AbortSignal | undefined;
    const stubborn: Policy = {
      execute: (fn, options) => {
        inner = options?.signal;
        void Promise.resolve(fn({ attempt: 1, signal: inner!, remaining: Infinity })).catch(() => undefined);
        return new Promise(() => {});
      },
    };
    const open = async function* () {
      yield 'a';
      throw down;
    };

    const read = async (): Promise<void> => {
      for await (const event of guarded(stubborn, open, { signal: caller.signal })) expect(event).toBe('a');
    };
    await read().catch(() => undefined);
    for (let turn = 0; turn < 5; turn++) await turns();

    expect([inner!.reason, getEventListeners(caller.signal, 'abort').length]).toEqual([down, 0]);
  });

  it('announces no retry after the last word', async () => {
    const clock = new VirtualClock();
    const told: unknown[] = [];
    const policy = pipeline(
      retry({
        baseDelay: 50,
        backoff: constant(),
        clock,
        on: { retry: () => void told.push('retry'), giveUp: ({ reason }) => void told.push(reason) },
      }),
      timeout(100, { clock }),
    );
    const open = async function* () {
      yield '[DONE]';
      await new Promise(() => {});
    };

    const read = (async () => {
      for await (const event of guarded(policy, open, { isComplete: () => true, clock })) void event;
    })().catch(() => undefined);
    await clock.runAll();
    await read;

    expect(told).toEqual(['not-retryable']);
  });
});
