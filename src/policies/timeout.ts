import { alarm } from '../base/alarm.ts';
import { asyncScope } from '../base/async-scope.ts';
import { cut, wake, type Call, type Layer, type Policy } from '../base/call.ts';
import { check, clockKind, durationOrNever, handlers, readOptions } from '../base/check.ts';
import { elapsedBy, systemClock, type Clock } from '../base/clock.ts';
import { TimeoutError } from '../base/errors.ts';
import { layered } from '../base/layers.ts';
import { notify } from '../base/observe.ts';

/** What `timeout` may be told besides its limit. */
export interface TimeoutOptions {
  /** Default `systemClock`. */
  readonly clock?: Clock | undefined;
  /** Observers. */
  readonly on?: { readonly timeout?: ((event: { readonly error: TimeoutError }) => unknown) | undefined } | undefined;
}

/**
 * A policy that settles at `ms`, whether or not `fn` listens: the rejection is a `TimeoutError`, and `context.signal`
 * is aborted with the same error. A call that succeeds in time keeps its signal unaborted, so that a response's body
 * can still be read.
 *
 * @param ms the limit, from the call on · at least 0, or `Infinity` for none.
 * @throws `TypeError` or `RangeError` for a wrong argument.
 * @example
 * import { timeout } from 'holdfast';
 * const hang = () => new Promise(() => {});
 * await timeout(5).execute(hang).catch((error: Error) => error.name); // => 'TimeoutError'
 */
export function timeout(ms: number, options?: TimeoutOptions): Policy {
  const action = 'make a timeout';
  check(ms, durationOrNever, 'ms', action);
  const { clock = systemClock, on } = readOptions(action, options, { clock: clockKind, on: handlers('timeout') });
  return layered([timeoutLayer(ms, clock, on)]);
}

/** A call under a deadline. */
interface Due {
  readonly call: Call;
  readonly at: number;
  readonly deadline: number;
  /** In which round of the alarm it came. */
  readonly joined: number;
}

/**
 * All calls of one policy have the same limit, so the line in order of arrival is the order of deadlines, and one alarm
 * does for all of them. It is set only while somebody is in the line.
 */
function timeoutLayer(ms: number, clock: Clock, on: TimeoutOptions['on']): Layer {
  const line = new Set<Due>();
  const now = elapsedBy(clock);
  /** How often the alarm has rung; who joins while it rings is not due before it rings again. */
  let round = 0;
  let ringing = false;

  const timer = alarm(clock, (setFor) => {
    // That it has rung is as good a proof of the time as the clock's reading.
    const time = Math.max(setFor, now());
    ringing = true;
    round++;
    try {
      for (const { call, at, deadline, joined } of line) {
        if (deadline > time || joined === round) break;
        leave(call, at);
        wake(call, () => {
          const error = new TimeoutError(ms);
          cut(call, at, error);
          notify(on, 'timeout', { error });
        });
      }
    } finally {
      ringing = false;
      const [first] = line;
      if (first) timer.set(first.deadline, Math.max(0, first.deadline - time));
    }
  });

  function leave(call: Call, at: number): void {
    const due = call.slots[at] as Due | undefined;
    call.slots[at] = undefined;
    if (due && line.delete(due) && !line.size) timer.rest();
  }

  return {
    kind: 'timeout',
    enter(call, at) {
      if (ms === Infinity) return true;
      const deadline = now() + ms;
      const due: Due = { call, at, deadline, joined: round };
      call.slots[at] = due;
      call.scope ??= asyncScope();
      if (!ringing) timer.set(deadline, ms);
      line.add(due);
      return true;
    },
    exit(call, at) {
      leave(call, at);
      return true;
    },
    cut: leave,
    remaining: (due?: Due) => (due ? due.deadline - now() : Infinity),
  };
}
