/** Where chance comes from: a number in [0, 1), as `Math.random` gives it. */
export type Random = () => number;

/** The chance of the machine. */
export const systemRandom: Random = () => Math.random();

/** The largest number below 1. */
const BELOW_ONE = 0.9999999999999999;

/**
 * Draws once, evenly between `low` and `high`. A source that returns 1, NaN or anything outside [0, 1) is clamped,
 * so the result never leaves the interval.
 */
export function uniform(random: Random, low: number, high: number): number {
  const drawn: unknown = random();
  const part = typeof drawn === 'number' && drawn > 0 ? Math.min(drawn, BELOW_ONE) : 0;
  return low + (high - low) * part;
}
