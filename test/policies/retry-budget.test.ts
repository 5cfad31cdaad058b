import { describe, expect, it } from 'vitest';
import { retry, RetryBudget } from 'holdfast';
import { wrongArgument } from '../wrong-argument.ts';

describe('new RetryBudget()', () => {
  describe('given no options', () => {
    it('holds ten retries, and every tenth call pays for one more', () => {
      const budget = new RetryBudget();

      const withdrawn = Array.from({ length: 11 }, () => budget.tryWithdraw());
      for (let call = 0; call < 9; call++) budget.deposit();
      const tooSoon = budget.tryWithdraw();
      budget.deposit();

      expect(withdrawn).toEqual([...Array.from({ length: 10 }, () => true), false]);
      expect([tooSoon, budget.available, budget.tryWithdraw()]).toEqual([false, 1, true]);
    });

    it('takes undefined for the default', () => {
      const budget = new RetryBudget({ ratio: undefined, burst: undefined });

      expect(budget.available).toBe(10);
    });
  });

  describe('available', () => {
    it('tells fractions, and never more than the burst', () => {
      const budget = new RetryBudget({ ratio: 0.25, burst: 1.5 });
      const readings = [budget.available];

      budget.tryWithdraw();
      readings.push(budget.available);
      budget.deposit();
      readings.push(budget.available);
      budget.refund();
      readings.push(budget.available);
      budget.deposit();
      readings.push(budget.available);

      expect(readings).toEqual([1.5, 0.5, 0.75, 1.5, 1.5]);
    });
  });

  describe('a burst of 0', () => {
    it('never grants a retry', () => {
      const budget = new RetryBudget({ ratio: 1, burst: 0 });

      budget.deposit();

      expect([budget.available, budget.tryWithdraw()]).toEqual([0, false]);
    });
  });

  describe('a ratio of 1', () => {
    it('grants one retry a call', () => {
      const budget = new RetryBudget({ ratio: 1, burst: 1 });
      budget.tryWithdraw();

      const granted = [1, 2, 3].map(() => {
        budget.deposit();
        return [budget.tryWithdraw(), budget.tryWithdraw()];
      });

      expect(granted).toEqual([
        [true, false],
        [true, false],
        [true, false],
      ]);
    });
  });

  describe('shared by two retries', () => {
    it('is credited by the calls of both', async () => {
      const budget = new RetryBudget({ ratio: 0.5, burst: 5 });
      for (let token = 0; token < 5; token++) budget.tryWithdraw();

      await retry({ budget }).execute(() => 'up');
      await retry({ budget }).execute(() => 'up');

      expect(budget.available).toBe(1);
    });
  });

  describe('wrong options', () => {
    it.each([
      [{ ratio: 1.1 }, RangeError, 'expected ratio to be a number from 0 to 1, got 1.1'],
      [{ ratio: -0.1 }, RangeError, 'expected ratio to be a number from 0 to 1, got -0.1'],
      [{ ratio: NaN }, RangeError, 'expected ratio to be a number from 0 to 1, got NaN'],
      [{ ratio: '0.1' }, TypeError, 'expected ratio to be a number from 0 to 1, got "0.1"'],
      [{ burst: -1 }, RangeError, 'expected burst to be a finite number ≥ 0, got -1'],
      [{ burst: Infinity }, RangeError, 'expected burst to be a finite number ≥ 0, got Infinity'],
      [{ burst: 5n }, TypeError, 'expected burst to be a finite number ≥ 0, got 5n'],
      [{ brust: 5 }, TypeError, 'expected a known option (did you mean burst?), got "brust"'],
      [null, TypeError, 'expected options to be an object, got null'],
    ] as const)('are refused (%#)', (options, Class, message) => {
      const make = (): unknown => new RetryBudget(options as never);

      expect(make).toThrow(wrongArgument(Class, `Cannot make a retry budget: ${message}`));
      expect(make).toThrow(Class);
    });
  });
});
