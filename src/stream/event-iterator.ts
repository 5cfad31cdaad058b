/** What one read gives. */
export type Read<T> = IteratorResult<T, undefined>;

/** What a read gives when there is nothing more. */
export const END: Read<never> = { done: true, value: undefined };

/**
 * An iterator whose reads wait for one another, and which can be left at any time, also while a read is under way.
 *
 * @param pull gives the next event; called again only when the last one has come.
 * @param leave called when the reader has had enough; the read that is under way is to end.
 */
export function eventIterator<T>(pull: () => Promise<Read<T>>, leave: () => void): AsyncIterator<T, undefined> {
  let last: Promise<unknown> = Promise.resolve();
  let pending = 0;
  const read = (): Promise<Read<T>> => pull().finally(() => pending--);
  return {
    next() {
      const result = pending++ ? last.then(read, read) : read();
      last = result;
      return result;
    },
    async return() {
      leave();
      return END;
    },
    async throw(error) {
      leave();
      throw error;
    },
  };
}
