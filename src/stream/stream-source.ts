/** Where events come from: anything that can be iterated asynchronously, or a web stream. */
export type StreamSource<T> = AsyncIterable<T> | ReadableStream<T>;

/** A source being read. */
export interface Reader<T> {
  /** The next event. */
  readonly next: () => Promise<IteratorResult<T, unknown>>;
  /** Asks the source to stop; called once at most, and not waited for. */
  readonly cancel: (reason: unknown) => void;
}

/** What some sources offer besides: Node's streams can be destroyed, those of the openai package have a controller. */
interface Stoppable {
  destroy?(error?: Error): unknown;
  once?(event: 'error', listener: () => void): unknown;
  readonly controller?: { abort?(reason?: unknown): void } | undefined;
}

/**
 * Begins to read a source. To cancel it goes past a read that is under way: `return()` of an iterator would wait for
 * that, which for a stream that has stalled is for ever.
 */
export function readerOf<T>(source: StreamSource<T>): Reader<T> {
  if (!(Symbol.asyncIterator in source) || 'getReader' in source) return webReader(source as ReadableStream<T>);
  const iterator = source[Symbol.asyncIterator]();
  return {
    next: async () => iterator.next(),
    cancel(reason) {
      const { destroy, controller } = source as Stoppable;
      if (typeof controller?.abort === 'function') controller.abort(reason);
      if (typeof destroy === 'function') {
        // One that nobody has read yet has nobody to hear of it.
        (source as Stoppable).once?.('error', () => undefined);
        destroy.call(source, reason instanceof Error ? reason : undefined);
      } else quietly(() => iterator.return?.());
    },
  };
}

function webReader<T>(source: ReadableStream<T>): Reader<T> {
  const reader = source.getReader();
  return {
    async next() {
      const { done, value } = await reader.read().catch((error: unknown) => {
        reader.releaseLock();
        throw error;
      });
      if (!done) return { done, value };
      reader.releaseLock();
      return { done, value: undefined };
    },
    cancel: (reason) =>
      quietly(() => {
        const cancelled = reader.cancel(reason);
        reader.releaseLock();
        return cancelled;
      }),
  };
}

/** Nobody waits for it, and what it fails with is of no interest any more. */
export function quietly(fn: () => unknown): void {
  void (async () => fn())().catch(() => undefined);
}
