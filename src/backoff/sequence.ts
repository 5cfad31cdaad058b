import { check, duration, type Kind } from '../base/check.ts';
import type { Backoff } from './backoff.ts';

/**
 * Waits the delays given, in order; the last one repeats. `baseDelay` has no say.
 *
 * @param delays ms, each finite and at least 0; at least one. Copied: changing the array later changes nothing.
 * @throws `TypeError` or `RangeError` for anything else.
 * @example
 * import { schedule, sequence } from 'holdfast';
 * schedule(sequence([10, 50, 250]), { baseDelay: 0, retries: 4 }); // => [10, 50, 250, 250]
 */
export function sequence(delays: readonly number[]): Backoff {
  const action = 'make a sequence backoff';
  check(delays, LIST, 'delays', action);
  const list = [...delays];
  list.forEach((delay, index) => check(delay, duration, `delays[${index}]`, action));
  return ({ attempt }) => list[Math.min(attempt, list.length) - 1]!;
}

const LIST: Kind = ['a list of at least one delay', (value: unknown[]) => Array.isArray(value) && value.length > 0];
