import { asyncScope } from './async-scope.ts';
import { genuine, isGenuine, LONGEST_TIMER, type CancelTimer, type Clock } from './clock.ts';

/** One timer that is set again and again, for many who wait on the same clock. */
export interface Alarm {
  /** Lets it ring at `due`, which is so many ms from now; if it is set for an earlier time, it rings at that. */
  set(due: number, left: (due: number) => number): void;
  /** Nobody waits any more. */
  rest(): void;
}

/** What `setTimeout` gives in Node and Bun: a timer that need not keep the process alive. Elsewhere, a number. */
interface Restful {
  ref?(): unknown;
  unref?(): unknown;
}

/** So often an alarm has to be set before its timer rests: one that is made for a call or two shall leave nothing behind. */
const SHARED = 8;

/**
 * An alarm on `clock`, which rings with the time that it was set for. To stop a timer of the machine and to start it
 * again costs more than all the rest of a guarded call, so where the runtime lets it, a resting timer goes on without
 * being heard and without keeping the process alive, and serves the next who waits.
 */
export function alarm(clock: Clock, ring: (due: number) => void): Alarm {
  let setFor: number | undefined;
  /** Whether it was set on the machine's own timers. */
  let real = false;
  let cancel: CancelTimer | undefined;
  let restful: Restful | undefined;
  let resting = false;
  let uses = 0;
  /** That of whoever makes the alarm: a timer that outlives a call must not keep the call's own context alive. */
  const scope = asyncScope();

  const stop = (): void => {
    cancel?.();
    setFor = cancel = restful = undefined;
  };
  const fire = (): void => {
    const due = setFor;
    setFor = cancel = restful = undefined;
    // A clock may ring what was cancelled, or could not be set.
    if (due !== undefined && !resting) ring(due);
  };
  return {
    set(due, left) {
      const genuineNow = isGenuine(clock);
      // A timer of the machine is not heard under faked ones, and a faked one must not outlive its test.
      if (setFor !== undefined && real !== genuineNow) stop();
      if (resting) restful?.ref?.();
      resting = false;
      uses++;
      if (setFor !== undefined) {
        if (setFor <= due) return;
        stop();
      }
      const delay = left(due);
      real = genuineNow;
      if (real && delay <= LONGEST_TIMER) {
        scope.runInAsyncScope(() => {
          const timer: unknown = setTimeout(fire, Math.ceil(delay));
          restful = timer as Restful;
          // The runtime's own, whatever has been faked since; browsers want it called without a `this`.
          const { clearTimeout } = genuine;
          cancel = () => clearTimeout(timer as number);
        });
      } else {
        // A clock may ring before it has set anything. That is heard a turn later, when whoever waits is in line.
        let isSet = false;
        cancel = clock.setTimer(delay, () => (isSet ? fire() : void Promise.resolve().then(fire)));
        isSet = true;
      }
      setFor = due;
    },
    rest() {
      if (uses > SHARED && restful?.unref && isGenuine(clock)) {
        restful.unref();
        resting = true;
      } else stop();
    },
  };
}
