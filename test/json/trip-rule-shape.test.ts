import { describe, expect, it } from 'vitest';
import type { AnyTripRule, TripRule } from 'holdfast';
import { readDocument } from '../../src/json/read-document.ts';
import { tripRuleShape } from '../../src/json/trip-rule-shape.ts';
import { wrongArgument } from '../wrong-argument.ts';

const functions = { isBad: () => true };
const read = (json: unknown): TripRule & AnyTripRule =>
  readDocument('read it', tripRuleShape, json, { functions }, 'trip') as TripRule & AnyTripRule;
const tripsAt = (rule: TripRule, counts: number[]): boolean[] =>
  counts.map((n) => rule.trips({ calls: n, failures: n, slow: n, consecutiveFailures: n }));

describe('tripRuleShape', () => {
  it.each<[json: unknown, window: unknown, trips: boolean[]]>([
    ['failure-confidence', { duration: 10_000 }, [false, true, true]],
    [{ kind: 'failure-confidence', window: '30s', confidence: 0 }, { duration: 30_000 }, [true, true, true]],
    [{ kind: 'consecutive-failures', failures: 5 }, undefined, [false, false, true]],
    [{ kind: 'failure-rate', threshold: 0.5, window: { calls: 20 } }, { calls: 20 }, [false, false, true]],
    [
      { kind: 'slow-call-rate', threshold: 0.5, minimumCalls: 3, window: 5_000 },
      { duration: 5_000 },
      [false, true, true],
    ],
    [{ kind: 'custom', trips: { function: 'isBad' } }, undefined, [true, true, true]],
    [{ kind: 'custom', trips: { function: 'isBad' }, window: '2s' }, { duration: 2_000 }, [true, true, true]],
    [{ kind: 'custom', trips: { function: 'isBad' }, window: { calls: 9 } }, { calls: 9 }, [true, true, true]],
  ])('reads %j', (json, window, trips) => {
    const rule = read(json);

    expect([rule.window, tripsAt(rule, [1, 3, 10])]).toEqual([window, trips]);
  });

  it('reads several rules as one', () => {
    const { anyOf } = read({
      kind: 'any-of',
      rules: ['failure-confidence', { kind: 'any-of', rules: ['failure-confidence'] }],
    });

    expect(anyOf.map(({ window }) => window)).toEqual([{ duration: 10_000 }, { duration: 10_000 }]);
  });

  it.each<[json: unknown, Class: ErrorConstructor, message: string]>([
    [
      { kind: 'any-of', rules: [] },
      TypeError,
      'expected trip.rules to be a list of at least 1, got a value of type object',
    ],
    [{ kind: 'failure-rate' }, TypeError, 'expected trip.threshold to be a number from 0 to 1, got undefined'],
    [
      { kind: 'failure-rate', threshold: 1, window: { calls: 0 } },
      RangeError,
      'expected trip.window.calls to be an integer from 1 to 100000, got 0',
    ],
    [
      { kind: 'failure-rate', threshold: 1, window: {} },
      TypeError,
      'expected trip.window.calls to be an integer from 1 to 100000, got undefined',
    ],
    [
      { kind: 'failure-rate', threshold: 1, window: '0.5ms' },
      RangeError,
      'expected trip.window to be a duration of at least 1 ms: a number of ms, or a text such as "100ms", "1.5s", "2m", "1h" or "PT1M30S", got 0.5',
    ],
    [
      { kind: 'failure-rate', threshold: 1, window: { calls: 5 } },
      RangeError,
      'trip: Cannot make a trip rule: expected window.calls to be at least minimumCalls (10), got 5',
    ],
  ])('refuses %j', (json, Class, message) => {
    expect(() => read(json)).toThrow(wrongArgument(Class, `Cannot read it: ${message}`));
  });
});
