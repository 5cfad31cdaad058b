/**
 * holdfast: retry, backoff, timeout and circuit breaker for async calls.
 *
 * @module
 */

// Time and chance
export { systemClock, type CancelTimer, type Clock } from './base/clock.ts';
export { blockingSleeper, instantSleeper, sleeperOf, type Sleeper } from './base/sleep.ts';
export { type Random } from './base/random.ts';

// Backoff
export { type Backoff, type BackoffStep } from './backoff/backoff.ts';
export { additiveJitter } from './backoff/additive-jitter.ts';
export { atLeast } from './backoff/at-least.ts';
export { capped } from './backoff/capped.ts';
export { constant } from './backoff/constant.ts';
export { decorrelatedJitter, type DecorrelatedJitterOptions } from './backoff/decorrelated-jitter.ts';
export { envelope, type DelayBounds } from './backoff/envelope.ts';
export { equalJitter } from './backoff/equal-jitter.ts';
export { exponential, type ExponentialOptions } from './backoff/exponential.ts';
export { fibonacci } from './backoff/fibonacci.ts';
export { fullJitter } from './backoff/full-jitter.ts';
export { linear, type LinearOptions } from './backoff/linear.ts';
export { proportionalJitter } from './backoff/proportional-jitter.ts';
export { schedule, type ScheduleOptions } from './backoff/schedule.ts';
export { sequence } from './backoff/sequence.ts';
export { smoothJitter } from './backoff/smooth-jitter.ts';

// Retry
export { retryCall, type RetryCallOptions, type RetryResult } from './policies/retry-call.ts';
export { retryCallSync, type RetryCallSyncOptions } from './policies/retry-call-sync.ts';
export { retry, type RetryOptions } from './policies/retry.ts';
export {
  type GiveUpEvent,
  type RetryDecisionOptions,
  type RetryEvent,
  type RetryObservers,
  type RetryWaitOptions,
} from './policies/retry-rules.ts';
export { RetryBudget, type RetryBudgetOptions } from './policies/retry-budget.ts';
export { giveUpReport, type GiveUpReason, type GiveUpReport } from './policies/give-up-report.ts';

// Policies
export { type CallContext, type ExecuteOptions, type Guarded, type Policy } from './base/call.ts';
export { pipeline } from './policies/pipeline.ts';
export { timeout, type TimeoutOptions } from './policies/timeout.ts';
export { wrap } from './policies/wrap.ts';

// Circuit breaker
export {
  CircuitBreaker,
  type CircuitBreakerOptions,
  type Isolation,
  type Permit,
  type ProbeOptions,
} from './policies/circuit-breaker.ts';
export { type CircuitObservers, type StateChangeEvent } from './policies/circuit-layer.ts';
export { type CircuitReason, type CircuitState } from './state/circuit.ts';
export { type CircuitSnapshot } from './state/circuit-snapshot.ts';
export {
  anyOf,
  consecutiveFailures,
  failureConfidence,
  failureRate,
  slowCallRate,
  type AnyTripRule,
  type FailureConfidenceOptions,
  type RateOptions,
  type TripCounts,
  type TripRule,
  type TripWindow,
} from './state/trip-rule.ts';
export { type OutcomeCounts, type WindowSpec } from './state/outcome-window.ts';

// Errors
export {
  captureRefusalStacks,
  CircuitOpenError,
  HoldfastError,
  RefusalError,
  TimeoutError,
  type HoldfastErrorCode,
} from './base/errors.ts';
export { onObserverError, type ObserverErrorReporter } from './base/observe.ts';
