import type { Backoff } from '../backoff/backoff.ts';
import { capped } from '../backoff/capped.ts';
import { equalJitter } from '../backoff/equal-jitter.ts';
import { exponential } from '../backoff/exponential.ts';
import { run, type Layer } from '../base/call.ts';
import {
  callable,
  check,
  clockKind,
  count,
  duration,
  durationOrNever,
  handlers,
  invalid,
  readOptions,
  text,
  type OptionKind,
} from '../base/check.ts';
import { systemClock, wallTime, type Clock } from '../base/clock.ts';
import { setLayers } from '../base/layers.ts';
import type { Policy } from '../base/policy.ts';
import { systemRandom, type Random } from '../base/random.ts';
import { releasable, type Releasable } from '../base/releasable.ts';
import type { FailureOptions, Outcome } from '../base/verdict.ts';
import type { CircuitState } from '../state/circuit.ts';
import type { CircuitSnapshot } from '../state/circuit-snapshot.ts';
import { failureConfidence, rulesOf, tripRule, type AnyTripRule, type TripRule } from '../state/trip-rule.ts';
import { circuitLayer, type CircuitLayer, type CircuitObservers } from './circuit-layer.ts';

/** How a half-open breaker tries the dependency out. */
export interface ProbeOptions {
  /** Counted successes that close the breaker · an integer, at least 1 · default 3. */
  readonly required?: number | undefined;
  /** Probes at once; callers beyond them are refused · an integer, at least 1 · default 1. */
  readonly concurrent?: number | undefined;
  /** A probe that has not settled by then counts as failed · ms or `Infinity` · default 30 000. */
  readonly timeout?: number | undefined;
}

/** How a `CircuitBreaker` behaves. */
export interface CircuitBreakerOptions extends FailureOptions {
  /** When to open · default `failureConfidence()`. */
  readonly trip?: TripRule | AnyTripRule | undefined;
  /**
   * How long to stay open · ms, or a backoff asked with `attempt` = openings in a row and `baseDelay` 5 000 · default:
   * 5 s doubling up to 60 s, with equal jitter. It starts over once the breaker was closed for one window.
   */
  readonly openDuration?: number | Backoff | undefined;
  readonly probes?: ProbeOptions | undefined;
  /** From when on a call is slow: for `slowCallRate`, for probes, and for calls that are aborted late · ms · default never. */
  readonly slowCallDuration?: number | undefined;
  /** Shown in the error of a refusal. */
  readonly name?: string | undefined;
  /** Default `systemClock`. */
  readonly clock?: Clock | undefined;
  /** Default `Math.random`. */
  readonly random?: Random | undefined;
  /** Observers. */
  readonly on?: CircuitObservers | undefined;
}

/**
 * The right to make one call. Answers once; from before a change of state, it changes nothing. To release it says
 * that the call tells nothing of the dependency, or was not made.
 */
export interface Permit extends Releasable {
  /** The call worked. */
  succeed(): void;
  /** The call failed. With an error, `isFailure` is asked whether that counts. */
  fail(error?: unknown): void;
}

const ACTION = 'make a circuit breaker';

/**
 * Stops calling a dependency that fails, and tries it out again after a while.
 *
 * Closed, it lets every call through and watches the outcomes; when the trip rule says so it opens and refuses all
 * with a `CircuitOpenError`; after the open duration the next calls are probes, which close it or open it again. Put
 * it inside a retry and around the attempt's timeout. It needs no timer.
 *
 * @throws `TypeError` or `RangeError` for a wrong option.
 * @example
 * import { CircuitBreaker, consecutiveFailures } from 'holdfast';
 * const breaker = new CircuitBreaker({ trip: consecutiveFailures(2), openDuration: 1_000 });
 * const down = () => Promise.reject(new Error('down'));
 * await breaker.execute(down).catch(() => {});
 * await breaker.execute(down).catch(() => {});
 * await breaker.execute(down).catch((error: Error) => error.name); // => 'CircuitOpenError'
 *
 * Source: M. Nygard, Release It!, 2007, Circuit Breaker.
 */
export class CircuitBreaker implements Policy {
  /** As given. */
  readonly name: string | undefined;
  readonly #layer: CircuitLayer;
  readonly #layers: readonly Layer[];

  constructor(options?: CircuitBreakerOptions) {
    const given = readOptions(ACTION, options, KINDS);
    const {
      trip = failureConfidence(),
      openDuration = (growing ??= equalJitter(capped(exponential(), 60_000))),
      probes = readOptions<ProbeOptions>(ACTION, undefined, PROBE_KINDS),
    } = given;
    const { required = 3, concurrent = 1, timeout: lease = 30_000 } = probes;
    const { slowCallDuration = Infinity, clock = systemClock, random = systemRandom } = given;
    const { isFailure, isFailureResult, name, on } = given;
    const trips = rulesOf(trip);
    if (slowCallDuration === Infinity && trips.some(({ needsSlowCalls }) => needsSlowCalls)) {
      throw invalid(ACTION, 'slowCallDuration beside slowCallRate()', undefined);
    }
    const spans = trips.map(({ window }) => (window && 'duration' in window ? window.duration : CALM));
    const calm = Math.max(...spans);
    const growth = typeof openDuration === 'number' ? () => openDuration : openDuration;
    const circuit = { trips, required, concurrent, lease, calm, openDuration: growth, slowCallDuration };
    const facts = { name, trips, openDuration, slowCallDuration, required, concurrent, probeTimeout: lease };
    this.#layer = circuitLayer({ ...circuit, facts, isFailure, isFailureResult, name, clock, random, on });
    this.name = name;
    this.#layers = [this.#layer];
    setLayers(this, this.#layers);
  }

  /** What it does with calls at the moment. An open breaker stays so until the first call after its open duration. */
  get state(): CircuitState {
    return this.#layer.state();
  }

  /** Calls `fn`, or refuses with a `CircuitOpenError`. See `Policy.execute`. */
  readonly execute: Policy['execute'] = (fn, options) => run(this.#layers, fn, options);

  /** For code that cannot be wrapped in a function: the right to make one call now, or `undefined`. */
  tryAcquire(): Permit | undefined {
    const layer = this.#layer;
    let grant = layer.acquire();
    layer.tell();
    if (!grant) {
      layer.reject();
      return undefined;
    }
    const answer = (outcome: Outcome, error?: unknown): void => {
      const answered = grant;
      grant = undefined;
      if (answered && error !== undefined) layer.finish(answered, false, error);
      else if (answered) layer.settle(answered, outcome);
    };
    return {
      succeed: () => answer('success'),
      fail: (error) => answer('failure', error),
      ...releasable(() => answer('neutral')),
    };
  }

  /** Holds the breaker open, whatever happens, until the handle is released. Then it goes on where it was. */
  isolate(): Releasable {
    const layer = this.#layer;
    layer.isolate();
    return releasable(() => layer.release());
  }

  /** Closes the breaker and forgets what it has seen. An isolation stays. */
  reset(): void {
    this.#layer.reset();
  }

  /**
   * What it remembers, as JSON: for another process, or for this one after a restart.
   *
   * @param takenAt ms since 1970; default: the wall clock.
   */
  snapshot(takenAt: number = wallTime()): CircuitSnapshot {
    return this.#layer.snapshot(takenAt);
  }

  /**
   * A breaker that goes on from a snapshot. The options have to be those of the one it was taken of.
   *
   * @param restoredAt ms since 1970; default: the wall clock. The time in between has passed for the breaker too.
   * @throws `TypeError` or `RangeError` for anything that is not a snapshot of such a breaker.
   */
  static restore(
    snapshot: CircuitSnapshot,
    options?: CircuitBreakerOptions,
    restoredAt: number = wallTime(),
  ): CircuitBreaker {
    const breaker = new this(options);
    breaker.#layer.restore(snapshot, restoredAt);
    return breaker;
  }
}

/** Ms of being closed after which the open duration starts over, where no window says so. */
const CALM = 10_000;

/** The default open duration, for all breakers: made for the first, since an import that makes it takes longer. */
let growing: Backoff | undefined;

const PROBE_KINDS = { required: count, concurrent: count, timeout: durationOrNever };
const openDurationKind: OptionKind = (value: unknown, name, action) => {
  if (typeof value !== 'function') check(value, duration, name, action);
  return value;
};
const KINDS: { readonly [Key in keyof Required<CircuitBreakerOptions>]: OptionKind } = {
  trip: tripRule,
  openDuration: openDurationKind,
  probes: (value: ProbeOptions, name, action) => readOptions(action, value, PROBE_KINDS, `${name}.`),
  isFailure: callable,
  isFailureResult: callable,
  slowCallDuration: durationOrNever,
  name: text,
  clock: clockKind,
  random: callable,
  on: /* @__PURE__ */ handlers('stateChange', 'rejected'),
};
