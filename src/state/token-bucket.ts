/**
 * A bucket of tokens that is filled by deposits, not by time. Counted in billionths, as whole numbers, so that ten
 * deposits of 0.1 are exactly one token.
 */
export interface TokenBucket {
  units: number;
  readonly capacity: number;
  readonly deposit: number;
}

const UNITS_PER_TOKEN = 1e9;

/** A full bucket. */
export function tokenBucket(capacity: number, deposit: number): TokenBucket {
  const units = Math.round(capacity * UNITS_PER_TOKEN);
  return { units, capacity: units, deposit: Math.round(deposit * UNITS_PER_TOKEN) };
}

/** Puts one deposit in; what runs over is lost. */
export function deposit(bucket: TokenBucket): void {
  bucket.units = Math.min(bucket.capacity, bucket.units + bucket.deposit);
}

/** Takes one token out, if there is a whole one. */
export function withdraw(bucket: TokenBucket): boolean {
  if (bucket.units < UNITS_PER_TOKEN) return false;
  bucket.units -= UNITS_PER_TOKEN;
  return true;
}

/** Puts a token back that was withdrawn and not used. */
export function refund(bucket: TokenBucket): void {
  bucket.units = Math.min(bucket.capacity, bucket.units + UNITS_PER_TOKEN);
}

/** How many tokens there are, fractions included. */
export function tokens(bucket: TokenBucket): number {
  return bucket.units / UNITS_PER_TOKEN;
}
