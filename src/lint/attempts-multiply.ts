import { amplification } from './amplification.ts';
import { has, shown, type Law } from './law.ts';

/** Above it, one call is a burst. */
const MANY = 5;

/** Attempts multiply over layers that retry: within one policy, and over services that call each other. */
export const attemptsMultiply: Law = {
  name: 'attempts-multiply',
  needs: [],
  concerns: has('retry', 'hedge'),
  *find(layers, { hops }) {
    const { unbounded, withoutBudget } = amplification(layers);
    const attempts = unbounded ** hops;
    if (withoutBudget * hops < 2 || attempts <= MANY) return;
    const where = hops > 1 ? `${hops} services in a row, ` : '';
    yield {
      severity: 'warning',
      message: `One call becomes up to ${attempts < Infinity ? shown(attempts) : 'any number of'} calls: ${where}${withoutBudget} ${withoutBudget > 1 ? 'layers' : 'layer'} of attempts without a budget multiply.`,
      fix: 'Retry in one place only, or give the layers one RetryBudget.',
      numbers: { attempts, layers: withoutBudget, hops },
    };
  },
};
