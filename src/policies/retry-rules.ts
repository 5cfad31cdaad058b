import { exponential } from '../backoff/exponential.ts';
import type { Backoff } from '../backoff/backoff.ts';
import {
  callable,
  check,
  clockKind,
  countOrInfinity,
  duration,
  durationOrNever,
  handlers,
  type OptionKind,
} from '../base/check.ts';
import { systemClock, type Clock } from '../base/clock.ts';
import { isFinal, isRefusal } from '../base/errors.ts';
import { systemRandom, type Random } from '../base/random.ts';
import type { Sleeper } from '../base/sleep.ts';
import type { GiveUpReport } from './give-up-report.ts';
import { budgetKind, type RetryBudget } from './retry-budget.ts';

/** Told of every retry, before its wait. */
export interface RetryEvent {
  /** What the attempt failed with; `undefined` if it returned a value that was not accepted. */
  readonly error: unknown;
  /** That value. */
  readonly value?: unknown;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** Ms until the next one. */
  readonly delay: number;
}

/** Told when a retry gives up. */
export interface GiveUpEvent extends GiveUpReport {
  /** What comes out; `undefined` if a value that was not accepted comes out. */
  readonly error: unknown;
  readonly value?: unknown;
}

/** What may watch a retry. An observer changes nothing: what it throws or rejects is reported out of band. */
export interface RetryObservers {
  readonly retry?: ((event: RetryEvent) => unknown) | undefined;
  readonly giveUp?: ((event: GiveUpEvent) => unknown) | undefined;
}

/** What every retry may be told, synchronous ones too. */
export interface RetryDecisionOptions<T> {
  /** The delays · default: `exponential()` for the calls, full jitter under a cap of 20 s for the policy. */
  readonly backoff?: Backoff | undefined;
  /**
   * Whether an error is worth another attempt · default: everything but aborts, our own argument errors, and refusals
   * of a local policy that do not say when to come back.
   */
  readonly isRetryable?: ((failure: { readonly error: unknown; readonly attempt: number }) => boolean) | undefined;
  /** Whether a value is to be tried again · default: never. When attempts run out, the last value is returned. */
  readonly isRetryableResult?: ((result: { readonly value: T; readonly attempt: number }) => boolean) | undefined;
  /**
   * A server's hint: ms before which it does not want to be called again. The delay is never shorter, and up to 10 %
   * longer · default: none. `retryAfter` of our own errors is always heeded. Asked about errors, and about values that
   * are to be tried again: then `error` is `undefined`.
   */
  readonly retryAfter?:
    ((failure: { readonly error: unknown; readonly value?: unknown }) => number | undefined) | undefined;
  /** A longer hint ends the call at once, with the error · ms or `Infinity` · default 60 000. */
  readonly maxRetryAfter?: number | undefined;
  /** Time for the whole call: no wait is begun that would use up the rest of it · ms or `Infinity` · default `Infinity`. */
  readonly maxElapsed?: number | undefined;
  /**
   * Bounds retries over all calls that share it · default: that of a retry around this one, if there is one: where
   * nobody has given any, ten retries for all that are nested in one call.
   */
  readonly budget?: RetryBudget | undefined;
  /** Default `systemClock`. */
  readonly clock?: Clock | undefined;
  /** Default `Math.random`. */
  readonly random?: Random | undefined;
  /** Observers. */
  readonly on?: RetryObservers | undefined;
}

/** The options that waiting adds. */
export interface RetryWaitOptions<T> extends RetryDecisionOptions<T> {
  /** How to wait · default `sleeperOf(clock)`. */
  readonly sleep?: Sleeper | undefined;
}

/** Everything that a retry goes by. What is left out means: never, or none. */
export interface RetryRules extends RetryDecisionOptions<never> {
  readonly maxAttempts: number;
  readonly baseDelay: number;
  readonly backoff: Backoff;
  readonly isRetryable: (failure: { readonly error: unknown; readonly attempt: number }) => boolean;
  readonly maxRetryAfter: number;
  readonly maxElapsed: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly sleep?: Sleeper | ((delay: number) => unknown) | undefined;
}

/** The kinds of the options that all retries share. */
export const RETRY_KINDS: { readonly [Key in keyof Required<RetryWaitOptions<never>>]: OptionKind } = {
  backoff: callable,
  isRetryable: callable,
  isRetryableResult: callable,
  retryAfter: callable,
  maxRetryAfter: durationOrNever,
  maxElapsed: durationOrNever,
  budget: budgetKind,
  sleep: callable,
  clock: clockKind,
  random: callable,
  on: /* @__PURE__ */ handlers('retry', 'giveUp'),
};

/**
 * Fills the defaults in, and checks how often to call and from which delay on. `options` come from `readOptions`, which
 * leaves out what is undefined; they inherit nothing, so nothing is read off a prototype that is polluted. `usual` is the
 * backoff where none is given.
 */
export function retryRules(
  action: string,
  maxAttempts: number,
  baseDelay: number,
  options: Pick<RetryRules, 'sleep'> & RetryDecisionOptions<never>,
  usual: Backoff = (doubling ??= exponential()),
): RetryRules {
  check(maxAttempts, countOrInfinity, 'maxAttempts', action);
  check(baseDelay, duration, 'baseDelay', action);
  const {
    backoff = usual,
    isRetryable = isRetryableError,
    maxRetryAfter = 60_000,
    maxElapsed = Infinity,
    clock = systemClock,
    random = systemRandom,
  } = options;
  const { isRetryableResult, retryAfter, budget, sleep, on } = options;
  return {
    backoff,
    isRetryable,
    isRetryableResult,
    retryAfter,
    maxRetryAfter,
    maxElapsed,
    budget,
    sleep,
    clock,
    random,
    on,
    maxAttempts,
    baseDelay,
  };
}

/** The default backoff of the calls: made for the first. */
let doubling: Backoff | undefined;

/** Everything but aborts, our own argument errors, and refusals that do not say when to come back. */
function isRetryableError({ error }: { readonly error: unknown }): boolean {
  return isRefusal(error) ? error.retryAfter !== undefined : !isFinal(error);
}
