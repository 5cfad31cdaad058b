import { alarm } from './alarm.ts';
import { asyncScope } from './async-scope.ts';
import { wake, type Call } from './call.ts';
import { elapsedBy, type CancelTimer, type Clock } from './clock.ts';
import { Line, type Linked } from './line.ts';
import { OWN_TIMERS } from './own-timer.ts';

/** A call under a deadline, in line with the others. */
export interface Due extends Linked<Due> {
  readonly call: Call;
  readonly at: number;
  readonly deadline: number;
  /** In which round of the alarm it came. */
  readonly joined: number;
  /** Stops its own timer, where it has one. */
  cancel: CancelTimer | undefined;
}

/** The deadlines of all calls that are given the same time. */
export interface Deadlines {
  /** Puts a call at layer `at` under a deadline, `ms` from now. */
  join(call: Call, at: number): Due;
  /** Takes it away again. */
  leave(due: Due | undefined): void;
  /** Ms until then. */
  left(due: Due): number;
}

/**
 * All calls of one policy have the same time, so the line in order of arrival is the order of deadlines, and one alarm
 * does for all of them. It is set only while somebody is in the line. `expire` is called in the call's own context.
 *
 * Where a timer belongs to the request that has set it, each call has a timer of its own.
 */
export function deadlines(ms: number, clock: Clock, expire: (call: Call, at: number) => void): Deadlines {
  const now = elapsedBy(clock);
  const line = new Line<Due>();
  /** How often the alarm has rung; who joins while it rings is not due before it rings again. */
  let round = 0;
  let ringing = false;

  const timer = alarm(clock, (setFor) => {
    // That it has rung is as good a proof of the time as the clock's reading.
    const time = Math.max(setFor, now());
    ringing = true;
    round++;
    try {
      for (let { first } = line; first && first.deadline <= time && first.joined < round; { first } = line) end(first);
    } finally {
      ringing = false;
      const { first } = line;
      if (first) timer.set(first.deadline, Math.max(0, first.deadline - time));
      else timer.rest();
    }
  });

  function end(due: Due): void {
    const { call, at } = due;
    line.leave(due);
    wake(call, () => expire(call, at));
  }

  const ownAlarm = (due: Due): CancelTimer => clock.setTimer(ms, () => end(due));

  return {
    join(call, at) {
      const deadline = now() + ms;
      call.scope ??= asyncScope();
      const due: Due = {
        call,
        at,
        deadline,
        joined: round,
        cancel: undefined,
        earlier: undefined,
        later: undefined,
        inLine: false,
      };
      if (!OWN_TIMERS && !ringing) timer.set(deadline, ms);
      line.join(due);
      if (OWN_TIMERS) due.cancel = ownAlarm(due);
      return due;
    },
    leave(due) {
      if (!due || !line.leave(due)) return;
      due.cancel?.();
      if (!line.first && !due.cancel && !ringing) timer.rest();
    },
    left: ({ deadline }) => deadline - now(),
  };
}
