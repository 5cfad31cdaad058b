import { describe, expect, it } from 'vitest';
import {
  AdaptiveLimiter,
  AdaptiveThrottle,
  Bulkhead,
  CircuitBreaker,
  pipeline,
  RateLimiter,
  retry,
  standard,
  timeout,
  type Policy,
} from 'holdfast';
import { retriesRefusals } from '../../src/lint/retries-refusals.ts';
import { found } from '../lint-law.ts';

const eager = retry({ isRetryable: () => true });
const bulkhead = new Bulkhead({ maxConcurrent: 1 });

describe('retriesRefusals', () => {
  it.each<[gate: string, policy: Policy]>([
    ['circuit-breaker', new CircuitBreaker()],
    ['bulkhead', bulkhead],
    ['adaptive-limiter', new AdaptiveLimiter()],
    ['adaptive-throttle', new AdaptiveThrottle()],
  ])('speaks of a retry that says yes to the refusals of a %s inside', (gate, policy) => {
    expect(found(retriesRefusals, pipeline(eager, timeout(1), policy), {})).toEqual([
      {
        severity: 'warning',
        message: `The retry tries again what the ${gate} inside of it refused without a time to come back: that takes time, and uses up a budget.`,
        fix: 'Let isRetryable say no to a RefusalError whose retryAfter is undefined, or leave it to the default.',
        numbers: { gates: 1, attempts: 3 },
      },
    ]);
  });

  it('names each kind of gate once', () => {
    const [finding] = found(retriesRefusals, pipeline(eager, bulkhead, new CircuitBreaker(), bulkhead), {});

    expect(finding!.message).toContain('what the bulkhead and the circuit-breaker inside');
  });

  it.each<[name: string, policy: Policy]>([
    ['the default', pipeline(retry(), bulkhead, new CircuitBreaker())],
    ['a gate outside', pipeline(bulkhead, eager)],
    ['a limiter, which says when to come back', pipeline(eager, new RateLimiter({ limit: 1, interval: 1 }))],
    [
      'a predicate that does not know such errors',
      pipeline(retry({ isRetryable: ({ error }) => (error as { status: { ok: boolean } }).status.ok }), bulkhead),
    ],
    ['standard() with a rule of its own', standard({ isTransient: () => true, bulkhead: { maxConcurrent: 1 } })],
  ])('has nothing against %s', (_, policy) => {
    expect(found(retriesRefusals, policy, {})).toEqual([]);
  });
});
