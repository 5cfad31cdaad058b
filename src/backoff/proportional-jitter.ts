import { callable, check, ratio as ratioKind } from '../base/check.ts';
import { uniform } from '../base/random.ts';
import { delayOf, finite, type Backoff } from './backoff.ts';

/**
 * Varies what `inner` says by up to a part of it, both ways: inner · U(1−ratio, 1+ratio). Keeps the mean.
 *
 * @param inner the backoff to spread.
 * @param ratio from 0 to 1: 0.25 means ±25 %.
 * @throws `TypeError` or `RangeError` for a wrong argument.
 * @example
 * import { constant, proportionalJitter, schedule } from 'holdfast';
 * const random = () => 0;
 * schedule(proportionalJitter(constant(), 0.25), { baseDelay: 100, retries: 2, random }); // => [75, 75]
 */
export function proportionalJitter(inner: Backoff, ratio: number): Backoff {
  check(inner, callable, 'inner', 'jitter a backoff');
  check(ratio, ratioKind, 'ratio', 'jitter a backoff');
  return (step) => finite(delayOf(inner, step) * uniform(step.random, 1 - ratio, 1 + ratio));
}
