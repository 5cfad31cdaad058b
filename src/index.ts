/**
 * holdfast: the policies that let async calls survive the outages of others.
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
export type { ExecuteOptions, Guarded, Policy, SubstituteOf } from './base/policy.ts';
export type { CallContext } from './base/context.ts';
export { type Releasable } from './base/releasable.ts';
export { type FailureOptions } from './base/verdict.ts';
export { explain, type ExplainedPolicy, type Explanation } from './policies/explain.ts';
export { fallback, type FallbackFailure, type FallbackOptions } from './policies/fallback.ts';
export {
  fallbackChain,
  type FallbackChain,
  type FallbackChainEvent,
  type FallbackChainOptions,
} from './policies/fallback-chain.ts';
export { hedge, type HedgeEvent, type HedgeOptions } from './policies/hedge.ts';
export { keyed, type Keyed, type KeyedOptions } from './policies/keyed.ts';
export { pipeline } from './policies/pipeline.ts';
export { standard, type StandardObservers, type StandardOptions } from './policies/standard.ts';
export { timeout, type TimeoutOptions } from './policies/timeout.ts';
export { wrap } from './policies/wrap.ts';
export { quantile, type Quantile, type QuantileOptions } from './state/quantile.ts';

// Limits
export {
  AdaptiveLimiter,
  type AdaptiveLimiterObservers,
  type AdaptiveLimiterOptions,
} from './policies/adaptive-limiter.ts';
export {
  AdaptiveThrottle,
  type AdaptiveThrottleObservers,
  type AdaptiveThrottleOptions,
} from './policies/adaptive-throttle.ts';
export { Bulkhead, type BulkheadOptions } from './policies/bulkhead.ts';
export { type QueueOptions } from './policies/queue-options.ts';
export {
  RateLimiter,
  type ChargedOptions,
  type CostOptions,
  type Rate,
  type RateLimiterOptions,
  type Reservation,
  type ResponseHeaders,
} from './policies/rate-limiter.ts';
export { type ActualCost, type RateLimitObservers } from './policies/rate-limit-layer.ts';
export { type SlotObservers } from './policies/slot-layer.ts';

// Circuit breaker
export {
  CircuitBreaker,
  type CircuitBreakerOptions,
  type Permit,
  type ProbeOptions,
} from './policies/circuit-breaker.ts';
export { type CircuitObservers, type CircuitRejectedEvent, type StateChangeEvent } from './policies/circuit-layer.ts';
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
  BulkheadFullError,
  captureRefusalStacks,
  CircuitOpenError,
  HoldfastError,
  RateLimitedError,
  RefusalError,
  ThrottledError,
  TimeoutError,
  type HoldfastErrorCode,
} from './base/errors.ts';
export { onObserverError, type ObserverErrorReporter } from './base/observe.ts';
