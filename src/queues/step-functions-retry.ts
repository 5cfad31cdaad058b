import type { Backoff } from '../index.ts';
import { fitExponential } from './fit-exponential.ts';
import { notExpressed, type Expressed } from './not-expressed.ts';
import { retryCurve, type QueueRetryOptions } from './retry-curve.ts';

/** A retrier of AWS Step Functions, but for its `ErrorEquals`. */
export interface StepFunctionsRetry {
  IntervalSeconds: number;
  BackoffRate: number;
  /** Left out where nothing grows. */
  MaxDelaySeconds?: number;
  /** Retries: one fewer than attempts. */
  MaxAttempts: number;
  JitterStrategy: 'FULL' | 'NONE';
}

/** The largest `MaxAttempts`. */
const MOST = 99_999_999;

/**
 * A backoff as a retrier of AWS Step Functions: an exponential with a cap in whole seconds, with full jitter or none.
 *
 * Waits the longest delay of another jitter every time, and at no retry less than the backoff could; what it does
 * otherwise than the backoff stands in `notExpressed`.
 *
 * @param options the `baseDelay` and `maxAttempts` of the retry.
 * @throws `TypeError` or `RangeError` for a wrong argument, or a backoff that returns no delay.
 * @example
 * import { capped, exponential, fullJitter } from 'holdfast';
 * import { stepFunctionsRetry } from 'holdfast/queues';
 * const backoff = fullJitter(capped(exponential(), 60_000));
 * stepFunctionsRetry(backoff, { baseDelay: 2_000, maxAttempts: 8 }).settings;
 * // => { IntervalSeconds: 2, BackoffRate: 2, MaxDelaySeconds: 60, MaxAttempts: 7, JitterStrategy: 'FULL' }
 *
 * Source: AWS Step Functions, Handling errors: IntervalSeconds · BackoffRate^(retry−1), at most MaxDelaySeconds; CDK,
 * JitterType.FULL: "a random number between 0 and the computed backoff".
 */
export function stepFunctionsRetry(backoff: Backoff, options: QueueRetryOptions): Expressed<StepFunctionsRetry> {
  const curve = retryCurve(backoff, options);
  const { initialDelay, factor, maxDelay, delays } = fitExponential(curve.high, 1_000);
  const share = curve.even && curve.share === 0 ? 0 : 1;
  return {
    settings: {
      IntervalSeconds: initialDelay,
      BackoffRate: factor,
      ...(factor > 1 && { MaxDelaySeconds: maxDelay }),
      MaxAttempts: Math.min(curve.maxAttempts - 1, MOST),
      JitterStrategy: share ? 'NONE' : 'FULL',
    },
    notExpressed: notExpressed(curve, { wanted: curve.high, waited: delays, share, most: MOST }),
  };
}
