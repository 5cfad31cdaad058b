import {
  AdaptiveLimiter,
  AdaptiveThrottle,
  Bulkhead,
  CircuitBreaker,
  fallback,
  hedge,
  pipeline,
  RateLimiter,
  retry,
  standard,
  timeout,
  type AdaptiveLimiterOptions,
  type AdaptiveThrottleOptions,
  type BulkheadOptions,
  type CircuitBreakerOptions,
  type FallbackOptions,
  type Policy,
  type RateLimiterOptions,
  type RetryOptions,
  type StandardOptions,
  type TimeoutOptions,
} from '../index.ts';
import { functionShape } from './function-shape.ts';
import type { Json } from './json-value.ts';
import { leaves } from './leaves.ts';
import { observers, policyFields, type PolicyFields } from './policy-fields.ts';
import type { FieldsOf, KindsShape, NamedShape, RecordShape, Shape } from './read-shape.ts';

/** A policy: `{ "kind": "retry", "maxAttempts": 5 }`, `"standard"`, or a pipeline of several, outermost first. */
export const policyShape: NamedShape = {
  name: 'policy',
  shape: () => ({ says: 'a policy, such as { "kind": "retry" }', kinds: kinds(policyFields()) }),
};

/** Every policy that can be data, by its name in kebab-case. */
function kinds(fields: PolicyFields): KindsShape['kinds'] {
  return {
    standard: { fields: standardFields(fields), make: madeWith(['clock', 'random', 'sleep'], standardOf) },
    retry: {
      fields: fields.retry,
      make: madeWith(['clock', 'random', 'sleep'], (options: RetryOptions) => retry(options)),
    },
    timeout: {
      fields: fields.timeout,
      required: ['timeout'],
      make: madeWith(['clock'], ({ timeout: ms, ...options }: TimeoutOptions & { readonly timeout: number }) =>
        timeout(ms, options),
      ),
    },
    'circuit-breaker': {
      fields: fields.circuitBreaker,
      make: madeWith(['clock', 'random'], (options: CircuitBreakerOptions) => new CircuitBreaker(options)),
    },
    bulkhead: {
      fields: fields.bulkhead,
      required: ['maxConcurrent'],
      make: madeWith(['clock'], (options: BulkheadOptions) => new Bulkhead(options)),
    },
    'rate-limiter': {
      fields: fields.rateLimiter,
      required: ['limit', 'interval'],
      make: madeWith(['clock'], (options: RateLimiterOptions) => new RateLimiter(options)),
    },
    'adaptive-limiter': {
      fields: fields.adaptiveLimiter,
      make: madeWith(['clock'], (options: AdaptiveLimiterOptions) => new AdaptiveLimiter(options)),
    },
    'adaptive-throttle': {
      fields: fields.adaptiveThrottle,
      make: madeWith(['clock', 'random'], (options: AdaptiveThrottleOptions) => new AdaptiveThrottle(options)),
    },
    hedge: { fields: fields.hedge, required: ['delay'], make: madeWith(['clock'], hedge) },
    fallback: {
      fields: fields.fallback,
      required: ['substitute'],
      make: ({ substitute, ...options }: FallbackOptions & { readonly substitute: unknown }) =>
        fallback(substitute, options),
    },
    pipeline: {
      fields: { policies: { list: policyShape, least: 0 } },
      required: ['policies'],
      make: ({ policies }: { readonly policies: readonly Policy[] }) => pipeline(...policies),
    },
  };
}

/** Hands in what a policy needs besides its options. */
function madeWith<Options>(
  needs: readonly ('clock' | 'random' | 'sleep')[],
  make: (options: Options) => Policy,
): NonNullable<RecordShape['make']> {
  return (given: Options, { tools }) => {
    const brought = Object.fromEntries(needs.map((need) => [need, tools[need]]));
    return make({ ...brought, ...given });
  };
}

/** Only the retry of a standard policy sleeps. */
function standardOf({ sleep, ...options }: StandardOptions & Pick<RetryOptions, 'sleep'>): Policy {
  const { retry: own = {} } = options;
  return standard({ ...options, retry: own && !('execute' in own) ? { sleep, ...own } : own });
}

/** Each part is `false`, a policy, or options without a kind. */
function standardFields(fields: PolicyFields): FieldsOf<StandardOptions> {
  const { none, text, durationOrInfinity } = leaves;
  const part = (options: RecordShape): Shape => ({
    cases: [
      [isFalse, none],
      [hasKind, policyShape],
      [Boolean, options],
    ],
  });
  return {
    fallback: {
      cases: [
        [isFalse, none],
        [Boolean, policyShape],
      ],
    },
    timeout: durationOrInfinity,
    retry: part({ fields: fields.retry }),
    hedge: part({ fields: fields.hedge, required: ['delay'] }),
    rateLimiter: part({ fields: fields.rateLimiter, required: ['limit', 'interval'] }),
    breaker: part({ fields: fields.circuitBreaker }),
    bulkhead: part({ fields: fields.bulkhead, required: ['maxConcurrent'] }),
    attemptTimeout: durationOrInfinity,
    isTransient: functionShape,
    retryAfter: functionShape,
    name: text,
    on: observers('retry', 'giveUp', 'stateChange', 'rejected', 'timeout'),
  };
}

function isFalse(json: Json): boolean {
  return json === false;
}

function hasKind(json: Json): boolean {
  return typeof json === 'string' || Object.hasOwn(Object(json) as object, 'kind');
}
