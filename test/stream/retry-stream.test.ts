// oxlint-disable unicorn/no-thenable -- open may return any thenable
import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { constant, giveUpReport, RetryBudget, type CallContext } from 'holdfast';
import {
  retryStream,
  StreamIdleError,
  StreamIncompleteError,
  StreamInterruptedError,
  type OpenStream,
  type RetryStreamOptions,
  type StreamBreak,
} from 'holdfast/stream';
import { VirtualClock } from 'holdfast/testing';
import { rejection, turns } from '../rejection.ts';
import { scriptedStreams, trace, type StreamScript } from '../scripted-stream.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');
const never = (): Promise<never> => new Promise(() => {});
const END = { done: true, value: undefined };

const iterate = (
  open: OpenStream<string>,
  options: RetryStreamOptions<string>,
): Required<AsyncIterator<string, undefined>> =>
  retryStream(open, options)[Symbol.asyncIterator]() as Required<AsyncIterator<string, undefined>>;

const fixed = { backoff: constant(), baseDelay: 50 };

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

describe('retryStream()', () => {
  it('opens nothing until it is read', async () => {
    const clock = new VirtualClock();
    const { open, log } = scriptedStreams(clock, [{}]);

    iterate(open, { clock });
    await turns();

    expect(log).toEqual([]);
  });

  describe('given a stream that opens', () => {
    it.each([0, 1, 3])('gives its events (%d) and its end, and does not abort its signal', async (count) => {
      const clock = new VirtualClock();
      const events = ['a', 'b', 'c'].slice(0, count);
      const { open, log, contexts } = scriptedStreams(clock, [{ events, after: 10 }]);

      const seen = trace(retryStream(open, { idle: 11, clock }), clock);
      await clock.runAll();
      await clock.advance(1_000);

      expect(seen).toEqual([...events.map((event, index) => [event, 10 * (index + 1)]), ['end', 10 * (count + 1)]]);
      expect([log, contexts[0]!.signal.aborted, clock.pending]).toEqual([['open 1 at 0'], false, 0]);
    });

    it.each(['a promise', 'a thenable', 'a web stream'] as const)('takes %s', async (kind) => {
      const clock = new VirtualClock();
      async function* source(): AsyncGenerator<string, void> {
        yield 'a';
      }
      const open = (): AsyncIterable<string> | ReadableStream<string> | PromiseLike<AsyncIterable<string>> => {
        if (kind === 'a promise') return Promise.resolve(source());
        if (kind === 'a thenable') return { then: (done) => Promise.resolve(source()).then(done) };
        return new ReadableStream({
          start(controller) {
            controller.enqueue('a');
            controller.close();
          },
        });
      };

      const seen = trace(retryStream(open, { clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 0],
        ['end', 0],
      ]);
    });

    it('is opened anew by each iteration', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{ events: ['a'] }, { events: ['b'] }]);
      const stream = retryStream(open, { clock });

      const seen = [trace(stream, clock), trace(stream, clock)];
      await clock.runAll();

      expect([seen, log]).toEqual([
        [
          [
            ['a', 0],
            ['end', 0],
          ],
          [
            ['b', 0],
            ['end', 0],
          ],
        ],
        ['open 1 at 0', 'open 1 at 0'],
      ]);
    });
  });

  describe('given a stream that fails before its first event', () => {
    it('opens it again after the delay, and says which attempt it is', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [
        { last: { throws: down } },
        { last: { throws: down } },
        { events: ['a'] },
      ]);

      const seen = trace(retryStream(open, { ...fixed, clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 100],
        ['end', 100],
      ]);
      expect(log).toEqual(['open 1 at 0', 'open 2 at 50', 'open 3 at 100']);
    });

    it.each([
      ['throws', (): never => rejects(down)],
      ['rejects', () => Promise.reject(down)],
    ])('opens it again also where open %s', async (_name, fail) => {
      const clock = new VirtualClock();
      const { open } = scriptedStreams(clock, [{ events: ['a'] }]);

      const seen = trace(
        retryStream((context) => (context.attempt < 2 ? fail() : open(context)), { ...fixed, clock }),
        clock,
      );
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 50],
        ['end', 50],
      ]);
    });

    it('gives the last error itself when attempts run out, with its report', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [
        { last: { throws: new Error('first') } },
        { last: { throws: down } },
      ]);

      const seen = trace(retryStream(open, { ...fixed, maxAttempts: 2, clock }), clock);
      await clock.runAll();

      expect([seen, log.length, clock.pending]).toEqual([[[down, 50]], 2, 0]);
      expect(giveUpReport(down)).toEqual({ attempts: 2, delays: [50], reason: 'attempts' });
    });

    it('gives an error up at once that is not retryable', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{ last: { throws: down } }]);
      const isRetryable = vi.fn(() => false);

      const iterator = iterate(open, { ...fixed, isRetryable, clock });

      expect(await rejection(iterator.next())).toBe(down);
      expect(await iterator.next()).toEqual(END);
      expect([log, isRetryable.mock.calls]).toEqual([['open 1 at 0'], [[{ error: down, attempt: 1 }]]]);
    });

    it('opens it again where it stalls, and has the stalled one stopped once, its signal aborted', async () => {
      const clock = new VirtualClock();
      const { open, log, contexts } = scriptedStreams(clock, [{ last: 'stall' }, { events: ['a'] }]);

      const seen = trace(retryStream(open, { ...fixed, firstEvent: 100, clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 150],
        ['end', 150],
      ]);
      expect(log).toEqual(['open 1 at 0', 'return 1 at 100', 'open 2 at 150']);
      expect(contexts.map(({ signal }) => signal.reason as unknown)).toEqual([
        new StreamIdleError('firstEvent', 100, 0),
        undefined,
      ]);
    });

    it('opens it again where open itself hangs, and aborts its signal', async () => {
      const clock = new VirtualClock();
      const signals: AbortSignal[] = [];
      const open = ({ signal }: CallContext): Promise<never> => {
        signals.push(signal);
        return never();
      };

      const seen = trace(retryStream(open, { ...fixed, maxAttempts: 2, idle: 100, clock }), clock);
      await clock.runAll();

      const error = new StreamIdleError('firstEvent', 100, 0);
      expect(seen).toEqual([[error, 250]]);
      expect(signals.map(({ reason }) => reason as unknown)).toEqual([error, error]);
    });

    it('opens it again where it ends without its last word', async () => {
      const clock = new VirtualClock();
      const { open } = scriptedStreams(clock, [{}, { events: ['[DONE]'] }]);
      const isComplete = ({ event }: { readonly event: string }): boolean => event === '[DONE]';

      const seen = trace(retryStream(open, { ...fixed, isComplete, clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([
        ['[DONE]', 50],
        ['end', 50],
      ]);
    });

    it('tells observers, draws on the budget and sleeps as it is told', async () => {
      const clock = new VirtualClock();
      const told: unknown[] = [];
      const slept: number[] = [];
      const budget = new RetryBudget({ burst: 1 });
      const { open } = scriptedStreams(clock, [{ last: { throws: down } }, { last: { throws: down } }]);
      const options: RetryStreamOptions<string> = {
        ...fixed,
        budget,
        sleep: async (delay) => void slept.push(delay),
        random: () => 0,
        on: { retry: (event) => told.push(event), giveUp: (event) => told.push(event) },
        clock,
      };

      const seen = trace(retryStream(open, options), clock);
      await clock.runAll();

      expect([seen, slept]).toEqual([[[down, 0]], [50]]);
      expect(told).toEqual([
        { error: down, attempt: 1, delay: 50 },
        { error: down, attempts: 2, delays: [50], reason: 'budget' },
      ]);
    });

    it.each(['isProgress', 'isComplete'] as const)('ends at once where it is %s that throws', async (name) => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{ events: ['a'] }, { events: ['a'] }, { events: ['a'] }]);
      const broken = new Error('broken predicate');

      const seen = trace(retryStream(open, { ...fixed, [name]: () => rejects(broken), clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([[broken, 0]]);
      expect(log.length).toBe(2);
    });
  });

  describe('given a stream that breaks off after its first event', () => {
    it.each([down, 'text', undefined, null])(
      'does not open it again, and says how many events there were (%s)',
      async (error) => {
        const clock = new VirtualClock();
        const { open, log } = scriptedStreams(clock, [{ events: ['a', 'b'], last: { throws: error } }]);

        const seen = trace(retryStream(open, { ...fixed, clock }), clock);
        await clock.runAll();

        expect(seen).toEqual([
          ['a', 0],
          ['b', 0],
          [new StreamInterruptedError(2, error), 0],
        ]);
        expect(((seen[2] as unknown[])[0] as StreamInterruptedError).cause).toBe(error);
        expect([log, clock.pending]).toEqual([['open 1 at 0'], 0]);
      },
    );

    it('gives the StreamIdleError of a stall, at once, and has it stopped once', async () => {
      const clock = new VirtualClock();
      const { open, log, contexts } = scriptedStreams(clock, [{ events: ['a'], last: 'stall' }]);

      const seen = trace(retryStream(open, { ...fixed, idle: 100, clock }), clock);
      await clock.runAll();

      const error = new StreamIdleError('idle', 100, 1);
      expect(seen).toEqual([
        ['a', 0],
        [error, 100],
      ]);
      expect([log, contexts[0]!.signal.reason, clock.pending]).toEqual([['open 1 at 0', 'return 1 at 100'], error, 0]);
    });

    it('gives the StreamIncompleteError of a missing last word', async () => {
      const clock = new VirtualClock();
      const { open } = scriptedStreams(clock, [{ events: ['a'] }]);

      const seen = trace(retryStream(open, { ...fixed, isComplete: () => false, clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 0],
        [new StreamIncompleteError(1), 0],
      ]);
    });

    it('gives the end after the error', async () => {
      const clock = new VirtualClock();
      const { open } = scriptedStreams(clock, [{ events: ['a'], last: { throws: down } }]);
      const iterator = iterate(open, { clock });

      const reads = [await iterator.next(), await rejection(iterator.next()), await iterator.next()];

      expect(reads).toEqual([{ done: false, value: 'a' }, new StreamInterruptedError(1, down), END]);
    });
  });

  describe('resume', () => {
    const withResume = (
      clock: VirtualClock,
      scripts: readonly StreamScript[],
      options: RetryStreamOptions<string> = {},
    ): { seen: unknown[]; log: string[]; breaks: StreamBreak<string>[]; contexts: CallContext[] } => {
      const { open, log, contexts } = scriptedStreams(clock, scripts);
      const breaks: StreamBreak<string>[] = [];
      const resume = (broken: StreamBreak<string>): AsyncIterable<string> => {
        breaks.push(broken);
        return open(broken.context) as AsyncIterable<string>;
      };
      const seen = trace(retryStream(open, { ...fixed, clock, resume, ...options }), clock);
      return { seen, log, breaks, contexts };
    };

    it('goes on after the last event, and is told of it, of how many there were, and of the error', async () => {
      const clock = new VirtualClock();

      const { seen, breaks, contexts } = withResume(clock, [
        { events: ['a', 'b'], last: { throws: down } },
        { events: ['c'] },
      ]);
      await clock.runAll();

      expect(seen.map((entry) => (entry as unknown[])[0])).toEqual(['a', 'b', 'c', 'end']);
      expect(breaks).toEqual([{ lastEvent: 'b', received: 2, error: down, context: contexts[1] }]);
      expect([breaks[0]!.context.attempt, clock.pending, clock.now()]).toEqual([2, 0, 50]);
    });

    it('goes on as often as there has been an event', async () => {
      const clock = new VirtualClock();
      const cut = { last: { throws: down } };

      const { seen, breaks } = withResume(clock, [
        { events: ['a'], ...cut },
        { events: ['b'], ...cut },
        { events: ['c'], ...cut },
        { events: ['d'], ...cut },
        {},
      ]);
      await clock.runAll();

      expect(seen.map((entry) => (entry as unknown[])[0])).toEqual(['a', 'b', 'c', 'd', 'end']);
      expect(breaks.map(({ lastEvent, received }) => [lastEvent, received])).toEqual([
        ['a', 1],
        ['b', 2],
        ['c', 3],
        ['d', 4],
      ]);
    });

    it('is tried again itself, from the same place, and then given up with the count', async () => {
      const clock = new VirtualClock();
      const worse = new Error('worse');

      const { seen, log, breaks } = withResume(clock, [
        { events: ['a'], last: { throws: down } },
        { last: { throws: down } },
        { last: { throws: worse } },
      ]);
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 0],
        [new StreamInterruptedError(1, worse), 100],
      ]);
      expect(log).toEqual(['open 1 at 0', 'open 2 at 50', 'open 3 at 100']);
      expect(breaks.map(({ lastEvent, received, error }) => [lastEvent, received, error])).toEqual([
        ['a', 1, down],
        ['a', 1, down],
      ]);
    });

    it('goes on after a stall, which counts the events of all', async () => {
      const clock = new VirtualClock();

      const { seen, log, contexts } = withResume(
        clock,
        [{ events: ['a'], last: 'stall' }, { events: ['b'], last: { throws: down } }, { last: 'stall' }],
        { idle: 100, maxAttempts: 2 },
      );
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 0],
        ['b', 150],
        [new StreamIdleError('firstEvent', 100, 2), 300],
      ]);
      expect(log).toEqual(['open 1 at 0', 'return 1 at 100', 'open 2 at 150', 'open 2 at 200', 'return 3 at 300']);
      expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, false, true]);
    });

    it('of undefined as the last event is a resume all the same', async () => {
      const clock = new VirtualClock();
      const breaks: unknown[] = [];
      const events = async function* (): AsyncGenerator<undefined, void> {
        yield undefined;
        throw down;
      };
      const resume = (broken: StreamBreak<undefined>): AsyncIterable<undefined> => {
        breaks.push([broken.lastEvent, broken.received]);
        return (async function* () {})();
      };

      const seen = trace(retryStream<undefined>(events, { ...fixed, resume, clock }), clock);
      await clock.runAll();

      expect([seen, breaks]).toEqual([
        [
          [undefined, 0],
          ['end', 50],
        ],
        [[undefined, 1]],
      ]);
    });

    it('is paid for by the budget, announced, and held back where the server asks for it', async () => {
      const clock = new VirtualClock();
      const retries = vi.fn();
      const cut = { last: { throws: down } };

      const { seen, log } = withResume(
        clock,
        [{ events: ['a'], ...cut }, { events: ['b'], ...cut }, { events: ['c'] }],
        {
          budget: new RetryBudget({ ratio: 0, burst: 1 }),
          retryAfter: () => 700,
          random: () => 0,
          on: { retry: retries },
        },
      );
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 0],
        ['b', 700],
        [new StreamInterruptedError(2, down), 700],
      ]);
      expect(log).toEqual(['open 1 at 0', 'open 2 at 700']);
      expect(retries.mock.calls).toEqual([[{ error: down, attempt: 1, delay: 700 }]]);
    });

    it('is not asked where the caller has aborted', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();

      const { seen, breaks } = withResume(clock, [{ events: ['a'], last: 'stall' }], { signal: controller.signal });
      await turns();
      await turns();
      controller.abort(down);
      await clock.runAll();

      expect([seen, breaks]).toEqual([
        [
          ['a', 0],
          [down, 0],
        ],
        [],
      ]);
    });

    it('is not asked where the reader has left', async () => {
      const clock = new VirtualClock();
      const resume = vi.fn();
      const { open } = scriptedStreams(clock, [{ events: ['a'], last: 'stall' }]);
      const iterator = iterate(open, { resume, clock });
      await iterator.next();

      const read = iterator.next();
      await iterator.return();

      expect([await read, resume.mock.calls]).toEqual([END, []]);
    });

    it('is not asked for an error that is not retryable', async () => {
      const clock = new VirtualClock();

      const { seen, breaks } = withResume(clock, [{ events: ['a'], last: { throws: down } }, {}], {
        isRetryable: () => false,
      });
      await clock.runAll();

      expect([seen, breaks]).toEqual([
        [
          ['a', 0],
          [new StreamInterruptedError(1, down), 0],
        ],
        [],
      ]);
    });
  });

  describe('total', () => {
    it('limits the whole stream, over attempts and delays', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{ last: 'stall' }, { events: ['a', 'b', 'c', 'd'], after: 20 }]);

      const seen = trace(retryStream(open, { ...fixed, firstEvent: 30, total: 145, clock }), clock);
      await clock.runAll();

      expect(seen.slice(0, 3)).toEqual([
        ['a', 100],
        ['b', 120],
        ['c', 140],
      ]);
      expect((seen[3] as unknown[])[1]).toBe(145);
      expect(log).toEqual(['open 1 at 0', 'return 1 at 30', 'open 2 at 80', 'return 2 at 145']);
    });

    it('runs from the first read on', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{ last: { throws: down } }, { events: ['a'], last: 'stall' }]);
      const stream = { [Symbol.asyncIterator]: () => iterator };
      const iterator = iterate(open, { ...fixed, total: 100, clock });

      await clock.advance(5_000);
      const seen = trace(stream, clock);
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 5_050],
        [new StreamIdleError('total', 100, 1), 5_100],
      ]);
      expect(log).toEqual(['open 1 at 5000', 'open 2 at 5050', 'return 2 at 5100']);
    });

    it('is named in the error as it was given, also by a later attempt', async () => {
      const clock = new VirtualClock();
      const { open } = scriptedStreams(clock, [{ last: 'stall' }, { events: ['a'], last: 'stall' }]);

      const seen = trace(retryStream(open, { ...fixed, firstEvent: 30, idle: Infinity, total: 145, clock }), clock);
      await clock.runAll();

      expect(seen[1]).toEqual([new StreamIdleError('total', 145, 1), 145]);
    });

    it('gives an attempt up with its own error where the next one would come too late', async () => {
      const clock = new VirtualClock();
      const { open } = scriptedStreams(clock, [{ last: { throws: down } }]);

      const seen = trace(retryStream(open, { ...fixed, total: 50, clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([[down, 0]]);
    });

    it('limits the delays of a resume too', async () => {
      const clock = new VirtualClock();
      const resumed: number[] = [];
      async function* open(): AsyncGenerator<string, void> {
        await new Promise<void>((resolve) => void clock.setTimer(30, resolve));
        yield 'a';
        throw new Error('first');
      }
      const resume = (): never => {
        resumed.push(clock.now());
        throw down;
      };

      const seen = trace(retryStream(open, { ...fixed, total: 100, resume, clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 30],
        [new StreamInterruptedError(1, down), 80],
      ]);
      expect(resumed).toEqual([80]);
    });
  });

  describe('maxElapsed', () => {
    it('runs from the first read on', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{ last: { throws: down } }, { last: { throws: down } }]);
      const iterator = iterate(open, { ...fixed, maxElapsed: 60, clock });

      await clock.advance(5_000);
      const error = rejection(iterator.next());
      await clock.runAll();

      expect([await error, log]).toEqual([down, ['open 1 at 5000', 'open 2 at 5050']]);
    });
  });

  describe('a reader that leaves early', () => {
    it.each(['an open stream', 'a stream that is being opened', 'a delay', 'a read'] as const)(
      'in %s, has everything stopped at once',
      async (where) => {
        const clock = new VirtualClock();
        const { open, contexts, log } = scriptedStreams(clock, [
          where === 'a delay' ? { last: { throws: down } } : { events: ['a'], last: 'stall' },
        ]);
        const hanging: AbortSignal[] = [];
        const opening = ({ signal }: CallContext): Promise<never> => {
          hanging.push(signal);
          return never();
        };
        const external = new AbortController();
        const iterator = iterate(where === 'a stream that is being opened' ? opening : open, {
          ...fixed,
          firstEvent: 1_000,
          signal: external.signal,
          clock,
        });
        const read = iterator.next();
        await clock.advance(0);
        const second = where === 'a read' ? iterator.next() : undefined;
        await turns();

        const left = await iterator.return();
        await clock.advance(0);

        const ends = where === 'an open stream' || where === 'a read' ? { done: false, value: 'a' } : END;
        const signals = [...hanging, ...contexts.map(({ signal }) => signal)];
        expect([left, await read, await second, await iterator.next()]).toEqual([END, ends, second && END, END]);
        expect(signals.map(({ aborted }) => aborted)).toEqual([where !== 'a delay']);
        expect(signals.map(({ reason }) => (reason as Error | undefined)?.name)).toEqual([
          where === 'a delay' ? undefined : 'AbortError',
        ]);
        expect(log.filter((line) => line.startsWith('return')).length).toBe('done' in ends && !ends.done ? 1 : 0);
        expect([clock.pending, getEventListeners(external.signal, 'abort')]).toEqual([0, []]);
      },
    );

    it('before its first read opens nothing', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{}]);
      const iterator = iterate(open, { clock });

      await iterator.return();

      expect([await iterator.next(), log]).toEqual([END, []]);
    });

    it('by throw() gets its error back', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{ events: ['a'], last: 'stall' }]);
      const iterator = iterate(open, { clock });
      await iterator.next();

      expect(await rejection(iterator.throw(down))).toBe(down);
      await turns();
      expect(log).toEqual(['open 1 at 0', 'return 1 at 0']);
    });

    it('after the end, or twice, changes nothing', async () => {
      const clock = new VirtualClock();
      const { open, log, contexts } = scriptedStreams(clock, [{}]);
      const iterator = iterate(open, { clock });
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
      const iterator = iterate(open, { idle: 100, signal: controller.signal, clock });
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

    it('aborted while the stream is being opened, ends it at once, and aborts the signal of the attempt', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const signals: AbortSignal[] = [];
      const open = ({ signal }: CallContext): Promise<never> => {
        signals.push(signal);
        return never();
      };

      const error = rejection(iterate(open, { idle: 100, signal: controller.signal, clock }).next());
      await turns();
      controller.abort(down);

      expect(await error).toBe(down);
      expect(signals.map(({ reason }) => reason as unknown)).toEqual([down]);
      expect(clock.pending).toBe(0);
    });

    it('aborted by open itself, has the stream that it opens cancelled', async () => {
      const controller = new AbortController();
      const cancelled = vi.fn();
      const open = (): ReadableStream<string> => {
        controller.abort(down);
        return new ReadableStream({ cancel: cancelled });
      };

      const error = await rejection(iterate(open, { signal: controller.signal }).next());
      await turns();

      expect([error, cancelled.mock.calls]).toEqual([down, [[down]]]);
    });

    it('aborted by open itself, which then fails, gives its reason, and nothing else is thrown', async () => {
      const controller = new AbortController();
      const open = (): never => {
        controller.abort(down);
        throw new Error('gone');
      };

      expect(await rejection(iterate(open, { signal: controller.signal }).next())).toBe(down);
    });

    it('aborted in a delay, ends it at once', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const { open } = scriptedStreams(clock, [{ last: { throws: new Error('first') } }]);

      const error = rejection(iterate(open, { ...fixed, signal: controller.signal, clock }).next());
      await clock.advance(10);
      controller.abort(down);

      expect(await error).toBe(down);
      expect([clock.now(), clock.pending]).toEqual([10, 0]);
    });

    it('aborted between two reads, stops the stream at once, and ends the next read', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const { open, log } = scriptedStreams(clock, [{ events: ['a', 'b'] }]);
      const iterator = iterate(open, { signal: controller.signal, clock });
      await iterator.next();

      controller.abort(down);
      await turns();
      const stopped = [...log];

      expect(stopped).toEqual(['open 1 at 0', 'return 1 at 0']);
      expect(await rejection(iterator.next())).toBe(down);
      expect(await iterator.next()).toEqual(END);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    it('aborted before, opens nothing', async () => {
      const clock = new VirtualClock();
      const { open, log } = scriptedStreams(clock, [{}]);
      const signal = AbortSignal.abort(down);
      const iterator = iterate(open, { signal, clock });

      expect(await rejection(iterator.next())).toBe(down);
      expect(await iterator.next()).toEqual(END);
      expect([log, getEventListeners(signal, 'abort')]).toEqual([[], []]);
    });

    it.each(['end', 'error'] as const)('has no listener after the %s, and aborts nothing any more', async (how) => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const { open, contexts } = scriptedStreams(clock, [
        { events: ['a'], last: how === 'end' ? 'end' : { throws: down } },
      ]);
      const seen = trace(retryStream(open, { signal: controller.signal, clock }), clock);
      await clock.runAll();

      const listeners = getEventListeners(controller.signal, 'abort').length;
      controller.abort();

      expect([seen.length, listeners, contexts[0]!.signal.aborted]).toEqual([2, 0, false]);
    });
  });

  describe('context', () => {
    it('makes no signal where nobody reads it, and has it aborted where it is read too late', async () => {
      const clock = new VirtualClock();
      const contexts: CallContext[] = [];
      const open = (context: CallContext): Promise<never> => {
        contexts.push(context);
        return never();
      };

      const error = rejection(iterate(open, { idle: 10, maxAttempts: 1, clock }).next());
      await clock.runAll();

      expect(contexts[0]!.signal.reason).toBe(await error);
    });

    it('may be listened to by somebody who reads on', async () => {
      const clock = new VirtualClock();
      const reads: Promise<unknown>[] = [];
      const { open } = scriptedStreams(clock, [{ events: ['a'], last: 'stall' }]);
      const iterator = iterate(
        (context) => {
          context.signal.addEventListener('abort', () => reads.push(iterator.next().catch((error: unknown) => error)));
          return open(context);
        },
        { total: 100, clock },
      );
      await iterator.next();

      await clock.runAll();

      expect(await Promise.all(reads)).toEqual([new StreamIdleError('total', 100, 1)]);
    });
  });

  it('runs what opens and resumes in the async context of its reader', async () => {
    const clock = new VirtualClock();
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const read = async (name: string): Promise<void> => {
      const { open } = scriptedStreams(clock, [
        { last: { throws: down } },
        { events: ['a'], last: { throws: down } },
        {},
      ]);
      const opening = (context: CallContext): AsyncIterable<string> => {
        seen.push([name, storage.getStore()]);
        return open(context) as AsyncIterable<string>;
      };
      const resume = ({ context }: StreamBreak<string>): AsyncIterable<string> => opening(context);
      for await (const event of retryStream(opening, { ...fixed, resume, clock })) {
        seen.push([name, storage.getStore(), event]);
      }
      seen.push([name, storage.getStore(), 'end']);
    };

    const reads = ['a', 'b'].map((name) => storage.run(name, () => read(name)));
    await storage.run('whoever moves the clock', () => clock.runAll());
    await Promise.all(reads);

    expect(seen.length).toBe(10);
    expect(seen.filter((entry) => (entry as unknown[])[0] !== (entry as unknown[])[1])).toEqual([]);
  });

  it('aborts the signal of an attempt in the async context of its reader, whoever moves the clock', async () => {
    const clock = new VirtualClock();
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const { open } = scriptedStreams(clock, [{ last: 'stall' }]);
    const opening = (context: CallContext): AsyncIterable<string> => {
      context.signal.addEventListener('abort', () => seen.push(storage.getStore()));
      return open(context) as AsyncIterable<string>;
    };
    const iterator = iterate(opening, { idle: 100, maxAttempts: 1, clock });

    const error = storage.run('reader', () => rejection(iterator.next()));
    await storage.run('whoever moves the clock', () => clock.runAll());

    expect([await error, seen]).toEqual([new StreamIdleError('firstEvent', 100, 0), ['reader']]);
  });

  it('reads at once wait for one another, and open the stream once', async () => {
    const clock = new VirtualClock();
    const { open, log } = scriptedStreams(clock, [{ last: { throws: down } }, { events: ['a', 'b'] }]);
    const iterator = iterate(open, { ...fixed, clock });

    const reads = [1, 2, 3, 4].map(() => iterator.next());
    await clock.runAll();

    expect(await Promise.all(reads)).toEqual([{ done: false, value: 'a' }, { done: false, value: 'b' }, END, END]);
    expect(log).toEqual(['open 1 at 0', 'open 2 at 50']);
  });

  describe('wrong arguments', () => {
    const open = (): Promise<never> => never();

    it.each([
      [[], TypeError, 'retry a stream: expected open to be a function, got undefined'],
      [
        [(async function* () {})()],
        TypeError,
        'retry a stream: expected open to be a function, got a value of type object',
      ],
      [[open, null], TypeError, 'retry a stream: expected options to be an object, got null'],
      [
        [open, { idle: NaN }],
        RangeError,
        'retry a stream: expected idle to be a number of ms ≥ 0, or Infinity, got NaN',
      ],
      [
        [open, { total: '5' }],
        TypeError,
        'retry a stream: expected total to be a number of ms ≥ 0, or Infinity, got "5"',
      ],
      [[open, { resume: true }], TypeError, 'retry a stream: expected resume to be a function, got true'],
      [[open, { signal: null }], TypeError, 'retry a stream: expected signal to be an AbortSignal, got null'],
      [[open, { clock: {} }], TypeError, 'retry a stream: expected clock to be a Clock, got a value of type object'],
      [
        [open, { maxElapsed: -1 }],
        RangeError,
        'retry a stream: expected maxElapsed to be a number of ms ≥ 0, or Infinity, got -1',
      ],
      [
        [open, { maxAttempts: 0 }],
        RangeError,
        'make a retry: expected maxAttempts to be an integer ≥ 1, or Infinity, got 0',
      ],
      [
        [open, { baseDelay: Infinity }],
        RangeError,
        'make a retry: expected baseDelay to be a finite number of ms ≥ 0, got Infinity',
      ],
      [
        [open, { on: { retries: open } }],
        TypeError,
        'make a retry: expected a known option (retry, giveUp), got "on.retries"',
      ],
      [
        [open, { allowNestedRetry: true }],
        TypeError,
        'retry a stream: expected a known option (resume, signal, maxAttempts, baseDelay, backoff, isRetryable, retryAfter, maxRetryAfter, maxElapsed, budget, sleep, clock, random, on, firstEvent, idle, total, isProgress, isComplete), got "allowNestedRetry"',
      ],
    ])('are refused (%#)', (parameters, Class, message) => {
      const make = (): unknown => (retryStream as (...all: unknown[]) => unknown)(...parameters);

      expect(make).toThrow(wrongArgument(Class, `Cannot ${message}`));
      expect(make).toThrow(Class);
    });

    it.each([undefined, null, 5, 'text', ['a']])(
      'come out of the iteration where open gives no stream (%j)',
      async (given) => {
        const clock = new VirtualClock();
        const iterator = iterate(() => given as never, { maxAttempts: 1, clock });

        expect(await rejection(iterator.next())).toBeInstanceOf(TypeError);
        expect(clock.pending).toBe(0);
      },
    );

    it('say so where open gives no stream, and are not tried again', async () => {
      const clock = new VirtualClock();
      const opened = vi.fn(() => undefined as never);

      const seen = trace(retryStream(opened, { ...fixed, clock }), clock);
      await clock.runAll();

      expect((seen[0] as unknown[])[0]).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
      expect(opened).toHaveBeenCalledTimes(1);
    });
  });
});

function rejects(error: unknown): never {
  throw error;
}
