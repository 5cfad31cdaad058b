import { advance, charge, earliest, type Gcra } from './gcra.ts';

/** Where the limits of a rate limiter stand for whoever comes next: now, or behind others that wait. */
export interface RateForecast {
  /** The theoretical arrival time of each limit. */
  readonly tats: readonly number[];
  /** When the one before has its turn, in ms: nobody gets past it. */
  readonly turn: number;
}

/** What each limit charges for a call: the first one its cost, the second, if there is one, the call. */
export function unitsOf(cost: number, index: number): number {
  return index ? 1 : cost;
}

/** Takes a call of `cost` from all limits at `time`, for good: `false`, and nothing taken, if one has not so much. */
export function spend(limits: readonly Gcra[], cost: number, time: number): boolean {
  const first = limits[0]!;
  const second = limits[1];
  if (earliest(first, cost) > time || (second && earliest(second, 1) > time)) return false;
  charge(first, cost, time);
  if (second) charge(second, 1, time);
  return true;
}

/** Where the limits stand now. */
export function rateForecast(limits: readonly Gcra[]): RateForecast {
  return { tats: limits.map(({ tat }) => tat), turn: 0 };
}

/** When `cost` is granted, not before `least`: next, or after `from`. */
export function turnOf(limits: readonly Gcra[], cost: number, least: number, from?: RateForecast): number {
  let turn = Math.max(least, from ? from.turn : 0);
  for (let index = 0; index < limits.length; index++) {
    turn = Math.max(turn, earliest(limits[index]!, unitsOf(cost, index), from?.tats[index]));
  }
  return turn;
}

/** Where the limits stand once `cost` has been granted at `turn`, after `from`. */
export function following(limits: readonly Gcra[], cost: number, turn: number, from: RateForecast): RateForecast {
  return { tats: limits.map((limit, index) => advance(limit, unitsOf(cost, index), turn, from.tats[index])), turn };
}
