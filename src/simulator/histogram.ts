/** Values lie in steps of this factor: a quantile is off by at most half a percent. */
const STEP = 1.01;
/** The shortest duration that is told from 0, in ms. */
const LEAST = 0.001;
/** Up to 10⁷ ms, almost three hours; what is longer counts as that. */
const STEPS = Math.ceil(Math.log(1e7 / LEAST) / Math.log(STEP)) + 2;
const SCALE = 1 / Math.log(STEP);

/** Quantiles of durations, in ms; `null` where there were none. */
export interface LatencyQuantiles {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  /** Exactly. */
  readonly max: number | null;
}

/**
 * Durations by their logarithm: quantiles within half a percent, in the same memory for any number of values.
 *
 * Source: the idea of G. Tene, HdrHistogram, 2012; the steps are those of C. Masson, J. E. Rim, H. K. Lee, DDSketch,
 * PVLDB 12, 2019, section 2.2.
 */
export class Histogram {
  readonly #counts = new Uint32Array(STEPS);
  #count = 0;
  #max = 0;

  /** How many values there are. */
  get count(): number {
    return this.#count;
  }

  /** Adds one duration, in ms. */
  add(ms: number): void {
    const step = ms < LEAST ? 0 : Math.min(STEPS - 1, 1 + Math.floor(Math.log(ms / LEAST) * SCALE));
    this.#counts[step]!++;
    this.#count++;
    if (ms > this.#max) this.#max = ms;
  }

  /** Forgets all. */
  clear(): void {
    if (this.#count) this.#counts.fill(0);
    this.#count = 0;
    this.#max = 0;
  }

  /** The least value that at least the part `q` of all values does not exceed; `null` without values. */
  quantile(q: number): number | null {
    if (!this.#count) return null;
    let left = Math.max(1, Math.ceil(q * this.#count));
    let step = 0;
    while ((left -= this.#counts[step]!) > 0) step++;
    return step ? Math.min(this.#max, LEAST * STEP ** (step - 0.5)) : 0;
  }

  /** The quantiles of a report. */
  quantiles(): LatencyQuantiles {
    const [p50, p90, p99, p999] = [0.5, 0.9, 0.99, 0.999].map((q) => this.quantile(q)) as [
      number,
      number,
      number,
      number,
    ];
    return { p50, p90, p99, p999, max: this.#count ? this.#max : null };
  }
}
