import type { Backoff } from '../index.ts';
import { fitExponential } from './fit-exponential.ts';
import { notExpressed, type Expressed } from './not-expressed.ts';
import { retryCurve, type QueueRetryOptions } from './retry-curve.ts';

/** What Restate takes as options of `ctx.run`; durations in ms. */
export interface RestateRetryPolicy {
  initialRetryInterval: number;
  retryIntervalFactor: number;
  maxRetryInterval: number;
  /** Calls in all; left out for no end. */
  maxRetryAttempts?: number;
}

/**
 * A backoff as the options of Restate's `ctx.run`: an exponential with a cap, without jitter.
 *
 * Waits the longest delay of a jitter every time, and at no retry less than the backoff could; what it does otherwise
 * than the backoff stands in `notExpressed`. `maxRetryInterval` is always given, since Restate's default is 10 s.
 *
 * @param options the `baseDelay` and `maxAttempts` of the retry.
 * @throws `TypeError` or `RangeError` for a wrong argument, or a backoff that returns no delay.
 * @example
 * import { exponential, fullJitter } from 'holdfast';
 * import { restateRetryPolicy } from 'holdfast/queues';
 * const retry = restateRetryPolicy(fullJitter(exponential()), { baseDelay: 100, maxAttempts: 4 });
 * retry.settings;
 * // => { initialRetryInterval: 100, retryIntervalFactor: 2, maxRetryInterval: 400, maxRetryAttempts: 4 }
 * retry.notExpressed; // => ['jitter: 0 to 100 % of the longest delay becomes none']
 *
 * Source: restatedev/sdk-shared-core, src/retries.rs: min(max_interval, initial_interval · factor^(retry−1)), with the
 * factor in single precision; @restatedev/restate-sdk 1.17, RunOptions.
 */
export function restateRetryPolicy(backoff: Backoff, options: QueueRetryOptions): Expressed<RestateRetryPolicy> {
  const curve = retryCurve(backoff, options);
  const { initialDelay, factor, maxDelay, delays } = fitExponential(curve.high, 1);
  return {
    settings: {
      initialRetryInterval: initialDelay,
      retryIntervalFactor: factor,
      maxRetryInterval: maxDelay,
      ...(curve.maxAttempts < Infinity && { maxRetryAttempts: curve.maxAttempts }),
    },
    notExpressed: notExpressed(curve, { wanted: curve.high, waited: delays, share: 1, most: Infinity }),
  };
}
