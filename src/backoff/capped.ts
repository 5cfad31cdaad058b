import { callable, check, durationOrNever } from '../base/check.ts';
import { delayOf, type Backoff } from './backoff.ts';

/** A backoff that knows better than to be cut off, since a cut would pile callers up at the cap. */
export interface CapAware extends Backoff {
  readonly cappedAt: (maxDelay: number) => Backoff;
}

/**
 * Never waits longer than `maxDelay`. Put it inside the jitter, `fullJitter(capped(exponential(), 20_000))`: outside,
 * most of a crowd that has reached the cap wakes at the same instant.
 *
 * @param inner the backoff to bound.
 * @param maxDelay ms, at least 0, or `Infinity`.
 * @throws `TypeError` or `RangeError` for a wrong argument.
 * @example
 * import { capped, exponential, schedule } from 'holdfast';
 * schedule(capped(exponential(), 300), { baseDelay: 100, retries: 4 }); // => [100, 200, 300, 300]
 */
export function capped(inner: Backoff, maxDelay: number): Backoff {
  check(inner, callable, 'inner', 'cap a backoff');
  check(maxDelay, durationOrNever, 'maxDelay', 'cap a backoff');
  if (Object.hasOwn(inner, 'cappedAt')) return (inner as CapAware).cappedAt(maxDelay);
  return (step) => Math.min(delayOf(inner, step), maxDelay);
}
