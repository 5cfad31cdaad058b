import { describe, expect, it } from 'vitest';
import { AdaptiveThrottle, CircuitBreaker, hedge, pipeline, retry, RetryBudget, standard, timeout } from 'holdfast';
import { budgetBound } from '../../src/lint/budget-bound.ts';
import { found } from '../lint-law.ts';

const fleet = { callsPerSecond: 6, instances: 40, capacity: 320 };
const paid = (ratio: number) => retry({ budget: new RetryBudget({ ratio }) });

describe('budgetBound', () => {
  it('is the utilisation times what each call can become: exactly 1 is too much', () => {
    const half = { callsPerSecond: 5, instances: 10, capacity: 100 };

    expect(found(budgetBound, retry({ maxAttempts: 2 }), half)).toEqual([
      {
        severity: 'error',
        message: 'At 50 % of its capacity, a service that fails is sent up to 100 %: an overload keeps itself alive.',
        fix: 'Give the retries and hedges one RetryBudget, with a ratio below 1.',
        numbers: { load: 50, capacity: 100, utilisation: 0.5, amplification: 2, amplifiedUtilisation: 1 },
      },
    ]);
    expect(found(budgetBound, retry({ maxAttempts: 2 }), { ...half, capacity: 101 })).toEqual([]);
  });

  it('says below which ratio a budget has to be', () => {
    const [finding] = found(budgetBound, paid(0.4), fleet);

    expect(finding!.fix).toBe('Lower the budget, with a ratio below 0.333.');
    expect(found(budgetBound, paid(0.33), fleet)).toEqual([]);
    expect(found(budgetBound, paid(0.34), fleet)).toHaveLength(1);
  });

  it('counts every hop', () => {
    const [finding] = found(budgetBound, paid(0.2), { ...fleet, hops: 2 });

    expect(finding!.numbers['amplification']).toBeCloseTo(1.44);
    expect(finding!.fix).toBe('Lower the budget, with a ratio below 0.154.');
  });

  it('is a warning where something inside lets go', () => {
    const severities = [
      pipeline(retry(), new CircuitBreaker()),
      pipeline(retry(), new AdaptiveThrottle()),
      pipeline(hedge({ delay: 1 }), new CircuitBreaker()),
      pipeline(new CircuitBreaker(), retry()),
    ].map((policy) => found(budgetBound, policy, { ...fleet, capacity: 250 })[0]!.severity);

    expect(severities).toEqual(['warning', 'warning', 'warning', 'error']);
  });

  it('says where the load alone is too much', () => {
    expect(found(budgetBound, timeout(5), { ...fleet, capacity: 240 })).toEqual([
      {
        severity: 'error',
        message: '240 calls a second leave nothing of the 240 that the service can do, without any retry.',
        fix: 'Add capacity, or send less: below 6 calls a second from each instance.',
        numbers: { load: 240, capacity: 240, utilisation: 1, amplification: 1, amplifiedUtilisation: 1 },
      },
    ]);
  });

  it('has nothing against standard() at nine tenths of the capacity', () => {
    expect(found(budgetBound, standard(), { callsPerSecond: 9, instances: 10, capacity: 100 })).toEqual([]);
  });
});
