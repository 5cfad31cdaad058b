import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from 'holdfast';
import {
  guardStream,
  StreamIdleError,
  StreamIncompleteError,
  type GuardStreamOptions,
  type StreamSource,
} from 'holdfast/stream';
import { VirtualClock } from 'holdfast/testing';
import { guarding } from '../../src/stream/guard-stream.ts';
import { readerOf, type Reader } from '../../src/stream/stream-source.ts';
import { rejection, turns } from '../rejection.ts';
import { trace } from '../scripted-stream.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');
const never = (): Promise<never> => new Promise(() => {});

/** What a source does next: after some ms it gives an event or fails; with nothing to do, it stalls. */
interface Step<T> {
  readonly after?: number;
  readonly event?: T;
  readonly throws?: unknown;
}

/** A source made by hand that goes by a script and then ends, and what was asked of it. */
function scripted<T>(clock: VirtualClock, steps: readonly Step<T>[]): AsyncIterable<T> & { readonly log: string[] } {
  const log: string[] = [];
  let at = 0;
  const iterator: AsyncIterator<T, undefined> = {
    next: () => {
      log.push('next');
      const step = steps[at++];
      if (!step) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve, reject) => {
        const come = (): void => {
          if ('throws' in step) reject(step.throws as Error);
          else if ('event' in step) resolve({ done: false, value: step.event as T });
        };
        if (step.after) clock.setTimer(step.after, come);
        else come();
      });
    },
    return: () => {
      log.push('return');
      return never();
    },
  };
  return { log, [Symbol.asyncIterator]: () => iterator };
}

/** A clock that shows how many timers were set on it at once, apart from those of the source. */
function counted(clock: VirtualClock): Clock & { pending: number; most: number; set: number } {
  const own = {
    pending: 0,
    most: 0,
    set: 0,
    now: clock.now,
    setTimer(delay: number, callback: () => void) {
      let open = true;
      const close = (): void => {
        if (open) own.pending--;
        open = false;
      };
      own.set++;
      own.pending++;
      own.most = Math.max(own.most, own.pending);
      const cancel = clock.setTimer(delay, () => {
        close();
        callback();
      });
      return () => {
        close();
        cancel();
      };
    },
  };
  return own;
}

const iterate = <T>(source: StreamSource<T>, options?: GuardStreamOptions<T>): Required<AsyncIterator<T, undefined>> =>
  guardStream(source, options)[Symbol.asyncIterator]() as Required<AsyncIterator<T, undefined>>;

const unhandled = vi.fn();
beforeEach(() => {
  unhandled.mockClear();
  process.on('unhandledRejection', unhandled);
});
afterEach(async () => {
  await new VirtualClock().advance(0);
  await new VirtualClock().advance(0);
  process.off('unhandledRejection', unhandled);
});

describe('guardStream()', () => {
  describe('given a source that keeps its time', () => {
    it.each([0, 1, 3])('gives its events (%d) and its end, and does not ask it to stop', async (count) => {
      const clock = new VirtualClock();
      const own = counted(clock);
      const events = Array.from({ length: count }, (_, index) => index);
      const source = scripted(
        clock,
        events.map((event) => ({ event, after: 10 })),
      );

      const seen = trace(guardStream(source, { idle: 11, clock: own }), clock);
      await clock.runAll();

      expect(seen).toEqual([...events.map((event) => [event, 10 * (event + 1)]), ['end', 10 * count]]);
      expect(source.log).toEqual(Array.from({ length: count + 1 }, () => 'next'));
      expect([own.pending, own.most]).toEqual([0, 1]);
    });

    it('gives events that are undefined, null, promises or look like an end', async () => {
      const clock = new VirtualClock();
      const promise = Promise.resolve('inner');
      const events = [undefined, null, 0, '', { done: true }, promise];
      const source = scripted(
        clock,
        events.map((event) => ({ event })),
      );

      const iterator = iterate(source);
      const reads = [];
      for (let index = 0; index < 7; index++) reads.push(await iterator.next());

      expect(reads).toEqual([...events.map((value) => ({ done: false, value })), { done: true, value: undefined }]);
      expect(reads[5]!.value).toBe(promise);
    });

    it('needs no options, and no timer then', async () => {
      vi.useFakeTimers();

      const seen = trace(guardStream(scripted(new VirtualClock(), [{ event: 'a' }])), new VirtualClock());
      await turns();
      const timers = vi.getTimerCount();
      vi.useRealTimers();

      expect([seen, timers]).toEqual([
        [
          ['a', 0],
          ['end', 0],
        ],
        0,
      ]);
    });

    it.each([undefined, Infinity])('sets no timer for limits of %s', async (limit) => {
      const clock = new VirtualClock();
      const own = counted(clock);

      const stream = guardStream(scripted(clock, [{ event: 'a', after: 1e9 }]), {
        firstEvent: limit,
        idle: limit,
        total: limit,
        clock: own,
      });
      const seen = trace(stream, clock);
      await clock.runAll();

      expect([seen, own.set]).toEqual([
        [
          ['a', 1e9],
          ['end', 1e9],
        ],
        0,
      ]);
    });

    it('gives the error of the source, by identity, and does not ask it to stop', async () => {
      for (const error of [down, 'text', undefined, null, 0]) {
        const clock = new VirtualClock();
        const own = counted(clock);
        const source = scripted<string>(clock, [
          { event: 'a', after: 5 },
          { throws: error, after: 5 },
        ]);

        const seen = trace(guardStream(source, { idle: 10, clock: own }), clock);
        await clock.runAll();

        expect(seen).toEqual([
          ['a', 5],
          [error, 10],
        ]);
        expect(source.log).toEqual(['next', 'next']);
        expect(own.pending).toBe(0);
      }
    });

    it('gives an error that its iterator throws in the turn of the read', async () => {
      const source = {
        [Symbol.asyncIterator]: () => ({
          next: (): never => {
            throw down;
          },
        }),
      };

      expect(await rejection(iterate(source).next())).toBe(down);
    });

    it('gives an error of the making of the iterator', async () => {
      const source = {
        [Symbol.asyncIterator]: (): never => {
          throw down;
        },
      };

      const iterator = iterate(source);

      expect(await rejection(iterator.next())).toBe(down);
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
    });

    it.each([undefined, null])('fails with a TypeError where a read gives no result (%s)', async (result) => {
      process.removeAllListeners('unhandledRejection');
      process.on('unhandledRejection', unhandled);
      const source = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(result) }) };
      let error: unknown;

      void rejection(iterate(source as unknown as AsyncIterable<string>).next()).then((reason) => (error = reason));
      await new VirtualClock().advance(0);

      expect(error).toBeInstanceOf(TypeError);
      expect(unhandled).not.toHaveBeenCalled();
    });
  });

  describe('given a source that stalls', () => {
    it('gives the reader a StreamIdleError at the limit, asks the source to stop once, and does not wait for it', async () => {
      const clock = new VirtualClock();
      const own = counted(clock);
      const source = scripted(clock, [{ event: 'a', after: 10 }, { event: 'b', after: 10 }, {}]);

      const seen = trace(guardStream(source, { idle: 100, clock: own }), clock);
      await clock.advance(119);
      const before = seen.length;
      await clock.advance(1);

      expect([before, seen]).toEqual([
        2,
        [
          ['a', 10],
          ['b', 20],
          [new StreamIdleError('idle', 100, 2), 120],
        ],
      ]);
      expect(source.log).toEqual(['next', 'next', 'next', 'return']);
      expect([own.pending, own.most]).toEqual([0, 1]);
    });

    it.each([
      ['firstEvent', { firstEvent: 50, idle: 100 }, new StreamIdleError('firstEvent', 50, 0), 50],
      ['idle, where there is none for the first event', { idle: 100 }, new StreamIdleError('firstEvent', 100, 0), 100],
      ['a longer firstEvent', { firstEvent: 200, idle: 100 }, new StreamIdleError('firstEvent', 200, 0), 200],
      ['total', { firstEvent: 50, idle: 100, total: 30 }, new StreamIdleError('total', 30, 0), 30],
      ['total, which goes first at the same time', { idle: 30, total: 30 }, new StreamIdleError('total', 30, 0), 30],
      ['firstEvent of 0', { firstEvent: 0 }, new StreamIdleError('firstEvent', 0, 0), 0],
      ['total of 0', { total: 0 }, new StreamIdleError('total', 0, 0), 0],
      ['a fraction', { idle: 0.5 }, new StreamIdleError('firstEvent', 0.5, 0), 0.5],
      ['the largest', { idle: 2 ** 40 }, new StreamIdleError('firstEvent', 2 ** 40, 0), 2 ** 40],
    ] as const)('before its first event, ends by %s', async (_name, limits, error, at) => {
      const clock = new VirtualClock();
      const own = counted(clock);
      const source = scripted(clock, [{}]);

      const seen = trace(guardStream(source, { ...limits, clock: own }), clock);
      await clock.runAll();

      expect([seen, source.log, own.pending]).toEqual([[[error, at]], ['next', 'return'], 0]);
    });

    it('goes on to give the end after its error', async () => {
      const clock = new VirtualClock();
      const iterator = iterate(scripted(clock, [{}]), { idle: 10, clock });

      const error = rejection(iterator.next());
      await clock.runAll();

      expect(await error).toEqual(new StreamIdleError('firstEvent', 10, 0));
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
    });

    it.each([
      ['an event', { event: 'late', after: 150 }],
      ['an error', { throws: down, after: 150 }],
    ])('drops %s that comes too late', async (_name, late) => {
      const clock = new VirtualClock();
      const source = scripted<string>(clock, [late]);

      const seen = trace(guardStream(source, { idle: 100, clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([[new StreamIdleError('firstEvent', 100, 0), 100]]);
      expect(source.log).toEqual(['next', 'return']);
    });

    it('does not wait for a generator that is stuck, which runs its finally only when it goes on', async () => {
      const clock = new VirtualClock();
      const log: unknown[] = [];
      async function* stuck(): AsyncGenerator<string, void> {
        try {
          await new Promise<void>((resolve) => void clock.setTimer(500, resolve));
          yield 'late';
          log.push('read on');
        } finally {
          log.push(['closed', clock.now()]);
        }
      }

      const seen = trace(guardStream(stuck(), { idle: 100, clock }), clock);
      await clock.advance(100);
      const early = [...seen, ...log];
      await clock.runAll();

      expect(early).toEqual([[new StreamIdleError('firstEvent', 100, 0), 100]]);
      expect([seen, log]).toEqual([early, [['closed', 500]]]);
    });

    it('cancels a web stream with the error, and unlocks it', async () => {
      const clock = new VirtualClock();
      const cancelled = vi.fn();
      const source = new ReadableStream<string>({ cancel: cancelled });

      const seen = trace(guardStream(source, { idle: 100, clock }), clock);
      await clock.runAll();
      await turns();

      const [error] = seen[0] as [unknown];
      expect([error, cancelled.mock.calls.length, source.locked]).toEqual([
        new StreamIdleError('firstEvent', 100, 0),
        1,
        false,
      ]);
      expect((cancelled.mock.calls[0] as unknown[])[0]).toBe(error);
    });

    it("destroys Node's Readable with the error, once", async () => {
      const clock = new VirtualClock();
      const destroyed = vi.fn();
      const source = new Readable({
        objectMode: true,
        read() {},
        destroy(error, done) {
          destroyed(error);
          done(error);
        },
      });

      source.push('a');
      const seen = trace<string>(guardStream(source, { idle: 100, clock }), clock);
      await clock.runAll();

      const error = new StreamIdleError('idle', 100, 1);
      expect(seen).toEqual([
        ['a', 0],
        [error, 100],
      ]);
      expect(destroyed.mock.calls).toEqual([[error]]);
    });
  });

  describe('a reader that takes its time', () => {
    it('does not make the source a stalled one: the limit runs only while somebody waits', async () => {
      const clock = new VirtualClock();
      const own = counted(clock);
      const source = scripted(clock, [
        { event: 'a', after: 90 },
        { event: 'b', after: 90 },
        { event: 'c', after: 90 },
      ]);
      const slowly = (): Promise<void> => new Promise((resolve) => void clock.setTimer(1_000, resolve));

      const seen = trace(guardStream(source, { idle: 100, clock: own }), clock, slowly);
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 90],
        ['b', 1_180],
        ['c', 2_270],
        ['end', 3_270],
      ]);
      expect([own.pending, own.most]).toEqual([0, 1]);
    });

    it('leaves no timer that is set again and again while nobody reads', async () => {
      const clock = new VirtualClock();
      const own = counted(clock);
      const iterator = iterate(scripted(clock, [{ event: 'a', after: 10 }, {}]), { idle: 100, clock: own });

      void iterator.next();
      await clock.advance(10_000);

      expect([own.pending, own.set]).toEqual([0, 1]);
    });

    it('before its first one has all of the total limit still before it', async () => {
      const clock = new VirtualClock();
      const iterator = iterate(scripted(clock, [{ event: 'a', after: 10 }, {}]), { total: 100, clock });

      await clock.advance(5_000);
      const first = iterator.next();
      await clock.advance(10);
      const second = rejection(iterator.next());
      await clock.runAll();

      expect([await first, await second, clock.now()]).toEqual([
        { done: false, value: 'a' },
        new StreamIdleError('total', 100, 1),
        5_100,
      ]);
    });

    it('is told of the total limit by its next read, and of the end by the one after', async () => {
      const clock = new VirtualClock();
      const source = scripted(clock, [{ event: 'a', after: 10 }, { event: 'b' }]);
      const iterator = iterate(source, { idle: 50, total: 100, clock });

      const first = iterator.next();
      await clock.advance(99);
      const before = [...source.log];
      await clock.advance(1);
      const after = [...source.log];
      const reads = [await first, await rejection(iterator.next()), await iterator.next()];

      expect([before, after]).toEqual([['next'], ['next', 'return']]);
      expect(reads).toEqual([
        { done: false, value: 'a' },
        new StreamIdleError('total', 100, 1),
        { done: true, value: undefined },
      ]);
    });

    it('gets nothing more once it has left, also where the stream had ended with an error before', async () => {
      const clock = new VirtualClock();
      const iterator = iterate(scripted(clock, [{ event: 'a' }, {}]), { total: 100, clock });
      await iterator.next();
      await clock.runAll();

      await iterator.return();

      expect(await iterator.next()).toEqual({ done: true, value: undefined });
    });
  });

  describe('reads at once', () => {
    it('wait for one another; each has the limit for itself', async () => {
      const clock = new VirtualClock();
      const own = counted(clock);
      const source = scripted(clock, [{ event: 'a', after: 90 }, { event: 'b', after: 90 }, {}]);
      const iterator = iterate(source, { idle: 100, clock: own });

      const reads = [iterator.next(), iterator.next(), rejection(iterator.next()), iterator.next()];
      await turns();
      const log = [...source.log];
      await clock.runAll();

      expect(log).toEqual(['next']);
      expect(await Promise.all(reads)).toEqual([
        { done: false, value: 'a' },
        { done: false, value: 'b' },
        new StreamIdleError('idle', 100, 2),
        { done: true, value: undefined },
      ]);
      expect([own.most, own.pending, source.log]).toEqual([1, 0, ['next', 'next', 'next', 'return']]);
    });
  });

  describe('isProgress', () => {
    const isProgress = ({ event }: { readonly event: string }): boolean => event !== 'ping';

    it('lets keep-alives through, and the limit runs on', async () => {
      const clock = new VirtualClock();
      const own = counted(clock);
      const source = scripted(clock, [
        { event: 'a', after: 10 },
        ...Array.from({ length: 50 }, () => ({ event: 'ping', after: 30 })),
      ]);

      const seen = trace(guardStream(source, { idle: 100, isProgress, clock: own }), clock);
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 10],
        ['ping', 40],
        ['ping', 70],
        ['ping', 100],
        [new StreamIdleError('idle', 100, 4), 110],
      ]);
      expect([own.most, own.pending]).toEqual([1, 0]);
    });

    it('counts only the time in which somebody waits, over several keep-alives', async () => {
      const clock = new VirtualClock();
      const source = scripted(clock, [{ event: 'a' }, { event: 'ping', after: 40 }, { event: 'ping', after: 40 }, {}]);
      const slowly = (): Promise<void> => new Promise((resolve) => void clock.setTimer(1_000, resolve));

      const seen = trace(guardStream(source, { idle: 100, isProgress, clock }), clock, slowly);
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 0],
        ['ping', 1_040],
        ['ping', 2_080],
        [new StreamIdleError('idle', 100, 3), 3_100],
      ]);
    });

    it('starts the limit over with the next progress', async () => {
      const clock = new VirtualClock();
      const source = scripted(clock, [
        { event: 'ping', after: 40 },
        { event: 'a', after: 40 },
        { event: 'ping', after: 90 },
        { event: 'b', after: 9 },
        {},
      ]);

      const seen = trace(guardStream(source, { idle: 100, isProgress, clock }), clock);
      await clock.runAll();

      expect(seen).toEqual([
        ['ping', 40],
        ['a', 80],
        ['ping', 170],
        ['b', 179],
        [new StreamIdleError('idle', 100, 4), 279],
      ]);
    });

    it('leaves the limit on the first event on while only keep-alives have come', async () => {
      const clock = new VirtualClock();
      const source = scripted(clock, [{ event: 'ping', after: 40 }, { event: 'ping', after: 40 }, {}]);

      const seen = trace(guardStream(source, { firstEvent: 100, idle: 10, isProgress, clock }), clock);
      await clock.runAll();

      expect(seen.slice(0, 2)).toEqual([
        ['ping', 40],
        ['ping', 80],
      ]);
      expect((seen[2] as unknown[])[1]).toBe(100);
    });

    it('says that it was the limit on the first event, where only keep-alives have come', async () => {
      const clock = new VirtualClock();
      const source = scripted(clock, [{ event: 'ping', after: 40 }, {}]);

      const seen = trace(guardStream(source, { firstEvent: 100, idle: 10, isProgress, clock }), clock);
      await clock.runAll();

      expect(seen[1]).toEqual([new StreamIdleError('firstEvent', 100, 1), 100]);
    });

    it('is asked once for each event, with nothing but the event', async () => {
      const clock = new VirtualClock();
      const asked = vi.fn(() => true);

      trace(guardStream(scripted(clock, [{ event: 'a' }, { event: 'b' }]), { isProgress: asked, clock }), clock);
      await clock.runAll();

      expect(asked.mock.calls).toEqual([[{ event: 'a' }], [{ event: 'b' }]]);
    });
  });

  describe('isComplete', () => {
    const isComplete = ({ event }: { readonly event: string }): boolean => event === '[DONE]';

    it.each([
      [
        ['a', '[DONE]'],
        ['a', '[DONE]', 'end'],
      ],
      [
        ['a', '[DONE]', 'b'],
        ['a', '[DONE]', 'b', 'end'],
      ],
      [['[DONE]'], ['[DONE]', 'end']],
      [
        ['a', 'b'],
        ['a', 'b', new StreamIncompleteError(2)],
      ],
      [[], [new StreamIncompleteError(0)]],
    ])('makes a missing last word an error (%j)', async (events, expected) => {
      const clock = new VirtualClock();
      const own = counted(clock);
      const source = scripted(
        clock,
        events.map((event) => ({ event })),
      );

      const seen = trace(guardStream(source, { idle: 10, isComplete, clock: own }), clock);
      await clock.runAll();

      expect(seen).toEqual(expected.map((event) => [event, 0]));
      expect([source.log.includes('return'), own.pending]).toEqual([false, 0]);
    });

    it.each([
      ['stalls', {}, 10],
      ['fails', { throws: down }, 0],
    ])('has a stream end that %s after its last word', async (_name, step, at) => {
      const clock = new VirtualClock();
      const own = counted(clock);
      const source = scripted<string>(clock, [{ event: '[DONE]' }, step]);

      const seen = trace(guardStream(source, { idle: 10, isComplete, clock: own }), clock);
      await clock.runAll();

      expect(seen).toEqual([
        ['[DONE]', 0],
        ['end', at],
      ]);
      expect([source.log.includes('return'), own.pending]).toEqual([at === 10, 0]);
    });

    it('has an aborted one end with the reason, also after its last word', async () => {
      const controller = new AbortController();
      const source = scripted(new VirtualClock(), [{ event: '[DONE]' }, {}]);
      const iterator = iterate(source, { isComplete, signal: controller.signal });
      await iterator.next();

      const error = rejection(iterator.next());
      await turns();
      controller.abort(down);

      expect(await error).toBe(down);
    });

    it('unlocks a web stream that ended without it', async () => {
      const source = web('a');

      const seen = trace(guardStream(source, { isComplete }), new VirtualClock());
      await new VirtualClock().advance(0);

      expect([seen, source.locked]).toEqual([
        [
          ['a', 0],
          [new StreamIncompleteError(1), 0],
        ],
        false,
      ]);
    });
  });

  describe.each(['isProgress', 'isComplete'] as const)('given %s that fails', (name) => {
    it('ends with its error, and asks the source to stop', async () => {
      const clock = new VirtualClock();
      const own = counted(clock);
      const source = scripted(clock, [{ event: 'a' }, { event: 'b' }]);
      const broken = new Error('broken predicate');
      const predicate = ({ event }: { readonly event: string }): boolean => {
        if (event === 'b') throw broken;
        return name === 'isProgress';
      };

      const seen = trace(guardStream(source, { [name]: predicate, idle: 10, clock: own }), clock);
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 0],
        [broken, 0],
      ]);
      expect([source.log, own.pending]).toEqual([['next', 'next', 'return'], 0]);
    });

    it('refuses a promise, which would always mean yes', async () => {
      const source = scripted(new VirtualClock(), [{ event: 'a' }]);
      const predicate = (async () => false) as unknown as () => boolean;

      const error = await rejection(iterate(source, { [name]: predicate }).next());

      expect(error).toEqual(
        wrongArgument(TypeError, `Cannot decide: expected ${name} to return true or false, got a value of type object`),
      );
    });

    it('may leave the stream itself: the event is not delivered', async () => {
      const source = scripted(new VirtualClock(), [{ event: 'a' }]);
      const iterator = iterate(source, {
        [name]: () => {
          void iterator.return();
          return true;
        },
      });

      const read = await iterator.next();
      await turns();

      expect([read, source.log]).toEqual([{ done: true, value: undefined }, ['next', 'return']]);
    });

    it('may abort the stream itself: the event is not delivered', async () => {
      const controller = new AbortController();
      const source = scripted(new VirtualClock(), [{ event: 'a' }]);
      const predicate = (): boolean => {
        controller.abort(down);
        return true;
      };

      const iterator = iterate(source, { [name]: predicate, signal: controller.signal });
      const error = await rejection(iterator.next());
      await turns();

      expect(error).toBe(down);
      expect(source.log).toEqual(['next', 'return']);
    });

    it('may read on itself: that read waits for its turn', async () => {
      const source = scripted(new VirtualClock(), [{ event: 'a' }, { event: 'b' }]);
      const inner: Promise<unknown>[] = [];
      const iterator = iterate(source, {
        [name]: () => {
          if (!inner.length) inner.push(iterator.next());
          return true;
        },
      });

      const read = await iterator.next();

      expect([read, await inner[0]]).toEqual([
        { done: false, value: 'a' },
        { done: false, value: 'b' },
      ]);
    });
  });

  describe('a reader that leaves early', () => {
    it.each(['a generator', 'a source made by hand', 'a web stream', 'a Readable'] as const)(
      'by break has %s asked to stop once',
      async (kind) => {
        const clock = new VirtualClock();
        const own = counted(clock);
        const stopped = vi.fn();
        const source = endless(kind, stopped);
        const seen: unknown[] = [];

        for await (const event of guardStream(source, { idle: 10, clock: own })) {
          seen.push(event);
          if (seen.length === 2) break;
        }
        await clock.advance(0);

        expect([seen, stopped.mock.calls.length, own.pending]).toEqual([[0, 1], 1, 0]);
      },
    );

    it('in a read: that ends at once, as do those behind it', async () => {
      const clock = new VirtualClock();
      const own = counted(clock);
      const source = scripted(clock, [{}]);
      const iterator = iterate(source, { idle: 10, clock: own });
      const reads = [iterator.next(), iterator.next()];

      const left = await iterator.return();
      await turns();

      const end = { done: true, value: undefined };
      expect([left, await Promise.all(reads), await iterator.next()]).toEqual([end, [end, end], end]);
      expect([source.log, own.pending]).toEqual([['return'], 0]);
    });

    it('by throw() gets its error back, and the source is asked to stop', async () => {
      const source = scripted(new VirtualClock(), [{ event: 'a' }, {}]);
      const iterator = iterate(source);
      await iterator.next();

      const error = await rejection(iterator.throw(down));
      await turns();

      expect(error).toBe(down);
      expect([source.log, await iterator.next()]).toEqual([['next', 'return'], { done: true, value: undefined }]);
    });

    it('twice has the source asked to stop once', async () => {
      const source = scripted(new VirtualClock(), [{}]);
      const iterator = iterate(source);
      void iterator.next();

      await iterator.return();
      await iterator.return();
      await rejection(iterator.throw(down));
      await turns();

      expect(source.log).toEqual(['return']);
    });

    it.each(['end', 'error', 'stall'] as const)('after an %s asks nothing more of the source', async (how) => {
      const clock = new VirtualClock();
      const source = scripted<string>(clock, how === 'end' ? [] : [how === 'error' ? { throws: down } : {}]);
      const iterator = iterate(source, { idle: 10, clock });
      const read = iterator.next().catch(() => undefined);
      await clock.runAll();
      await read;
      const before = [...source.log];

      await iterator.return();
      await turns();

      expect(source.log).toEqual(before);
      expect(before).toEqual(how === 'stall' ? ['next', 'return'] : ['next']);
    });

    it('before its first read never makes the source begin', async () => {
      const source = scripted(new VirtualClock(), [{ event: 'a' }]);
      const iterator = iterate(source);

      await iterator.return();

      expect([await iterator.next(), source.log.includes('next')]).toEqual([{ done: true, value: undefined }, false]);
    });

    it('before its first read has a web stream cancelled', async () => {
      const cancelled = vi.fn();
      const iterator = iterate(new ReadableStream<string>({ cancel: cancelled }));

      await iterator.return();
      await turns();

      expect(cancelled).toHaveBeenCalledTimes(1);
    });

    it('while its source is being opened has that stopped all the same', async () => {
      const clock = new VirtualClock();
      const source = scripted(clock, [{ event: 'a' }]);
      const opening: AsyncIterable<string> = {
        [Symbol.asyncIterator]() {
          void iterator.return();
          return source[Symbol.asyncIterator]();
        },
      };
      const iterator = iterate(opening);

      expect(await iterator.next()).toEqual({ done: true, value: undefined });
      expect(source.log).toEqual(['return']);
    });

    it('leaves no listener on its signal', async () => {
      const { signal } = new AbortController();
      const iterator = iterate(scripted(new VirtualClock(), [{ event: 'a' }, {}]), { signal });
      await iterator.next();
      const during = getEventListeners(signal, 'abort').length;

      await iterator.return();

      expect([during, getEventListeners(signal, 'abort').length]).toEqual([1, 0]);
    });
  });

  describe('signal', () => {
    it.each([down, 'text', null, 0, ''])('ends a read at once with its reason, by identity (%s)', async (reason) => {
      const clock = new VirtualClock();
      const own = counted(clock);
      const controller = new AbortController();
      const source = scripted(clock, [{}]);
      const iterator = iterate(source, { idle: 10, signal: controller.signal, clock: own });

      const error = rejection(iterator.next());
      await turns();
      controller.abort(reason);

      expect(await error).toBe(reason);
      await turns();
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
      expect([source.log, own.pending, getEventListeners(controller.signal, 'abort')]).toEqual([
        ['next', 'return'],
        0,
        [],
      ]);
    });

    it('aborted between two reads, stops the source at once, and ends the next read with its reason', async () => {
      const controller = new AbortController();
      const source = scripted(new VirtualClock(), [{ event: 'a' }, { event: 'b' }]);
      const iterator = iterate(source, { signal: controller.signal });
      await iterator.next();

      controller.abort(down);
      await turns();
      const log = [...source.log];

      expect(log).toEqual(['next', 'return']);
      expect(await rejection(iterator.next())).toBe(down);
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
    });

    it('aborted before, ends the first read with its reason, and nothing is read', async () => {
      const clock = new VirtualClock();
      const own = counted(clock);
      const signal = AbortSignal.abort(down);
      const source = scripted(clock, [{ event: 'a' }]);
      const iterator = iterate(source, { signal, idle: 10, clock: own });

      expect(await rejection(iterator.next())).toBe(down);
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
      expect([source.log.includes('next'), own.set, getEventListeners(signal, 'abort')]).toEqual([false, 0, []]);
    });

    it('aborted before, has a web stream cancelled', async () => {
      const cancelled = vi.fn();
      const source = new ReadableStream<string>({ cancel: cancelled });

      await rejection(iterate(source, { signal: AbortSignal.abort(down) }).next());
      await turns();

      expect(cancelled.mock.calls).toEqual([[down]]);
    });

    it('aborted before, ends the first read with its reason also where the source cannot be opened', async () => {
      const locked = web('a');
      locked.getReader();
      const iterator = iterate(locked, { signal: AbortSignal.abort(down) });

      expect([await rejection(iterator.next()), await iterator.next()]).toEqual([
        down,
        { done: true, value: undefined },
      ]);
    });

    it('aborted in the turn of the first read, ends it with its reason', async () => {
      const controller = new AbortController();
      const source = scripted(new VirtualClock(), [{ event: 'a' }]);

      const error = rejection(iterate(source, { signal: controller.signal }).next());
      controller.abort(down);

      expect(await error).toBe(down);
      await turns();
      expect(source.log.at(-1)).toBe('return');
    });

    it.each(['end', 'error'] as const)('changes nothing after an %s', async (how) => {
      const controller = new AbortController();
      const source = scripted<string>(new VirtualClock(), how === 'end' ? [] : [{ throws: down }]);
      const iterator = iterate(source, { signal: controller.signal });
      await iterator.next().catch(() => undefined);
      const listeners = getEventListeners(controller.signal, 'abort').length;

      controller.abort('late');
      await turns();

      expect([await iterator.next(), source.log, listeners]).toEqual([{ done: true, value: undefined }, ['next'], 0]);
    });

    it('shared by many streams has one listener', async () => {
      const controller = new AbortController();
      const iterators = [1, 2, 3].map(() => iterate(scripted(new VirtualClock(), [{}]), { signal: controller.signal }));

      const errors = iterators.map((iterator) => rejection(iterator.next()));
      const listeners = getEventListeners(controller.signal, 'abort').length;
      controller.abort(down);

      expect([listeners, await Promise.all(errors)]).toEqual([1, [down, down, down]]);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    it('gives its reason also where the source rejects with one of its own', async () => {
      const controller = new AbortController();
      const source = new ReadableStream<string>({
        start: (stream) => controller.signal.addEventListener('abort', () => stream.error(new Error('own'))),
      });
      const iterator = iterate(source, { signal: controller.signal });

      const error = rejection(iterator.next());
      await turns();
      controller.abort(down);

      expect(await error).toBe(down);
    });
  });

  describe('the async context', () => {
    it('of a reader is its own, whoever moves the time, and so is that of the source', async () => {
      const clock = new VirtualClock();
      const storage = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      const own: Clock = {
        now: clock.now,
        setTimer: (delay, callback) => clock.setTimer(delay, AsyncResource.bind(callback)),
      };
      async function* source(name: string): AsyncGenerator<string, void> {
        seen.push([name, 'source', storage.getStore()]);
        yield name;
        await never();
      }
      const isProgress = ({ event }: { readonly event: string }): boolean => {
        seen.push([event, 'isProgress', storage.getStore()]);
        return true;
      };
      const read = async (name: string): Promise<void> => {
        try {
          for await (const event of guardStream(source(name), { idle: 100, isProgress, clock: own })) {
            seen.push([event, 'reader', storage.getStore()]);
          }
        } catch {
          seen.push([name, 'stall', storage.getStore()]);
        }
      };

      void storage.run('a', () => read('a'));
      void storage.run('b', () => read('b'));
      await storage.run('whoever moves the clock', () => clock.runAll());

      expect(seen.filter((entry) => (entry as string[])[0] !== (entry as string[])[2])).toEqual([]);
      expect(seen.length).toBe(8);
    });

    it('of a reader is its own, whoever aborts', async () => {
      const storage = new AsyncLocalStorage<string>();
      const controller = new AbortController();
      const seen: unknown[] = [];
      const read = async (name: string): Promise<void> => {
        await rejection(iterate(scripted(new VirtualClock(), [{}]), { signal: controller.signal }).next());
        seen.push([name, storage.getStore()]);
      };

      const reads = ['a', 'b'].map((name) => storage.run(name, () => read(name)));
      await turns();
      storage.run('whoever aborts', () => controller.abort(down));
      await Promise.all(reads);

      expect(seen).toEqual([
        ['a', 'a'],
        ['b', 'b'],
      ]);
    });

    it('of the clean-up of a source is that of its reader, whoever aborts', async () => {
      const storage = new AsyncLocalStorage<string>();
      const controller = new AbortController();
      const seen: unknown[] = [];
      async function* source(): AsyncGenerator<string, void> {
        try {
          yield 'a';
        } finally {
          seen.push(storage.getStore());
        }
      }
      const iterator = iterate(source(), { signal: controller.signal });
      await storage.run('reader', () => iterator.next());

      storage.run('whoever aborts', () => controller.abort(down));
      await turns();

      expect(seen).toEqual(['reader']);
    });

    it.each<[string, GuardStreamOptions<string>]>([
      ['stalls while somebody reads it', { idle: 100 }],
      ['stalls while somebody reads it, and there is a signal', { idle: 100, signal: new AbortController().signal }],
      ['is at the end of its time', { total: 100 }],
    ])('of the clean-up of a source that %s is that of its reader, whoever moves the time', async (_, limits) => {
      const storage = new AsyncLocalStorage<string>();
      const clock = new VirtualClock();
      const seen: unknown[] = [];
      const source = {
        ...scripted(clock, [{ event: 'a' }, {}]),
        destroy: () => seen.push(storage.getStore()),
      };
      const iterator = iterate(source, { ...limits, clock });
      await storage.run('reader', () => iterator.next());
      const error = limits.idle ? storage.run('reader', () => rejection(iterator.next())) : undefined;

      await storage.run('whoever moves the time', () => clock.runAll());
      await error;

      expect(seen).toEqual(['reader']);
    });

    it('of the clean-up of a source is that of its reader by the timers of the runtime too', async () => {
      const storage = new AsyncLocalStorage<string>();
      const stopped = new Promise((resolve) => {
        const source = { ...scripted(new VirtualClock(), [{}]), destroy: () => resolve(storage.getStore()) };
        void storage.run('reader', () => rejection(iterate(source, { idle: 1 }).next()));
      });

      expect(await stopped).toBe('reader');
    });
  });

  describe('the clock', () => {
    it('at 0 or far from it makes no difference', async () => {
      for (const start of [0, 1e12]) {
        const clock = new VirtualClock(start);

        const seen = trace(guardStream(scripted(clock, [{}]), { idle: 100, clock }), clock);
        await clock.runAll();

        expect(seen).toEqual([[new StreamIdleError('firstEvent', 100, 0), start + 100]]);
      }
    });

    it('that has gone back counts what passed around the step as nothing', async () => {
      const clock = new VirtualClock(10_000);
      let back = 0;
      const own: Clock = { now: () => clock.now() - back, setTimer: clock.setTimer };
      const source = scripted(clock, [{ event: 'a', after: 50 }, {}]);
      const seen = trace(guardStream(source, { idle: 100, clock: own }), clock);

      await clock.advance(40);
      back = 5_000;
      await clock.runAll();

      expect(seen).toEqual([
        ['a', 10_050],
        [new StreamIdleError('idle', 100, 1), 10_100],
      ]);
    });

    it('that does not move ends a stalled stream all the same, by its timers', async () => {
      const clock = new VirtualClock();
      const own: Clock = { now: () => 0, setTimer: clock.setTimer };

      const seen = trace(guardStream(scripted(clock, [{}]), { idle: 100, clock: own }), clock);
      await clock.runAll();

      expect(seen).toEqual([[new StreamIdleError('firstEvent', 100, 0), 100]]);
    });

    it('that has jumped ahead costs no event that is there already', async () => {
      const clock = new VirtualClock();
      const source = scripted(clock, [{ event: 'a' }, { event: 'b' }, {}]);

      const iterator = iterate(source, { idle: 100, clock });
      const first = iterator.next();
      clock.jump(10_000);
      const second = await first.then(() => iterator.next());

      expect(second).toEqual({ done: false, value: 'b' });
    });
  });

  describe('many events', () => {
    it('need one timer at most, and few of them in all', async () => {
      const clock = new VirtualClock();
      const own = counted(clock);
      const source = scripted(
        clock,
        Array.from({ length: 2_000 }, (_, event) => ({ event, after: 1 })),
      );

      const seen = trace(guardStream(source, { idle: 1_000, total: 1e6, clock: own }), clock);
      await clock.runAll();

      expect([seen.length, own.most, own.set, own.pending]).toEqual([2_001, 1, 3, 0]);
    });
  });

  describe('iterated twice', () => {
    it('reads the source twice, with limits of its own each time', async () => {
      const clock = new VirtualClock();
      const stream = guardStream(
        { [Symbol.asyncIterator]: () => scripted(clock, [{ event: 'a', after: 60 }])[Symbol.asyncIterator]() },
        { total: 100, clock },
      );

      const first = trace(stream, clock);
      await clock.runAll();
      const second = trace(stream, clock);
      await clock.runAll();

      expect([first, second]).toEqual([
        [
          ['a', 60],
          ['end', 60],
        ],
        [
          ['a', 120],
          ['end', 120],
        ],
      ]);
    });
  });

  describe('wrong arguments', () => {
    it.each([
      [[], TypeError, 'expected source to be an async iterable or a ReadableStream, got undefined'],
      [[null], TypeError, 'expected source to be an async iterable or a ReadableStream, got null'],
      [['text'], TypeError, 'expected source to be an async iterable or a ReadableStream, got "text"'],
      [[5], TypeError, 'expected source to be an async iterable or a ReadableStream, got 5'],
      [[[]], TypeError, 'expected source to be an async iterable or a ReadableStream, got a value of type object'],
      [
        [Promise.resolve()],
        TypeError,
        'expected source to be an async iterable or a ReadableStream, got a value of type object',
      ],
      [[web(), null], TypeError, 'expected options to be an object, got null'],
      [[web(), 5_000], TypeError, 'expected options to be an object, got 5000'],
      [[web(), { idle: -1 }], RangeError, 'expected idle to be a number of ms ≥ 0, or Infinity, got -1'],
      [[web(), { idle: NaN }], RangeError, 'expected idle to be a number of ms ≥ 0, or Infinity, got NaN'],
      [[web(), { firstEvent: '5' }], TypeError, 'expected firstEvent to be a number of ms ≥ 0, or Infinity, got "5"'],
      [[web(), { total: null }], TypeError, 'expected total to be a number of ms ≥ 0, or Infinity, got null'],
      [[web(), { isProgress: true }], TypeError, 'expected isProgress to be a function, got true'],
      [[web(), { isComplete: '[DONE]' }], TypeError, 'expected isComplete to be a function, got "[DONE]"'],
      [[web(), { signal: {} }], TypeError, 'expected signal to be an AbortSignal, got a value of type object'],
      [[web(), { clock: Date }], TypeError, 'expected clock to be a Clock, got a value of type function'],
      [[web(), { idel: 5 }], TypeError, 'expected a known option (did you mean idle?), got "idel"'],
    ])('are refused (%#)', (parameters, Class, message) => {
      const make = (): unknown => (guardStream as (...all: unknown[]) => unknown)(...parameters);

      expect(make).toThrow(wrongArgument(Class, `Cannot guard a stream: ${message}`));
      expect(make).toThrow(Class);
    });

    it('that are undefined mean the default', async () => {
      const options = { firstEvent: undefined, idle: undefined, total: undefined, isProgress: undefined };

      const seen = trace(
        guardStream(web('a'), { ...options, isComplete: undefined, signal: undefined, clock: undefined }),
        new VirtualClock(),
      );
      await new VirtualClock().advance(0);

      expect(seen).toEqual([
        ['a', 0],
        ['end', 0],
      ]);
    });
  });
});

describe('guarding()', () => {
  it('counts the opening as part of the wait for the first event, and stops a source that opens too late', async () => {
    const clock = new VirtualClock();
    const log: unknown[] = [];
    const reader: Reader<string> = { next: never, cancel: (reason) => log.push(reason) };
    const stopped = vi.fn();
    const open = (): Promise<Reader<string>> =>
      new Promise((resolve) => void clock.setTimer(150, () => resolve(reader)));

    const error = rejection(guarding(open, { firstEvent: 100, clock }, 0, undefined, stopped).next());
    await clock.advance(100);
    const early = [...log];
    await clock.runAll();

    expect([await error, early, stopped.mock.calls]).toEqual([
      new StreamIdleError('firstEvent', 100, 0),
      [],
      [[await error, false]],
    ]);
    expect(log).toEqual([await error]);
  });

  it('does not read a source that opens too late', async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    async function* late(): AsyncGenerator<string, void> {
      log.push('begun');
      yield 'a';
    }
    const open = (): Promise<Reader<string>> =>
      new Promise((resolve) => void clock.setTimer(150, () => resolve(readerOf(late()))));

    void rejection(guarding(open, { firstEvent: 100, clock }).next());
    await clock.runAll();

    expect(log).toEqual([]);
  });

  it('is quiet where the opening fails too late', async () => {
    const clock = new VirtualClock();
    const open = (): Promise<Reader<string>> =>
      new Promise((_, reject) => void clock.setTimer(150, () => reject(down)));

    const error = rejection(guarding(open, { firstEvent: 100, clock }).next());
    await clock.runAll();
    await clock.advance(0);

    expect(await error).toEqual(new StreamIdleError('firstEvent', 100, 0));
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('goes on counting where another source has broken off', async () => {
    const clock = new VirtualClock();
    const open = async (): Promise<Reader<string>> => readerOf(scripted(clock, [{ event: 'a' }, {}]));
    const iterator = guarding(open, { idle: 100, clock }, 7);

    await iterator.next();
    const error = rejection(iterator.next());
    await clock.runAll();

    expect(await error).toEqual(new StreamIdleError('idle', 100, 8));
  });

  it('has of the whole time what is left when it begins, where it goes on from another source', async () => {
    const clock = new VirtualClock();
    const open = async (): Promise<Reader<string>> => readerOf(scripted(clock, [{ event: 'a', after: 20 }, {}]));
    const elapsed = (): number => clock.now();
    const iterator = guarding(open, { total: 100, clock }, 1, elapsed);

    await clock.advance(70);
    const first = iterator.next();
    await clock.advance(20);
    const second = rejection(iterator.next());
    await clock.runAll();

    expect([await first, await second, clock.now()]).toEqual([
      { done: false, value: 'a' },
      new StreamIdleError('total', 100, 2),
      100,
    ]);
  });

  it('tells of the reader that leaves, without a reason', async () => {
    const stopped = vi.fn();
    const iterator = guarding(() => never(), {}, 0, undefined, stopped);
    void iterator.next();

    await iterator.return!();
    await iterator.return!();

    expect(stopped.mock.calls).toEqual([[undefined, false]]);
  });
});

function web(...events: string[]): ReadableStream<string> {
  return new ReadableStream({
    start(controller) {
      for (const event of events) controller.enqueue(event);
      controller.close();
    },
  });
}

/** Counts up from 0 for ever, and tells when it is stopped. */
function endless(
  kind: 'a generator' | 'a source made by hand' | 'a web stream' | 'a Readable',
  stopped: () => void,
): StreamSource<number> {
  let count = 0;
  switch (kind) {
    case 'a generator':
      return (async function* () {
        try {
          for (;;) yield count++;
        } finally {
          stopped();
        }
      })();
    case 'a source made by hand':
      return {
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false, value: count++ }),
          return: async () => {
            stopped();
            return { done: true as const, value: undefined };
          },
        }),
      };
    case 'a web stream':
      return new ReadableStream({ pull: (controller) => controller.enqueue(count++), cancel: stopped });
    case 'a Readable':
      return new Readable({
        objectMode: true,
        read() {
          this.push(count++);
        },
        destroy(error, done) {
          stopped();
          done(error);
        },
      });
  }
}
