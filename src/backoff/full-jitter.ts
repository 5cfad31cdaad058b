import { callable, check } from '../base/check.ts';
import { uniform } from '../base/random.ts';
import { delayOf, type Backoff } from './backoff.ts';

/**
 * Draws the delay evenly between 0 and what `inner` says. Spreads a crowd the most and makes the fewest calls: the
 * jitter to choose unless a delay near 0 would hurt.
 *
 * @throws `TypeError` if `inner` is not a function.
 * @example
 * import { exponential, fullJitter, schedule } from 'holdfast';
 * const random = () => 0.5;
 * schedule(fullJitter(exponential()), { baseDelay: 100, retries: 3, random }); // => [50, 100, 200]
 *
 * Source: M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015:
 * sleep = random_between(0, min(cap, base * 2 ** attempt)).
 */
export function fullJitter(inner: Backoff): Backoff {
  check(inner, callable, 'inner', 'jitter a backoff');
  return (step) => uniform(step.random, 0, delayOf(inner, step));
}
