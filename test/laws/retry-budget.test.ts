import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { pipeline, retry, RetryBudget, retryCall } from 'holdfast';
import { recordingSleeper, VirtualClock } from 'holdfast/testing';

/** Parts that a bucket keeps exactly: multiples of a billionth. */
const BILLION = 1_000_000_000n;
const ratioUnits = fc.oneof(fc.constantFrom(0, 1, 1_000_000_000, 100_000_000), fc.nat(1_000_000_000));
const burstUnits = fc.oneof(fc.constantFrom(0, 1, 999_999_999, 1_000_000_000, 10_000_000_000), fc.nat(20_000_000_000));

describe('the laws of RetryBudget', () => {
  describe('given any run of calls and of retries that are wanted', () => {
    it('grants at most burst + ratio · calls retries, and exactly what a bucket in whole numbers grants', () => {
      const asks = fc.array(fc.constantFrom('call', 'retry', 'retry and give back'), { maxLength: 60 });

      fc.assert(
        fc.property(ratioUnits, burstUnits, asks, (ratio, burst, asks) => {
          const budget = new RetryBudget({ ratio: ratio / 1e9, burst: burst / 1e9 });
          const capacity = BigInt(burst);
          let model = capacity;
          let calls = 0n;
          let retries = 0n;
          for (const ask of asks) {
            if (ask === 'call') {
              budget.deposit();
              calls++;
              model = least(capacity, model + BigInt(ratio));
            } else {
              const granted = budget.tryWithdraw();
              if (granted !== model >= BILLION) throw new Error(`granted: ${granted} with ${model} billionths`);
              if (granted && ask === 'retry') {
                model -= BILLION;
                retries++;
              } else if (granted) budget.refund();
            }
            if (budget.available !== Number(model) / 1e9)
              throw new Error(`${budget.available} is not ${model} billionths`);
            if (retries * BILLION > capacity + BigInt(ratio) * calls) throw new Error(`${retries} retries`);
          }
        }),
        { numRuns: 10_000 },
      );
    });
  });

  describe('given ten calls at a ratio of 0.1', () => {
    it('grants exactly one retry, and no part of one more or less', () => {
      const budget = new RetryBudget({ ratio: 0.1, burst: 1 });
      budget.tryWithdraw();

      const granted = Array.from({ length: 30 }, () => {
        budget.deposit();
        return [budget.available, budget.tryWithdraw()];
      });

      const round = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map((tokens) => [tokens, false]);
      expect(granted).toEqual([...round, [1, true], ...round, [1, true], ...round, [1, true]]);
    });
  });

  describe('given many retries that share a budget', () => {
    it('bounds the retries of all of them together', async () => {
      const run = fc.asyncProperty(ratioUnits, burstUnits, fc.nat(40), async (ratio, burst, calls) => {
        const budget = new RetryBudget({ ratio: ratio / 1e9, burst: burst / 1e9 });
        const sleep = recordingSleeper();
        const fail = (): never => {
          throw new Error('down');
        };

        for (let call = 0; call < calls; call++) await retryCall(fail, 4, 1, { budget, sleep }).catch(() => {});

        if (BigInt(sleep.delays.length) * BILLION > BigInt(burst) + BigInt(ratio) * BigInt(calls)) {
          throw new Error(`${sleep.delays.length} retries`);
        }
      });

      await fc.assert(run, { numRuns: 500 });
    });

    it('is drawn on by a retry inside the one that brought it, once for every retry', async () => {
      const budget = new RetryBudget({ ratio: 0, burst: 5 });
      const clock = new VirtualClock();
      const options = { maxAttempts: 3, clock, random: () => 0 };
      const policy = pipeline(retry({ ...options, budget }), retry({ ...options, allowNestedRetry: true }));
      let attempts = 0;

      const settled = policy
        .execute(() => Promise.reject(new Error(`${++attempts}`)))
        .catch((error: Error) => error.message);
      await clock.runAll();

      expect(await settled).toBe('6');
      expect(attempts).toBe(6);
      expect(budget.available).toBe(0);
    });
  });

  describe('given an abort in a wait that has been paid for', () => {
    it('takes the token back, so that nothing is lost over any number of aborts', async () => {
      const clock = new VirtualClock();
      const budget = new RetryBudget({ ratio: 0, burst: 1 });

      for (let round = 0; round < 10; round++) {
        const controller = new AbortController();
        const options = { budget, clock, signal: controller.signal };
        const settled = retryCall(() => Promise.reject(new Error('down')), 2, 100, options).catch(
          (error: unknown) => error,
        );
        await clock.advance(50);
        expect(budget.available).toBe(0);
        controller.abort(round);
        expect(await settled).toBe(round);
      }

      expect(budget.available).toBe(1);
      expect(clock.pending).toBe(0);
    });
  });
});

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
