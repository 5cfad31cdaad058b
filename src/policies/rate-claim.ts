import type { Kind } from '../base/check.ts';
import type { Grant } from '../state/gcra.ts';

/** One claim on the limits: waiting in line, or granted, maybe for a time to come. */
export interface RateClaim {
  readonly cost: number;
  /** When it is granted for. */
  at: number;
  /** What each limit has granted; nothing while it waits. */
  grants: readonly Grant[];
  /** Lets a call go on that has waited. */
  go: (() => void) | undefined;
  /** Whether it can wait until a time. */
  fits: (turn: number) => boolean;
  /** Ends its own timer, where it has one. */
  unwatch: (() => void) | undefined;
  /** Set when it cannot any more. */
  lost: boolean;
}

/** A claim that waits. */
export function rateClaim(cost: number): RateClaim {
  return { cost, at: 0, grants: [], go: undefined, fits: () => true, unwatch: undefined, lost: false };
}

/** Units of cost that can be added up without an overflow. */
export const unitsKind: Kind = ['a number from 0 to 1e100', (value) => value >= 0 && value <= 1e100, RangeError];
