import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, vi } from 'vitest';
import { END, eventIterator, type Read } from '../../src/stream/event-iterator.ts';
import { rejection, turns } from '../rejection.ts';

const down = new Error('down');

/** Reads that are answered by hand. */
function byHand(): {
  readonly iterator: AsyncIterator<string, undefined>;
  readonly pulls: { resolve: (read: Read<string>) => void; reject: (error: unknown) => void }[];
  readonly leave: ReturnType<typeof vi.fn>;
} {
  const pulls: { resolve: (read: Read<string>) => void; reject: (error: unknown) => void }[] = [];
  const leave = vi.fn();
  const pull = (): Promise<Read<string>> =>
    new Promise((resolve, reject) => {
      pulls.push({ resolve, reject });
    });
  return { iterator: eventIterator(pull, () => leave()), pulls, leave };
}

const event = (value: string): Read<string> => ({ done: false, value });

describe('eventIterator()', () => {
  it('does nothing until it is read', async () => {
    const { pulls, leave } = byHand();

    await turns();

    expect([pulls.length, leave.mock.calls.length]).toEqual([0, 0]);
  });

  describe('next()', () => {
    it('pulls at once, in the turn of the read', () => {
      const { iterator, pulls } = byHand();

      void iterator.next();

      expect(pulls.length).toBe(1);
    });

    it('gives what was pulled', async () => {
      const { iterator, pulls } = byHand();

      const read = iterator.next();
      pulls[0]!.resolve(event('a'));

      expect(await read).toEqual({ done: false, value: 'a' });
    });

    it('lets reads at once wait for one another, and answers them in order', async () => {
      const { iterator, pulls } = byHand();
      const seen: unknown[] = [];

      const reads = [1, 2, 3].map((name) => iterator.next().then(({ value }) => seen.push([name, value])));
      await turns();
      const first = pulls.length;
      pulls[0]!.resolve(event('a'));
      await turns();
      const second = pulls.length;
      pulls[1]!.resolve(event('b'));
      await turns();
      pulls[2]!.resolve(event('c'));
      await Promise.all(reads);

      expect([first, second, pulls.length]).toEqual([1, 2, 3]);
      expect(seen).toEqual([
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
      ]);
    });

    it('goes on with the next read where one fails', async () => {
      const { iterator, pulls } = byHand();

      const reads = [rejection(iterator.next()), iterator.next()];
      pulls[0]!.reject(down);
      await turns();
      pulls[1]!.resolve(END);

      expect(await Promise.all(reads)).toEqual([down, { done: true, value: undefined }]);
    });

    it('pulls at once again when all reads before have come', async () => {
      const { iterator, pulls } = byHand();
      const reads = [iterator.next(), iterator.next()];
      pulls[0]!.resolve(event('a'));
      await turns();
      pulls[1]!.resolve(event('b'));
      await Promise.all(reads);

      void iterator.next();

      expect(pulls.length).toBe(3);
    });

    it('pulls in the async context of its own reader', async () => {
      const storage = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      const pull = async (): Promise<Read<string>> => {
        seen.push(storage.getStore());
        await turns();
        return END;
      };
      const iterator = eventIterator(pull, () => {});

      await Promise.all(['a', 'b', 'c'].map((name) => storage.run(name, () => iterator.next())));

      expect(seen).toEqual(['a', 'b', 'c']);
    });
  });

  describe('return()', () => {
    it('leaves at once, and does not wait for the read that is under way', async () => {
      const { iterator, leave } = byHand();
      void iterator.next();

      const left = iterator.return!();
      const calls = leave.mock.calls.length;

      expect(calls).toBe(1);
      expect(await left).toEqual({ done: true, value: undefined });
    });

    it('may come before any read', async () => {
      const { iterator, pulls, leave } = byHand();

      const left = await iterator.return!();

      expect([left, pulls.length, leave.mock.calls.length]).toEqual([{ done: true, value: undefined }, 0, 1]);
    });
  });

  describe('throw()', () => {
    it.each([down, 'text', undefined, null])(
      'leaves at once, and rejects with what it was given (%s)',
      async (error) => {
        const { iterator, leave } = byHand();
        void iterator.next();

        const thrown = rejection(iterator.throw!(error));
        const calls = leave.mock.calls.length;

        expect(calls).toBe(1);
        expect(await thrown).toBe(error);
      },
    );
  });
});
