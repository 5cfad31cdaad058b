import type { Random } from '../base/random.ts';
import { conditionsAt, type Conditions } from './conditions.ts';
import { distribution, type Distribution } from './distribution.ts';

/** When a client makes its calls. A rate is that of each client, in calls per second. */
export type Arrivals =
  | { readonly kind: 'poisson'; readonly rate: number }
  /** Evenly, each client from a moment of its own on. */
  | { readonly kind: 'constant'; readonly rate: number }
  /** One call at a time; the next one after a pause. */
  | { readonly kind: 'closed'; readonly thinkTime: Distribution }
  /** So many calls at once, all clients at the same time, every so many ms. */
  | { readonly kind: 'bursts'; readonly size: number; readonly every: number };

/** The arrivals of one client. */
export interface ArrivalProcess {
  /** The time of the first arrival. */
  readonly first: number;
  /** The time of the next arrival: after the one at `time`, or, one call at a time, after the answer at `time`. */
  next(time: number): number;
  /** How many calls arrive at `time` together. */
  size(time: number): number;
  /** Whether the next call waits for the answer. */
  readonly closed: boolean;
}

/**
 * The arrivals of one client, with `random` alone, so that nothing but the seed and the surges changes them.
 *
 * A surge of `factor` makes time run that much faster for the process: for a Poisson process that is exact.
 *
 * Source: E. Çinlar, Introduction to Stochastic Processes, 1975, ch. 4.7, the change of time of a Poisson process.
 */
export function arrivals(process: Arrivals, surges: readonly Conditions[], random: Random): ArrivalProcess {
  /** The time at which the process has run for `wait` ms of its own, from `time` on. */
  const after = (time: number, wait: number): number => {
    for (;;) {
      const { surge, until } = conditionsAt(surges, time);
      const run = (until - time) * surge;
      if (wait <= run || until === Infinity) return surge ? time + wait / surge : Infinity;
      wait -= run;
      time = until;
    }
  };
  const one = (): number => 1;
  switch (process.kind) {
    case 'poisson': {
      const draw = distribution({ kind: 'exponential', mean: 1_000 / process.rate }, random);
      return { first: after(0, draw()), next: (time) => after(time, draw()), size: one, closed: false };
    }
    case 'constant': {
      const gap = 1_000 / process.rate;
      return { first: after(0, gap * random()), next: (time) => after(time, gap), size: one, closed: false };
    }
    case 'closed': {
      const draw = distribution(process.thinkTime, random);
      return { first: after(0, draw()), next: (time) => after(time, draw()), size: one, closed: true };
    }
    case 'bursts': {
      const { size, every } = process;
      const surged = (time: number): number => Math.round(size * conditionsAt(surges, time).surge);
      return { first: 0, next: (time) => time + every, size: surged, closed: false };
    }
  }
}
