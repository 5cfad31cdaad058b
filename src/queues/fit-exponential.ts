import { tidy } from './retry-curve.ts';

/** The longest delay that is asked of anybody: a year, in ms. What engines can store ends at different lengths beyond. */
export const LONGEST = 31_536_000_000;

/** min(maxDelay, initialDelay · factor^(n−1)) before retry n. */
export interface ExponentialFit {
  /** A whole number of units, at least 1. */
  readonly initialDelay: number;
  /** At least 1. */
  readonly factor: number;
  /** A whole number of units, at least `initialDelay`. */
  readonly maxDelay: number;
  /** What it makes of each retry, in ms. */
  readonly delays: readonly number[];
}

/**
 * The exponential that grows the least and waits at no retry less than `delays`; but for a year. It goes through all
 * of them if they are a capped exponential in whole units.
 *
 * @param delays ms.
 * @param unit ms: what the target counts in.
 */
export function fitExponential(delays: readonly number[], unit: number): ExponentialFit {
  const units = delays.map((delay) => Math.min(delay, LONGEST) / unit);
  const initialDelay = Math.max(1, Math.ceil(units[0] ?? 0));
  const maxDelay = Math.max(initialDelay, ...units.map(Math.ceil));
  // Retry n is reached with the (n−1)th root of how often the first delay goes into it.
  const roots = units.slice(1).map((delay, index) => (delay / initialDelay) ** (1 / (index + 1)));
  const factor = tidy(Math.max(1, ...roots));
  return {
    initialDelay,
    factor,
    maxDelay,
    delays: units.map((_, index) => Math.min(maxDelay, initialDelay * factor ** index) * unit),
  };
}
