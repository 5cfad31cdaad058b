/**
 * holdfast for HTTP: a fetch that retries what may be retried, how long a server asks to wait, and what errors mean.
 *
 * @module
 */

export { classify, type FailureClass } from './classify.ts';
export {
  guardFetch,
  type FetchObservers,
  type FetchOutcome,
  type FetchRetryOptions,
  type GuardFetchOptions,
} from './guard-fetch.ts';
export { neverSent } from './never-sent.ts';
export { parseRetryAfter } from './parse-retry-after.ts';
export { type Fetch, type FetchInput } from './request-plan.ts';
