import { invalid } from '../base/check.ts';
import { RetryBudget, type RetryBudgetOptions } from '../index.ts';
import { leaves } from './leaves.ts';
import type { FieldsOf, NamedShape, Place } from './read-shape.ts';

/** A budget of a document. */
interface BudgetFields extends RetryBudgetOptions {
  /** Those of the same name are one budget · default: a budget of its own. */
  readonly name?: string | undefined;
}

/**
 * A retry budget: `{ "ratio": 0.1, "burst": 10 }`. With a `name` it is shared: its settings stand where it is named
 * first, those of the default where there are none, and elsewhere its name is enough.
 */
export const retryBudgetShape: NamedShape = {
  name: 'retryBudget',
  shape: () => {
    const fields: FieldsOf<BudgetFields> = { ratio: leaves.ratio, burst: leaves.amount, name: leaves.text };
    return { fields, make: budgetOf };
  },
};

function budgetOf({ name, ...size }: BudgetFields, { tools: { budgets } }: Place): RetryBudget {
  const { ratio, burst } = size;
  const made = JSON.stringify([ratio, burst]);
  const known = name === undefined ? undefined : budgets.get(name);
  if (known && (known.made === made || !Object.keys(size).length)) return known.budget;
  if (known) throw invalid('share a retry budget', 'the settings of the first one of that name, or none', name);
  const budget = new RetryBudget(size);
  if (name !== undefined) budgets.set(name, { budget, made });
  return budget;
}
