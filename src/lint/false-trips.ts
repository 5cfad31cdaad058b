import { seededRandom } from '../base/seeded-random.ts';
import { admit, circuit, reset, settle, type CircuitRules } from '../state/circuit.ts';
import type { TripRule } from '../state/trip-rule.ts';

/** How long is looked at: ms, and calls at most. */
const SPAN = 36_000_000;
const MOST_CALLS = 200_000;

/**
 * How often a breaker opens in an hour although nothing has changed: calls at an even pace, of which each fails with the
 * same probability. The breaker's own circuit is run, on a fixed seed, for ten hours, or 200 000 calls.
 */
export function falseTrips(trips: readonly TripRule[], callsPerSecond: number, errorRate: number): number {
  const rules: CircuitRules = {
    trips,
    required: 1,
    concurrent: 1,
    lease: Infinity,
    slowCallDuration: Infinity,
    calm: 0,
  };
  const memory = circuit(rules);
  const random = seededRandom(1);
  const gap = 1_000 / callsPerSecond;
  const calls = Math.min(Math.ceil(SPAN / gap), MOST_CALLS);
  let opened = 0;
  for (let call = 1; call <= calls; call++) {
    const now = call * gap;
    const grant = admit(memory, now, rules)!;
    settle(memory, grant, random() < errorRate ? 'failure' : 'success', false, now, rules);
    if (memory.state === 'closed') continue;
    opened++;
    reset(memory, now);
  }
  return (opened * 3_600_000) / (calls * gap);
}
