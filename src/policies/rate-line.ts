import type { CancelTimer, Clock } from '../base/clock.ts';
import { Line } from '../base/line.ts';
import { correct, grant, lower, unitsLeft, type Gcra } from '../state/gcra.ts';
import { following, rateForecast, spend, turnOf, unitsOf, type RateForecast } from '../state/rate-forecast.ts';
import { rateClaim, type RateClaim } from './rate-claim.ts';

/** The line before a rate limiter, and what can be done with its limits. Times are ms on its clock. */
export interface RateLine {
  /** Lets those go on whose turn has come while the timer was late: to be called before anybody else is reckoned with. */
  readonly catchUp: (time: number) => void;
  /** When a newcomer of `cost` would have his turn, behind all who wait. */
  readonly turnBehind: (cost: number, time: number) => number;
  /** Lets a claim wait at the end: of `turn`, where that has been reckoned. */
  readonly join: (claim: RateClaim, turn: number | undefined, time: number) => void;
  /** Whether `cost` can be had at once. */
  readonly isFree: (cost: number, time: number) => boolean;
  /** Takes it for good if so: `false` if not. */
  readonly pass: (cost: number, time?: number) => boolean;
  /** Grants a claim at `time`. */
  readonly award: (claim: RateClaim, time: number) => RateClaim;
  /** Takes `cost`, now or for a time to come. */
  readonly reserve: (cost: number) => RateClaim;
  /** Says what a claim has really cost, and how many calls it was. */
  readonly settle: (claim: RateClaim, cost: number, calls: number) => void;
  /** Lowers what is left of each limit, where that is said, and lets nothing through for some ms: in one go. */
  readonly heed: (left: readonly (number | undefined)[], delay: number) => void;
  readonly queued: () => number;
  /** Ms until the turn of the first. */
  readonly untilTurn: () => number;
  /** Ms from now. */
  readonly delayOf: (claim: RateClaim) => number;
  /** How many units of a limit are left. */
  readonly left: (limit: Gcra) => number;
}

/** @param now ms passed by `clock`. */
export function rateLine(limits: readonly Gcra[], clock: Clock, now: () => number): RateLine {
  const line = new Line<RateClaim>();
  /** Nothing passes before. */
  let held = 0;
  /** What the end of the line will find, as long as that is known. */
  let tail: RateForecast | undefined;
  /** Units of cost in line that have not been granted. */
  let waiting = 0;
  /** How many in line cannot wait for ever. */
  let impatient = 0;
  /** Whether some in line have been given their time, because somebody behind them has made a reservation. */
  let settled = false;
  let cancel: CancelTimer | undefined;
  let armedFor = Infinity;

  /** When somebody in line has his turn: next, or after `from`. */
  function turnFor({ grants, at, cost }: RateClaim, from?: RateForecast): number {
    return grants.length ? at : turnOf(limits, cost, held, from);
  }

  /** Goes through the line, and says what its end will find. Those whom `leaves` picks are not reckoned with. */
  function walk(time: number, leaves?: (claim: RateClaim, turn: number) => boolean): RateForecast {
    let end = rateForecast(limits);
    for (let claim = line.first; claim; claim = claim.later) {
      const turn = turnFor(claim, end);
      if (leaves?.(claim, turn)) continue;
      // Who is late has his turn now.
      end = claim.grants.length ? { ...end, turn } : following(limits, claim.cost, Math.max(turn, time), end);
    }
    return end;
  }

  /** What the end of the line will find. One limit is served without a gap, as long as nothing else holds it up. */
  function endOfLine(time: number): RateForecast {
    if (!line.size) return rateForecast(limits);
    if (limits.length === 1 && !settled && held <= time) {
      const [{ tat, interval }] = limits as [Gcra];
      return { tats: [tat + interval * waiting], turn: 0 };
    }
    return (tail ??= walk(time));
  }

  function award(claim: RateClaim, time: number): RateClaim {
    claim.at = time;
    claim.grants = limits.map((limit, index) => grant(limit, unitsOf(claim.cost, index), time, now()));
    return claim;
  }

  /** Takes back what a claim has been granted, but for `cost` and so many calls. */
  function revise(claim: RateClaim, cost: number, calls: number, time: number): void {
    claim.grants.forEach((granted, index) => correct(limits[index]!, granted, index ? calls : cost, time));
    claim.grants = [];
  }

  /** Refuses those in line whose turn has moved further away than they can wait, as a server that is observed may do. */
  function refit(time: number): void {
    if (!impatient) return;
    const lost: RateClaim[] = [];
    walk(time, (claim, turn) => {
      const leaves = !claim.grants.length && claim.fits?.(turn) === false;
      if (leaves) lost.push(claim);
      return leaves;
    });
    for (const claim of lost) {
      unqueue(claim);
      claim.lost = true;
      claim.go!();
    }
  }

  /** Takes a claim out of the line. */
  function unqueue(claim: RateClaim): void {
    if (!line.leave(claim)) return;
    claim.unwatch?.();
    if (claim.fits) impatient--;
    if (!claim.grants.length) waiting -= claim.cost;
    if (!line.size) {
      // So that no rounding is left of them.
      waiting = 0;
      settled = false;
    }
  }

  /** Lets those go on whose turn it is, and sets the timer for the next. */
  function serve(time: number): void {
    tail = undefined;
    for (let claim = line.first; claim; claim = line.first) {
      const turn = turnFor(claim);
      if (turn > time) return arm(turn, turn - time);
      unqueue(claim);
      if (!claim.grants.length) award(claim, time);
      claim.go!();
    }
    arm(Infinity, 0);
  }

  function arm(turn: number, delay: number): void {
    if (turn === armedFor) return;
    cancel?.();
    armedFor = turn;
    if (turn === Infinity) return;
    cancel = clock.setTimer(delay, () => {
      armedFor = Infinity;
      // That it has rung is as good a proof of the time as the clock's reading.
      serve(Math.max(turn, now()));
    });
  }

  function catchUp(time: number): void {
    if (time >= armedFor) serve(time);
  }

  return {
    catchUp,
    turnBehind: (cost, time) => turnOf(limits, cost, held, endOfLine(time)),
    join(claim, turn, time) {
      tail = turn === undefined ? undefined : following(limits, claim.cost, turn, endOfLine(time));
      line.join(claim);
      if (claim.fits) impatient++;
      waiting += claim.cost;
      if (line.size === 1) serve(time);
    },
    isFree: (cost, time) => !line.size && turnOf(limits, cost, held) <= time,
    pass: (cost, time = now()) => !line.size && held <= time && spend(limits, cost, time),
    award,
    reserve(cost) {
      const time = now();
      catchUp(time);
      let end = rateForecast(limits);
      const next = (claim: RateClaim): RateClaim => {
        if (!claim.grants.length) award(claim, turnOf(limits, claim.cost, Math.max(held, time), end));
        end = { ...rateForecast(limits), turn: claim.at };
        return claim;
      };
      for (let claim = line.first; claim; claim = claim.later) next(claim);
      tail = undefined;
      settled = line.size > 0;
      waiting = 0;
      return next(rateClaim(cost));
    },
    settle(claim, cost, calls) {
      const time = now();
      unqueue(claim);
      revise(claim, cost, calls, time);
      if (cost > claim.cost) refit(time);
      serve(time);
    },
    heed(left, delay) {
      // Most answers say nothing: the line is not gone through for those.
      if (!delay && !left.some(Number.isFinite)) return;
      const time = now();
      left.forEach((units = Infinity, index) => lower(limits[index]!, units, time));
      if (delay) {
        held = Math.max(held, time + delay);
        // Whoever has been given a time, because somebody behind has made a reservation, waits like the others.
        waiting = 0;
        settled = false;
        for (let claim = line.first; claim; claim = claim.later) {
          revise(claim, 0, 0, time);
          waiting += claim.cost;
        }
      }
      refit(time);
      serve(time);
    },
    queued: () => line.size,
    untilTurn: () => Math.max(0, armedFor - now()),
    delayOf: ({ at }) => at - now(),
    left(limit) {
      const time = now();
      return Math.min(unitsLeft(limit, time), held > time ? 0 : Infinity);
    },
  };
}
