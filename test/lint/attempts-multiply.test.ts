import { describe, expect, it } from 'vitest';
import { hedge, pipeline, retry, RetryBudget, type Policy } from 'holdfast';
import { attemptsMultiply } from '../../src/lint/attempts-multiply.ts';
import { found } from '../lint-law.ts';

const inner = (maxAttempts = 3): Policy => retry({ allowNestedRetry: true, maxAttempts });
const budget = new RetryBudget();

describe('attemptsMultiply', () => {
  it.each<[name: string, policy: Policy, hops: number, message: string]>([
    [
      'two retries',
      pipeline(retry(), inner()),
      1,
      'One call becomes up to 9 calls: 2 layers of attempts without a budget multiply.',
    ],
    [
      'a hedge in a retry',
      pipeline(retry(), hedge({ delay: 1 })),
      1,
      'One call becomes up to 6 calls: 2 layers of attempts without a budget multiply.',
    ],
    [
      'three services',
      retry(),
      3,
      'One call becomes up to 27 calls: 3 services in a row, 1 layer of attempts without a budget multiply.',
    ],
    [
      'retries without end',
      retry({ maxAttempts: Infinity }),
      2,
      'One call becomes up to any number of calls: 2 services in a row, 1 layer of attempts without a budget multiply.',
    ],
  ])('speaks of %s', (_, policy, hops, message) => {
    expect(found(attemptsMultiply, policy, { hops })).toEqual([
      expect.objectContaining({ severity: 'warning', message }),
    ]);
  });

  it.each<[name: string, policy: Policy, hops: number]>([
    ['one retry of many attempts', retry({ maxAttempts: 10 }), 1],
    ['five calls', pipeline(retry({ maxAttempts: 5 }), inner(1)), 1],
    ['four calls over two services', retry({ maxAttempts: 2 }), 2],
    ['what has a budget', retry({ maxAttempts: 10, budget }), 3],
    ['layers that share one', pipeline(retry({ budget }), inner(), hedge({ delay: 1 })), 1],
  ])('does not speak of %s', (_, policy, hops) => {
    expect(found(attemptsMultiply, policy, { hops })).toEqual([]);
  });
});
