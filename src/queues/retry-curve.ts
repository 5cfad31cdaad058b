import { callable, check, countOrInfinity, duration, readOptions } from '../base/check.ts';
import { envelope, schedule, type Backoff } from '../index.ts';

/** The retry whose delays are to be expressed. */
export interface QueueRetryOptions {
  /** Milliseconds, finite, at least 0. */
  readonly baseDelay: number;
  /** Calls in all, the first included · an integer ≥ 1, or `Infinity`. */
  readonly maxAttempts: number;
}

/** What can be seen of a backoff from outside: how far each delay can lie, in ms. */
export interface RetryCurve {
  readonly maxAttempts: number;
  /** The shortest that each delay can be. */
  readonly low: readonly number[];
  /** The longest that each delay can be. */
  readonly high: readonly number[];
  /** The smallest part of its longest that a delay can be: 1 without jitter, 0 with full jitter. */
  readonly share: number;
  /** Whether each delay is one even draw from `share` to 1 times its longest. */
  readonly even: boolean;
  /** Whether these are all delays, or the later ones can be taken to be like the last. */
  readonly whole: boolean;
}

/** How many retries are looked at. */
const HORIZON = 100;

/** Looks at the first delays of a backoff, which is a function that cannot be asked for its formula. */
export function retryCurve(backoff: Backoff, options: QueueRetryOptions): RetryCurve {
  const action = 'express a backoff';
  check(backoff, callable, 'backoff', action);
  const kinds = { baseDelay: duration, maxAttempts: countOrInfinity };
  const { baseDelay, maxAttempts } = readOptions(action, options, kinds);
  check(baseDelay, duration, 'baseDelay', action);
  check(maxAttempts, countOrInfinity, 'maxAttempts', action);
  const retries = Math.min(maxAttempts - 1, HORIZON);
  const bounds = envelope(backoff, { baseDelay, retries });
  const low = bounds.map(({ min }) => tidy(min));
  const high = bounds.map(({ max }) => tidy(max));
  const shares = low.map((delay, index) => (high[index] ? delay / high[index] : 1));
  const share = Math.min(1, ...shares);
  const even = [0.25, 0.5, 0.75].every((part) =>
    schedule(backoff, { baseDelay, retries, random: () => part }).every((delay, index) =>
      same(delay, high[index]! * (share + part * (1 - share))),
    ),
  );
  const whole = retries === maxAttempts - 1 || (same(high.at(-1)!, high.at(-2)!) && same(low.at(-1)!, low.at(-2)!));
  return { maxAttempts, low, high, share, even, whole };
}

/** Whether two delays are the same to a billionth. */
export function same(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-9 * Math.max(one, other);
}

/** Without the last digits, which are noise: the longest that chance below 1 draws is just below what is meant. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
