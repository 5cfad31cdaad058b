import { descend, remaining, type Layer } from '../base/call.ts';
import { amount, check } from '../base/check.ts';
import { elapsedBy, type CancelTimer, type Clock } from '../base/clock.ts';
import { RateLimitedError } from '../base/errors.ts';
import { notify } from '../base/observe.ts';
import { park } from '../base/park.ts';
import { advance, charge, correct, earliest, grant, lower, unitsLeft, type Gcra, type Grant } from '../state/gcra.ts';

/** What may watch a rate limiter. */
export interface RateLimitObservers {
  readonly rejected?: ((event: { readonly error: RateLimitedError; readonly cost: number }) => unknown) | undefined;
}

/** Says what a call has really cost, once that is known. */
export type ActualCost<T = unknown> = (result: { readonly value: T }) => number;

/** Everything that a rate limiter goes by. */
export interface RateLimitRules {
  /** On the cost, and maybe on the calls. */
  readonly limits: readonly Gcra[];
  readonly maxQueued: number;
  readonly maxWait: number;
  readonly clock: Clock;
  readonly name: string | undefined;
  readonly facts: object;
  readonly on: RateLimitObservers | undefined;
}

/** One claim on the limits: waiting in line, or granted, maybe for a time to come. */
export interface Claim {
  readonly cost: number;
  /** When it is granted for. */
  at: number;
  /** What each limit has granted; nothing while it waits. */
  grants: readonly Grant[];
  /** Lets a call go on that has waited. */
  go: (() => void) | undefined;
}

/** A rate limiter as a layer, and what can be done with it besides. */
export interface RateLimitLayer {
  /** A layer that charges every call so much. */
  readonly charging: (cost: number, actualCost?: ActualCost) => Layer;
  /** Takes `cost` now, or not. */
  readonly take: (cost: number) => boolean;
  /** Takes `cost`, now or for a time to come. */
  readonly reserve: (cost: number) => Claim;
  /** Says what a claim has really cost, and how many calls it was. */
  readonly settle: (claim: Claim, cost: number, calls: number) => void;
  /** Lowers what is left of a limit. */
  readonly lower: (limit: Gcra, units: number) => void;
  /** Lets nothing through for some ms. */
  readonly hold: (delay: number) => void;
  /** Says that a call was not let in. */
  readonly reject: (cost: number) => RateLimitedError;
  readonly queued: () => number;
  /** Ms from now. */
  readonly delayOf: (claim: Claim) => number;
  /** How many units of a limit are left. */
  readonly left: (limit: Gcra) => number;
}

/** What a claim finds: where the limits stand, and when the last one before it has its turn. */
interface Tail {
  readonly tats: readonly number[];
  turn: number;
}

const newClaim = (cost: number): Claim => ({ cost, at: 0, grants: [], go: undefined });

/** Gives the pure limits their time and their line. */
export function rateLimitLayer(rules: RateLimitRules): RateLimitLayer {
  const { limits, maxQueued, maxWait, clock, name, on, facts } = rules;
  const now = elapsedBy(clock);
  const line = new Set<Claim>();
  /** Nothing passes before. */
  let held = 0;
  /** What the end of the line will find, as long as that is known. */
  let tail: Tail | undefined;
  let cancel: CancelTimer | undefined;
  let armedFor: number | undefined;

  const units = (cost: number, index: number): number => (index ? 1 : cost);
  const tats = (): Tail => ({ tats: limits.map(({ tat }) => tat), turn: 0 });

  /** When `cost` is granted: next, or behind `from`. */
  function turnOf(cost: number, from?: Tail): number {
    let turn = Math.max(held, from ? from.turn : 0);
    for (let index = 0; index < limits.length; index++) {
      turn = Math.max(turn, earliest(limits[index]!, units(cost, index), from?.tats[index]));
    }
    return turn;
  }

  /** What follows a grant of `cost` at `turn`. */
  function behind(cost: number, turn: number, from: Tail): Tail {
    const next = limits.map((limit, index) => advance(limit, units(cost, index), turn, from.tats[index]));
    return { tats: next, turn };
  }

  /** What the end of the line will find. */
  function endOfLine(time: number): Tail {
    if (!line.size) return tats();
    if (tail) return tail;
    tail = tats();
    for (const { cost, at, grants } of line) {
      if (grants.length) tail.turn = at;
      else tail = behind(cost, Math.max(time, turnOf(cost, tail)), tail);
    }
    return tail;
  }

  function spend(cost: number, time: number): void {
    limits.forEach((limit, index) => charge(limit, units(cost, index), time));
  }

  /** Grants a claim at `time`. */
  function award(claim: Claim, time: number): Claim {
    claim.at = time;
    claim.grants = limits.map((limit, index) => grant(limit, units(claim.cost, index), time));
    return claim;
  }

  /** Takes back what a claim has been granted, but for `cost` and so many calls. */
  function revise(claim: Claim, cost: number, calls: number, time: number): void {
    claim.grants.forEach((granted, index) => correct(limits[index]!, granted, index ? calls : cost, time));
    claim.grants = [];
  }

  /** Lets those go on whose turn it is, and sets the timer for the next. */
  function serve(time: number): void {
    tail = undefined;
    for (const claim of line) {
      const turn = claim.grants.length ? claim.at : turnOf(claim.cost);
      if (turn > time) {
        arm(turn, turn - time);
        return;
      }
      line.delete(claim);
      if (!claim.grants.length) award(claim, time);
      claim.go!();
    }
    arm(undefined, 0);
  }

  function arm(turn: number | undefined, delay: number): void {
    if (turn === armedFor) return;
    cancel?.();
    armedFor = turn;
    cancel =
      turn === undefined
        ? undefined
        : clock.setTimer(delay, () => {
            armedFor = undefined;
            // That it has rung is as good a proof of the time as the clock's reading.
            serve(Math.max(turn, now()));
          });
  }

  const layer: RateLimitLayer = {
    charging: (cost, actualCost) => ({
      kind: 'rate-limiter',
      facts: { ...facts, cost },
      enter(call, at) {
        const time = now();
        if (!line.size && turnOf(cost) <= time) {
          if (actualCost) call.slots[at] = award(newClaim(cost), time);
          else spend(cost, time);
          return true;
        }
        if (line.size >= maxQueued) throw layer.reject(cost);
        const rest = remaining(call, at);
        // Where nothing limits its wait, nobody needs to know how long that is.
        if (Math.min(maxWait, rest) < Infinity) {
          const end = endOfLine(time);
          const turn = turnOf(cost, end);
          if (turn - time > maxWait || turn - time >= rest) throw layer.reject(cost);
          tail = behind(cost, turn, end);
        } else tail = undefined;
        const claim = newClaim(cost);
        claim.go = park(call, () => {
          claim.go = undefined;
          if (!actualCost) {
            call.slots[at] = undefined;
            layer.settle(claim, cost, 1);
          }
          descend(call, at + 1);
        });
        call.slots[at] = claim;
        line.add(claim);
        if (line.size === 1) serve(time);
        return false;
      },
      exit(call, at, ok, value) {
        const claim = call.slots[at] as Claim | undefined;
        if (!claim) return true;
        call.slots[at] = undefined;
        let actual = cost;
        try {
          if (ok) check((actual = actualCost!({ value })), amount, 'actualCost', 'settle a cost');
        } catch (error) {
          actual = cost;
          throw error;
        } finally {
          layer.settle(claim, actual, 1);
        }
        return true;
      },
      cut(call, at) {
        const claim = call.slots[at] as Claim | undefined;
        call.slots[at] = undefined;
        // Who has not gone on yet has used nothing.
        const used = claim?.go ? 0 : 1;
        if (claim) layer.settle(claim, used * cost, used);
      },
      weight: () => Number(limits.some((limit) => layer.left(limit) < limit.burst)),
    }),
    take(cost) {
      const time = now();
      if (line.size || turnOf(cost) > time) return false;
      spend(cost, time);
      return true;
    },
    reserve(cost) {
      const time = now();
      let end = tats();
      const next = (claim: Claim): Claim => {
        if (!claim.grants.length) award(claim, Math.max(time, turnOf(claim.cost, end)));
        end = { ...tats(), turn: claim.at };
        return claim;
      };
      for (const claim of line) next(claim);
      tail = undefined;
      return next(newClaim(cost));
    },
    settle(claim, cost, calls) {
      const time = now();
      line.delete(claim);
      revise(claim, cost, calls, time);
      serve(time);
    },
    lower(limit, left) {
      const time = now();
      lower(limit, left, time);
      serve(time);
    },
    hold(delay) {
      if (!delay) return;
      const time = now();
      held = Math.max(held, time + delay);
      // Whoever has been given a time, because somebody behind has made a reservation, waits like the others.
      for (const claim of line) revise(claim, 0, 0, time);
      serve(time);
    },
    reject(cost) {
      const time = now();
      const retryAfter = Math.max(0, turnOf(cost, endOfLine(time)) - time);
      const error = new RateLimitedError(`rate limiter${name ? ` ${name}` : ''}`, retryAfter);
      notify(on, 'rejected', { error, cost });
      return error;
    },
    queued: () => line.size,
    delayOf: ({ at }) => at - now(),
    left(limit) {
      const time = now();
      return Math.min(unitsLeft(limit, time), held > time ? 0 : Infinity);
    },
  };
  return layer;
}
