import type {
  AdaptiveLimiterOptions,
  AdaptiveThrottleOptions,
  BulkheadOptions,
  CircuitBreakerOptions,
  FallbackOptions,
  HedgeOptions,
  ProbeOptions,
  Rate,
  RateLimiterOptions,
  RetryOptions,
  TimeoutOptions,
} from '../index.ts';
import { quantile } from '../index.ts';
import { backoffShape } from './backoff-shape.ts';
import { functionShape, namesFunction } from './function-shape.ts';
import type { Json } from './json-value.ts';
import { leaves } from './leaves.ts';
import type { FieldsOf, RecordShape, Shape } from './read-shape.ts';
import { retryBudgetShape } from './retry-budget-shape.ts';
import { tripRuleShape } from './trip-rule-shape.ts';

/** The options of every kind of policy, each with what it may be in a document. */
export interface PolicyFields {
  readonly retry: FieldsOf<RetryOptions>;
  readonly timeout: FieldsOf<TimeoutOptions & { readonly timeout: number }>;
  readonly circuitBreaker: FieldsOf<CircuitBreakerOptions>;
  readonly bulkhead: FieldsOf<BulkheadOptions>;
  readonly rateLimiter: FieldsOf<RateLimiterOptions>;
  readonly adaptiveLimiter: FieldsOf<AdaptiveLimiterOptions>;
  readonly adaptiveThrottle: FieldsOf<AdaptiveThrottleOptions>;
  readonly hedge: FieldsOf<HedgeOptions>;
  readonly fallback: FieldsOf<FallbackOptions & { readonly substitute: unknown }>;
}

/** The table of the options. The compiler holds it against the options of the policies: none can be forgotten. */
export function policyFields(): PolicyFields {
  const { text, flag, count, countOrInfinity, positive, factor, duration, durationOrInfinity, interval, any } = leaves;
  const [isFailure, isFailureResult, isHandled, isHedgeable] = [
    functionShape,
    functionShape,
    functionShape,
    functionShape,
  ];
  const line = { maxQueued: leaves.lineLength, maxWait: durationOrInfinity };
  const rate: FieldsOf<Rate> = { limit: positive, interval, burst: positive };
  const probes: FieldsOf<ProbeOptions> = { required: count, concurrent: count, timeout: durationOrInfinity };
  return {
    retry: {
      maxAttempts: countOrInfinity,
      baseDelay: duration,
      allowNestedRetry: flag,
      backoff: backoffShape,
      isRetryable: functionShape,
      isRetryableResult: functionShape,
      retryAfter: functionShape,
      maxRetryAfter: durationOrInfinity,
      maxElapsed: durationOrInfinity,
      budget: retryBudgetShape,
      on: observers('retry', 'giveUp'),
    },
    timeout: { timeout: durationOrInfinity, on: observers('timeout') },
    circuitBreaker: {
      trip: tripRuleShape,
      openDuration: {
        cases: [
          [isBackoff, backoffShape],
          [Boolean, duration],
        ],
      },
      probes: { fields: probes },
      slowCallDuration: durationOrInfinity,
      isFailure,
      isFailureResult,
      name: text,
      on: observers('stateChange', 'rejected'),
    },
    bulkhead: { maxConcurrent: count, ...line, releaseOn: leaves.releaseOn, name: text, on: observers('rejected') },
    rateLimiter: {
      ...rate,
      ...line,
      calls: { fields: rate, required: ['limit', 'interval'] },
      cost: positive,
      actualCost: functionShape,
      name: text,
      on: observers('rejected'),
    },
    adaptiveLimiter: {
      min: count,
      max: count,
      target: durationOrInfinity,
      ...line,
      releaseOn: leaves.releaseOn,
      isFailure,
      isFailureResult,
      name: text,
      on: observers('rejected', 'limitChange'),
    },
    adaptiveThrottle: {
      k: factor,
      window: leaves.window,
      isFailure,
      isFailureResult,
      name: text,
      on: observers('rejected'),
    },
    hedge: {
      delay: {
        cases: [
          [namesFunction, functionShape],
          [(json) => typeof json === 'object', latency()],
          [Boolean, duration],
        ],
      },
      maxHedges: count,
      budget: retryBudgetShape,
      isHedgeable,
      on: observers('hedge'),
    },
    fallback: {
      substitute: {
        cases: [
          [namesFunction, functionShape],
          [Boolean, any],
        ],
      },
      isHandled,
      on: observers('fallback'),
    },
  };
}

/** What may watch: events, each told to a function. */
export function observers(...events: readonly string[]): Shape {
  return { fields: Object.fromEntries(events.map((event) => [event, functionShape])) };
}

/** A delay that follows the latency of the calls. */
function latency(): Shape {
  const kind: RecordShape = {
    fields: { q: leaves.quantile, initial: leaves.estimate },
    required: ['q'],
    make: ({ q, initial }: { readonly q: number; readonly initial?: number }) => quantile(q, { initial }),
  };
  return { says: 'a quantile, such as { "kind": "quantile", "q": 0.95 }', kinds: { quantile: kind } };
}

/** A duration is a number, or a text that begins with a digit, a P or an I. */
function isBackoff(json: Json): boolean {
  return typeof json === 'object' || (typeof json === 'string' && /^[a-z]/.test(json));
}
