import type { Backoff } from '../index.ts';
import { fitExponential } from './fit-exponential.ts';
import { notExpressed, type Expressed } from './not-expressed.ts';
import { retryCurve, type QueueRetryOptions } from './retry-curve.ts';

/** What Temporal takes as `retry` of an activity or a workflow; durations in ms. */
export interface TemporalRetryPolicy {
  initialInterval: number;
  backoffCoefficient: number;
  maximumInterval: number;
  /** Calls in all; `Infinity` for no end. */
  maximumAttempts: number;
}

/**
 * A backoff as Temporal's retry policy: an exponential with a cap, without jitter.
 *
 * Waits the longest delay of a jitter every time, and at no retry less than the backoff could; what it does otherwise
 * than the backoff stands in `notExpressed`. `maximumInterval` is always given, since Temporal's default would be a
 * hundred times the initial one.
 *
 * @param options the `baseDelay` and `maxAttempts` of the retry.
 * @throws `TypeError` or `RangeError` for a wrong argument, or a backoff that returns no delay.
 * @example
 * import { capped, exponential } from 'holdfast';
 * import { temporalRetryPolicy } from 'holdfast/queues';
 * const retry = temporalRetryPolicy(capped(exponential(), 20_000), { baseDelay: 500, maxAttempts: 10 });
 * retry.settings;
 * // => { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 20_000, maximumAttempts: 10 }
 * retry.notExpressed; // => []
 *
 * Source: temporalio/temporal, service/history/workflow/retry.go: initInterval · backoffCoefficient^(attempt−1), at
 * most maxInterval; @temporalio/common 1.24, RetryPolicy.
 */
export function temporalRetryPolicy(backoff: Backoff, options: QueueRetryOptions): Expressed<TemporalRetryPolicy> {
  const curve = retryCurve(backoff, options);
  const { initialDelay, factor, maxDelay, delays } = fitExponential(curve.high, 1);
  return {
    settings: {
      initialInterval: initialDelay,
      backoffCoefficient: factor,
      maximumInterval: maxDelay,
      maximumAttempts: curve.maxAttempts,
    },
    notExpressed: notExpressed(curve, { wanted: curve.high, waited: delays, share: 1, most: Infinity }),
  };
}
