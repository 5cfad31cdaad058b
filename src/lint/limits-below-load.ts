import type { Layer } from '../base/call.ts';
import { policyFacts } from '../policies/policy-facts.ts';
import { has, isBelow, shown, shownUp, type Found, type Law } from './law.ts';
import { ratesOf } from './rates-of.ts';

/** A limit below the load of a good day refuses calls all day. */
export const limitsBelowLoad: Law = {
  name: 'limits-below-load',
  needs: ['callsPerSecond'],
  wants: (layers) => (has('bulkhead')(layers) ? ['latency'] : []),
  concerns: has('rate-limiter', 'bulkhead'),
  *find(layers, { callsPerSecond, latency }) {
    for (const layer of new Set(layers)) {
      yield* ofRate(layer, callsPerSecond);
      if (layer.kind === 'bulkhead' && latency !== undefined) yield* ofSlots(layer, callsPerSecond, latency);
    }
  },
};

function* ofRate(layer: Layer, callsPerSecond: number): Generator<Found> {
  for (const { rate, limit } of ratesOf(layer)) {
    if (!isBelow(rate, callsPerSecond)) continue;
    yield {
      severity: 'error',
      message: `The rate limiter lets ${shown(rate)} calls a second through, of ${shown(callsPerSecond)}.`,
      fix: `Set at least ${limit(callsPerSecond, shownUp)}.`,
      numbers: { rate, callsPerSecond },
    };
  }
}

/** Little's law: calls at once = calls per second · seconds that each takes. */
function* ofSlots(layer: Layer, callsPerSecond: number, latency: number): Generator<Found> {
  const { maxConcurrent = 0 } = policyFacts(layer);
  const needed = (callsPerSecond * latency) / 1_000;
  if (needed <= maxConcurrent) return;
  yield {
    severity: 'error',
    message: `${shown(callsPerSecond)} calls a second of ${shown(latency)} ms each are ${shown(needed)} at once, and the bulkhead has ${maxConcurrent} slots.`,
    fix: `Give it more than ${shown(Math.ceil(needed))} slots.`,
    numbers: { needed, maxConcurrent, callsPerSecond, latency },
  };
}
