import type { Backoff } from './backoff.ts';

/**
 * Waits `baseDelay` every time. For a resource that frees itself at a steady pace; a crowd needs jitter around it.
 *
 * @example
 * import { constant, schedule } from 'holdfast';
 * schedule(constant(), { baseDelay: 100, retries: 3 }); // => [100, 100, 100]
 */
export function constant(): Backoff {
  return ({ baseDelay }) => baseDelay;
}
