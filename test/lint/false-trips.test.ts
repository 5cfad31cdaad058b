import { describe, expect, it } from 'vitest';
import { consecutiveFailures, failureConfidence, failureRate } from 'holdfast';
import { falseTrips } from '../../src/lint/false-trips.ts';

describe('falseTrips()', () => {
  it('counts openings in an hour', () => {
    const rate = falseTrips([consecutiveFailures(2)], 10, 0.1);

    // Runs of two failures at p = 0.1 come every (1 + p) / p² = 110 calls.
    expect(rate / (36_000 / 110)).toBeCloseTo(1, 1);
  });

  it('counts every call as an opening, where one failure is enough and all fail', () => {
    expect(falseTrips([consecutiveFailures(1)], 1, 1)).toBeCloseTo(3_600);
  });

  it('counts none where nothing fails', () => {
    expect(falseTrips([failureConfidence(), failureRate({ threshold: 0.1 })], 5, 0)).toBe(0);
  });

  it('is the same every time', () => {
    const rules = [failureRate({ threshold: 0.2 })];

    expect(falseTrips(rules, 3, 0.1)).toBe(falseTrips(rules, 3, 0.1));
  });

  it('looks at whole calls, however few there are', () => {
    expect(falseTrips([consecutiveFailures(1)], 1 / 36_000, 1)).toBeCloseTo(0.1);
  });
});
