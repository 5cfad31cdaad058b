import { run, type Layer } from '../base/call.ts';
import type { CallContext } from '../base/context.ts';
import {
  abortSignal,
  callable,
  check,
  checkOuter,
  contextKind,
  handlers,
  invalid,
  readOptions,
  text,
  type Kind,
  type OptionKind,
} from '../base/check.ts';
import { systemClock } from '../base/clock.ts';
import { setLayers } from '../base/layers.ts';
import type { ExecuteOptions, Guarded, Policy } from '../base/policy.ts';
import { gcra, type Gcra } from '../state/gcra.ts';
import { queueOptions, type QueueOptions } from './queue-options.ts';
import { unitsKind } from './rate-claim.ts';
import { rateLimitLayer, type ActualCost, type RateLimitLayer, type RateLimitObservers } from './rate-limit-layer.ts';

/** So much in a time. */
export interface Rate {
  /** Units of cost in an interval · above 0. */
  readonly limit: number;
  /** Ms, above 0. */
  readonly interval: number;
  /** Units that may be used at once after a rest · above 0 · default: the limit, or 1 if that is less. */
  readonly burst?: number | undefined;
}

/** What calls cost. */
export interface CostOptions<T = unknown> {
  /** Units that a call is charged when it begins · above 0, at most the burst · default 1. */
  readonly cost?: number | undefined;
  /** What a call that succeeded has really cost, at least 0; the difference is settled then · default: its cost. */
  readonly actualCost?: ActualCost<T> | undefined;
}

/** What one call through a `RateLimiter` is given besides its function. */
export interface ChargedOptions<T = unknown> extends ExecuteOptions {
  /** Of this very call · default: that of the limiter. */
  readonly cost?: number | undefined;
  /** Of this very call · default: that of the limiter. */
  readonly actualCost?: ActualCost<T> | undefined;
  /** The context of an outer call, instead of a signal: shares its signal, deadline and budget. */
  readonly context?: CallContext | undefined;
}

/** How a `RateLimiter` behaves. */
export interface RateLimiterOptions extends Rate, CostOptions, QueueOptions {
  /** A second limit, in which every call is one unit, whatever it costs · default none. */
  readonly calls?: Rate | undefined;
  /** Shown in the error of a refusal. */
  readonly name?: string | undefined;
  /** Observers. */
  readonly on?: RateLimitObservers | undefined;
}

/** A part of the limit that is taken, for now or for a time to come. */
export interface Reservation {
  /** From when on it may be used, as a reading of the clock. */
  readonly at: number;
  /** Ms until then, at least 0. */
  readonly delay: number;
  /** It is not used: gives it back, as far as nobody has had to wait for it yet. */
  cancel(): void;
  /** What it has really cost · at least 0. The first word counts. */
  settle(cost: number): void;
}

/** Headers of a response: a `Headers`, or a plain object. */
export type ResponseHeaders =
  { get(name: string): string | null } | { readonly [name: string]: string | readonly string[] | undefined };

/**
 * Lets so much through in a time, evenly: in any span t never more than burst + limit · t / interval. Others wait in
 * line, first in first out whatever they cost, or are refused with a `RateLimitedError` that says when to come back.
 *
 * @throws `TypeError` or `RangeError` for a wrong option.
 * @example
 * import { RateLimiter } from 'holdfast';
 * const limiter = new RateLimiter({ limit: 100, interval: 1_000 });
 * limiter.tryAcquire(60); // => true
 * limiter.tryAcquire(60); // => false
 *
 * Source: ITU-T I.371, 2004, annex A, generic cell rate algorithm.
 */
export class RateLimiter implements Policy {
  /** As given. */
  readonly name: string | undefined;
  readonly #gate: RateLimitLayer;
  readonly #limits: readonly Gcra[];
  readonly #layers: readonly Layer[];
  readonly #cost: number;
  readonly #costKind: Kind;
  readonly #actualCost: ActualCost | undefined;
  readonly #now: () => number;

  constructor(options: RateLimiterOptions) {
    const given = readOptions(ACTION, options, KINDS);
    const { maxQueued = 0, maxWait = Infinity, clock = systemClock, name, on, calls, cost = 1, actualCost } = given;
    this.#limits = (calls ? [given, calls] : [given]).map(limitOf);
    const [facts, second] = this.#limits.map(({ limit, interval, burst }) => ({ limit, interval, burst }));
    const rules = { limits: this.#limits, maxQueued, maxWait, clock, name, on };
    this.#gate = rateLimitLayer({ ...rules, facts: { ...facts, calls: second, maxQueued, maxWait, name } });
    this.#now = () => clock.now();
    this.name = name;
    const { burst } = this.#limits[0]!;
    const says = `a number above 0, at most the burst of ${burst}`;
    this.#costKind = [says, (value) => value > 0 && value <= burst, RangeError];
    this.#check(cost, ACTION);
    this.#cost = cost;
    this.#actualCost = actualCost;
    this.#layers = [this.#gate.charging(cost, actualCost)];
    setLayers(this, this.#layers);
  }

  /** Units of cost that could be used at once now; below 0 where more was reserved, or settled, than there was. */
  get available(): number {
    return this.#gate.left(this.#limits[0]!);
  }

  /** Calls in line. */
  get queued(): number {
    return this.#gate.queued();
  }

  /**
   * Calls `fn` when its turn has come, or refuses with a `RateLimitedError`. See `Policy.execute`.
   *
   * @param options also `cost` and `actualCost` of this very call.
   */
  readonly execute: <T>(fn: Guarded<T>, options?: ChargedOptions<T> | CallContext) => Promise<T> = (fn, options) => {
    return isCharged(options) ? this.#charge(fn, options) : run(this.#layers, fn, options);
  };

  /** Waits for its turn, or refuses with a `RateLimitedError`. */
  acquire(cost: number = this.#cost, options?: ExecuteOptions | CallContext): Promise<void> {
    try {
      this.#check(cost, ACQUIRE);
    } catch (error) {
      return Promise.reject(error as Error);
    }
    if (options === undefined && this.#gate.pass(cost)) return Promise.resolve();
    return run([this.#gate.charging(cost)], nothing, options, ACQUIRE);
  }

  /** Takes `cost` now: `false` if there is not so much, or others are waiting. */
  tryAcquire(cost: number = this.#cost): boolean {
    this.#check(cost, ACQUIRE);
    return this.#gate.take(cost);
  }

  /** Takes `cost` for the first time at which it can be had, after all that wait already. Never refused. */
  reserve(cost: number = this.#cost): Reservation {
    this.#check(cost, 'reserve');
    const gate = this.#gate;
    const claim = gate.reserve(cost);
    const delay = Math.max(0, gate.delayOf(claim));
    return {
      at: this.#now() + delay,
      delay,
      cancel: () => gate.settle(claim, 0, 0),
      settle(actual) {
        check(actual, unitsKind, 'cost', 'settle a cost');
        gate.settle(claim, actual, 1);
      },
    };
  }

  /**
   * Lowers the limiter to what a server says is left, in the headers of a response; never raises it. It reads
   * `x-ratelimit-remaining-tokens` (where there are two limits), `x-ratelimit-remaining-requests`,
   * `ratelimit-remaining` and `x-ratelimit-remaining`, and a `retry-after` in seconds, up to a day. What is malformed is
   * ignored.
   */
  observe(headers: ResponseHeaders): void {
    check(headers, headersKind, 'headers', 'observe a response');
    const read = (name: string): number | undefined => {
      try {
        const own = 'get' in headers && typeof headers.get === 'function';
        const given: unknown = own ? (headers as Headers).get(name) : headers[name as never];
        const value: unknown = Array.isArray(given) ? given[0] : given;
        return typeof value === 'string' && /^\d{1,15}(\.\d{1,9})?$/.test(value) ? Number(value) : undefined;
      } catch {
        return undefined;
      }
    };
    const tokens = read('x-ratelimit-remaining-tokens');
    const requests =
      read('x-ratelimit-remaining-requests') ?? read('ratelimit-remaining') ?? read('x-ratelimit-remaining');
    const seconds = read('retry-after') ?? 0;
    const delay = seconds <= LONGEST_HOLD ? seconds * 1_000 : 0;
    this.#gate.heed(this.#limits.length > 1 ? [tokens, requests] : [requests], delay);
  }

  async #charge<T>(fn: Guarded<T>, options: ChargedOptions<never>): Promise<T> {
    const given = readOptions(ACQUIRE, options, CALL_KINDS);
    const { cost = this.#cost, actualCost = this.#actualCost, context, signal } = given;
    checkOuter(context, signal, ACQUIRE);
    this.#check(cost, ACQUIRE);
    return run([this.#gate.charging(cost, actualCost as ActualCost)], fn, context ?? { signal });
  }

  #check(cost: number, action: string): void {
    // Its own cost has been checked when it was made.
    if (cost !== this.#cost) check(cost, this.#costKind, 'cost', action);
  }
}

const ACTION = 'make a rate limiter';
const ACQUIRE = 'acquire';
/** In seconds: a server that asks for more does not mean it, or is not well. */
const LONGEST_HOLD = 86_400;

function nothing(): void {}

function limitOf({ limit, interval, burst = Math.max(limit, 1) }: Rate, index: number): Gcra {
  const prefix = index ? 'calls.' : '';
  check(limit, positive, `${prefix}limit`, ACTION);
  check(interval, positive, `${prefix}interval`, ACTION);
  // Of a limit on calls, at least a whole one has to fit.
  check(burst, index ? wholeBurst : positive, `${prefix}burst`, ACTION);
  const largest = Math.max(limit, interval, burst);
  if (largest > MOST)
    throw invalid(ACTION, `${prefix}limit, interval and burst to be at most 1e100`, largest, RangeError);
  return gcra(limit, interval, burst);
}

/** Above it, adding up could overflow. */
const MOST = 1e100;

const positive: Kind = ['a finite number above 0', (value) => value > 0 && value < Infinity, RangeError];
const wholeBurst: Kind = ['a finite number ≥ 1', (value) => value >= 1 && value < Infinity, RangeError];
const headersKind: Kind = ['the headers of a response', (value: unknown) => typeof value === 'object' && value];
const RATE_KINDS = { limit: positive, interval: positive, burst: positive };
const COST_KINDS = { cost: positive, actualCost: callable };
const KINDS: { readonly [Key in keyof Required<RateLimiterOptions>]: OptionKind } = /* @__PURE__ */ Object.assign(
  {
    calls: (value: Rate, name: string, action: string) => readOptions(action, value, RATE_KINDS, `${name}.`),
    name: text,
    on: /* @__PURE__ */ handlers('rejected'),
  },
  RATE_KINDS,
  COST_KINDS,
  queueOptions,
);
const CALL_KINDS = /* @__PURE__ */ Object.assign({ signal: abortSignal, context: contextKind }, COST_KINDS);
/** Whether a call is given more than a signal, or is handed a context. What does not let itself be looked at is not. */
function isCharged(options: object | undefined): options is ChargedOptions<never> {
  try {
    return typeof options === 'object' && ['cost', 'actualCost', 'context'].some((name) => name in options);
  } catch {
    return false;
  }
}
