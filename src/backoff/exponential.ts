import { readOptions, type Kind } from '../base/check.ts';
import { finite, type Backoff } from './backoff.ts';

/** How `exponential` grows. */
export interface ExponentialOptions {
  /** Multiplies the delay with every attempt · a finite number, at least 1 · default 2. */
  readonly factor?: number | undefined;
}

/**
 * Grows by a factor: baseDelay · factor^(n−1) after attempt n. The usual base of a retry schedule; put a cap and a
 * jitter around it.
 *
 * @throws `TypeError` or `RangeError` for a wrong option.
 * @example
 * import { exponential, schedule } from 'holdfast';
 * schedule(exponential(), { baseDelay: 100, retries: 4 }); // => [100, 200, 400, 800]
 */
export function exponential(options?: ExponentialOptions): Backoff {
  const { factor = 2 } = readOptions('make an exponential backoff', options, { factor: growth });
  return ({ attempt, baseDelay }) => (baseDelay ? finite(baseDelay * power(factor, attempt - 1)) : 0);
}

const growth: Kind = ['a finite number ≥ 1', (value) => value >= 1 && value < Infinity, RangeError];

/** factor^n. Most are small powers of two, which a shift gives exactly, and faster than `**`. */
function power(factor: number, n: number): number {
  return factor === 2 && n === (n & 15) ? 1 << n : factor ** n;
}
