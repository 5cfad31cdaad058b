import {
  anyOf,
  consecutiveFailures,
  failureConfidence,
  failureRate,
  slowCallRate,
  type AnyTripRule,
  type FailureConfidenceOptions,
  type RateOptions,
  type TripRule,
} from '../index.ts';
import { functionShape } from './function-shape.ts';
import { leaves } from './leaves.ts';
import type { FieldsOf, KindsShape, NamedShape, Shape } from './read-shape.ts';

/**
 * When a breaker opens: `"failure-confidence"`, `{ "kind": "consecutive-failures", "failures": 5 }`, or a rule of one's
 * own, `{ "kind": "custom", "trips": { "function": "isBad" }, "window": "10s" }`.
 */
export const tripRuleShape: NamedShape = {
  name: 'tripRule',
  shape: () => ({ says: 'a trip rule, such as "failure-confidence"', kinds: kinds(leaves) }),
};

function kinds({ ratio, amount, count, flag, window: span, windowCalls }: typeof leaves): KindsShape['kinds'] {
  const calls: Shape = { fields: { calls: windowCalls }, required: ['calls'] };
  const window: Shape = {
    cases: [
      [(json) => typeof json !== 'object', span],
      [Boolean, calls],
    ],
  };
  const confidence: FieldsOf<FailureConfidenceOptions> = { threshold: ratio, confidence: amount, window };
  const rate: FieldsOf<RateOptions> = { threshold: ratio, window, minimumCalls: count };
  return {
    'failure-confidence': { fields: confidence, make: failureConfidence },
    'consecutive-failures': {
      fields: { failures: count },
      required: ['failures'],
      make: ({ failures }: { readonly failures: number }) => consecutiveFailures(failures),
    },
    'failure-rate': { fields: rate, required: ['threshold'], make: failureRate },
    'slow-call-rate': { fields: rate, required: ['threshold'], make: slowCallRate },
    'any-of': {
      fields: { rules: { list: tripRuleShape, least: 1 } },
      required: ['rules'],
      make: ({ rules }: { readonly rules: readonly (TripRule | AnyTripRule)[] }) => anyOf(...rules),
    },
    custom: {
      fields: { trips: functionShape, window, needsSlowCalls: flag } satisfies FieldsOf<TripRule>,
      required: ['trips'],
      make: ({
        window: given,
        ...rule
      }: Omit<TripRule, 'window'> & { readonly window?: number | { calls: number } }) => ({
        ...rule,
        window: typeof given === 'number' ? { duration: given } : given,
      }),
    },
  };
}
