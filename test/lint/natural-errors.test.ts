import { describe, expect, it } from 'vitest';
import {
  AdaptiveThrottle,
  anyOf,
  CircuitBreaker,
  consecutiveFailures,
  failureRate,
  hedge,
  pipeline,
  retry,
  RetryBudget,
  slowCallRate,
  standard,
  type Policy,
} from 'holdfast';
import { naturalErrors } from '../../src/lint/natural-errors.ts';
import { found } from '../lint-law.ts';

const fleet = { callsPerSecond: 3, errorRate: 0.1 };

describe('naturalErrors', () => {
  describe('given a breaker', () => {
    const straight = (failures: number): Policy => new CircuitBreaker({ trip: consecutiveFailures(failures) });

    it.each<[failures: number, severity: string[]]>([
      [2, ['error']],
      [3, ['warning']],
      [6, []],
    ])('counts how often %d errors in a row come by chance: %j', (failures, severities) => {
      expect(found(naturalErrors, straight(failures), fleet).map(({ severity }) => severity)).toEqual(severities);
    });

    it('says how often, and what to do', () => {
      const [finding] = found(naturalErrors, straight(3), fleet);

      // A run of three comes every (1 + p + p²) / p³ = 1 110 calls.
      expect(finding!.numbers['tripsPerHour']! / (3 * (3_600 / 1_110))).toBeCloseTo(1, 0);
      expect(finding!.message).toMatch(/^With 10 % of errors on a good day, the breaker opens [\d.]+ times an hour\.$/);
      expect(finding!.fix).toBe(
        'Raise its threshold or its confidence, or do not count what is no fault of the service (isFailure).',
      );
    });

    it('says nothing of slow calls, of which it knows nothing', () => {
      const slow = slowCallRate({ threshold: 0 });

      expect(found(naturalErrors, new CircuitBreaker({ trip: slow, slowCallDuration: 1 }), fleet)).toEqual([]);
      const both = anyOf(slow, failureRate({ threshold: 0.1 }));
      expect(found(naturalErrors, new CircuitBreaker({ trip: both, slowCallDuration: 1 }), fleet)).toHaveLength(1);
    });
  });

  describe('given a throttle', () => {
    it('holds k against the errors', () => {
      expect(found(naturalErrors, new AdaptiveThrottle({ k: 1.25 }), { ...fleet, errorRate: 0.2 })).toEqual([
        {
          severity: 'error',
          message: 'With 20 % of errors on a good day, the throttle holds calls back: it does so from 20 % on.',
          fix: 'Set k above 1.25.',
          numbers: { errorRate: 0.2, k: 1.25, holdsBackFrom: expect.closeTo(0.2) as number },
        },
      ]);
      expect(found(naturalErrors, new AdaptiveThrottle({ k: 1.25 }), { ...fleet, errorRate: 0.19 })).toEqual([]);
    });

    it('finds nothing where nothing fails, however small k is', () => {
      expect(found(naturalErrors, new AdaptiveThrottle({ k: 1 }), { ...fleet, errorRate: 0 })).toEqual([]);
    });

    it('has no k for a service that always fails', () => {
      const [finding] = found(naturalErrors, new AdaptiveThrottle(), { ...fleet, errorRate: 1 });

      expect(finding!.fix).toBe('Find out why every call fails.');
    });
  });

  describe('given a budget', () => {
    const policy = (ratio: number, maxAttempts = 3): Policy =>
      retry({ maxAttempts, budget: new RetryBudget({ ratio }) });

    it('holds it against the retries that are wanted', () => {
      expect(found(naturalErrors, policy(0.1), { ...fleet, errorRate: 0.2 })).toEqual([
        {
          severity: 'warning',
          message: 'With 20 % of errors on a good day, calls want 0.24 retries each, and the budget pays for 0.1.',
          fix: 'Set its ratio to at least 0.24, or do not retry what stays an error (isRetryable).',
          numbers: { errorRate: 0.2, wanted: expect.closeTo(0.24) as number, ratio: 0.1 },
        },
      ]);
      // Four fifths have to be paid for.
      expect(found(naturalErrors, policy(0.193), { ...fleet, errorRate: 0.2 })).toEqual([]);
      expect(found(naturalErrors, policy(0.191), { ...fleet, errorRate: 0.2 })).toHaveLength(1);
    });

    it('names no ratio that a budget cannot have', () => {
      const fixAt = (errorRate: number): string | undefined =>
        found(naturalErrors, policy(0.1), { ...fleet, errorRate })[0]?.fix;

      // 0.7 + 0.7² retries a call, of which four fifths are 0.952; then 0.8 + 0.8², and 1.152.
      expect(fixAt(0.7)).toBe('Set its ratio to at least 1, or do not retry what stays an error (isRetryable).');
      expect(fixAt(0.8)).toBe('Do not retry what stays an error (isRetryable).');
      expect(found(naturalErrors, policy(1), { ...fleet, errorRate: 0.7 })).toEqual([]);
    });

    it('takes no more than a hundred retries into account', () => {
      const [finding] = found(naturalErrors, policy(0.1, Infinity), { ...fleet, errorRate: 1 });

      expect(finding!.numbers['wanted']).toBe(100);
    });

    it('says nothing of a hedge, or of a retry without one', () => {
      const paid = hedge({ delay: 1, budget: new RetryBudget({ ratio: 0 }) });

      expect(found(naturalErrors, pipeline(retry(), paid), fleet)).toEqual([]);
    });
  });

  it('has nothing against standard() at 10 % of errors', () => {
    for (const callsPerSecond of [1, 4, 16]) {
      expect(found(naturalErrors, standard(), { callsPerSecond, errorRate: 0.1 })).toEqual([]);
    }
  });
});
