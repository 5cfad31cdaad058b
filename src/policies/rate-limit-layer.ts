import { attempt, cut, descend, type Layer } from '../base/call.ts';
import { ALONE, Context, remaining, type Place } from '../base/context.ts';
import { check } from '../base/check.ts';
import { elapsedBy, type CancelTimer, type Clock } from '../base/clock.ts';
import { RateLimitedError } from '../base/errors.ts';
import { notify, reportOutOfBand } from '../base/observe.ts';
import { ownTimer } from '../base/own-timer.ts';
import { park } from '../base/park.ts';
import { correct, grant, lower, unitsLeft, type Gcra } from '../state/gcra.ts';
import { following, rateForecast, spend, turnOf, unitsOf, type RateForecast } from '../state/rate-forecast.ts';
import { rateClaim, unitsKind, type RateClaim } from './rate-claim.ts';

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

/** A rate limiter as a layer, and what can be done with it besides. */
export interface RateLimitLayer {
  /** A layer that charges every call so much. */
  readonly charging: (cost: number, actualCost?: ActualCost) => Layer;
  /** Takes `cost` now, or not. */
  readonly pass: (cost: number) => boolean;
  /** The same, and tells of a refusal. */
  readonly take: (cost: number) => boolean;
  /** Takes `cost`, now or for a time to come. */
  readonly reserve: (cost: number) => RateClaim;
  /** Says what a claim has really cost, and how many calls it was. */
  readonly settle: (claim: RateClaim, cost: number, calls: number) => void;
  /** Lowers what is left of a limit. */
  readonly lower: (limit: Gcra, units: number) => void;
  /** Lets nothing through for some ms. */
  readonly hold: (delay: number) => void;
  readonly queued: () => number;
  /** Ms from now. */
  readonly delayOf: (claim: RateClaim) => number;
  /** How many units of a limit are left. */
  readonly left: (limit: Gcra) => number;
}

/** Gives the pure limits their time and their line. */
export function rateLimitLayer(rules: RateLimitRules): RateLimitLayer {
  const { limits, maxQueued, maxWait, clock, name, on, facts } = rules;
  const now = elapsedBy(clock);
  const line = new Set<RateClaim>();
  /** Nothing passes before. */
  let held = 0;
  /** What the end of the line will find, as long as that is known. */
  let tail: RateForecast | undefined;
  /** Units of cost in line that have not been granted. */
  let waiting = 0;
  /** Whether some in line have been given their time, because somebody behind them has made a reservation. */
  let settled = false;
  let cancel: CancelTimer | undefined;
  let armedFor = Infinity;

  /** What the end of the line will find. One limit is served without a gap, as long as nothing else holds it up. */
  function endOfLine(time: number): RateForecast {
    const present = rateForecast(limits);
    if (!line.size) return present;
    if (limits.length === 1 && !settled && held <= time) {
      const [{ tat, interval }] = limits as [Gcra];
      return { tats: [tat + interval * waiting], turn: 0 };
    }
    tail ??= [...line].reduce((end, { cost, at, grants }) => {
      if (grants.length) return { ...end, turn: at };
      return following(limits, cost, turnOf(limits, cost, Math.max(held, time), end), end);
    }, present);
    return tail;
  }

  /** Grants a claim at `time`. */
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
    let end = rateForecast(limits);
    const lost = [...line].filter((claim) => {
      const { cost, at, grants } = claim;
      const turn = grants.length ? at : turnOf(limits, cost, Math.max(held, time), end);
      if (!grants.length && !claim.fits(turn)) return true;
      end = grants.length ? { ...end, turn } : following(limits, cost, turn, end);
      return false;
    });
    for (const claim of lost) {
      unqueue(claim);
      claim.lost = true;
      claim.go!();
    }
  }

  /** Takes a claim out of the line. */
  function unqueue(claim: RateClaim): void {
    if (!line.delete(claim)) return;
    claim.unwatch?.();
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
    for (const claim of line) {
      const turn = claim.grants.length ? claim.at : turnOf(limits, claim.cost, held);
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

  const untilTurn = (): number => Math.max(0, armedFor - now());

  /** Says that a call was not let in. */
  function reject(cost: number): RateLimitedError {
    const time = now();
    const retryAfter = Math.max(0, turnOf(limits, cost, held, endOfLine(time)) - time);
    const error = new RateLimitedError(`rate limiter${name ? ` ${name}` : ''}`, retryAfter);
    notify(on, 'rejected', { error, cost });
    return error;
  }

  const layer: RateLimitLayer = {
    charging: (cost, actualCost) => ({
      kind: 'rate-limiter',
      facts: { ...facts, cost },
      quick: (fn, signal) =>
        signal || actualCost || !layer.pass(cost) ? undefined : attempt(fn, new Context(ANYWHERE, 1)),
      enter(call, at) {
        const time = now();
        if (!line.size && turnOf(limits, cost, held) <= time) {
          if (actualCost) call.slots[at] = award(rateClaim(cost), time);
          else spend(limits, cost, time);
          return true;
        }
        if (line.size >= maxQueued) throw reject(cost);
        const rest = remaining(call, at);
        // Where nothing limits its wait, nobody needs to know how long that is.
        if (Math.min(maxWait, rest) < Infinity) {
          const end = endOfLine(time);
          const turn = turnOf(limits, cost, held, end);
          if (turn - time > maxWait || turn - time >= rest) throw reject(cost);
          tail = following(limits, cost, turn, end);
        } else tail = undefined;
        const claim = rateClaim(cost);
        claim.go = park(call, at, () => {
          claim.go = undefined;
          if (claim.lost) {
            const { turn } = call;
            call.slots[at] = undefined;
            const error = reject(cost);
            // Its observer may have ended the call.
            if (call.turn === turn) cut(call, at, error);
            return;
          }
          if (!actualCost) {
            call.slots[at] = undefined;
            layer.settle(claim, cost, 1);
          }
          descend(call, at + 1);
        });
        claim.fits = (turn) => turn - time <= maxWait && turn - now() < remaining(call, at);
        call.slots[at] = claim;
        line.add(claim);
        waiting += cost;
        if (line.size === 1) serve(time);
        claim.unwatch = ownTimer(clock, untilTurn, () => serve(now()));
        return false;
      },
      exit(call, at, ok, value) {
        const claim = call.slots[at] as RateClaim | undefined;
        if (!claim) return true;
        call.slots[at] = undefined;
        let actual = cost;
        try {
          const given = ok ? actualCost!({ value }) : cost;
          check(given, unitsKind, 'actual cost', 'settle a cost');
          actual = given;
        } catch (error) {
          // The call has been made, and paid for: its outcome is worth more than the difference.
          reportOutOfBand(rules, error, 'actualCost');
        }
        layer.settle(claim, actual, 1);
        return true;
      },
      cut(call, at) {
        const claim = call.slots[at] as RateClaim | undefined;
        call.slots[at] = undefined;
        // Who has not gone on yet has used nothing.
        const used = claim?.go ? 0 : 1;
        if (claim) layer.settle(claim, used * cost, used);
      },
      weight: () => Number(limits.some((limit) => layer.left(limit) < limit.burst)),
    }),
    pass(cost) {
      const time = now();
      return !line.size && held <= time && spend(limits, cost, time);
    },
    take(cost) {
      const passes = layer.pass(cost);
      if (!passes && on?.rejected) reject(cost);
      return passes;
    },
    reserve(cost) {
      const time = now();
      let end = rateForecast(limits);
      const next = (claim: RateClaim): RateClaim => {
        if (!claim.grants.length) award(claim, turnOf(limits, claim.cost, Math.max(held, time), end));
        end = { ...rateForecast(limits), turn: claim.at };
        return claim;
      };
      for (const claim of line) next(claim);
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
    lower(limit, left) {
      const time = now();
      lower(limit, left, time);
      refit(time);
      serve(time);
    },
    hold(delay) {
      if (!delay) return;
      const time = now();
      held = Math.max(held, time + delay);
      // Whoever has been given a time, because somebody behind has made a reservation, waits like the others.
      waiting = 0;
      settled = false;
      for (const claim of line) {
        revise(claim, 0, 0, time);
        waiting += claim.cost;
      }
      refit(time);
      serve(time);
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

/** A limiter remembers nothing of a call that it has let through. */
const ANYWHERE: Place = { layers: [], slots: [], parent: ALONE, holder: undefined };
