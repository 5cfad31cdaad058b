import type { Random } from '../base/random.ts';

/** How a duration is spread, in ms. */
export type Distribution =
  | { readonly kind: 'constant'; readonly mean: number }
  | { readonly kind: 'exponential'; readonly mean: number }
  /** Given by its mean and its 99th percentile, which is at least the mean and at most 14 times as much. */
  | { readonly kind: 'log-normal'; readonly mean: number; readonly p99: number }
  /** Each of the values as often as it is listed. */
  | { readonly kind: 'empirical'; readonly values: readonly number[] };

/** The 99th percentile of the standard normal distribution. */
const Z99 = 2.3263478740408408;

/**
 * A function that draws from a distribution, with `random` alone.
 *
 * Source: G. E. P. Box, M. E. Muller, A Note on the Generation of Random Normal Deviates, Annals of Mathematical
 * Statistics 29, 1958. A log-normal one has the mean exp(μ + σ²/2) and the 99th percentile exp(μ + z·σ).
 */
export function distribution(spread: Distribution, random: Random): () => number {
  switch (spread.kind) {
    case 'constant':
      return () => spread.mean;
    case 'exponential':
      return () => -spread.mean * Math.log(1 - random());
    case 'log-normal': {
      const { mean, p99 } = spread;
      if (mean === 0) return () => 0;
      const sigma = Z99 - Math.sqrt(Z99 ** 2 - 2 * Math.log(p99 / mean));
      const mu = Math.log(mean) - sigma ** 2 / 2;
      return () => {
        const radius = Math.sqrt(-2 * Math.log(1 - random()));
        return Math.exp(mu + sigma * radius * Math.cos(2 * Math.PI * random()));
      };
    }
    case 'empirical': {
      const { values } = spread;
      return () => values[Math.floor(random() * values.length)]!;
    }
  }
}
