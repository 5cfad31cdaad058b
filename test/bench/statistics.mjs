// The few numbers that the benchmark makes of many.

/** @param {readonly number[]} values at least one */
export function median(values) {
  return quantile(values, 0.5);
}

/**
 * Between two values, the straight line between them.
 *
 * @param {readonly number[]} values at least one
 * @param {number} part between 0 and 1
 */
export function quantile(values, part) {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (sorted.length - 1) * part;
  const below = Math.floor(at);
  const above = sorted[Math.min(below + 1, sorted.length - 1)];
  return sorted[below] + (above - sorted[below]) * (at - below);
}

/**
 * With so many digits that count.
 *
 * @param {number} value
 */
export function rounded(value, digits = 4) {
  return Number(value.toPrecision(digits));
}

/**
 * How much a ratio may differ when it is measured again, as a part of it: how far the runs lie apart, or twice the standard
 * error of a run's median where that is more (for a median of n, 0.93 times the distance of the quartiles by √n, if what is
 * measured is spread normally), and 15 % at least.
 *
 * @param {readonly (readonly number[])[]} runs the ratios of the rounds of each run
 */
export function noiseOf(runs) {
  const middles = runs.map(median);
  const apart = Math.max(...middles) - Math.min(...middles);
  const errors = runs.map((each) => (0.93 * (quantile(each, 0.75) - quantile(each, 0.25))) / Math.sqrt(each.length));
  return rounded(Math.max(0.15, Math.max(apart, 2 * Math.max(...errors)) / median(middles)), 3);
}
