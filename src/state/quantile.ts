import { check, readOptions, type Kind } from '../base/check.ts';

/**
 * An estimate of one quantile of a duration, of one number: each duration that is above moves it up, each below down,
 * by parts of itself, so that it comes to rest where 1 − q of them are above.
 */
export interface Quantile {
  /** The part of the durations that is to be below. */
  readonly q: number;
  /** Ms, between 0.01 and an hour. */
  readonly estimate: number;
}

/** What `quantile` may be told. */
export interface QuantileOptions {
  /** The estimate to begin with · ms, at least 0.01, at most 3 600 000 · default 100. */
  readonly initial?: number | undefined;
}

const ACTION = 'track a quantile';

/**
 * The delay of a hedge that follows the latency of the calls: `quantile(0.95)` starts a second attempt for the slowest
 * 5 %. It is moved by about 10 % at most with each call; give it to one hedge, or to several that share a service.
 *
 * @param q between 0 and 1.
 * @throws `TypeError` or `RangeError` for a wrong argument.
 * @example
 * import { hedge, quantile } from 'holdfast';
 * const delay = quantile(0.95, { initial: 250 });
 * await hedge({ delay }).execute(() => 'ok'); // => 'ok'
 * delay.estimate < 250; // => true
 *
 * Source: H. Robbins, S. Monro, A Stochastic Approximation Method, Annals of Mathematical Statistics 22, 1951.
 */
export function quantile(q: number, options?: QuantileOptions): Quantile {
  check(q, between, 'q', ACTION);
  const { initial = 100 } = readOptions(ACTION, options, { initial: bounded });
  return { q, estimate: initial };
}

/** Moves the estimate by one duration that was above it, or not. */
export function adjust(quantile: { -readonly [Part in keyof Quantile]: Quantile[Part] }, above: boolean): void {
  const { q, estimate } = quantile;
  const moved = estimate * Math.exp(STEP * (above ? q : q - 1));
  quantile.estimate = Math.min(LONGEST, Math.max(SHORTEST, moved));
}

/** How far one duration moves the estimate, in parts of itself. */
const STEP = 0.1;
/** Bounds, so that an estimate can always come back. */
const SHORTEST = 0.01;
const LONGEST = 3_600_000;

const between: Kind = ['a number between 0 and 1', (value) => value > 0 && value < 1, RangeError];
const bounded: Kind = ['ms from 0.01 to 3600000', (value) => value >= SHORTEST && value <= LONGEST, RangeError];
