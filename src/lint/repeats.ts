import type { Layer } from '../base/call.ts';
import { policyFacts } from '../policies/policy-facts.ts';
import { has, type Law } from './law.ts';

/** What is made twice has to be allowed to happen twice. */
export const repeats: Law = {
  name: 'repeats',
  needs: [],
  wants: (layers) => (layers.some(retries) ? ['idempotent'] : []),
  concerns: has('retry', 'hedge'),
  *find(layers, { idempotent }) {
    if (idempotent) return;
    for (const layer of layers) {
      const { maxAttempts = 1, maxHedges = 0 } = policyFacts(layer);
      const calls = Math.max(maxAttempts, maxHedges + 1);
      const isHedge = layer.kind === 'hedge';
      if (calls === 1 || (!isHedge && idempotent === undefined)) continue;
      yield {
        severity: isHedge && idempotent === false ? 'error' : 'warning',
        message: isHedge
          ? 'A hedge makes the call a second time while the first one may still succeed.'
          : 'A retry makes the call again, although the attempt before may have done its work.',
        fix: isHedge
          ? 'Only for what may be done twice (idempotent); give the call a key by which the service knows it again.'
          : 'Retry only what was never done (isRetryable), or give the call a key by which the service knows it again.',
        numbers: { calls },
      };
    }
  },
};

function retries(layer: Layer): boolean {
  return (policyFacts(layer).maxAttempts ?? 1) > 1;
}
