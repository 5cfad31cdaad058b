import { run, type Layer } from '../base/call.ts';
import { callable, clockKind, handlers, readOptions, text, type Kind, type OptionKind } from '../base/check.ts';
import { elapsedBy, systemClock, type Clock } from '../base/clock.ts';
import { ThrottledError } from '../base/errors.ts';
import { setLayers } from '../base/layers.ts';
import { notify } from '../base/observe.ts';
import type { Policy } from '../base/policy.ts';
import { systemRandom, uniform, type Random } from '../base/random.ts';
import { cutVerdict, verdict, type FailureOptions, type Outcome } from '../base/verdict.ts';
import { outcomeWindow, record, type Tally } from '../state/outcome-window.ts';

/** What may watch an adaptive throttle. */
export interface AdaptiveThrottleObservers {
  readonly rejected?: ((event: { readonly error: ThrottledError }) => unknown) | undefined;
}

/** How an `AdaptiveThrottle` behaves. */
export interface AdaptiveThrottleOptions extends FailureOptions {
  /** How many calls are sent for each that is accepted, before any is held back · at least 1 · default 2. */
  readonly k?: number | undefined;
  /** How far back it looks · ms, at least 1 · default 30 000. */
  readonly window?: number | undefined;
  /** Shown in the error of a refusal. */
  readonly name?: string | undefined;
  /** Default `systemClock`. */
  readonly clock?: Clock | undefined;
  /** Default `Math.random`. */
  readonly random?: Random | undefined;
  /** Observers. */
  readonly on?: AdaptiveThrottleObservers | undefined;
}

/**
 * Holds calls back by chance when the dependency turns many down: with the probability
 * max(0, (requests − k · accepts) / (requests + 1)). Requests count the calls held back here too, so under any overload
 * about k times what the dependency accepts is still sent, and no more. One call a second passes whatever happens.
 *
 * Unlike a circuit breaker it does not open and close: it finds the part that still gets through.
 *
 * @throws `TypeError` or `RangeError` for a wrong option.
 * @example
 * import { AdaptiveThrottle } from 'holdfast';
 * const throttle = new AdaptiveThrottle();
 * await throttle.execute(() => 'ok'); // => 'ok'
 * throttle.probability; // => 0
 *
 * Source: Google SRE Book, ch. 21, Handling Overload, 2016: Client-Side Throttling.
 */
export class AdaptiveThrottle implements Policy {
  /** As given. */
  readonly name: string | undefined;
  readonly #layers: readonly Layer[];
  readonly #probability: () => number;

  constructor(options?: AdaptiveThrottleOptions) {
    const given = readOptions('make an adaptive throttle', options, KINDS);
    const { k = 2, window: duration = 30_000, name, clock = systemClock, random = systemRandom, on } = given;
    const spec = { duration };
    const window = outcomeWindow(spec);
    const now = elapsedBy(clock);
    let passedAt = -Infinity;

    const probability = (time: number, tally: Tally = NOTHING): number => {
      const { calls, failures } = record(window, spec, time, tally);
      return Math.max(0, (calls - k * (calls - failures)) / (calls + 1));
    };
    const learn = (outcome: Outcome): void => {
      if (outcome !== 'neutral') probability(now(), outcome === 'failure' ? FAILED : ACCEPTED);
    };
    const layer: Layer = {
      kind: 'adaptive-throttle',
      facts: { k, window: duration, name },
      enter() {
        const time = now();
        const chance = probability(time);
        if (time - passedAt < PASSES_EVERY && uniform(random, 0, 1) < chance) {
          probability(time, FAILED);
          const error = new ThrottledError(`adaptive throttle${name ? ` ${name}` : ''}`, chance);
          notify(on, 'rejected', { error });
          throw error;
        }
        passedAt = time;
        return true;
      },
      exit(_call, _at, ok, value) {
        learn(verdict(given, ok, value));
        return true;
      },
      cut(call, _at, error, aborted) {
        learn(cutVerdict(call, error, aborted, false));
      },
      weight: () => Number(probability(now()) > 0),
    };
    this.#probability = () => probability(now());
    this.name = name;
    this.#layers = [layer];
    setLayers(this, this.#layers);
  }

  /** The probability with which a call is held back now. */
  get probability(): number {
    return this.#probability();
  }

  /** Calls `fn`, or refuses with a `ThrottledError`. See `Policy.execute`. */
  readonly execute: Policy['execute'] = (fn, options) => run(this.#layers, fn, options);
}

/** Ms after which a call passes whatever the probability is. */
const PASSES_EVERY = 1_000;

const NOTHING: Tally = [0, 0, 0];
const ACCEPTED: Tally = [1, 0, 0];
const FAILED: Tally = [1, 1, 0];

const factor: Kind = ['a finite number ≥ 1', (value) => value >= 1 && value < Infinity, RangeError];
const span: Kind = ['a finite number of ms ≥ 1', (value) => value >= 1 && value < Infinity, RangeError];
const KINDS: { readonly [Key in keyof Required<AdaptiveThrottleOptions>]: OptionKind } = {
  k: factor,
  window: span,
  isFailure: callable,
  isFailureResult: callable,
  name: text,
  clock: clockKind,
  random: callable,
  on: /* @__PURE__ */ handlers('rejected'),
};
