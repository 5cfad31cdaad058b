import { callable, check, count, duration, readOptions } from '../base/check.ts';
import { schedule, type Backoff, type Random } from '../index.ts';

/** What a backoff has to know besides the attempt. */
export interface DelayByAttemptOptions {
  /** Milliseconds, finite, at least 0. */
  readonly baseDelay: number;
  /** Chance for the jitters · default `Math.random`. */
  readonly random?: Random | undefined;
}

/**
 * A backoff as a function from the number of the attempt that has failed to the delay in ms, for what knows nothing
 * else: BullMQ's `backoffStrategy`, `ConfiguredRetryStrategy` of the AWS SDK.
 *
 * Every backoff can be said like this. One that builds on its last delays, `decorrelatedJitter` or `smoothJitter`, is
 * drawn anew from the first delay on: each delay is as likely as in a retry of ours, but two delays of the same job
 * know nothing of each other. Takes a time in proportion to the attempt.
 *
 * @returns a function of the attempt, an integer from 1.
 * @throws `TypeError` or `RangeError` for a wrong argument, of the returned function too.
 * @example
 * import { capped, exponential } from 'holdfast';
 * import { delayByAttempt } from 'holdfast/queues';
 * const delay = delayByAttempt(capped(exponential(), 300), { baseDelay: 100 });
 * [delay(1), delay(2), delay(3), delay(4)]; // => [100, 200, 300, 300]
 */
export function delayByAttempt(backoff: Backoff, options: DelayByAttemptOptions): (attempt: number) => number {
  const action = 'compute a delay by attempt';
  check(backoff, callable, 'backoff', action);
  const { baseDelay, random } = readOptions(action, options, { baseDelay: duration, random: callable });
  check(baseDelay, duration, 'baseDelay', action);
  return (attempt) => {
    check(attempt, count, 'attempt', action);
    return schedule(backoff, { baseDelay, retries: attempt, random }).at(-1)!;
  };
}
