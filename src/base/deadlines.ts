import { alarm } from './alarm.ts';
import { asyncScope } from './async-scope.ts';
import { wake, type Call } from './call.ts';
import { elapsedBy, type CancelTimer, type Clock } from './clock.ts';
import { Line, type Linked } from './line.ts';
import { OWN_TIMERS } from './own-timer.ts';

/** A call under a deadline, in line with the others. */
export interface Due extends Linked<Due> {
  /** The call, and where in it this is, once that is in line. */
  call: Call | undefined;
  at: number;
  readonly deadline: number;
  /** In which round of the alarm it came. */
  joined: number;
  /** Stops its own timer, where it has one. */
  cancel: CancelTimer | undefined;
}

/** The deadlines of all calls that are given the same time. */
export interface Deadlines {
  /** The time on the scale of the deadlines. */
  readonly now: () => number;
  /** The deadline of a call that began then. */
  due(began: number): Due;
  /** Puts a call at layer `at` under its deadline: that of one which begins now, or one that is handed in. */
  join(call: Call, at: number, due?: Due): Due;
  /** Takes it away again. */
  leave(due: Due | undefined): void;
  /** Ms until then. */
  left(due: Due): number;
}

/**
 * All calls of one policy have the same time, so the line in order of arrival is the order of deadlines, in which one
 * that is handed in later takes its place, and one alarm does for all of them. It is set only while somebody is in the
 * line. `expire` is called in the call's own context.
 *
 * Where a timer belongs to the request that has set it, each call has a timer of its own.
 */
export function deadlines(ms: number, clock: Clock, expire: (call: Call, at: number) => void): Deadlines {
  const now = elapsedBy(clock);
  const line = new Line<Due>();
  /** How often the alarm has rung; who joins while it rings is not due before it rings again. */
  let round = 0;
  let ringing = false;
  /** Whoever was handed in last, as long as he is in line. */
  let lastHanded: Due | undefined;

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
      if (first) timer.set(first.deadline, (deadline) => Math.max(0, deadline - time));
      else timer.rest();
    }
  });

  function takeOut(due: Due): boolean {
    if (due === lastHanded) lastHanded = undefined;
    return line.leave(due);
  }

  function end(due: Due): void {
    const { call, at } = due;
    takeOut(due);
    wake(call!, () => expire(call!, at));
  }
  const whole = (): number => ms;
  const rest = (deadline: number): number => Math.max(0, deadline - now());

  const ownAlarm = (due: Due): CancelTimer => clock.setTimer(ms, () => end(due));

  const due = (began: number, call?: Call, at = 0): Due => ({
    call,
    at,
    deadline: began + ms,
    joined: round,
    cancel: undefined,
    earlier: undefined,
    later: undefined,
    inLine: false,
  });

  function joinInOrder(handed: Due, call: Call, at: number): void {
    handed.call = call;
    handed.at = at;
    handed.joined = round;
    // Those who are handed in mostly come in the order of their deadlines, too.
    line.join(handed, (other) => other.deadline > handed.deadline, lastHanded);
    lastHanded = handed;
  }

  return {
    now,
    due: (began) => due(began),
    join(call, at, handed) {
      const joining = handed ?? due(now(), call, at);
      call.scope ??= asyncScope();
      if (!OWN_TIMERS && !ringing) timer.set(joining.deadline, handed ? rest : whole);
      if (handed) joinInOrder(handed, call, at);
      else line.join(joining);
      if (OWN_TIMERS) joining.cancel = ownAlarm(joining);
      return joining;
    },
    leave(due) {
      if (!due || !takeOut(due)) return;
      due.cancel?.();
      if (!line.first && !due.cancel && !ringing) timer.rest();
    },
    left: ({ deadline }) => deadline - now(),
  };
}
