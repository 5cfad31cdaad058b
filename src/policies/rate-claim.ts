import type { Kind } from '../base/check.ts';
import type { Linked } from '../base/line.ts';
import type { Grant } from '../state/gcra.ts';

/** One claim on the limits: waiting in line, or granted, maybe for a time to come. */
export interface RateClaim extends Linked<RateClaim> {
  readonly cost: number;
  /** When it is granted for. */
  at: number;
  /** What each limit has granted; nothing while it waits. */
  grants: readonly Grant[];
  /** Lets a call go on that has waited. */
  go: (() => void) | undefined;
  /** Whether it can wait until a time; `undefined`: for ever. */
  fits: ((turn: number) => boolean) | undefined;
  /** Ends its own timer, where it has one. */
  unwatch: (() => void) | undefined;
  /** Set when it cannot any more. */
  lost: boolean;
}

/** A claim that waits. */
export function rateClaim(cost: number): RateClaim {
  return {
    cost,
    at: 0,
    grants: [],
    go: undefined,
    fits: undefined,
    unwatch: undefined,
    lost: false,
    earlier: undefined,
    later: undefined,
    inLine: false,
  };
}

/** Units of cost that can be added up without an overflow. */
export const unitsKind: Kind = ['a number from 0 to 1e100', (value) => value >= 0 && value <= 1e100, RangeError];
