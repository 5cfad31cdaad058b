import { attempt, cut, descend, type Layer } from '../base/call.ts';
import { ALONE, Context, remaining, type Place } from '../base/context.ts';
import { check } from '../base/check.ts';
import { elapsedBy, type Clock } from '../base/clock.ts';
import { RateLimitedError } from '../base/errors.ts';
import { notify, reportOutOfBand } from '../base/observe.ts';
import { ownTimer } from '../base/own-timer.ts';
import { park } from '../base/park.ts';
import type { Gcra } from '../state/gcra.ts';
import { rateClaim, unitsKind, type RateClaim } from './rate-claim.ts';
import { rateLine, type RateLine } from './rate-line.ts';

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
export interface RateLimitLayer extends RateLine {
  /** A layer that charges every call so much. */
  readonly charging: (cost: number, actualCost?: ActualCost) => Layer;
  /** Takes `cost` now, or not, and tells of a refusal. */
  readonly take: (cost: number) => boolean;
}

/** Lets calls through as the limits say, or refuses them. */
export function rateLimitLayer(rules: RateLimitRules): RateLimitLayer {
  const { limits, maxQueued, maxWait, clock, name, on, facts } = rules;
  const now = elapsedBy(clock);
  const line = rateLine(limits, clock, now);

  /** Says that a call was not let in. */
  function reject(cost: number): RateLimitedError {
    const time = now();
    line.catchUp(time);
    const retryAfter = Math.max(0, line.turnBehind(cost, time) - time);
    const error = new RateLimitedError(`rate limiter${name ? ` ${name}` : ''}`, retryAfter);
    notify(on, 'rejected', { error, cost });
    return error;
  }

  return {
    ...line,
    charging: (cost, actualCost) => ({
      kind: 'rate-limiter',
      facts: { ...facts, cost },
      quick: (fn, signal) =>
        signal || actualCost || !line.pass(cost) ? undefined : attempt(fn, new Context(ANYWHERE, 1)),
      enter(call, at) {
        const time = now();
        line.catchUp(time);
        if (actualCost ? line.isFree(cost, time) : line.pass(cost, time)) {
          if (actualCost) call.slots[at] = line.award(rateClaim(cost), time);
          return true;
        }
        if (line.queued() >= maxQueued) throw reject(cost);
        const rest = remaining(call, at);
        // Where nothing limits its wait, nobody needs to know how long that is.
        const turn = Math.min(maxWait, rest) < Infinity ? line.turnBehind(cost, time) : undefined;
        if (turn !== undefined && (turn - time > maxWait || turn - time >= rest)) throw reject(cost);
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
            line.settle(claim, cost, 1);
          }
          descend(call, at + 1);
        });
        if (turn !== undefined) claim.fits = (turn) => turn - time <= maxWait && turn - now() < remaining(call, at);
        call.slots[at] = claim;
        line.join(claim, turn, time);
        claim.unwatch = ownTimer(clock, line.untilTurn, () => line.catchUp(now()));
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
        line.settle(claim, actual, 1);
        return true;
      },
      cut(call, at) {
        const claim = call.slots[at] as RateClaim | undefined;
        call.slots[at] = undefined;
        // Who has not gone on yet has used nothing.
        const used = claim?.go ? 0 : 1;
        if (claim) line.settle(claim, used * cost, used);
      },
      weight: () => Number(limits.some((limit) => line.left(limit) < limit.burst)),
    }),
    take(cost) {
      const passes = line.pass(cost);
      if (!passes && on?.rejected) reject(cost);
      return passes;
    },
  };
}

/** A limiter remembers nothing of a call that it has let through. */
const ANYWHERE: Place = { layers: [], slots: [], parent: ALONE, holder: undefined };
