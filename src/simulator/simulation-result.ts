import type { LatencyQuantiles } from './histogram.ts';

/** How many circuit breakers are in which state. */
export interface BreakerCounts {
  readonly closed: number;
  readonly open: number;
  readonly halfOpen: number;
}

/** What happened in one bucket of time. */
export interface SimulationBucket {
  /** Its beginning · ms. */
  readonly time: number;
  /** Calls that were begun. */
  readonly offered: number;
  /** Requests that clients sent. */
  readonly sent: number;
  /** Calls that succeeded in it, whenever they began. */
  readonly succeeded: number;
  readonly failed: number;
  /** Calls that failed because a policy refused them: they ended with a refusal of ours. */
  readonly refused: number;
  /** Of the calls that succeeded in it. */
  readonly latency: LatencyQuantiles;
  /** At its end. */
  readonly breakers: BreakerCounts;
  /** Requests in line, at all services, at its end. */
  readonly queued: number;
  /** Busy workers, of all services, at its end. */
  readonly busy: number;
  /** Calls under way at its end. */
  readonly inFlight: number;
}

/** What became of the requests to one service. */
export interface ServiceTotals {
  /** By clients and by other services. */
  readonly sent: number;
  /** Requests that came to it: not those that were lost, whose connection was refused, or that are on their way. */
  readonly received: number;
  /** Done, and good. */
  readonly succeeded: number;
  /** Done, and failed. */
  readonly failed: number;
  /** Turned down at once: no connection, too many in line, too many in a time. */
  readonly refused: number;
  /** Dropped from the line, since nobody waited any more. */
  readonly expired: number;
  /** Stopped, since the client had given up. */
  readonly stopped: number;
  /** Of those done: work for which nobody waited any more. */
  readonly wasted: number;
  /** Requests and answers that vanished. */
  readonly lost: number;
  /** In line at the end. */
  readonly queued: number;
  /** With a worker at the end. */
  readonly running: number;
}

/** The whole of a simulation in numbers. */
export interface SimulationTotals {
  /** Calls. offered = succeeded + failed + refused + inFlight. */
  readonly offered: number;
  /** Requests that clients sent. */
  readonly sent: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly refused: number;
  /** Calls that had not ended at the end. */
  readonly inFlight: number;
  /** How often a circuit breaker opened. */
  readonly trips: number;
  /** Events that were simulated. */
  readonly events: number;
  readonly services: { readonly [name: string]: ServiceTotals };
}

/** Whether a fleet survives its triggers. */
export type Verdict = 'stable' | 'slow' | 'metastable';

/** What a simulation gives. It is JSON, but for an infinite recovery. */
export interface SimulationResult {
  readonly seed: number;
  readonly series: readonly SimulationBucket[];
  readonly totals: SimulationTotals;
  /** Of all calls that succeeded. */
  readonly latency: LatencyQuantiles;
  /** Requests sent for each that would have been without retries and hedges. */
  readonly amplification: number;
  /** The part of the calls that succeeded. */
  readonly goodput: number;
  /** Ms from the end of the last trigger until goodput was back for good; `Infinity` if it never was. */
  readonly recovery: number;
  readonly verdict: Verdict;
  /** When and why it was ended before its time; `null` if it was not. */
  readonly stopped: { readonly at: number; readonly why: string } | null;
}
