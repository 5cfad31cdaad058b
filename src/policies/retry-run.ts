import { delayOf, nextStep, type BackoffStep } from '../backoff/backoff.ts';
import { invalid } from '../base/check.ts';
import { RefusalError, withCause } from '../base/errors.ts';
import { notify } from '../base/observe.ts';
import { uniform } from '../base/random.ts';
import { fileReport, type GiveUpReason } from './give-up-report.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { RetryRules } from './retry-rules.ts';

/** One run of a retry: its counters. */
export interface RetryRun {
  /** Attempts begun. */
  attempts: number;
  readonly delays: number[];
  step: BackoffStep;
  /** The budget that this run draws on: its own, or that of a retry around it. */
  readonly budget: RetryBudget | undefined;
  /** Whether the budget has paid for an attempt that has not begun. */
  charged: boolean;
  /** Ms left of the time for the whole run. */
  readonly left: () => number;
  /** Ends the wait, while there is one. */
  cancel?: ((reason: unknown) => void) | undefined;
}

/** How an attempt came out. */
export interface AttemptOutcome {
  /** Whether with an error; else with a value that is not accepted. */
  readonly failed: boolean;
  readonly outcome: unknown;
}

/** Clients that were told the same instant come back over this part of it. */
const HINT_SPREAD = 0.1;

/** Begins a run, inside that of a retry around it if there is one. */
export function startRun({ baseDelay, random, maxElapsed, clock, budget }: RetryRules, outer?: RetryRun): RetryRun {
  budget?.deposit();
  const startedAt = maxElapsed < Infinity ? clock.now() : 0;
  return {
    attempts: 0,
    delays: [],
    step: { attempt: 1, baseDelay, previousDelay: baseDelay, totalDelay: 0, random },
    budget: budget ?? outer?.budget,
    charged: false,
    left: () => (maxElapsed < Infinity ? maxElapsed - (clock.now() - startedAt) : Infinity),
  };
}

/**
 * What follows an attempt: nothing (`undefined`) if it succeeded, else the ms to wait before the next one, or why there
 * is none. An error of the user's functions carries the operation's own as its cause.
 *
 * @param around ms until the nearest deadline around the retry.
 */
export function judge(
  rules: RetryRules,
  run: RetryRun,
  { failed, outcome }: AttemptOutcome,
  around: () => number,
): number | GiveUpReason | undefined {
  const { attempts: attempt, budget } = run;
  try {
    if (!failed && !rules.isRetryableResult?.({ value: outcome as never, attempt })) return undefined;
    if (failed && !rules.isRetryable({ error: outcome, attempt })) return 'not-retryable';
    if (attempt >= rules.maxAttempts) return 'attempts';
    const hint = failed ? hintOf(rules, outcome) : 0;
    if (hint > rules.maxRetryAfter) return 'retry-after';
    const floor = hint && uniform(rules.random, hint, hint * (1 + HINT_SPREAD));
    const delay = Math.max(floor, delayOf(rules.backoff, run.step));
    if (delay >= Math.min(run.left(), around())) return 'elapsed';
    if (budget && !budget.tryWithdraw()) return 'budget';
    run.charged = !!budget;
    return delay;
  } catch (error) {
    throw failed ? withCause(error, outcome) : error;
  }
}

function hintOf({ retryAfter }: RetryRules, error: unknown): number {
  const hint: unknown = error instanceof RefusalError ? error.retryAfter : retryAfter?.({ error });
  if (hint === undefined) return 0;
  if (typeof hint === 'number' && hint >= 0) return hint;
  throw invalid('retry', 'retryAfter to return ms ≥ 0 or undefined', hint, RangeError);
}

/** Tells of a retry to come. */
export function announce({ on }: RetryRules, run: RetryRun, attempt: AttemptOutcome, delay: number): void {
  notify(on, 'retry', { ...outcomeOf(attempt), attempt: run.attempts, delay });
}

/** Notes that an attempt begins: the first one, or one after a wait. */
export function begin(run: RetryRun, delay?: number): void {
  run.charged = false;
  run.attempts++;
  if (delay === undefined) return;
  run.delays.push(delay);
  run.step = nextStep(run.step, delay);
}

/** Notes that there will be no further attempt. */
export function giveUp({ on }: RetryRules, run: RetryRun, attempt: AttemptOutcome, reason: GiveUpReason): void {
  refund(run);
  const report = { attempts: run.attempts, delays: [...run.delays], reason };
  if (attempt.failed) fileReport(attempt.outcome, report);
  notify(on, 'giveUp', { ...outcomeOf(attempt), ...report });
}

/** Gives back what was paid for an attempt that does not begin. */
export function refund(run: RetryRun): void {
  if (run.charged) run.budget!.refund();
  run.charged = false;
}

function outcomeOf({ failed, outcome }: AttemptOutcome): { error: unknown; value?: unknown } {
  return failed ? { error: outcome } : { error: undefined, value: outcome };
}
