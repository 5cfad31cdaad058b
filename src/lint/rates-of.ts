import type { Layer } from '../base/call.ts';
import { policyFacts, type PolicyFacts } from '../policies/policy-facts.ts';

/** One limit of a rate limiter, in calls. */
export interface CallRate {
  /** Calls a second. */
  readonly rate: number;
  /** Calls at once after a rest. */
  readonly burst: number;
  /** What has to be set, in calls a second, and how it is called. */
  readonly option: (callsPerSecond: number) => string;
}

/** The limits of a rate limiter: that on the cost, of which each call is so many units, and maybe one on the calls. */
export function ratesOf(layer: Layer): readonly CallRate[] {
  if (layer.kind !== 'rate-limiter') return [];
  const { calls, cost, ...first } = policyFacts(layer) as Required<PolicyFacts>;
  const all = [{ ...first, cost, name: 'limit' }, ...(calls ? [{ ...calls, cost: 1, name: 'calls.limit' }] : [])];
  return all.map(({ limit, interval, burst, cost: units, name }) => ({
    rate: (1_000 * limit) / interval / units,
    burst: burst / units,
    option: (callsPerSecond) => `${name} ${Number(((callsPerSecond * units * interval) / 1_000).toPrecision(3))}`,
  }));
}
