import type { Layer } from '../base/call.ts';
import { BulkheadFullError, CircuitOpenError, ThrottledError } from '../base/errors.ts';
import { policyFacts } from '../policies/policy-facts.ts';
import { has, type Law } from './law.ts';

/** What the gates refuse with, when they do not say when to come back. */
const REFUSALS: { readonly [kind: string]: () => Error } = {
  'circuit-breaker': () => new CircuitOpenError('circuit breaker (isolated)', undefined),
  bulkhead: () => new BulkheadFullError('bulkhead', 1, 0),
  'adaptive-limiter': () => new BulkheadFullError('adaptive-limiter', 1, 0),
  'adaptive-throttle': () => new ThrottledError('adaptive throttle', 1),
};

/** A retry around a gate that tries again what the gate has refused works against it. */
export const retriesRefusals: Law = {
  name: 'retries-refusals',
  needs: [],
  concerns: has('retry'),
  *find(layers) {
    for (const [index, layer] of layers.entries()) {
      if (layer.kind !== 'retry') continue;
      const gates = layers
        .slice(index + 1)
        .flatMap(({ kind }) => (kind in REFUSALS && tries(layer, kind) ? [kind] : []));
      if (!gates.length) continue;
      yield {
        severity: 'warning',
        message: `The retry tries again what the ${[...new Set(gates)].join(' and the ')} inside of it refused without a time to come back: that takes time, and uses up a budget.`,
        fix: 'Let isRetryable say no to a RefusalError whose retryAfter is undefined, or leave it to the default.',
        numbers: { gates: gates.length, attempts: policyFacts(layer).maxAttempts! },
      };
    }
  },
};

/** Asks the retry's own function, which may not know such errors. */
function tries(layer: Layer, kind: string): boolean {
  try {
    return policyFacts(layer).isRetryable!({ error: REFUSALS[kind]!(), attempt: 1 }) === true;
  } catch {
    return false;
  }
}
