import { durationOrNever, readOptions } from '../base/check.ts';
import { uniform } from '../base/random.ts';
import { finite, type Backoff } from './backoff.ts';

/** The bound of `decorrelatedJitter`. */
export interface DecorrelatedJitterOptions {
  /** The longest delay · ms, at least 0, or `Infinity` · default `Infinity`. */
  readonly maxDelay?: number | undefined;
}

/**
 * Draws between `baseDelay` and three times the last delay: grows by chance instead of by count.
 *
 * @throws `TypeError` or `RangeError` for a wrong option.
 * @example
 * import { decorrelatedJitter, schedule } from 'holdfast';
 * const random = () => 0.5;
 * schedule(decorrelatedJitter({ maxDelay: 500 }), { baseDelay: 100, retries: 3, random }); // => [200, 350, 500]
 *
 * Source: M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015:
 * sleep = min(cap, random_between(base, sleep * 3)).
 */
export function decorrelatedJitter(options?: DecorrelatedJitterOptions): Backoff {
  const { maxDelay = Infinity } = readOptions('make a decorrelated jitter', options, { maxDelay: durationOrNever });
  return ({ baseDelay, previousDelay, random }) =>
    Math.min(maxDelay, uniform(random, baseDelay, Math.max(baseDelay, finite(3 * previousDelay))));
}
