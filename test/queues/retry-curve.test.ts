import { describe, expect, it } from 'vitest';
import {
  additiveJitter,
  capped,
  constant,
  decorrelatedJitter,
  equalJitter,
  exponential,
  fullJitter,
  linear,
  proportionalJitter,
  sequence,
  smoothJitter,
  type Backoff,
} from 'holdfast';
import { retryCurve, same, tidy, type RetryCurve } from '../../src/queues/retry-curve.ts';
import { wrongArgument } from '../wrong-argument.ts';

describe('retryCurve()', () => {
  it.each<[string, Backoff, Omit<RetryCurve, 'maxAttempts' | 'whole'>]>([
    ['no jitter', exponential(), { low: [100, 200, 400], high: [100, 200, 400], share: 1, even: true }],
    ['full jitter', fullJitter(exponential()), { low: [0, 0, 0], high: [100, 200, 400], share: 0, even: true }],
    [
      'equal jitter',
      equalJitter(exponential()),
      { low: [50, 100, 200], high: [100, 200, 400], share: 0.5, even: true },
    ],
    [
      'proportional jitter',
      proportionalJitter(exponential(), 0.25),
      { low: [75, 150, 300], high: [125, 250, 500], share: 0.6, even: true },
    ],
    [
      'additive jitter, whose share differs',
      additiveJitter(exponential()),
      { low: [100, 200, 400], high: [200, 300, 500], share: 0.5, even: false },
    ],
    [
      'jitter inside a cap, which is drawn more often than the rest',
      capped(fullJitter(exponential()), 150),
      { low: [0, 0, 0], high: [100, 150, 150], share: 0, even: false },
    ],
    [
      'full jitter twice, which favours short delays',
      fullJitter(fullJitter(exponential())),
      { low: [0, 0, 0], high: [100, 200, 400], share: 0, even: false },
    ],
    [
      'decorrelated jitter',
      decorrelatedJitter(),
      { low: [100, 100, 100], high: [300, 900, 2_700], share: 0.037037037037037035, even: false },
    ],
    ['no delay at all', sequence([0]), { low: [0, 0, 0], high: [0, 0, 0], share: 1, even: true }],
  ])('sees %s', (_, backoff, seen) => {
    const curve = retryCurve(backoff, { baseDelay: 100, maxAttempts: 4 });

    expect(curve).toEqual({ ...seen, maxAttempts: 4, whole: true });
  });

  it('sees that a smooth jitter is not even', () => {
    const { even, share } = retryCurve(smoothJitter(), { baseDelay: 100, maxAttempts: 5 });

    expect([even, share]).toEqual([false, 0]);
  });

  it('sees nothing where there is no retry', () => {
    const curve = retryCurve(exponential(), { baseDelay: 100, maxAttempts: 1 });

    expect(curve).toEqual({ maxAttempts: 1, low: [], high: [], share: 1, even: true, whole: true });
  });

  describe('given more retries than it looks at', () => {
    it.each([
      ['a capped backoff', capped(linear(), 50), true],
      ['a jitter around a capped backoff', fullJitter(capped(linear(), 50)), true],
      ['a constant', constant(), true],
      ['a backoff that grows on', linear(), false],
      [
        'a backoff whose shortest delay grows on',
        ({ attempt, random }) => 1 + attempt + random() * (200 - attempt),
        false,
      ],
    ] as [string, Backoff, boolean][])('takes %s for whole or not', (_, backoff, whole) => {
      const curve = retryCurve(backoff, { baseDelay: 1, maxAttempts: Infinity });

      expect(curve.high).toHaveLength(100);
      expect(curve.whole).toBe(whole);
    });
  });

  it('looks at every retry of a hundred', () => {
    const curve = retryCurve(linear(), { baseDelay: 1, maxAttempts: 101 });

    expect([curve.high.length, curve.whole]).toEqual([100, true]);
  });

  it.each([
    ['backoff', undefined, { baseDelay: 1, maxAttempts: 2 }, TypeError, 'backoff to be a function, got undefined'],
    ['options', constant(), undefined, TypeError, 'baseDelay to be a finite number of ms ≥ 0, got undefined'],
    ['list', constant(), [], TypeError, 'options to be an object, got a value of type object'],
    [
      'baseDelay',
      constant(),
      { baseDelay: NaN, maxAttempts: 2 },
      RangeError,
      'baseDelay to be a finite number of ms ≥ 0, got NaN',
    ],
    [
      'missing',
      constant(),
      { baseDelay: 1 },
      TypeError,
      'maxAttempts to be an integer ≥ 1, or Infinity, got undefined',
    ],
    [
      'maxAttempts',
      constant(),
      { baseDelay: 1, maxAttempts: 0 },
      RangeError,
      'maxAttempts to be an integer ≥ 1, or Infinity, got 0',
    ],
    [
      'unknown',
      constant(),
      { baseDelay: 1, attempts: 2 },
      TypeError,
      'a known option (did you mean maxAttempts?), got "attempts"',
    ],
  ] as const)('refuses a wrong argument: %s', (_, backoff, options, Class, message) => {
    const look = (): unknown => retryCurve(backoff as never, options as never);

    expect(look).toThrow(wrongArgument(Class, `Cannot express a backoff: expected ${message}`));
  });

  it('refuses a backoff that returns no delay', () => {
    const look = (): unknown => retryCurve(() => NaN, { baseDelay: 1, maxAttempts: 2 });

    expect(look).toThrow(
      wrongArgument(RangeError, 'Cannot wait: expected backoff to return a finite number of ms ≥ 0, got NaN'),
    );
  });
});

describe('same()', () => {
  it.each([
    [0, 0, true],
    [100, 100.00000000000001, true],
    [100, 100.001, false],
    [0, 1e-300, false],
    [Number.MAX_VALUE, Number.MAX_VALUE, true],
  ])('of %s and %s is %s', (one, other, verdict) => {
    const verdicts = [same(one, other), same(other, one)];

    expect(verdicts).toEqual([verdict, verdict]);
  });
});

describe('tidy()', () => {
  it.each([
    [0, 0],
    [99.99999999999999, 100],
    [110.00000000000001, 110],
    [0.1 + 0.2, 0.3],
    [Number.MAX_VALUE, 1.79769313486e308],
  ])('makes %s into %s', (value, result) => {
    expect(tidy(value)).toBe(result);
  });

  it('sees that a draw which is even in the middle alone is not even', () => {
    const { even } = retryCurve(({ random }) => 100 * (0.5 + 4 * (random() - 0.5) ** 3), {
      baseDelay: 1,
      maxAttempts: 3,
    });

    expect(even).toBe(false);
  });

  it('does not take a full jitter that grows on for whole', () => {
    expect(retryCurve(fullJitter(linear()), { baseDelay: 1, maxAttempts: Infinity }).whole).toBe(false);
  });
});
