import { alarm } from './alarm.ts';
import { asyncScope } from './async-scope.ts';
import { wake, type Call } from './call.ts';
import { elapsedBy, type Clock } from './clock.ts';

/** A call under a deadline. */
export interface Due {
  readonly call: Call;
  readonly at: number;
  readonly deadline: number;
  /** In which round of the alarm it came. */
  readonly joined: number;
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
 */
export function deadlines(ms: number, clock: Clock, expire: (call: Call, at: number) => void): Deadlines {
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
      for (const due of line) {
        const { call, at, deadline, joined } = due;
        if (deadline > time || joined === round) break;
        line.delete(due);
        wake(call, () => expire(call, at));
      }
    } finally {
      ringing = false;
      const [first] = line;
      if (first) timer.set(first.deadline, Math.max(0, first.deadline - time));
      else timer.rest();
    }
  });

  return {
    join(call, at) {
      const deadline = now() + ms;
      const due: Due = { call, at, deadline, joined: round };
      call.scope ??= asyncScope();
      if (!ringing) timer.set(deadline, ms);
      line.add(due);
      return due;
    },
    leave(due) {
      if (due && line.delete(due) && !line.size && !ringing) timer.rest();
    },
    left: ({ deadline }) => deadline - now(),
  };
}
