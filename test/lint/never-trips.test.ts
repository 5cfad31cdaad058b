import { describe, expect, it } from 'vitest';
import {
  anyOf,
  CircuitBreaker,
  consecutiveFailures,
  failureConfidence,
  failureRate,
  pipeline,
  retry,
  RetryBudget,
  type AnyTripRule,
  type Policy,
  type TripRule,
} from 'holdfast';
import { neverTrips } from '../../src/lint/never-trips.ts';
import { found } from '../lint-law.ts';

const breaker = (trip: TripRule | AnyTripRule): Policy => new CircuitBreaker({ trip });
const wants = (minimumCalls: number): TripRule => failureRate({ threshold: 0.5, minimumCalls });
const messages = (policy: Policy, callsPerSecond: number): string[] =>
  found(neverTrips, policy, { callsPerSecond }).map(({ message }) => message);

describe('neverTrips', () => {
  it('holds what a rule wants against what its window holds: just enough is enough', () => {
    expect(found(neverTrips, breaker(wants(20)), { callsPerSecond: 1.9 })).toEqual([
      {
        severity: 'error',
        message: 'The breaker can never open: its rule trips on 20 calls, and its window holds 19.',
        fix: 'Use failureConfidence(), which needs no minimum, a longer window, or fewer minimumCalls.',
        numbers: { wanted: 20, held: 19, callsPerSecond: 1.9 },
      },
    ]);
    expect(messages(breaker(wants(20)), 2)).toEqual([]);
  });

  it.each<[name: string, policy: Policy]>([
    ['failures in a row', breaker(consecutiveFailures(100))],
    ['a window of calls', breaker(failureRate({ threshold: 0.5, window: { calls: 100 } }))],
    ['one rule of several that can', breaker(anyOf(wants(50), consecutiveFailures(5)))],
    ['the default', breaker(failureConfidence())],
  ])('has nothing against %s, at one call in two seconds', (_, policy) => {
    expect(messages(policy, 0.5)).toEqual([]);
  });

  it('asks a rule that wants very many calls how many these are', () => {
    expect(messages(breaker(wants(20_000)), 2_000)).toEqual([]);
    expect(messages(breaker(wants(20_000)), 5)).toEqual([
      'The breaker can never open: its rule trips on 20000 calls, and its window holds 50.',
    ]);
  });

  it('speaks of a rule that no number of calls trips', () => {
    expect(messages(breaker(failureConfidence({ window: { calls: 2 } })), 100)).toEqual([
      'The breaker can never open: its rule trips on no number of calls, and its window holds 2.',
    ]);
  });

  it('names the rule that comes nearest', () => {
    expect(messages(breaker(anyOf(wants(50), wants(20))), 0.5)).toEqual([
      'The breaker can never open: its rule trips on 20 calls, and its window holds 5.',
    ]);
  });

  it('counts the retries around the breaker, as far as a budget lets them', () => {
    const budget = new RetryBudget({ ratio: 0.5 });

    expect(messages(pipeline(retry({ maxAttempts: 2 }), breaker(wants(20))), 1)).toEqual([]);
    expect(messages(pipeline(retry({ maxAttempts: 2, budget }), breaker(wants(20))), 1)).toHaveLength(1);
    expect(messages(pipeline(breaker(wants(20)), retry({ maxAttempts: 2 })), 1)).toHaveLength(1);
  });
});
