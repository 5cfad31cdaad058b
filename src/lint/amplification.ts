import type { Layer } from '../base/call.ts';
import { policyFacts } from '../policies/policy-facts.ts';

/** What a policy makes of each call, as long as everything fails or is slow. */
export interface Amplification {
  /** Calls of the function for each call, over a long run: budgets count with their ratio. */
  readonly calls: number;
  /** Those that one call alone can cause where no budget bounds them. */
  readonly unbounded: number;
  /** How many retries and hedges have no budget. */
  readonly withoutBudget: number;
}

/** What nested retries share where nobody has given a budget. */
const INNER_RETRIES = 10;

/** How far layers multiply the load. Retries inside of others, and hedges, use the budget of the retry around them. */
export function amplification(layers: readonly Layer[]): Amplification {
  const budgets = new Map<object, number>();
  let outer: object | undefined;
  let retries = 0;
  let first = 1;
  const factors: number[] = [];
  for (const layer of layers) {
    const isRetry = layer.kind === 'retry';
    if (!isRetry && layer.kind !== 'hedge') continue;
    const { maxAttempts = 1, maxHedges = 0, budget = outer as { ratio: number } | undefined } = policyFacts(layer);
    const factor = isRetry ? maxAttempts : maxHedges + 1;
    if (factor === 1) continue;
    if (budget) budgets.set(budget, budget.ratio);
    else factors.push(factor);
    if (!isRetry) continue;
    outer = budget;
    if (!retries++) first = factor;
  }
  const product = factors.reduce((all, each) => all * each, 1);
  const unbounded = retries > 1 ? Math.min(product, first + INNER_RETRIES) : product;
  const paid = [...budgets.values()].reduce((all, ratio) => all * (1 + ratio), 1);
  return { calls: unbounded * paid, unbounded, withoutBudget: factors.length };
}
