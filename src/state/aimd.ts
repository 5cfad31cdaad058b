/**
 * A limit that is found out by additive increase and multiplicative decrease, as plain data.
 *
 * Source: D. Chiu, R. Jain, Analysis of the Increase and Decrease Algorithms for Congestion Avoidance, 1989.
 */
export interface Aimd {
  readonly min: number;
  readonly max: number;
  /** With its fraction; what counts is the whole part. */
  limit: number;
  /** Successes since it has last changed. */
  successes: number;
}

/** What a failure leaves of the limit. */
const DECREASE = 0.9;

/** A limit that begins at `initial`, or as near to it as its bounds let it. */
export function aimd(min: number, max: number, initial: number): Aimd {
  return { min, max, limit: Math.min(max, Math.max(min, initial)), successes: 0 };
}

/** The limit, as a whole number. */
export function limitOf({ limit }: Aimd): number {
  return Math.floor(limit);
}

/** Lowers the limit after a failure, or a call that was too slow. */
export function decrease(state: Aimd): void {
  state.limit = Math.max(state.min, state.limit * DECREASE);
  state.successes = 0;
}

/** Notes a success while so many were running; as many of them as the limit has raise it by one. */
export function increase(state: Aimd, running: number): void {
  if (running * 2 < limitOf(state)) return;
  if (++state.successes < limitOf(state)) return;
  state.limit = Math.min(state.max, state.limit + 1);
  state.successes = 0;
}
