import { callable, check, duration, readOptions, type Kind } from '../base/check.ts';
import { systemRandom, type Random } from '../base/random.ts';
import { delayOf, nextStep, type Backoff, type BackoffStep } from './backoff.ts';

/** What `schedule` and `envelope` are to compute. */
export interface ScheduleOptions {
  /** Milliseconds, finite, at least 0. */
  readonly baseDelay: number;
  /** How many delays: one fewer than attempts · an integer, at least 0. */
  readonly retries: number;
  /** Chance for the jitters · default `Math.random`. */
  readonly random?: Random | undefined;
}

/**
 * The delays that a backoff would wait, without waiting.
 *
 * @returns `retries` delays in ms.
 * @throws `TypeError` or `RangeError` for a wrong argument, or a backoff that returns no delay.
 * @example
 * import { exponential, schedule } from 'holdfast';
 * schedule(exponential({ factor: 3 }), { baseDelay: 10, retries: 3 }); // => [10, 30, 90]
 */
export function schedule(backoff: Backoff, options: ScheduleOptions): number[] {
  const { random, retries, ...start } = firstStep('compute a schedule', backoff, options);
  let step: BackoffStep = { ...start, random };
  return Array.from({ length: retries }, () => {
    const delay = delayOf(backoff, step);
    step = nextStep(step, delay);
    return delay;
  });
}

/** Checks the arguments and gives the step after the first failed attempt. */
export function firstStep(
  action: string,
  backoff: Backoff,
  options: ScheduleOptions,
): BackoffStep & { retries: number } {
  check(backoff, callable, 'backoff', action);
  const kinds = { baseDelay: duration, retries: retriesKind, random: callable };
  const { baseDelay, retries, random = systemRandom } = readOptions(action, options, kinds);
  check(baseDelay, duration, 'baseDelay', action);
  check(retries, retriesKind, 'retries', action);
  return { attempt: 1, baseDelay, previousDelay: baseDelay, totalDelay: 0, random, retries };
}

const retriesKind: Kind = ['an integer ≥ 0', (value) => Number.isSafeInteger(value) && value >= 0, RangeError];
