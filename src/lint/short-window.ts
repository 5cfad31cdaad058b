import { policyFacts } from '../policies/policy-facts.ts';
import { worstCase } from '../policies/worst-case.ts';
import { has, shown, shownDown, shownUp, type Law } from './law.ts';

/**
 * A call that hangs is known to have failed only when its timeout fires. A window that is shorter has forgotten the one
 * before by then, for a caller who waits; and a breaker that was closed for one window starts its open durations over.
 */
export const shortWindow: Law = {
  name: 'short-window',
  needs: [],
  concerns: has('circuit-breaker'),
  *find(layers) {
    for (const [index, layer] of layers.entries()) {
      const windows = (policyFacts(layer).trips ?? []).map(({ window }) =>
        window && 'duration' in window ? window.duration : Infinity,
      );
      const window = Math.max(...windows);
      const { time } = worstCase(layers.slice(index + 1));
      if (layer.kind !== 'circuit-breaker' || time === Infinity || time <= window) continue;
      yield {
        severity: 'warning',
        message: `The breaker remembers ${shown(window)} ms, and a call that hangs is known to have failed after ${shown(time)} ms.`,
        fix: `Make its window longer than ${shownUp(time)} ms, or the attempts' timeout shorter than ${shownDown(window)} ms.`,
        numbers: { window, attempt: time },
      };
    }
  },
};
