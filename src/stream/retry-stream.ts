import { watch } from '../base/abort.ts';
import type { CallContext } from '../base/context.ts';
import {
  abortSignal,
  callable,
  check,
  clockKind,
  durationOrNever,
  readOptions,
  type Kind,
  type OptionKind,
} from '../base/check.ts';
import { elapsedBy, systemClock } from '../base/clock.ts';
import { retry, type RetryOptions } from '../index.ts';
import { END, eventIterator, type Read } from './event-iterator.ts';
import { guarding, LIMIT_KINDS, streamKind, type StreamLimits } from './guard-stream.ts';
import { interrupted, streamAttempt } from './stream-attempt.ts';
import { readerOf, type StreamSource } from './stream-source.ts';

/** Opens a stream: called with the context of the attempt, whose signal is aborted when the stream is given up. */
export type OpenStream<T> = (context: CallContext) => StreamSource<T> | PromiseLike<StreamSource<T>>;

/** Where a stream broke off. */
export interface StreamBreak<T> {
  /** The last event that was delivered. */
  readonly lastEvent: T;
  /** How many were. */
  readonly received: number;
  readonly error: unknown;
  /** Of the attempt that goes on from there. */
  readonly context: CallContext;
}

/** What `retryStream` may be told: what `retry` may, and the limits of a stream. */
export interface RetryStreamOptions<T>
  extends Omit<RetryOptions<never>, 'isRetryableResult' | 'allowNestedRetry'>, StreamLimits<T> {
  /** Opens the stream again after its last event · default: a stream that breaks off is an error. */
  readonly resume?: ((broken: StreamBreak<T>) => StreamSource<T> | PromiseLike<StreamSource<T>>) | undefined;
  /** Ends the stream at once when aborted; the error is `signal.reason` itself. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A stream that is opened again when it fails before its first event, as `retry` would, and that cannot stall. Once an
 * event has been delivered, to begin anew would deliver it again: then it goes on by `resume`, or ends with an error
 * that says how many events there were.
 *
 * @throws `TypeError` or `RangeError` for a wrong argument; the iteration throws what the last attempt failed with, and
 * after the first event `StreamIdleError`, `StreamIncompleteError` or `StreamInterruptedError`.
 * @example
 * import { retryStream } from 'holdfast/stream';
 * async function* words({ attempt }: { attempt: number }) {
 *   if (attempt < 2) throw new Error('busy');
 *   yield `attempt ${attempt}`;
 * }
 * const read: string[] = [];
 * for await (const word of retryStream(words, { baseDelay: 1, idle: 10_000 })) read.push(word);
 * read; // => ['attempt 2']
 */
export function retryStream<T>(open: OpenStream<T>, options?: RetryStreamOptions<T>): AsyncIterable<T> {
  const action = 'retry a stream';
  check(open, callable, 'open', action);
  const given = readOptions<RetryStreamOptions<T>>(action, options, KINDS);
  const { firstEvent, idle, total = Infinity, isProgress, isComplete, resume, signal, ...rest } = given;
  const { clock = systemClock, maxElapsed = Infinity } = rest;
  const most = Math.min(maxElapsed, total);
  // Checked before anything runs; each connection has a retry of its own, for the time that is left then.
  retry(rest);

  return {
    [Symbol.asyncIterator]() {
      let elapsed: () => number;
      const gone = new AbortController();
      let unwatch: (() => void) | undefined;
      let current: AsyncIterator<T, undefined> | undefined;
      let received = 0;
      let broken: Omit<StreamBreak<T>, 'context'> | undefined;
      let begun = false;
      let over = false;

      /**
       * Opens the stream, and waits for its first event: what fails until then can be tried again. Where one goes on
       * from another, that one is the first attempt, and has failed: a server whose streams break is not to be hammered.
       */
      const connect = (): Promise<Read<T>> => {
        let failure = broken;
        return retry({ ...rest, maxElapsed: Math.max(0, most - elapsed()) }).execute(
          async (outer) => {
            if (failure) {
              const { error } = failure;
              failure = undefined;
              throw error;
            }
            const { context, abort } = streamAttempt(outer);
            const source = async () => {
              const opened = await (broken ? resume!({ ...broken, context }) : open(context));
              check(opened, streamKind, broken ? 'what resume gives' : 'what open gives', action);
              return readerOf(opened);
            };
            const stopped = (reason: unknown, final: boolean): void => {
              abort(reason);
              if (final) gone.abort(reason);
            };
            const limits = { firstEvent, idle, total, isProgress, isComplete, clock, signal: gone.signal };
            const iterator = guarding(source, limits, received, elapsed, stopped);
            const first = await iterator.next();
            current = iterator;
            return first;
          },
          { signal: gone.signal },
        );
      };

      async function pull(): Promise<Read<T>> {
        while (!over) {
          try {
            const result = await (current ? current.next() : connect());
            if (result.done) end();
            else broken = { lastEvent: result.value, received: ++received, error: undefined };
            return result;
          } catch (error) {
            if (over) break;
            const connected = current;
            current = undefined;
            if (!connected || gone.signal.aborted || !resume) {
              const aborted = gone.signal.aborted;
              end();
              throw received && !aborted ? interrupted(received, error) : error;
            }
            broken = { ...broken!, error };
          }
        }
        return END;
      }

      function begin(): void {
        elapsed = elapsedBy(clock);
        if (signal?.aborted) gone.abort(signal.reason);
        else unwatch = signal && watch(signal, (reason) => gone.abort(reason));
      }

      function end(): void {
        over = true;
        unwatch?.();
      }

      return eventIterator(
        async () => {
          if (!begun && !over) begin();
          begun = true;
          return pull();
        },
        () => {
          if (over) return;
          end();
          gone.abort(new DOMException('The reader has left', 'AbortError'));
        },
      );
    },
  };
}

/** What `retry` checks itself. */
const PASSED: Kind = ['an option', () => true];
const KINDS: { readonly [Key in keyof Required<RetryStreamOptions<unknown>>]: OptionKind } =
  /* @__PURE__ */ Object.assign(
    {
      resume: callable,
      signal: abortSignal,
      maxAttempts: PASSED,
      baseDelay: PASSED,
      backoff: PASSED,
      isRetryable: PASSED,
      retryAfter: PASSED,
      maxRetryAfter: PASSED,
      maxElapsed: durationOrNever,
      budget: PASSED,
      sleep: PASSED,
      clock: clockKind,
      random: PASSED,
      on: PASSED,
    },
    LIMIT_KINDS,
  );
