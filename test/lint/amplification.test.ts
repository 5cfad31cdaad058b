import { describe, expect, it } from 'vitest';
import { CircuitBreaker, hedge, pipeline, retry, RetryBudget, timeout, type Policy } from 'holdfast';
import { layersIn } from '../../src/base/layers.ts';
import { amplification, type Amplification } from '../../src/lint/amplification.ts';

const of = (policy: Policy): Amplification => amplification(layersIn(policy).filter(({ facts }) => facts));
const tenth = new RetryBudget();
const fifth = new RetryBudget({ ratio: 0.2 });
const inner = (options = {}): Policy => retry({ allowNestedRetry: true, ...options });

describe('amplification()', () => {
  it.each<[name: string, policy: Policy, calls: number, unbounded: number, withoutBudget: number]>([
    ['nothing that repeats', pipeline(timeout(1), new CircuitBreaker()), 1, 1, 0],
    ['a retry of one attempt', retry({ maxAttempts: 1 }), 1, 1, 0],
    ['a retry', retry({ maxAttempts: 4 }), 4, 4, 1],
    ['a retry without end', retry({ maxAttempts: Infinity }), Infinity, Infinity, 1],
    ['a retry with a budget', retry({ maxAttempts: 4, budget: fifth }), 1.2, 1, 0],
    ['a hedge', hedge({ delay: 1, maxHedges: 2 }), 3, 3, 1],
    ['a hedge with a budget', hedge({ delay: 1, budget: tenth }), 1.1, 1, 0],
    ['a hedge in a retry', pipeline(retry(), hedge({ delay: 1 })), 6, 6, 2],
    [
      'a hedge in a retry with a budget, which it uses',
      pipeline(retry({ budget: tenth }), hedge({ delay: 1 })),
      1.1,
      1,
      0,
    ],
    [
      'a hedge in a retry, each with its own',
      pipeline(retry({ budget: tenth }), hedge({ delay: 1, budget: fifth })),
      1.32,
      1,
      0,
    ],
    ['a hedge with a budget in a retry without', pipeline(retry(), hedge({ delay: 1, budget: tenth })), 3.3, 3, 1],
    ['two retries', pipeline(retry(), inner()), 9, 9, 2],
    ['three retries, of which those inside share ten', pipeline(retry(), inner(), inner()), 13, 13, 3],
    ['two retries with one budget', pipeline(retry({ budget: tenth }), inner()), 1.1, 1, 0],
  ])('of %s', (_, policy, calls, unbounded, withoutBudget) => {
    const found = of(policy);

    expect(found).toEqual({ calls: expect.closeTo(calls, 12) as number, unbounded, withoutBudget });
  });
});
