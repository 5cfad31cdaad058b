import { branch, type Branch } from '../base/branch.ts';
import { callTimer } from '../base/call-timer.ts';
import { ascend, type Call, type Layer } from '../base/call.ts';
import { around } from '../base/context.ts';
import {
  callable,
  check,
  clockKind,
  count,
  duration,
  handlers,
  invalid,
  readOptions,
  refusePromise,
  type Kind,
  type OptionKind,
} from '../base/check.ts';
import { systemClock, type CancelTimer, type Clock } from '../base/clock.ts';
import { allFailed, isFinal, isRefusal, withCause } from '../base/errors.ts';
import { layered } from '../base/layers.ts';
import { notify } from '../base/observe.ts';
import type { Policy } from '../base/policy.ts';
import { adjust, type Quantile } from '../state/quantile.ts';
import { budgetKind, type RetryBudget } from './retry-budget.ts';
import type { Budget, RetryRun } from './retry-run.ts';

/** Told of every attempt after the first, before it is made. */
export interface HedgeEvent {
  /** The attempt to come, from 2. */
  readonly attempt: number;
  /** What the last attempt to fail failed with, if that is why. */
  readonly error?: unknown;
}

/** How `hedge` hedges. */
export interface HedgeOptions {
  /**
   * How long the attempts so far may take before the next one is made beside them · ms, a `quantile`, or a function of
   * the attempt to come.
   */
  readonly delay: number | Quantile | ((next: { readonly attempt: number }) => number);
  /** Attempts besides the first · an integer, at least 1 · default 1. */
  readonly maxHedges?: number | undefined;
  /** Bounds hedges over all calls that share it · default: that of a retry around it, if there is one. */
  readonly budget?: RetryBudget | undefined;
  /** Whether a failed attempt leaves it to the others; if not, its error ends the call · default: all but aborts and our own argument errors. */
  readonly isHedgeable?: ((failure: { readonly error: unknown; readonly attempt: number }) => boolean) | undefined;
  /** Default `systemClock`. */
  readonly clock?: Clock | undefined;
  /** Observers. */
  readonly on?: { readonly hedge?: ((event: HedgeEvent) => unknown) | undefined } | undefined;
}

/**
 * A policy against slow answers: when an attempt takes longer than `delay`, or fails, another one is made beside it.
 * The first success wins; the others are aborted in the same turn, and nobody waits for them.
 *
 * Only for what may be done twice. Give it a `RetryBudget`: without one, a slow service gets twice the load.
 *
 * @throws `TypeError` or `RangeError` for a wrong option. A call rejects with an `AggregateError` of all attempts, in
 * the order in which they were made; with the error itself if there was only one.
 * @example
 * import { hedge } from 'holdfast';
 * const slowOnce = ({ attempt }: { attempt: number }) => (attempt === 1 ? new Promise(() => {}) : attempt);
 * await hedge({ delay: 5 }).execute(slowOnce); // => 2
 *
 * Source: J. Dean, L. A. Barroso, The Tail at Scale, CACM 56, 2013: Hedged requests.
 */
export function hedge(options: HedgeOptions): Policy {
  const action = 'make a hedge';
  const given = readOptions(action, options, KINDS);
  delayOption(given.delay, 'delay', action);
  return layered([hedgeLayer(given)]);
}

/** The attempts of one call. */
interface Race {
  /** The number of the first one. */
  readonly first: number;
  /** How many have been made. */
  attempts: number;
  readonly running: Set<Branch>;
  readonly errors: unknown[];
  readonly budget: Budget | undefined;
  /** Whether another one may follow. */
  more: boolean;
  /** Whether the first attempt has told how long it takes. */
  measured: boolean;
  cancel: CancelTimer | undefined;
}

function hedgeLayer({ delay, maxHedges = 1, budget, isHedgeable, clock = systemClock, on }: HedgeOptions): Layer {
  const tracked = typeof delay === 'object' ? delay : undefined;

  function measure(race: Race, above: boolean): void {
    if (tracked && !race.measured) adjust(tracked, above);
    race.measured = true;
  }

  /** Makes an attempt, and sees to the one after it. Returns whether there still was a call to make it for. */
  function attempt(call: Call, at: number, race: Race): boolean {
    const index = race.attempts;
    const more = index < maxHedges;
    const ms = more && delayBefore({ attempt: race.first + index + 1 });
    if (call.slots[at] !== race) return false;
    race.attempts++;
    const each = branch(call, at, call.layers.slice(at + 1), call.fn, race.first + index, (ok, value) => {
      race.running.delete(each);
      if (!index && ok) measure(race, false);
      // A failure says nothing of how long answers take, and whoever comes after it is not the first.
      race.measured ||= !index;
      if (ok) finish(call, at, race, true, value);
      else fail(call, at, race, index, value);
    });
    race.more = more;
    if (ms !== false) {
      const late = (): void => {
        measure(race, true);
        go(call, at, race, {});
      };
      race.cancel = callTimer(call, at, clock, ms, late);
    }
    race.running.add(each);
    each.start();
    return true;
  }

  function delayBefore(next: { readonly attempt: number }): number {
    const ms = typeof delay === 'function' ? delay(next) : (tracked?.estimate ?? (delay as number));
    if (typeof ms === 'number' && ms >= 0 && ms < Infinity) return ms;
    throw invalid('hedge', 'delay to return a finite number of ms ≥ 0', ms, RangeError);
  }

  /** Makes another attempt beside those that run, if there may be one. */
  function go(call: Call, at: number, race: Race, failure: { readonly error?: unknown }): boolean {
    let paid = false;
    let made = false;
    try {
      race.cancel?.();
      race.more &&= !race.budget || (paid = race.budget.tryWithdraw());
      if (!race.more) return false;
      notify(on, 'hedge', { attempt: race.first + race.attempts, ...failure });
      made = call.slots[at] === race && attempt(call, at, race);
      if (paid && !made) race.budget!.refund();
    } catch (error) {
      if (paid && !made) race.budget!.refund();
      finish(call, at, race, false, 'error' in failure ? withCause(error, failure.error) : error);
    }
    return true;
  }

  function fail(call: Call, at: number, race: Race, index: number, error: unknown): void {
    race.errors[index] = error;
    try {
      const verdict = isHedgeable ? isHedgeable({ error, attempt: race.first + index }) : !isFinal(error);
      refusePromise(verdict, 'isHedgeable');
      if (call.slots[at] !== race) return;
      if (!verdict) finish(call, at, race, false, error);
      // To ask again at once what was refused here helps nobody.
      else if ((isRefusal(error) || !go(call, at, race, { error })) && !race.running.size) {
        const all = allFailed(race.errors, 'attempts');
        finish(call, at, race, false, all);
      }
    } catch (failure) {
      finish(call, at, race, false, withCause(failure, error));
    }
  }

  function finish(call: Call, at: number, race: Race, ok: boolean, value: unknown): void {
    if (call.slots[at] === race) ascend(call, at, ok, value);
  }

  /** Gives up all attempts under way; while the call itself is cut, it is at work if they are. */
  function stop(call: Call, race: Race, reason: unknown, aborted: boolean): void {
    for (const each of race.running) {
      each.end(reason, aborted);
      call.working ||= each.call.working;
    }
    // Last, since a clock may throw: nobody shall run on for that.
    race.cancel?.();
  }

  return {
    kind: 'hedge',
    facts: {
      delay: tracked ? `quantile ${tracked.q}` : typeof delay === 'number' ? delay : 'a function',
      maxHedges,
      budget,
    },
    enter(call, at) {
      const outer = around(call, at, 'retry') as RetryRun | null | undefined;
      const hedged = budget && (around(call, at, 'hedge') as Race | null | undefined);
      // A later attempt, or one inside another policy on the same budget, is no first call.
      if (budget !== outer?.budget && budget !== hedged?.budget && call.attempt === 1) budget?.deposit();
      const race: Race = {
        first: call.attempt,
        attempts: 0,
        running: new Set(),
        errors: [],
        budget: budget ?? outer?.budget,
        more: true,
        measured: false,
        cancel: undefined,
      };
      call.slots[at] = race;
      attempt(call, at, race);
      return false;
    },
    exit(call, at) {
      const race = call.slots[at] as Race;
      call.slots[at] = undefined;
      stop(
        call,
        race,
        race.running.size && new DOMException('Another attempt has settled the call', 'AbortError'),
        true,
      );
      return true;
    },
    cut(call, at, error, aborted) {
      const race = call.slots[at] as Race | undefined;
      call.slots[at] = undefined;
      if (race) stop(call, race, error, aborted);
    },
  };
}

const delayKind: Kind = [
  'a finite number of ms ≥ 0, a quantile or a function',
  (value: Quantile | null) =>
    typeof value === 'function' || (typeof value?.estimate === 'number' && typeof value.q === 'number'),
];
const delayOption = (value: unknown, name: string, action: string): unknown => {
  check(value, typeof value === 'number' ? duration : delayKind, name, action);
  return value;
};
const KINDS: { readonly [Key in keyof Required<HedgeOptions>]: OptionKind } = {
  delay: delayOption,
  maxHedges: count,
  budget: budgetKind,
  isHedgeable: callable,
  clock: clockKind,
  on: /* @__PURE__ */ handlers('hedge'),
};
