import { describe, expect, it } from 'vitest';
import { CircuitBreaker, consecutiveFailures, hedge, retry, RetryBudget, timeout, type Policy } from 'holdfast';
import { layersIn } from '../../src/base/layers.ts';
import { policyFacts } from '../../src/policies/policy-facts.ts';

const factsOf = (policy: Policy): object => policyFacts(layersIn(policy)[0]!);

describe('policyFacts()', () => {
  const trip = consecutiveFailures(2);
  const budget = new RetryBudget({ ratio: 0.2, burst: 3 });

  it.each<[name: string, policy: Policy, facts: object]>([
    ['a timeout', timeout(50), { timeout: 50 }],
    ['a retry', retry({ maxAttempts: 4, budget }), { maxAttempts: 4, baseDelay: 50, budget }],
    ['a hedge', hedge({ delay: 5, budget }), { delay: 5, maxHedges: 1, budget }],
    ['a breaker', new CircuitBreaker({ trip, openDuration: 70 }), { trips: [trip], openDuration: 70, concurrent: 1 }],
  ])('are what %s goes by', (_, policy, facts) => {
    expect(factsOf(policy)).toMatchObject(facts);
  });

  it('have the size of a budget', () => {
    expect([budget.ratio, budget.burst]).toEqual([0.2, 3]);
    expect([new RetryBudget().ratio, new RetryBudget().burst]).toEqual([0.1, 10]);
  });
});
