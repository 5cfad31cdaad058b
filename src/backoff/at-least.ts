import { callable, check, duration } from '../base/check.ts';
import { delayOf, type Backoff } from './backoff.ts';

/**
 * Never waits less than `minDelay`: a floor under a full jitter that could draw next to nothing.
 *
 * @param inner the backoff to bound.
 * @param minDelay ms, finite, at least 0.
 * @throws `TypeError` or `RangeError` for a wrong argument.
 * @example
 * import { atLeast, linear, schedule } from 'holdfast';
 * schedule(atLeast(linear(), 250), { baseDelay: 100, retries: 4 }); // => [250, 250, 300, 400]
 */
export function atLeast(inner: Backoff, minDelay: number): Backoff {
  check(inner, callable, 'inner', 'put a floor under a backoff');
  check(minDelay, duration, 'minDelay', 'put a floor under a backoff');
  return (step) => Math.max(delayOf(inner, step), minDelay);
}
