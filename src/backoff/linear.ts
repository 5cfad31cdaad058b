import { duration, readOptions } from '../base/check.ts';
import { finite, type Backoff } from './backoff.ts';

/** How `linear` grows. */
export interface LinearOptions {
  /** Added with every attempt · ms, at least 0 · default `baseDelay`. */
  readonly increment?: number | undefined;
}

/**
 * Grows by the same amount every time: baseDelay + increment·(n−1) after attempt n.
 *
 * @throws `TypeError` or `RangeError` for a wrong option.
 * @example
 * import { linear, schedule } from 'holdfast';
 * schedule(linear({ increment: 50 }), { baseDelay: 100, retries: 3 }); // => [100, 150, 200]
 */
export function linear(options?: LinearOptions): Backoff {
  const { increment } = readOptions('make a linear backoff', options, { increment: duration });
  return ({ attempt, baseDelay }) => finite(baseDelay + (increment ?? baseDelay) * (attempt - 1));
}
