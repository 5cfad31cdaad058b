import { callable, check } from '../base/check.ts';
import { uniform } from '../base/random.ts';
import { delayOf, type Backoff } from './backoff.ts';

/**
 * Keeps half of what `inner` says and draws the other half evenly: spread, but never next to nothing.
 *
 * @throws `TypeError` if `inner` is not a function.
 * @example
 * import { equalJitter, exponential, schedule } from 'holdfast';
 * const random = () => 0.5;
 * schedule(equalJitter(exponential()), { baseDelay: 100, retries: 3, random }); // => [75, 150, 300]
 *
 * Source: M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015:
 * temp = min(cap, base * 2 ** attempt); sleep = temp / 2 + random_between(0, temp / 2).
 */
export function equalJitter(inner: Backoff): Backoff {
  check(inner, callable, 'inner', 'jitter a backoff');
  return (step) => {
    const delay = delayOf(inner, step);
    return uniform(step.random, delay / 2, delay);
  };
}
