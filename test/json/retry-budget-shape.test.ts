import { describe, expect, it } from 'vitest';
import type { RetryBudget } from 'holdfast';
import { readDocument } from '../../src/json/read-document.ts';
import { retryBudgetShape } from '../../src/json/retry-budget-shape.ts';

const read = (...json: readonly unknown[]): readonly RetryBudget[] =>
  readDocument('read it', { list: retryBudgetShape, least: 0 }, json, undefined, 'budgets') as readonly RetryBudget[];

describe('retryBudgetShape', () => {
  it('makes budgets of their size', () => {
    const budgets = read({}, { burst: 3 }, { ratio: 0.5, burst: 0 });
    budgets.forEach((budget) => budget.deposit());

    expect(budgets.map(({ available }) => available)).toEqual([10, 3, 0]);
  });

  it('makes one of those with the same name, and one each of those without', () => {
    const [a, b, same, again, none, other] = read(
      { name: 'a', burst: 2 },
      { name: 'b' },
      { name: 'a' },
      { name: 'a', burst: 2 },
      { burst: 2 },
      { burst: 2 },
    );

    expect([same, again].map((budget) => budget === a)).toEqual([true, true]);
    expect(new Set([a, b, none, other]).size).toBe(4);
  });

  it('gives one that is named first without a size the default one', () => {
    const [first, again] = read({ name: 'a' }, { name: 'a' });

    expect([again === first, first!.ratio, first!.burst]).toEqual([true, 0.1, 10]);
  });

  it('refuses one name for two sizes', () => {
    expect(() => read({ name: 'a' }, { name: 'a', burst: 2 })).toThrow(
      'Cannot read it: budgets[1]: Cannot share a retry budget: expected the settings of the first one of that name, or none, got "a"',
    );
  });
});
