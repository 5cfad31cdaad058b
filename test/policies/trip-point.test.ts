import { describe, expect, it } from 'vitest';
import { consecutiveFailures, failureConfidence, failureRate, slowCallRate, type TripRule } from 'holdfast';
import { tripPoint, tripWords } from '../../src/policies/trip-point.ts';

const never: TripRule = { window: { duration: 1_000 }, trips: () => false };

const RULES: readonly [
  name: string,
  rule: TripRule,
  straight: number | undefined,
  half: number | undefined,
  words: string,
][] = [
  ['failureConfidence()', failureConfidence(), 3, 16, '3 in a row or 8 of 16 failed in 10000 ms'],
  ['consecutiveFailures(5)', consecutiveFailures(5), 5, undefined, '5 in a row failed'],
  ['consecutiveFailures(1)', consecutiveFailures(1), 1, 2, '1 in a row or 1 of 2 failed'],
  ['failureRate()', failureRate({ threshold: 0.6, window: 500 }), 10, undefined, '10 in a row failed in 500 ms'],
  ['consecutiveFailures(20_000)', consecutiveFailures(20_000), 20_000, undefined, '20000 in a row failed'],
  [
    'failureRate({ minimumCalls: 34_567 })',
    failureRate({ threshold: 0.5, minimumCalls: 34_567 }),
    34_567,
    34_568,
    '34567 in a row or 17284 of 34568 failed in 10000 ms',
  ],
  [
    'slowCallRate()',
    slowCallRate({ threshold: 0.5, minimumCalls: 4, window: { calls: 8 } }),
    4,
    4,
    '4 in a row or 2 of 4 slow of the last 8',
  ],
  [
    'a confidence that so few calls never give',
    failureConfidence({ window: { calls: 2 } }),
    undefined,
    undefined,
    'never',
  ],
  ['a rule that never trips', never, undefined, undefined, 'never'],
];

describe('tripPoint()', () => {
  it.each(RULES)('finds by asking on how many calls %s trips', (_, rule, straight, half) => {
    expect([tripPoint(rule, 1), tripPoint(rule, 0.5)]).toEqual([straight, half]);
  });
});

describe('tripWords()', () => {
  it.each(RULES)('says when %s trips', (...[, rule, , , words]) => {
    expect(tripWords(rule)).toBe(words);
  });
});
