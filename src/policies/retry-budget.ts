import { amount, ratio as ratioKind, readOptions, type Kind } from '../base/check.ts';
import { deposit, refund, tokenBucket, tokens, withdraw, type TokenBucket } from '../state/token-bucket.ts';

/** The size of a `RetryBudget`. */
export interface RetryBudgetOptions {
  /** Retries that each first call pays for · 0 to 1 · default 0.1: one retry for ten calls. */
  readonly ratio?: number | undefined;
  /** Retries that can be saved up, and are there at the start · finite, at least 0 · default 10. */
  readonly burst?: number | undefined;
}

/**
 * Bounds retries to a part of the calls: over any run, retries ≤ burst + ratio · calls. One budget serves any number
 * of retries; share it among all that call the same service. It stops retries from keeping an overload alive, for
 * which a fleet needs utilisation · (1 + ratio) < 1.
 *
 * @throws `TypeError` or `RangeError` for a wrong option.
 * @example
 * import { retry, RetryBudget } from 'holdfast';
 * const budget = new RetryBudget({ ratio: 0.2, burst: 5 });
 * await retry({ budget }).execute(() => 'ok');
 * budget.available; // => 5
 *
 * Source: Google SRE Book, ch. 21, Handling Overload, 2016 (per-client retry budget of 10 %).
 */
export class RetryBudget {
  /** As given. */
  readonly ratio: number;
  /** As given. */
  readonly burst: number;
  readonly #state: TokenBucket;

  constructor(options?: RetryBudgetOptions) {
    const kinds = { ratio: ratioKind, burst: amount };
    const { ratio = 0.1, burst = 10 } = readOptions('make a retry budget', options, kinds);
    this.ratio = ratio;
    this.burst = burst;
    this.#state = tokenBucket(burst, ratio);
  }

  /** How many retries can be paid for now. */
  get available(): number {
    return tokens(this.#state);
  }

  /** Notes a first call. */
  deposit(): void {
    deposit(this.#state);
  }

  /** Pays for one retry; `false` if there is not enough. */
  tryWithdraw(): boolean {
    return withdraw(this.#state);
  }

  /** Takes back a retry that was paid for and never started. */
  refund(): void {
    refund(this.#state);
  }
}

/** A `RetryBudget`, or what can stand for one. */
export const budgetKind: Kind = [
  'a RetryBudget',
  (value: RetryBudget | null) =>
    ['deposit', 'tryWithdraw', 'refund'].every((name) => typeof value?.[name as 'refund'] === 'function'),
];
