// oxlint-disable unicorn/no-thenable -- a read may give any thenable
import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { readerOf, type StreamSource } from '../../src/stream/stream-source.ts';
import { macrotask } from '../../src/base/turn.ts';
import { rejection, turns } from '../rejection.ts';

const down = new Error('down');
const enough = new Error('enough');
const never = (): Promise<never> => new Promise(() => {});

/** A source made by hand, and how often it was asked to stop. */
function byHand(more: object = {}, next: () => unknown = never): { source: AsyncIterable<string>; calls: unknown[][] } {
  const calls: unknown[][] = [];
  const iterator = {
    next: (...all: unknown[]) => {
      calls.push(['next', ...all]);
      return next();
    },
    return: (...all: unknown[]) => {
      calls.push(['return', ...all]);
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  const source = { [Symbol.asyncIterator]: () => iterator, ...more } as unknown as AsyncIterable<string>;
  return { source, calls };
}

describe('readerOf()', () => {
  describe('given an async iterable', () => {
    it('gives its events, and its end', async () => {
      const { next } = readerOf(
        (async function* () {
          yield 'a';
          yield 'b';
        })(),
      );

      expect([await next(), await next(), await next()]).toEqual([
        { done: false, value: 'a' },
        { done: false, value: 'b' },
        { done: true, value: undefined },
      ]);
    });

    it('reads nothing by itself', async () => {
      const { source, calls } = byHand();

      readerOf(source);
      await turns();

      expect(calls).toEqual([]);
    });

    it.each([
      ['throws', () => rejects(down)],
      [
        'gives a thenable that rejects',
        () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(down) }),
      ],
    ])('rejects where its next() %s', async (_name, read) => {
      const { next } = readerOf(byHand({}, read).source);

      expect(await rejection(next())).toBe(down);
    });

    it('takes a next() that returns no promise', async () => {
      const { next } = readerOf(byHand({}, () => ({ done: false, value: 'now' })).source);

      expect(await next()).toEqual({ done: false, value: 'now' });
    });

    it('throws what the making of the iterator throws', () => {
      const source = { [Symbol.asyncIterator]: () => rejects(down) };

      expect(() => readerOf(source)).toThrow(down);
    });

    describe('cancel()', () => {
      it('asks the iterator to return, past a read that is under way', async () => {
        const { source, calls } = byHand();
        const { next, cancel } = readerOf(source);

        void next();
        cancel(enough);
        await turns();

        expect(calls).toEqual([['next'], ['return']]);
      });

      it.each([
        ['throws', () => rejects(down)],
        ['rejects', () => Promise.reject(down)],
        ['never answers', never],
        ['returns nothing', () => undefined],
      ])('is quiet where return() %s', async (_name, answer) => {
        const unhandled = vi.fn();
        process.on('unhandledRejection', unhandled);
        const iterator = { next: never, return: answer };
        const { cancel } = readerOf({ [Symbol.asyncIterator]: () => iterator } as AsyncIterable<string>);

        cancel(enough);
        await macrotask();
        await macrotask();
        process.off('unhandledRejection', unhandled);

        expect(unhandled).not.toHaveBeenCalled();
      });

      it('does without a return(), which is optional', async () => {
        const { cancel } = readerOf({ [Symbol.asyncIterator]: () => ({ next: never }) });

        expect(() => cancel(enough)).not.toThrow();
        await turns();
      });
    });
  });

  describe('given a source with a controller, as the streams of the openai package', () => {
    it('aborts that with the reason, and asks the iterator to return too', async () => {
      const controller = new AbortController();
      const { source, calls } = byHand({ controller });

      readerOf(source).cancel(enough);
      await turns();

      expect(controller.signal.reason).toBe(enough);
      expect(calls).toEqual([['return']]);
    });

    it.each([undefined, null, {}, { abort: true }, 'controller'])(
      'lets a controller be that cannot abort (%s)',
      async (controller) => {
        const { source, calls } = byHand({ controller });

        readerOf(source).cancel(enough);
        await turns();

        expect(calls).toEqual([['return']]);
      },
    );
  });

  describe('given a source that can be destroyed', () => {
    it('destroys it with an error, and asks for no return(), which would wait', async () => {
      const destroy = vi.fn();
      const { source, calls } = byHand({ destroy });

      readerOf(source).cancel(enough);
      await turns();

      expect([destroy.mock.calls, destroy.mock.contexts, calls]).toEqual([[[enough]], [source], []]);
    });

    it.each(['text', undefined, null, 5])('destroys it without one where the reason is none (%s)', async (reason) => {
      const destroy = vi.fn();
      const { source } = byHand({ destroy });

      readerOf(source).cancel(reason);
      await turns();

      expect(destroy.mock.calls).toEqual([[undefined]]);
    });

    it.each([undefined, null, true, {}])('asks for return() where destroy is no function (%s)', async (destroy) => {
      const { source, calls } = byHand({ destroy });

      readerOf(source).cancel(enough);
      await turns();

      expect(calls).toEqual([['return']]);
    });
  });

  describe("given Node's Readable", () => {
    it('gives its events, and its end', async () => {
      const readable = Readable.from(['a', 'b']);
      const { next } = readerOf<string>(readable);

      const reads = [await next(), await next(), await next()];

      expect(reads.map(({ done, value }) => [done, value])).toEqual([
        [false, 'a'],
        [false, 'b'],
        [true, undefined],
      ]);
    });

    it.each([
      ['before a read', false, enough],
      ['past a read', true, enough],
      ['past a read, and without an error', true, undefined],
    ])('destroys it %s', async (_name, reads, reason) => {
      const readable = new Readable({ objectMode: true, read() {} });
      const emitted: unknown[] = [];
      readable.on('error', (error) => emitted.push(error));
      const { next, cancel } = readerOf<string>(readable);
      const read = reads ? next().catch(() => 'ended') : undefined;

      cancel(reason);
      await macrotask();

      expect([readable.destroyed, emitted]).toEqual([true, reason ? [reason] : []]);
      expect(await read).toBe(reads ? 'ended' : undefined);
    });
  });

  describe('given a web stream', () => {
    it('gives its events, and its end, and unlocks it then', async () => {
      const source = web('a', 'b');
      const { next } = readerOf(source);
      const locked = [source.locked];

      const reads = [await next(), await next()];
      locked.push(source.locked);
      reads.push((await next()) as never);
      locked.push(source.locked);

      expect(reads).toEqual([
        { done: false, value: 'a' },
        { done: false, value: 'b' },
        { done: true, value: undefined },
      ]);
      expect(locked).toEqual([true, true, false]);
    });

    it('reads it as a web stream even where it can be iterated, since an iterator cannot be left in a read', async () => {
      const source = web('a');
      const iterate = vi.spyOn(source, Symbol.asyncIterator);

      const read = await readerOf(source).next();

      expect([read, iterate.mock.calls]).toEqual([{ done: false, value: 'a' }, []]);
    });

    it('does without an iterator, which Safari has none of', async () => {
      const whole = web('a');
      const source = { getReader: () => whole.getReader() } as unknown as StreamSource<string>;

      expect(await readerOf(source).next()).toEqual({ done: false, value: 'a' });
    });

    it('throws where somebody else reads it', () => {
      const source = web('a');
      source.getReader();

      expect(() => readerOf(source)).toThrow(TypeError);
    });

    it('rejects with what it fails with', async () => {
      const { next } = readerOf(failing());

      expect(await rejection(next())).toBe(down);
    });

    it('unlocks it when it fails, as its own iterator would', async () => {
      const source = failing();
      const { next } = readerOf(source);

      await rejection(next());

      expect(source.locked).toBe(false);
    });

    describe('cancel()', () => {
      it.each([false, true])('hands the reason on, and unlocks it (a read is under way: %s)', async (reads) => {
        const cancelled = vi.fn();
        const source = new ReadableStream<string>({ cancel: cancelled });
        const { next, cancel } = readerOf(source);
        const read = reads ? next() : undefined;

        cancel(enough);
        await macrotask();

        expect([cancelled.mock.calls, source.locked]).toEqual([[[enough]], false]);
        expect(await read).toEqual(reads ? { done: true, value: undefined } : undefined);
      });

      it.each([
        ['throws', () => rejects(down)],
        ['rejects', () => Promise.reject(down)],
        ['never answers', never],
      ])('is quiet where the source %s', async (_name, answer) => {
        const unhandled = vi.fn();
        process.on('unhandledRejection', unhandled);
        const { cancel } = readerOf(new ReadableStream<string>({ cancel: answer }));

        cancel(enough);
        await macrotask();
        await macrotask();
        process.off('unhandledRejection', unhandled);

        expect(unhandled).not.toHaveBeenCalled();
      });

      it.each([
        ['throws', () => rejects(down)],
        ['rejects', () => Promise.reject(down)],
        ['never answers', never],
      ])('unlocks it even where the source %s', async (_name, answer) => {
        const source = new ReadableStream<string>({ cancel: answer });
        const { cancel } = readerOf(source);

        cancel(enough);
        await macrotask();

        expect(source.locked).toBe(false);
      });

      it('is quiet after the end', async () => {
        const source = web();
        const { next, cancel } = readerOf(source);
        await next();

        cancel(enough);
        await macrotask();

        expect(source.locked).toBe(false);
      });
    });
  });
});

function rejects(error: unknown): never {
  throw error;
}

function web(...events: string[]): ReadableStream<string> {
  return new ReadableStream({
    start(controller) {
      for (const event of events) controller.enqueue(event);
      controller.close();
    },
  });
}

function failing(): ReadableStream<string> {
  return new ReadableStream({
    start(controller) {
      controller.error(down);
    },
  });
}
