import { describe, expect, it } from 'vitest';
import { policyFields } from '../../src/json/policy-fields.ts';
import { optionsInSource } from '../house/docs-tables.ts';

describe('policyFields()', () => {
  const options = optionsInSource();

  it.each<[kind: keyof ReturnType<typeof policyFields>, interfaceName: string, besides: string[]]>([
    ['retry', 'RetryOptions', []],
    ['timeout', 'TimeoutOptions', ['timeout']],
    ['circuitBreaker', 'CircuitBreakerOptions', []],
    ['bulkhead', 'BulkheadOptions', []],
    ['rateLimiter', 'RateLimiterOptions', []],
    ['adaptiveLimiter', 'AdaptiveLimiterOptions', []],
    ['adaptiveThrottle', 'AdaptiveThrottleOptions', []],
    ['hedge', 'HedgeOptions', []],
    ['fallback', 'FallbackOptions', ['substitute']],
  ])('has every option of %s, but for those that bring in time and chance', (kind, name, besides) => {
    const declared = [...options.get(name)!.keys()].filter((option) => !['clock', 'random', 'sleep'].includes(option));

    expect(Object.keys(policyFields()[kind]).sort()).toEqual([...declared, ...besides].sort());
  });
});
