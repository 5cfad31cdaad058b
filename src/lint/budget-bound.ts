import type { Layer } from '../base/call.ts';
import { amplification } from './amplification.ts';
import { has, isBelow, percent, shown, shownDown, type Law } from './law.ts';

/**
 * A fleet that sends more than a service can do stays in that state, if each failure causes more calls: load · (1 + r)
 * has to be less than the capacity, where r is what retries and hedges add.
 *
 * Source: N. Bronson et al., Metastable Failures in Distributed Systems, HotOS 2021; the bound itself is that of a queue,
 * whose load has to be below its capacity.
 */
export const budgetBound: Law = {
  name: 'budget-bound',
  needs: ['callsPerSecond', 'capacity'],
  concerns: () => true,
  *find(layers, { callsPerSecond, instances, capacity, hops }) {
    const load = callsPerSecond * instances;
    const utilisation = load / capacity;
    const { calls, withoutBudget } = amplification(layers);
    const amplified = calls ** hops;
    const numbers = {
      load,
      capacity,
      utilisation,
      amplification: amplified,
      amplifiedUtilisation: utilisation * amplified,
    };
    if (!isBelow(utilisation, 1)) {
      const message = `${shown(load)} calls a second leave nothing of the ${shown(capacity)} that the service can do, without any retry.`;
      const fix = `Add capacity, or send less: below ${shownDown(capacity / instances)} calls a second from each instance.`;
      yield { severity: 'error', message, fix, numbers };
    } else if (utilisation * amplified >= 1) {
      const room = (1 / utilisation) ** (1 / hops) - 1;
      const what = withoutBudget ? 'Give the retries and hedges one RetryBudget' : 'Lower the budget';
      yield {
        severity: isGuarded(layers) ? 'warning' : 'error',
        message: `At ${percent(utilisation)} of its capacity, a service that fails is sent up to ${percent(utilisation * amplified)}: an overload keeps itself alive.`,
        fix: `${what}, with a ratio below ${shownDown(room)}.`,
        numbers,
      };
    }
  },
};

/** Whether something inside the retries lets go of a service that fails. */
function isGuarded(layers: readonly Layer[]): boolean {
  const first = layers.findIndex(({ kind }) => kind === 'retry' || kind === 'hedge');
  return has('circuit-breaker', 'adaptive-throttle', 'adaptive-limiter')(layers.slice(first));
}
