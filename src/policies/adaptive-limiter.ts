import { run, type Call, type Layer } from '../base/call.ts';
import {
  callable,
  count,
  durationOrNever,
  handlers,
  invalid,
  readOptions,
  text,
  type OptionKind,
} from '../base/check.ts';
import { elapsedBy, systemClock } from '../base/clock.ts';
import { setLayers } from '../base/layers.ts';
import { notify } from '../base/observe.ts';
import type { Policy } from '../base/policy.ts';
import { cutVerdict, verdict, type FailureOptions, type Outcome } from '../base/verdict.ts';
import { aimd, decrease, increase, limitOf, type Aimd } from '../state/aimd.ts';
import { queueOptions, type QueueOptions } from './queue-options.ts';
import { releaseOnKind, slotLayer, type SlotLayer, type SlotObservers } from './slot-layer.ts';

/** What may watch an adaptive limiter. */
export interface AdaptiveLimiterObservers extends SlotObservers {
  readonly limitChange?: ((event: { readonly from: number; readonly to: number }) => unknown) | undefined;
}

/** How an `AdaptiveLimiter` behaves. */
export interface AdaptiveLimiterOptions extends QueueOptions, FailureOptions {
  /** The lowest limit · an integer, at least 1 · default 1. */
  readonly min?: number | undefined;
  /** The highest limit · an integer, at least `min`; not given, it is `min` where that is above 200 · default 200. */
  readonly max?: number | undefined;
  /** A call that takes longer says that there are too many at once · ms or `Infinity` · default `Infinity`. */
  readonly target?: number | undefined;
  /** As that of a `Bulkhead` · default `settle`. */
  readonly releaseOn?: 'settle' | 'timeout' | undefined;
  /** Shown in the error of a refusal. */
  readonly name?: string | undefined;
  /** Observers. */
  readonly on?: AdaptiveLimiterObservers | undefined;
}

/**
 * A bulkhead that finds its own size. It begins with two calls at once; a tenth less after every failure or call slower
 * than `target`, one more after as many successes as it lets run, while at least half of it is in use.
 *
 * For a dependency whose capacity nobody knows, or that changes: a model server whose requests differ in length.
 *
 * @throws `TypeError` or `RangeError` for a wrong option.
 * @example
 * import { AdaptiveLimiter } from 'holdfast';
 * const limiter = new AdaptiveLimiter({ max: 50, target: 2_000 });
 * await limiter.execute(() => 'ok'); // => 'ok'
 * limiter.limit; // => 2
 *
 * Source: D. Chiu, R. Jain, Analysis of the Increase and Decrease Algorithms for Congestion Avoidance, 1989.
 */
export class AdaptiveLimiter implements Policy {
  /** As given. */
  readonly name: string | undefined;
  readonly #state: Aimd;
  readonly #layer: SlotLayer;
  readonly #layers: readonly Layer[];

  constructor(options?: AdaptiveLimiterOptions) {
    const action = 'make an adaptive limiter';
    const given = readOptions(action, options, KINDS);
    const { min = 1, max = Math.max(200, min), target = Infinity, maxQueued = 0, maxWait = Infinity } = given;
    const { clock = systemClock, releaseOn = 'settle', name, on } = given;
    if (max < min) throw invalid(action, `max to be at least min (${min})`, max, RangeError);
    const state = aimd(min, max, INITIAL);
    const facts = { min, max, target, releaseOn };
    const untilSettled = releaseOn === 'settle';
    const rules = { kind: 'adaptive-limiter', name, maxQueued, maxWait, clock, untilSettled, facts, on };
    const slots = slotLayer(() => limitOf(state), rules);
    const now = elapsedBy(clock);
    const learn = (outcome: Outcome, slow: boolean): void => {
      const from = limitOf(state);
      if (outcome === 'failure' || (slow && outcome === 'success')) decrease(state);
      else if (outcome === 'success') increase(state, slots.running());
      const to = limitOf(state);
      if (from === to) return;
      slots.refit();
      notify(on, 'limitChange', { from, to });
    };
    const isSlow = (call: Call, at: number): boolean => now() - (call.slots[at] as number) > target;
    /** Inside of the slots: it looks at the calls that have one. */
    const learner: Layer = {
      kind: 'learner',
      enter(call, at) {
        call.slots[at] = now();
        return true;
      },
      exit(call, at, ok, value) {
        const slow = isSlow(call, at);
        let outcome: Outcome = 'neutral';
        try {
          outcome = verdict(given, ok, value);
        } finally {
          learn(outcome, slow);
        }
        return true;
      },
      cut(call, at, error, aborted) {
        const slow = isSlow(call, at);
        learn(cutVerdict(call, error, aborted, slow), slow);
      },
    };
    this.#state = state;
    this.#layer = slots;
    this.name = name;
    this.#layers = [slots, learner];
    setLayers(this, this.#layers);
  }

  /** Calls at once, at the moment. */
  get limit(): number {
    return limitOf(this.#state);
  }

  /** Calls that have a slot. */
  get running(): number {
    return this.#layer.running();
  }

  /** Calls in line. */
  get queued(): number {
    return this.#layer.queued();
  }

  /** Calls `fn` once there is a slot for it, or refuses with a `BulkheadFullError`. See `Policy.execute`. */
  readonly execute: Policy['execute'] = (fn, options) => run(this.#layers, fn, options);
}

const INITIAL = 2;

const KINDS: { readonly [Key in keyof Required<AdaptiveLimiterOptions>]: OptionKind } = /* @__PURE__ */ Object.assign(
  {
    min: count,
    max: count,
    target: durationOrNever,
    releaseOn: releaseOnKind,
    isFailure: callable,
    isFailureResult: callable,
    name: text,
    on: /* @__PURE__ */ handlers('rejected', 'limitChange'),
  },
  queueOptions,
);
