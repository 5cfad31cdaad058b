import { callable, check, duration } from '../base/check.ts';
import { uniform } from '../base/random.ts';
import { delayOf, finite, type Backoff } from './backoff.ts';

/**
 * Adds up to `spread` to what `inner` says. For schedules that must not be shortened.
 *
 * @param inner the backoff to spread.
 * @param spread ms, finite, at least 0; default `baseDelay`.
 * @throws `TypeError` or `RangeError` for a wrong argument.
 * @example
 * import { additiveJitter, exponential, schedule } from 'holdfast';
 * const random = () => 0.5;
 * schedule(additiveJitter(exponential()), { baseDelay: 100, retries: 3, random }); // => [150, 250, 450]
 */
export function additiveJitter(inner: Backoff, spread?: number): Backoff {
  check(inner, callable, 'inner', 'jitter a backoff');
  if (spread !== undefined) check(spread, duration, 'spread', 'jitter a backoff');
  return (step) => finite(delayOf(inner, step) + uniform(step.random, 0, spread ?? step.baseDelay));
}
