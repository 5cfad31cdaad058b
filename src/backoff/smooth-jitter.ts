import { uniform } from '../base/random.ts';
import { finite, type Backoff } from './backoff.ts';
import type { CapAware } from './capped.ts';

/** Sets the median of the first delay to about `baseDelay`. */
const SCALE = 1.4;

/**
 * Exponential growth whose jitter has no steps: the sums of the delays lie on one smooth curve, so that a crowd of
 * callers comes back as an even stream. Safe under `capped`: a delay beyond the cap is drawn from 0 to the cap.
 *
 * @example
 * import { schedule, smoothJitter } from 'holdfast';
 * const random = () => 0.5;
 * schedule(smoothJitter(), { baseDelay: 100, retries: 3, random }).map(Math.round); // => [90, 109, 204]
 *
 * Source: Polly 8, "decorrelated jitter V2": t = n − 1 + U(0, 1); f(t) = 2^t · tanh(√(4t));
 * delay = (f(t) − f(previous t)) · baseDelay / 1.4.
 */
export function smoothJitter(): Backoff {
  const smooth: Backoff = ({ attempt, baseDelay, totalDelay, random }) => {
    const sum = (t: number): number => (baseDelay ? finite((curve(t) * baseDelay) / SCALE) : 0);
    // The sum so far lies on the curve, at most at n − 1, unless a server's hint made a delay longer: that is not made up for.
    return Math.max(0, sum(uniform(random, attempt - 1, attempt)) - Math.min(totalDelay, sum(attempt - 1)));
  };
  const cappedAt = (maxDelay: number): CapAware => {
    const bounded: Backoff = (step) => {
      const delay = smooth(step);
      return delay > maxDelay ? uniform(step.random, 0, maxDelay) : delay;
    };
    return Object.assign(bounded, { cappedAt: (other: number) => cappedAt(Math.min(maxDelay, other)) });
  };
  return Object.assign(smooth, { cappedAt });
}

/** f(t). The delays telescope: their sum so far is f at the last t, scaled. */
function curve(t: number): number {
  return 2 ** t * Math.tanh(Math.sqrt(4 * t));
}
