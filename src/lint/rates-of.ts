import type { Layer } from '../base/call.ts';
import { policyFacts, type PolicyFacts } from '../policies/policy-facts.ts';
import { shownDown } from './law.ts';

/** One limit of a rate limiter, in calls. */
export interface CallRate {
  /** Calls a second. */
  readonly rate: number;
  /** Calls at once after a rest. */
  readonly burst: number;
  /** Its limit for so many calls a second at least, or at most: what it is called, and the number to set. */
  readonly limit: (callsPerSecond: number, shown: (value: number) => string) => string;
  /** Its burst for so many calls at most. */
  readonly burstOf: (calls: number) => string;
}

/** The limits of a rate limiter: that on the cost, of which each call is so many units, and maybe one on the calls. */
export function ratesOf(layer: Layer): readonly CallRate[] {
  if (layer.kind !== 'rate-limiter') return [];
  const { calls, cost, ...first } = policyFacts(layer) as Required<PolicyFacts>;
  const all = [{ ...first, cost, prefix: '' }, ...(calls ? [{ ...calls, cost: 1, prefix: 'calls.' }] : [])];
  return all.map(({ limit, interval, burst, cost: units, prefix }) => ({
    rate: (1_000 * limit) / interval / units,
    burst: burst / units,
    limit: (callsPerSecond, shown) => {
      const set = shown((callsPerSecond * units * interval) / 1_000);
      // The burst is the limit unless told, and a call has to fit into it.
      const fits = burst !== Math.max(limit, 1) || Math.max(Number(set), 1) >= units;
      return `${prefix}limit ${set}${fits ? '' : ` and burst ${units}`}`;
    },
    burstOf: (most) => `${prefix}burst ${Math.max(Number(shownDown(most * units)), units)}`,
  }));
}
