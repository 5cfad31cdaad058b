/**
 * holdfast for queues and workflow engines: what a backoff is in the settings of those that wait by themselves, and
 * what these settings cannot say.
 *
 * @module
 */

export { delayByAttempt, type DelayByAttemptOptions } from './delay-by-attempt.ts';
export { pgBossRetry, type PgBossRetry } from './pg-boss-retry.ts';
export { restateRetryPolicy, type RestateRetryPolicy } from './restate-retry-policy.ts';
export { stepFunctionsRetry, type StepFunctionsRetry } from './step-functions-retry.ts';
export { temporalRetryPolicy, type TemporalRetryPolicy } from './temporal-retry-policy.ts';
export { type Expressed } from './not-expressed.ts';
export { type QueueRetryOptions } from './retry-curve.ts';
