import type { Backoff } from '../index.ts';
import { backoffShape } from './backoff-shape.ts';
import { readDocument, type BackoffFromOptions } from './read-document.ts';

/**
 * Makes a backoff of JSON: the name of its function in kebab-case, or an object with that as its `kind`.
 *
 * @throws `TypeError` or `RangeError` with the path of what is wrong, such as `backoff.inner.maxDelay`.
 * @example
 * import { schedule } from 'holdfast';
 * import { backoffFrom } from 'holdfast/json';
 * const backoff = backoffFrom({ kind: 'capped', inner: 'exponential', maxDelay: '0.3s' });
 * schedule(backoff, { baseDelay: 100, retries: 4 }); // => [100, 200, 300, 300]
 */
export function backoffFrom(json: unknown, options?: BackoffFromOptions): Backoff {
  return readDocument('read a backoff', backoffShape, json, options, 'backoff') as Backoff;
}
