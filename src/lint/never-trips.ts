import { policyFacts } from '../policies/policy-facts.ts';
import { tripPoint } from '../policies/trip-point.ts';
import { amplification } from './amplification.ts';
import { has, shown, type Law } from './law.ts';

/** A rule that wants more calls than its window ever holds does not trip, however bad it gets. */
export const neverTrips: Law = {
  name: 'never-trips',
  needs: ['callsPerSecond'],
  concerns: has('circuit-breaker'),
  *find(layers, { callsPerSecond }) {
    for (const [index, layer] of layers.entries()) {
      const { trips = [] } = policyFacts(layer);
      // When all fail, those of the retries around it come as well.
      const rate = callsPerSecond * amplification(layers.slice(0, index)).calls;
      const holds = trips.map(({ window }) => {
        if (!window) return Infinity;
        return 'calls' in window ? window.calls : (rate * window.duration) / 1_000;
      });
      const wants = trips.map((rule) => tripPoint(rule, 1) ?? Infinity);
      if (!trips.length || wants.some((calls, at) => calls <= holds[at]!)) continue;
      const nearest = wants.indexOf(Math.min(...wants));
      const [held, wanted] = [holds[nearest]!, wants[nearest]!];
      yield {
        severity: 'error',
        message: `The breaker can never open: its rule trips on ${wanted < Infinity ? shown(wanted) : 'no number of'} calls, and its window holds ${shown(held)}.`,
        fix: 'Use failureConfidence(), which needs no minimum, a longer window, or fewer minimumCalls.',
        numbers: { wanted, held, callsPerSecond },
      };
    }
  },
};
