/** Cancels one timer. Calling it again, or after the timer has fired, does nothing. */
export type CancelTimer = () => void;

/** Where time comes from. Every policy takes one, so that a test can hand in time that it moves itself. */
export interface Clock {
  /** Milliseconds on a monotonic scale. Only differences mean anything; 0 is a valid reading. */
  now(): number;
  /** Calls `callback` once, `delay` milliseconds (≥ 0, also beyond 2³¹−1) from now. */
  setTimer(delay: number, callback: () => void): CancelTimer;
}

/** The longest delay that the timers of every runtime keep: 2³¹−1 ms, about 24.8 days. */
export const LONGEST_TIMER = 2147483647;

/**
 * The clock of the machine: `performance.now()` and `setTimeout`. Faked timers work: where `setTimeout` or `Date` is not
 * the runtime's own, all of them are looked up on each use.
 *
 * A delay beyond 2³¹−1 ms is waited in slices instead of firing at once. A pending timer keeps a Node process alive.
 *
 * @example
 * import { systemClock } from 'holdfast';
 * const cancel = systemClock.setTimer(60_000, () => {});
 * cancel();
 */
export const systemClock: Clock = {
  now: () => (isFaked() ? performance : genuine.performance).now(),
  setTimer(delay, callback) {
    if (delay > LONGEST_TIMER) {
      let cancel = systemClock.setTimer(LONGEST_TIMER, () => {
        cancel = systemClock.setTimer(delay - LONGEST_TIMER, callback);
      });
      return () => cancel();
    }
    // Timers cut fractions off and would fire early, hence the rounding up.
    const timer = setTimeout(callback, Math.ceil(delay));
    return () => clearTimeout(timer);
  },
};

/** The runtime's own, to tell faked ones from. To look `performance` up takes half as long as to read it. */
export const genuine: Pick<typeof globalThis, 'setTimeout' | 'clearTimeout' | 'Date' | 'performance'> =
  /* @__PURE__ */ (() => {
    const { setTimeout, clearTimeout, Date, performance } = globalThis;
    return { setTimeout, clearTimeout, Date, performance };
  })();

function isFaked(): boolean {
  return setTimeout !== genuine.setTimeout || Date !== genuine.Date;
}

/** Whether a clock's timers are those of the runtime itself, which keep async context. */
export function isGenuine(clock: Clock): boolean {
  return clock === systemClock && !isFaked();
}

/**
 * Time passed by `clock`, from 0 on and never backwards: a reading that goes back, as when fake timers are installed,
 * or that is no number, counts as "no time has passed".
 */
export function elapsedBy(clock: Clock): () => number {
  // An array keeps its numbers where they are; a variable that a function changes has a new one made each time.
  const at = new Float64Array([clock.now(), 0]) as unknown as [last: number, elapsed: number];
  return () => {
    const now = clock.now();
    const passed = now - at[0];
    if (passed > 0 && passed < Infinity) at[1] += passed;
    if (now - now === 0) at[0] = now;
    return at[1];
  };
}

/** Milliseconds since 1970, by the wall clock. Read only where a snapshot is taken or restored. */
export function wallTime(): number {
  return Date.now();
}
