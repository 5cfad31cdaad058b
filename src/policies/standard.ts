import {
  callable,
  check,
  clockKind,
  durationOrNever,
  handlers,
  policyKind,
  readOptions,
  RECORD,
  refusePromise,
  text,
  type Kind,
  type OptionKind,
} from '../base/check.ts';
import type { Clock } from '../base/clock.ts';
import { isA, isRefusal, TimeoutError, type RefusalError } from '../base/errors.ts';
import type { Policy } from '../base/policy.ts';
import type { Random } from '../base/random.ts';
import { Bulkhead, type BulkheadOptions } from './bulkhead.ts';
import { CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker.ts';
import type { CircuitObservers } from './circuit-layer.ts';
import { hedge, type HedgeOptions } from './hedge.ts';
import { pipeline } from './pipeline.ts';
import { RateLimiter, type RateLimiterOptions } from './rate-limiter.ts';
import { retry, type RetryOptions } from './retry.ts';
import { RetryBudget } from './retry-budget.ts';
import type { RetryObservers } from './retry-rules.ts';
import { timeout, type TimeoutOptions } from './timeout.ts';

/** What may watch a standard policy: all its parts at once. */
export interface StandardObservers
  extends RetryObservers, Pick<CircuitObservers, 'stateChange'>, NonNullable<TimeoutOptions['on']> {
  /** Told of every call that the rate limiter, the breaker or the bulkhead did not let in. */
  readonly rejected?: ((event: { readonly error: RefusalError }) => unknown) | undefined;
}

/**
 * The parts of a standard policy. Each is given by its options, as a policy (to share it, or to look into it), or left
 * out by `false`.
 */
export interface StandardOptions<Substitute = never> {
  /** Outermost: stands in when all else has failed · default none. */
  readonly fallback?: Policy<Substitute> | false | undefined;
  /** For the whole call, waits included · ms or `Infinity` · default 30 000. */
  readonly timeout?: number | undefined;
  /** Default three attempts, full jitter from 50 ms on, and a budget of its own: 10 % and 2. */
  readonly retry?: RetryOptions | Policy | false | undefined;
  /** Shares the retry's budget · default none. */
  readonly hedge?: HedgeOptions | Policy | false | undefined;
  /** Default none. */
  readonly rateLimiter?: RateLimiterOptions | Policy | false | undefined;
  /** Default `new CircuitBreaker()`. */
  readonly breaker?: CircuitBreakerOptions | Policy | false | undefined;
  /** Default none. */
  readonly bulkhead?: BulkheadOptions | Policy | false | undefined;
  /** For one attempt · ms or `Infinity` · default 10 000. */
  readonly attemptTimeout?: number | undefined;
  /**
   * Which errors of the work may be gone a moment later: they are worth another attempt, and count against the
   * dependency · default: the defaults of the retry and of the breaker. It is not asked about ours: a timeout is such an
   * error, and a refusal that says when to come back.
   */
  readonly isTransient?: ((failure: { readonly error: unknown }) => boolean) | undefined;
  /** A server's hint, for the retry. */
  readonly retryAfter?: RetryOptions['retryAfter'];
  /** Shown in the errors of refusals. */
  readonly name?: string | undefined;
  /** For all parts · default `systemClock`. */
  readonly clock?: Clock | undefined;
  /** For all parts · default `Math.random`. */
  readonly random?: Random | undefined;
  /** Observers. */
  readonly on?: StandardObservers | undefined;
}

/**
 * The recommended policies in the recommended order, with safe numbers: a timeout for the whole, retries with a budget,
 * a circuit breaker, a timeout for each attempt; a fallback, hedges, a rate limiter and a bulkhead where asked for.
 *
 * Make one for each service, beside its client, not one for each call.
 *
 * @throws `TypeError` or `RangeError` for a wrong option.
 * @example
 * import { standard } from 'holdfast';
 * const users = standard({ name: 'users', bulkhead: { maxConcurrent: 20 } });
 * await users.execute(({ signal }) => fetch('https://users.example/7', { signal }).then(() => 'ok')); // => 'ok'
 */
export function standard<Substitute = never>(options?: StandardOptions<Substitute>): Policy<Substitute> {
  const given = readOptions('make a standard policy', options, KINDS);
  const { timeout: whole = 30_000, attemptTimeout = 10_000, isTransient, retryAfter, name, clock, random } = given;
  const { retry: toRetry = {}, breaker = {}, hedge: toHedge, rateLimiter, bulkhead, on = {} } = given;
  const { retry: onRetry, giveUp, stateChange, rejected, timeout: onTimeout } = on;
  const budget = (isPart(toRetry) && toRetry.budget) || new RetryBudget({ burst: BURST });
  const transient =
    isTransient &&
    ((failure: { readonly error: unknown }) => {
      const verdict = ours(failure.error) ?? isTransient(failure);
      refusePromise(verdict, 'isTransient');
      return verdict;
    });
  const limit = (ms: number): Policy => timeout(ms, { clock, on: { timeout: onTimeout } });
  /** The options of a part, with what all parts share; an observer of its own takes the place of the common one. */
  const made = <Options extends { readonly on?: object | undefined }>(
    shared: Partial<Options>,
    own: Options,
  ): Options => ({
    ...shared,
    ...own,
    ...(own.on === undefined || RECORD[1](own.on as never) ? { on: { ...shared.on, ...said(own.on) } } : undefined),
  });
  const parts = [
    given.fallback,
    limit(whole),
    isPart(toRetry)
      ? retry(
          made({ budget, isRetryable: transient, retryAfter, clock, random, on: { retry: onRetry, giveUp } }, toRetry),
        )
      : toRetry,
    // That one attempt was refused here says nothing of the others.
    isPart(toHedge)
      ? hedge({
          // A retry that was handed in has its own, or none; the hedge finds it.
          budget: typeof toRetry === 'object' && !isPart(toRetry) ? undefined : budget,
          clock,
          isHedgeable: transient && ((failure) => isRefusal(failure.error) || transient(failure)),
          ...toHedge,
        })
      : toHedge,
    isPart(rateLimiter) ? new RateLimiter(made({ name, clock, on: { rejected } }, rateLimiter)) : rateLimiter,
    isPart(breaker)
      ? new CircuitBreaker(made({ isFailure: transient, random, name, clock, on: { stateChange, rejected } }, breaker))
      : breaker,
    isPart(bulkhead) ? new Bulkhead(made({ name, clock, on: { rejected } }, bulkhead)) : bulkhead,
    limit(attemptTimeout),
  ];
  return pipeline(...parts.filter((part) => part !== undefined && part !== false));
}

/**
 * Retries of the budget at the start, and at most: the first call has its three attempts. More would be saved up by clients
 * that make few calls, and spent by all of them at once when the service comes back.
 */
const BURST = 2;

/** Whether an error of our own is transient; `undefined` for all others. */
function ours(error: unknown): boolean | undefined {
  if (isRefusal(error)) return error.retryAfter !== undefined;
  return isA(error, TimeoutError) || undefined;
}

/** Whether the options of a part are given, not a policy, nor none. */
function isPart<Options extends object>(value: Options | Policy | false | undefined): value is Options {
  return typeof value === 'object' && !('execute' in value);
}

/** What is said by options: what is `undefined` leaves the word to the default. */
function said(options: object = {}): object {
  return Object.fromEntries(Object.entries(options).filter(([, option]) => option !== undefined));
}

/** Reads what is given for a part; its options are checked where it is made. */
const part: OptionKind = (value: object | false, name, action) => {
  check(value, PART, name, action);
  return isPart(value) ? said(value) : value;
};
const PART: Kind = [
  'options, a policy or false',
  (value) => value === false || policyKind[1](value) || RECORD[1](value),
];

const KINDS: { readonly [Key in keyof Required<StandardOptions>]: OptionKind } = {
  fallback: ['a policy or false', (value) => value === false || policyKind[1](value)],
  timeout: durationOrNever,
  retry: part,
  hedge: part,
  rateLimiter: part,
  breaker: part,
  bulkhead: part,
  attemptTimeout: durationOrNever,
  isTransient: callable,
  retryAfter: callable,
  name: text,
  clock: clockKind,
  random: callable,
  on: /* @__PURE__ */ handlers('retry', 'giveUp', 'stateChange', 'rejected', 'timeout'),
};
