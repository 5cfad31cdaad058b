import { delayOf, finite } from '../backoff/backoff.ts';
import { invalid, refusePromise } from '../base/check.ts';
import { elapsedBy } from '../base/clock.ts';
import { remaining, type Place } from '../base/context.ts';
import { isRefusal, membersOf, withCause } from '../base/errors.ts';
import type { LastAttempt } from '../base/last-attempt.ts';
import { notify } from '../base/observe.ts';
import { uniform } from '../base/random.ts';
import { fileReport, type GiveUpReason } from './give-up-report.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { RetryRules } from './retry-rules.ts';

/** One run of a retry: what it goes by, and its counters. */
export interface RetryRun {
  readonly rules: RetryRules;
  /** The budget that this run draws on: its own, or that of a retry around it. */
  readonly budget: Budget | undefined;
  /** That of the retries inside this one, where nobody gave them any. */
  inner: Budget | undefined;
  /** Ms since the beginning, where time is limited. */
  readonly elapsed: (() => number) | undefined;
  /** Attempts begun. */
  attempts: number;
  /** Those between them; made with the first. */
  delays: number[] | undefined;
  /** The sum of the delays. */
  waited: number;
  /** Why the attempt under way is the last, if it is. */
  last: LastAttempt | undefined;
  /** The server's last hint that was too long. */
  tooLong: number;
  /** Whether the budget has paid for an attempt that has not begun. */
  charged: boolean;
  /** Ends the wait, while there is one. */
  cancel: ((reason: unknown) => void) | undefined;
  /** Its ms, and what the attempt before it came to. */
  delay: number;
  ok: boolean;
  outcome: unknown;
}

/** What retries are paid from. */
export type Budget = Pick<RetryBudget, 'deposit' | 'tryWithdraw' | 'refund'>;

/** Retries that the retries inside one call may make, all together, where nobody gave them a budget. */
const INNER_RETRIES = 10;

/** Clients that were told the same instant come back over this part of it. */
const HINT_SPREAD = 0.1;

/** Begins a run, inside that of a retry around it if there is one, and maybe inside a hedge. */
export function startRun(
  rules: RetryRules,
  outer?: RetryRun | null,
  hedge?: Pick<RetryRun, 'budget'> | null,
): RetryRun {
  const { budget } = rules;
  // Inside another one on the same budget this is no first call.
  if (budget !== outer?.budget && budget !== hedge?.budget) budget?.deposit();
  return newRun(rules, outer);
}

/** A run that has been begun elsewhere, and is only now kept. */
export function newRun(rules: RetryRules, outer?: RetryRun | null): RetryRun {
  return {
    rules,
    budget: rules.budget ?? outer?.budget ?? (outer ? (outer.inner ??= innerBudget()) : undefined),
    inner: undefined,
    elapsed: rules.maxElapsed < Infinity ? elapsedBy(rules.clock) : undefined,
    attempts: 0,
    delays: undefined,
    waited: 0,
    last: undefined,
    tooLong: 0,
    charged: false,
    cancel: undefined,
    delay: 0,
    ok: false,
    outcome: undefined,
  };
}

/** Bounds what nested retries make of one call: without it, three layers of four attempts would be 64 calls. */
function innerBudget(): Budget {
  let left = INNER_RETRIES;
  return {
    deposit: () => undefined,
    tryWithdraw: () => left > 0 && left-- > 0,
    refund: () => void left++,
  };
}

/** Ms left of the time for the whole run. */
export function left({ rules, elapsed }: RetryRun): number {
  return elapsed ? rules.maxElapsed - elapsed() : Infinity;
}

/**
 * What follows an attempt: nothing (`undefined`) if it succeeded, else the ms to wait before the next one, or why there
 * is none. An error of the user's functions carries the operation's own as its cause.
 *
 * @param failed whether it failed with an error; else `outcome` is a value.
 * @param place where the retry stands, as layer `at`: what is around it may leave less time.
 */
export function judge(
  run: RetryRun,
  failed: boolean,
  outcome: unknown,
  place?: Place,
  at?: number,
): number | GiveUpReason | undefined {
  const { rules, attempts: attempt, budget } = run;
  if (run.last === 'used') return failed ? 'not-retryable' : undefined;
  try {
    const members = failed ? membersOf(outcome) : [outcome];
    let asked = false;
    for (const member of members) asked ||= isAsked(rules, failed, member, attempt);
    if (!asked) return failed ? 'not-retryable' : undefined;
    if (run.last) return 'not-retryable';
    if (attempt >= rules.maxAttempts) return 'attempts';
    let hint = 0;
    for (const member of members) hint = Math.max(hint, hintOf(rules, failed, member));
    if (hint > rules.maxRetryAfter || hint === Infinity) {
      run.tooLong = hint;
      return 'retry-after';
    }
    const floor = hint && uniform(rules.random, hint, finite(hint * (1 + HINT_SPREAD)));
    const delay = Math.max(floor, computedDelay(run));
    if (delay >= Math.min(left(run), place ? remaining(place, at) : Infinity)) return 'elapsed';
    if (budget && !budget.tryWithdraw()) return 'budget';
    run.charged = !!budget;
    return delay;
  } catch (error) {
    throw failed ? withCause(error, outcome) : error;
  }
}

function isAsked(rules: RetryRules, failed: boolean, outcome: unknown, attempt: number): boolean {
  const asked = failed
    ? rules.isRetryable({ error: outcome, attempt })
    : rules.isRetryableResult?.({ value: outcome as never, attempt });
  refusePromise(asked, failed ? 'isRetryable' : 'isRetryableResult');
  return !!asked;
}

function hintOf({ retryAfter }: RetryRules, failed: boolean, outcome: unknown): number {
  const hint: unknown = failed && isRefusal(outcome) ? outcome.retryAfter : retryAfter?.(factsOf(failed, outcome));
  if (hint === undefined) return 0;
  if (typeof hint === 'number' && hint >= 0) return hint;
  throw invalid('retry', 'retryAfter to return ms ≥ 0 or undefined', hint, RangeError);
}

function computedDelay({ rules: { backoff, baseDelay, random }, attempts, delays, waited }: RetryRun): number {
  const previousDelay = delays?.at(-1) ?? baseDelay;
  return delayOf(backoff, { attempt: attempts, baseDelay, previousDelay, totalDelay: waited, random });
}

/** Tells of a retry to come. */
export function announce({ rules, attempts }: RetryRun, failed: boolean, outcome: unknown, delay: number): void {
  if (rules.on) notify(rules.on, 'retry', { ...factsOf(failed, outcome), attempt: attempts, delay });
}

/** Notes that an attempt begins: the first one, or one after a wait. */
export function begin(run: RetryRun, delay?: number): void {
  run.charged = false;
  run.cancel = run.outcome = undefined;
  run.attempts++;
  if (delay === undefined) return;
  // A list that grows from nothing makes room for sixteen more.
  if (run.delays) run.delays.push(delay);
  else run.delays = [delay];
  run.waited = finite(run.waited + delay);
}

/**
 * Notes that there will be no further attempt.
 *
 * @param reports whether the outcome is to have a report of this run.
 */
export function giveUp(run: RetryRun, failed: boolean, outcome: unknown, reason: GiveUpReason, reports = true): void {
  refund(run);
  const report = {
    attempts: run.attempts,
    delays: [...(run.delays ?? [])],
    reason,
    ...(reason === 'retry-after' && { retryAfter: run.tooLong }),
  };
  if (reports) fileReport(outcome, report);
  notify(run.rules.on, 'giveUp', { ...factsOf(failed, outcome), ...report });
}

/** Gives back what was paid for an attempt that does not begin. */
export function refund(run: RetryRun): void {
  if (run.charged) run.budget!.refund();
  run.charged = false;
}

function factsOf(failed: boolean, outcome: unknown): { error: unknown; value?: unknown } {
  return failed ? { error: outcome } : { error: undefined, value: outcome };
}
