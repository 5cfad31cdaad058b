import { invalid } from '../base/check.ts';
import type { Random } from '../base/random.ts';

/** What a backoff is told of a call that has just failed. */
export interface BackoffStep {
  /** The attempt that has just failed, from 1. */
  readonly attempt: number;
  /** Milliseconds, at least 0. */
  readonly baseDelay: number;
  /** The last delay, in ms; before the first one, `baseDelay`. */
  readonly previousDelay: number;
  /** The sum of the delays so far, in ms. */
  readonly totalDelay: number;
  /** The only chance that a backoff may use. */
  readonly random: Random;
}

/** A pure function from a step to the delay before the next attempt, in ms: finite, at least 0. */
export type Backoff = (step: BackoffStep) => number;

/** Asks a backoff, the user's own too, and refuses an answer that is no delay. */
export function delayOf(backoff: Backoff, step: BackoffStep): number {
  const delay: unknown = backoff(step);
  if (typeof delay === 'number' && delay >= 0 && delay < Infinity) return delay;
  throw invalid('wait', 'backoff to return a finite number of ms ≥ 0', delay, RangeError);
}

/** The step that follows `step` once `delay` has been waited. */
export function nextStep(step: BackoffStep, delay: number): BackoffStep {
  return {
    attempt: step.attempt + 1,
    baseDelay: step.baseDelay,
    previousDelay: delay,
    totalDelay: finite(step.totalDelay + delay),
    random: step.random,
  };
}

/** Growth ends at the largest number instead of overflowing. */
export function finite(delay: number): number {
  return Math.min(delay, Number.MAX_VALUE);
}
