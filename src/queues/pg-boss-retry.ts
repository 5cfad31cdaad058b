import type { Backoff } from '../index.ts';
import { LONGEST } from './fit-exponential.ts';
import { notExpressed, type Expressed } from './not-expressed.ts';
import { retryCurve, type QueueRetryOptions } from './retry-curve.ts';

/** The retry options of a pg-boss queue or job; durations in seconds. */
export interface PgBossRetry {
  /** Retries: one fewer than attempts. */
  retryLimit: number;
  retryDelay: number;
  retryBackoff: boolean;
  /** Left out where nothing grows. */
  retryDelayMax?: number;
}

/** The largest integer of the database. */
const MOST = 2_147_483_647;

/** After so many retries pg-boss doubles no more. */
const DOUBLINGS = 15;

/**
 * A backoff as the retry options of pg-boss: a constant delay, or one that doubles and is drawn from the upper half of
 * each step; in whole seconds.
 *
 * What pg-boss draws from lies nowhere below what the backoff draws from, as far as it doubles; what it does otherwise
 * stands in `notExpressed`.
 *
 * @param options the `baseDelay` and `maxAttempts` of the retry.
 * @throws `TypeError` or `RangeError` for a wrong argument, or a backoff that returns no delay.
 * @example
 * import { equalJitter, exponential } from 'holdfast';
 * import { pgBossRetry } from 'holdfast/queues';
 * const retry = pgBossRetry(equalJitter(exponential()), { baseDelay: 4_000, maxAttempts: 6 });
 * retry.settings; // => { retryLimit: 5, retryDelay: 2, retryBackoff: true, retryDelayMax: 64 }
 * retry.notExpressed; // => []
 *
 * Source: pg-boss 12.38, plans.js: min(retryDelayMax, retryDelay · (2^n / 2 + 2^n / 2 · random())) before retry n,
 * n at most 16.
 */
export function pgBossRetry(backoff: Backoff, options: QueueRetryOptions): Expressed<PgBossRetry> {
  const curve = retryCurve(backoff, options);
  const { low, high } = curve;
  const retryDelayMax = Math.max(0, ...high.map(seconds));
  const retryBackoff = retryDelayMax > seconds(high[0] ?? 0);
  const share = retryBackoff ? 0.5 : 1;
  // The lower end of what is drawn from doubles; the upper end is twice that, so it is met with half of it.
  const wanted = high.map((delay, index) => Math.max(low[index]!, share * delay));
  const firsts = wanted.slice(0, DOUBLINGS + 1).map((delay, index) => seconds(delay / 2 ** index));
  const retryDelay = retryBackoff ? Math.max(1, ...firsts) : retryDelayMax;
  const waited = wanted.map(
    (_, index) => Math.min(retryDelayMax, retryDelay * 2 ** Math.min(index, DOUBLINGS)) * 1_000,
  );
  return {
    settings: {
      retryLimit: Math.min(curve.maxAttempts - 1, MOST),
      retryDelay,
      retryBackoff,
      ...(retryBackoff && { retryDelayMax }),
    },
    notExpressed: notExpressed(curve, { wanted, waited, share, most: MOST }),
  };
}

function seconds(delay: number): number {
  return Math.ceil(Math.min(delay, LONGEST) / 1_000);
}
