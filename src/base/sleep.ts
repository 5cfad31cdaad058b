import { watch } from './abort.ts';
import { abortSignal, check, clockKind, duration, durationOrNever } from './check.ts';
import type { Clock } from './clock.ts';

/** Waits `delay` ms. Rejects at once with `signal.reason` when the signal is aborted, and leaves no timer behind. */
export type Sleeper = (delay: number, signal?: AbortSignal) => Promise<void>;

/**
 * A sleeper that waits by `clock`.
 *
 * @throws `TypeError` if `clock` is not a Clock. The sleeper rejects with a `RangeError` for a delay below 0 or NaN.
 * @example
 * import { sleeperOf, systemClock } from 'holdfast';
 * const sleep = sleeperOf(systemClock);
 * await sleep(5);
 */
export function sleeperOf(clock: Clock): Sleeper {
  check(clock, clockKind, 'clock', 'make a sleeper');
  return async (delay, signal) => {
    checkSleep(delay, signal);
    await new Promise<void>((resolve, reject) => {
      let over = false;
      let unwatch: (() => void) | undefined;
      const cancel = clock.setTimer(delay, () => {
        over = true;
        unwatch?.();
        resolve();
      });
      // A clock may ring before it has set anything.
      if (signal && !over) unwatch = watch(signal, (reason) => (reject(reason as Error), unwatch!(), cancel()));
    });
  };
}

/**
 * A sleeper that never waits: for computing what a retry would do, or for retrying at full speed. It does not yield to
 * the event loop either, so it is not for retries without end.
 */
export const instantSleeper: Sleeper = async (delay, signal) => checkSleep(delay, signal);

/**
 * Blocks the thread for `delay` ms, for `retryCallSync` where nothing else runs: scripts, workers, start-up code.
 * Browsers forbid it on the page's main thread.
 *
 * @throws `RangeError` for a delay that is not a finite number ≥ 0.
 */
export function blockingSleeper(delay: number): void {
  check(delay, duration, 'delay', 'block');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delay);
}

function checkSleep(delay: number, signal: AbortSignal | undefined): void {
  check(delay, durationOrNever, 'delay', 'sleep');
  if (signal) check(signal, abortSignal, 'signal', 'sleep');
  if (signal?.aborted) throw signal.reason;
}
