import { amount, check, count, invalid, ratio, readOptions, type Kind, type OptionKind } from '../base/check.ts';
import type { OutcomeCounts, WindowSpec } from './outcome-window.ts';

/** What a trip rule is asked with: the counts of its window, and the failures in a row. */
export interface TripCounts extends OutcomeCounts {
  readonly consecutiveFailures: number;
}

/** Says when a closed breaker opens. Make one with the functions of this page, or by hand. */
export interface TripRule {
  /** What has to be remembered for it; `undefined`: nothing but the failures in a row. */
  readonly window: WindowSpec;
  /** Set where the rule looks at slow calls: the breaker then needs `slowCallDuration`. */
  readonly needsSlowCalls?: boolean;
  /** Pure: the same counts, the same answer. Asked after every counted outcome; without a window, after failures only. */
  trips(counts: TripCounts): boolean;
}

/** Several rules as one: the first that trips opens the breaker. */
export interface AnyTripRule {
  readonly anyOf: readonly TripRule[];
}

/** The span of a rule's memory: ms, or the last so many calls (at most 100 000). */
export type TripWindow = number | { readonly calls: number };

/** What `failureConfidence` may be told. */
export interface FailureConfidenceOptions {
  /** The failure rate that is still accepted · 0 to 1 · default 0.2. */
  readonly threshold?: number | undefined;
  /** How sure to be that the rate is above it, in standard deviations · at least 0 · default 3. */
  readonly confidence?: number | undefined;
  /** Default 10 000 ms. */
  readonly window?: TripWindow | undefined;
}

/** What `failureRate` and `slowCallRate` may be told. */
export interface RateOptions {
  /** Trips at this part of the calls · 0 to 1. */
  readonly threshold: number;
  /** Default 10 000 ms. */
  readonly window?: TripWindow | undefined;
  /** Never trips on fewer calls in the window · an integer, at least 1 · default 10. */
  readonly minimumCalls?: number | undefined;
}

const ACTION = 'make a trip rule';

/**
 * Trips as soon as it is certain enough that more than `threshold` of the calls fail: on three straight failures, on
 * sixteen calls at 50 %, and never where just the threshold fails, evenly. Failures by chance cluster: a threshold well
 * above those of a good day is seldom reached by them. There is no minimum of calls to tune.
 *
 * @throws `TypeError` or `RangeError` for a wrong option.
 * @example
 * import { CircuitBreaker, failureConfidence } from 'holdfast';
 * new CircuitBreaker({ trip: failureConfidence({ threshold: 0.5, confidence: 2 }) }).state; // => 'closed'
 *
 * Source: E. B. Wilson, Probable Inference, JASA 22, 1927: with k failures of n calls, k > nθ and
 * (k − nθ)² ≥ z²·n·θ(1−θ) says that the lower bound of the score interval is at least θ.
 */
export function failureConfidence(options?: FailureConfidenceOptions): TripRule {
  const kinds = { threshold: ratio, confidence: amount, window: windowKind };
  const { threshold = 0.2, confidence = 3, window } = readOptions(ACTION, options, kinds);
  return {
    window: windowSpec(window),
    trips({ calls, failures }) {
      const excess = failures - calls * threshold;
      if (excess <= 0) return false;
      // Less by a rounding error, so that equality counts: eight failures of sixteen calls trip the default.
      return excess ** 2 >= confidence ** 2 * calls * threshold * (1 - threshold) * (1 - 1e-12);
    },
  };
}

/**
 * Trips when the last `failures` calls have all failed.
 *
 * @param failures an integer, at least 1.
 * @throws `TypeError` or `RangeError` for anything else.
 * @example
 * import { CircuitBreaker, consecutiveFailures } from 'holdfast';
 * const breaker = new CircuitBreaker({ trip: consecutiveFailures(1) });
 * breaker.tryAcquire()?.fail();
 * breaker.state; // => 'open'
 */
export function consecutiveFailures(failures: number): TripRule {
  check(failures, count, 'failures', ACTION);
  return { window: undefined, trips: (counts) => counts.consecutiveFailures >= failures };
}

/**
 * Trips when at least `threshold` of at least `minimumCalls` calls in the window have failed.
 *
 * @throws `TypeError` or `RangeError` for a wrong option.
 * @example
 * import { CircuitBreaker, failureRate } from 'holdfast';
 * new CircuitBreaker({ trip: failureRate({ threshold: 0.5, minimumCalls: 20 }) }).state; // => 'closed'
 */
export function failureRate(options: RateOptions): TripRule {
  return rate(options, 'failures');
}

/**
 * Trips when at least `threshold` of at least `minimumCalls` calls in the window took `slowCallDuration` or longer.
 * A call that still runs counts as soon as it has taken so long.
 *
 * @throws `TypeError` or `RangeError` for a wrong option.
 * @example
 * import { CircuitBreaker, slowCallRate } from 'holdfast';
 * const trip = slowCallRate({ threshold: 0.5, window: { calls: 20 } });
 * new CircuitBreaker({ trip, slowCallDuration: 2_000 }).state; // => 'closed'
 */
export function slowCallRate(options: RateOptions): TripRule {
  return { ...rate(options, 'slow'), needsSlowCalls: true };
}

/**
 * Trips when one of several rules does.
 *
 * @throws `TypeError` if one of them is not a trip rule, or none is given.
 * @example
 * import { anyOf, CircuitBreaker, consecutiveFailures, failureConfidence } from 'holdfast';
 * new CircuitBreaker({ trip: anyOf(consecutiveFailures(5), failureConfidence()) }).state; // => 'closed'
 */
export function anyOf(...rules: readonly (TripRule | AnyTripRule)[]): AnyTripRule {
  if (!rules.length) throw invalid(ACTION, 'at least one rule', undefined);
  rules.forEach((rule) => check(rule, tripRule, 'rule', ACTION));
  return { anyOf: rules.flatMap(rulesOf) };
}

/** The single rules in a rule. */
export function rulesOf(rule: TripRule | AnyTripRule): readonly TripRule[] {
  return 'anyOf' in rule ? rule.anyOf : [rule];
}

/** A trip rule, of ours or made by hand. */
export const tripRule: Kind = [
  'a trip rule, such as consecutiveFailures(5)',
  (value: (TripRule & AnyTripRule) | null) =>
    Array.isArray(value?.anyOf) ? value.anyOf.length && value.anyOf.every(isRule) : isRule(value),
];

function isRule(value: TripRule | null | undefined): boolean {
  const { window, trips } = value ?? {};
  if (typeof trips !== 'function') return false;
  if (window === undefined) return true;
  if (typeof window !== 'object' || !window) return false;
  return 'calls' in window ? isWindow(window) : typeof window.duration === 'number' && isWindow(window.duration);
}

function rate(options: RateOptions, what: 'failures' | 'slow'): TripRule {
  const kinds = { threshold: ratio, window: windowKind, minimumCalls: count };
  const { threshold, window, minimumCalls = 10 } = readOptions(ACTION, options, kinds);
  check(threshold, ratio, 'threshold', ACTION);
  const spec = windowSpec(window);
  if (spec && 'calls' in spec && spec.calls < minimumCalls) {
    throw invalid(ACTION, `window.calls to be at least minimumCalls (${minimumCalls})`, spec.calls, RangeError);
  }
  return {
    window: spec,
    trips: (counts) => counts.calls >= minimumCalls && counts[what] > 0 && counts[what] >= threshold * counts.calls,
  };
}

/** How far back a rule looks unless told, in ms. */
const WINDOW = 10_000;

function windowSpec(window: TripWindow = WINDOW): WindowSpec {
  return typeof window === 'number' ? { duration: window } : window;
}

/** A window of at least 1 ms, or of at most so many calls that a breaker stays small. */
function isWindow(window: TripWindow): boolean {
  if (typeof window === 'number') return window >= 1 && window < Infinity;
  return Number.isInteger(window.calls) && window.calls >= 1 && window.calls <= 100_000;
}

const windowDuration: Kind = ['ms ≥ 1, or { calls }', isWindow, RangeError];
const windowCalls: Kind = ['an integer from 1 to 100000', (calls: number) => isWindow({ calls }), RangeError];
const windowKind: OptionKind = (value: TripWindow, name, action) => {
  if (typeof value !== 'object') {
    check(value, windowDuration, name, action);
    return value;
  }
  const { calls } = readOptions(action, value, { calls: windowCalls }, `${name}.`);
  check(calls, windowCalls, `${name}.calls`, action);
  return { calls };
};
