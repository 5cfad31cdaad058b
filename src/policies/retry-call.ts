import { run } from '../base/call.ts';
import type { CallContext } from '../base/context.ts';
import { abortSignal, callable, check, checkOuter, contextKind, readOptions } from '../base/check.ts';
import type { Guarded } from '../base/policy.ts';
import { retryLayer } from './retry-layer.ts';
import { RETRY_KINDS, retryRules, type RetryWaitOptions } from './retry-rules.ts';

/** What `retryCall` may be told. */
export interface RetryCallOptions<T> extends RetryWaitOptions<T> {
  /** Ends the call at once when aborted, in an attempt or in a wait; the rejection is `signal.reason` itself. */
  readonly signal?: AbortSignal | undefined;
  /** The context of an outer call, instead of a signal: shares its signal, deadline and budget. */
  readonly context?: CallContext | undefined;
}

/** What came of a retried call. */
export interface RetryResult<T> {
  readonly value: T;
  /** How many calls it took, from 1. */
  readonly attempts: number;
  /** The delays between them, in ms: always one fewer than `attempts`. */
  readonly delays: number[];
}

const ACTION = 'retry a call';

/**
 * Calls `fn` until it succeeds, at most `maxAttempts` times, with growing delays in between. By default the delays
 * are exact, baseDelay · 2^(n−1) after attempt n; give a `backoff` with jitter where many callers share a service.
 *
 * @param fn what to call; sees the number of its attempt and a signal.
 * @param maxAttempts calls in all, the first included · an integer, at least 1, or `Infinity`.
 * @param baseDelay ms, finite, at least 0.
 * @param options see `RetryCallOptions`.
 * @returns the value, how many calls it took, and the delays between them.
 * @throws the error of the last attempt itself, by rejection; `signal.reason` on an abort; `TypeError` or `RangeError`
 * for a wrong argument, before anything is called.
 * @example
 * import { retryCall } from 'holdfast';
 * let calls = 0;
 * const load = () => (++calls < 3 ? Promise.reject(new Error('busy')) : 'loaded');
 * await retryCall(load, 5, 1); // => { value: 'loaded', attempts: 3, delays: [1, 2] }
 */
export function retryCall<T>(
  fn: Guarded<T>,
  maxAttempts: number,
  baseDelay: number,
  options?: RetryCallOptions<T>,
): Promise<RetryResult<T>> {
  try {
    check(fn, callable, 'fn', ACTION);
    const given = readOptions(ACTION, options, KINDS);
    const rules = retryRules(ACTION, maxAttempts, baseDelay, given);
    const layer = retryLayer(rules, true, (value, { attempts, delays = [] }) => ({ value, attempts, delays }));
    const { context, signal } = given;
    checkOuter(context, signal, ACTION);
    return run([layer], fn, context ?? (signal && { signal }), ACTION);
  } catch (error) {
    return Promise.reject(error as Error);
  }
}

const KINDS = /* @__PURE__ */ Object.assign({ signal: abortSignal, context: contextKind }, RETRY_KINDS);
