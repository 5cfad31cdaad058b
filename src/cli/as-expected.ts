import type { Verdict } from '../simulator/index.ts';
import type { SimulatedPolicy } from './simulation-runs.ts';

/** What can be expected of simulations. */
export type Expected = 'anything' | 'slow' | 'stable';

/** Whether all runs of all policies are at least what is expected. One that had to be ended before its time is not. */
export function asExpected(policies: readonly SimulatedPolicy[], expected: Expected): boolean {
  const bad = TOO_BAD[expected];
  return policies.every(
    ({ verdicts, first }) => !bad.length || (!first.stopped && bad.every((verdict) => !verdicts[verdict])),
  );
}

const TOO_BAD: { readonly [Name in Expected]: readonly Verdict[] } = {
  anything: [],
  slow: ['metastable'],
  stable: ['metastable', 'slow'],
};
