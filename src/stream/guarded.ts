import { watch } from '../base/abort.ts';
import type { CallContext } from '../base/context.ts';
import { callable, check, invalid, policyKind, readOptions } from '../base/check.ts';
import { elapsedBy, systemClock } from '../base/clock.ts';
import { isA, StreamIdleError, withCause } from '../base/errors.ts';
import { lastAttempt } from '../base/last-attempt.ts';
import type { Policy } from '../base/policy.ts';
import { END, eventIterator, type Read } from './event-iterator.ts';
import { GUARD_KINDS, guarding, streamKind, type GuardStreamOptions } from './guard-stream.ts';
import type { OpenStream } from './retry-stream.ts';
import { interrupted, streamAttempt } from './stream-attempt.ts';
import { readerOf } from './stream-source.ts';

/** In how many turns a failure has come out through the policies, those made elsewhere included. */
const TURNS = 20;

/** Resolves once what has failed has come out through the policies. */
async function cameOut(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await undefined;
}

/** A stream that its policy has let through. */
interface Opened<T> {
  readonly iterator: AsyncIterator<T, undefined>;
  /** Says how it came out. */
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * A stream under a policy, which holds until the stream ends, not only until it begins: a breaker counts it by how it
 * ends, a bulkhead keeps its slot, a timeout limits all of it. A retry makes another attempt only as long as no event
 * has been delivered. A reader that leaves early counts neither for nor against the dependency.
 *
 * @throws `TypeError` or `RangeError` for a wrong argument; the iteration throws what the policy says, and after the
 * first event `StreamIdleError`, `StreamIncompleteError` or `StreamInterruptedError`.
 * @example
 * import { Bulkhead } from 'holdfast';
 * import { guarded } from 'holdfast/stream';
 * const bulkhead = new Bulkhead({ maxConcurrent: 1 });
 * async function* words() { yield bulkhead.running; }
 * for await (const running of guarded(bulkhead, words, { idle: 10_000 })) running; // => 1
 * bulkhead.running; // => 0
 */
export function guarded<T>(policy: Policy, open: OpenStream<T>, options?: GuardStreamOptions<T>): AsyncIterable<T> {
  const action = 'guard a stream';
  check(policy, policyKind, 'policy', action);
  check(open, callable, 'open', action);
  const { signal, isComplete: isLast, ...limits } = readOptions<GuardStreamOptions<T>>(action, options, GUARD_KINDS);
  const { total = Infinity, clock = systemClock } = limits;

  return {
    [Symbol.asyncIterator]() {
      let elapsed: () => number;
      const gone = new AbortController();
      let received = 0;
      let begun = false;
      let over = false;
      let opened: Opened<T> | undefined;
      /** Whether a stream is open, and what the last one failed with. */
      let live = false;
      let failed: unknown;
      /** Whether one has come to its end. */
      let succeeded = false;
      /** Whether it has said its last word. */
      let complete = false;
      /** Told of the stream that the policy lets through next, or that the call is over. */
      let news: (() => void) | undefined;
      let outcome: { readonly error?: unknown } | undefined;
      let unwatch: (() => void) | undefined;

      const isComplete =
        isLast &&
        ((read: { readonly event: T }): boolean => {
          const last = isLast(read);
          // A promise is refused further on.
          complete ||= !!last && typeof last !== 'object';
          return last;
        });

      /** One attempt: begun by the policy, and over when the stream is. */
      const attempt = (outer: CallContext): Promise<void> =>
        new Promise((resolve, reject) => {
          // What has been delivered must not come again, and of two streams side by side one would be lost.
          if (live) return reject(invalid(action, 'a policy that makes one attempt at a time', policy));
          if (received) return reject(failed as Error);
          live = true;
          const { context, abort } = streamAttempt(outer);
          const source = async () => {
            const given = await open(context);
            check(given, streamKind, 'what open gives', action);
            return readerOf(given);
          };
          const succeed = (): void => {
            live = false;
            succeeded = true;
            // What comes out is no value that anybody could judge.
            lastAttempt(outer, 'used');
            resolve();
          };
          const fail = (error: unknown): void => {
            live = false;
            failed = error;
            if (received) lastAttempt(outer, 'used');
            reject(error as Error);
          };
          const stopped = (reason: unknown, final: boolean): void => {
            abort(reason);
            if (complete) succeed();
            else fail(reason);
            // A function of the user's own that fails says nothing of the dependency; time that is up does.
            if (final && isA(reason, StreamIdleError)) void giveUp(reason);
            else if (final) gone.abort(reason);
          };
          const all = { ...limits, isComplete, signal: outer.signal };
          opened = { iterator: guarding(source, all, received, elapsed, stopped), succeed, fail };
          news?.();
        });

      function begin(): void {
        elapsed = elapsedBy(clock);
        // One that was made elsewhere may not heed its signal.
        watch(gone.signal, (error) => void cameOut().then(() => ended({ error })));
        if (signal?.aborted) gone.abort(signal.reason);
        else unwatch = signal && watch(signal, (reason) => gone.abort(reason));
        // An open stream looks to its limits itself; this is for the lines and the waits of the policy.
        const late = (): void => (live ? undefined : gone.abort(new StreamIdleError('total', total, received)));
        const cancelTimer = total < Infinity ? clock.setTimer(total, late) : undefined;
        const ended = (how: { readonly error?: unknown }): void => {
          outcome ??= how;
          cancelTimer?.();
          unwatch?.();
          news?.();
        };
        try {
          policy.execute(attempt, { signal: gone.signal }).then(
            () => ended({}),
            (error: unknown) => ended({ error }),
          );
        } catch (error) {
          // One that was made elsewhere may throw.
          ended({ error });
        }
      }

      async function pull(): Promise<Read<T>> {
        if (!begun && !over) begin();
        begun = true;
        while (!over) {
          const stream = opened;
          if (stream) {
            try {
              const result = await stream.iterator.next();
              if (!result.done) {
                received++;
                return result;
              }
              stream.succeed();
            } catch (error) {
              stream.fail(error);
              if (received && !outcome) {
                over = true;
                void giveUp(error);
                throw gone.signal.aborted ? error : interrupted(received, error);
              }
            }
            if (opened === stream) opened = undefined;
          } else if (outcome) {
            over = true;
            if (!('error' in outcome)) {
              if (succeeded) break;
              const error = withCause(invalid(action, 'a policy that stands in for no failure', policy), failed);
              throw received ? interrupted(received, error) : error;
            }
            throw received && !gone.signal.aborted ? interrupted(received, outcome.error) : outcome.error;
          } else {
            await new Promise<void>((resolve) => {
              news = resolve;
            });
          }
        }
        return END;
      }

      /** Ends the call once the policies inside a retry have seen the failure: there is nothing to try again. */
      async function giveUp(error: unknown): Promise<void> {
        await cameOut();
        gone.abort(error);
        unwatch?.();
      }

      return eventIterator(pull, () => {
        over = true;
        const reason = new DOMException('The reader has left', 'AbortError');
        // Whoever leaves at the last word has had it all.
        if (complete) void opened?.iterator.return?.();
        else {
          gone.abort(reason);
          opened?.fail(reason);
        }
        news?.();
      });
    },
  };
}
