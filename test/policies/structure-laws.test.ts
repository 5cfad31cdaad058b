import { describe, expect, it } from 'vitest';
import {
  AdaptiveLimiter,
  AdaptiveThrottle,
  Bulkhead,
  capped,
  CircuitBreaker,
  constant,
  fullJitter,
  exponential,
  hedge,
  pipeline,
  RateLimiter,
  retry,
  RetryBudget,
  timeout,
  type Policy,
} from 'holdfast';
import { layersIn } from '../../src/base/layers.ts';
import { structureLaws, type Breach } from '../../src/policies/structure-laws.ts';
import { worstCase } from '../../src/policies/worst-case.ts';

function found(policy: Policy): Breach[] {
  const layers = layersIn(policy).filter(({ facts }) => facts);
  return structureLaws(layers, worstCase(layers));
}

const lawsOf = (policy: Policy): string[] => found(policy).map(({ law }) => law);
const twice = (policy: Policy): Policy => pipeline(timeout(100), policy, timeout(50), policy);
const steady = { backoff: constant(), baseDelay: 100 };

describe('structureLaws()', () => {
  it.each<[name: string, breaking: Policy, keeping: Policy, breach: Partial<Breach>]>([
    [
      'retry-inside-breaker',
      pipeline(timeout(100), new CircuitBreaker(), retry()),
      pipeline(timeout(100), retry(), new CircuitBreaker()),
      { fix: 'Put the retry outside.', numbers: { attempts: 3 } },
    ],
    [
      'no-room',
      pipeline(timeout(289), retry(steady), timeout(30)),
      pipeline(timeout(290), retry(steady), timeout(30)),
      {
        message: 'A timeout of 289 ms has no room for 3 attempts of 30 ms each and 200 ms between them.',
        numbers: { timeout: 289, attempts: 3, attempt: 30, waits: 200 },
      },
    ],
    [
      'jitter-inside-cap',
      pipeline(timeout(5), retry({ backoff: capped(fullJitter(exponential()), 500) })),
      pipeline(timeout(5), retry({ backoff: fullJitter(capped(exponential(), 500)) })),
      { fix: 'Put the cap inside the jitter.' },
    ],
    [
      'hedge-without-budget',
      pipeline(timeout(5), hedge({ delay: 1, maxHedges: 2 })),
      pipeline(timeout(5), hedge({ delay: 1, maxHedges: 2, budget: new RetryBudget() })),
      { numbers: { calls: 3 } },
    ],
    [
      'same-policy-twice',
      twice(new Bulkhead({ maxConcurrent: 2 })),
      pipeline(timeout(100), new Bulkhead({ maxConcurrent: 2 }), new Bulkhead({ maxConcurrent: 2 })),
      { message: 'The same bulkhead twice around one call: it takes two slots, and may wait for itself.' },
    ],
    ['no-limit', retry(), pipeline(timeout(100), retry()), { message: 'Nothing limits the time of a call.' }],
  ])('find what breaks "%s", and nothing in what keeps it', (law, breaking, keeping, breach) => {
    expect(found(breaking)).toEqual([expect.objectContaining({ law, ...breach })]);
    expect(found(keeping)).toEqual([]);
  });

  it.each([
    new AdaptiveLimiter(),
    new RateLimiter({ limit: 1, interval: 1 }),
    new CircuitBreaker(),
    new AdaptiveThrottle(),
  ])('find a policy with a memory that stands twice around a call (%#)', (policy) => {
    expect(lawsOf(twice(policy))).toEqual(['same-policy-twice']);
  });

  it('do not mind a policy without a memory that stands there twice', () => {
    const limit = timeout(100);

    expect(lawsOf(pipeline(limit, limit))).toEqual([]);
  });

  it('look at the first attempts of a retry that makes very many', () => {
    const policy = pipeline(timeout(7_000), retry({ ...steady, maxAttempts: 1_000 }), timeout(1));

    expect(found(policy)[0]!.numbers).toEqual({ timeout: 7_000, attempts: 1_000, attempt: 1, waits: 6_400 });
  });
});
