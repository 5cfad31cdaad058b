import type { Call } from './call.ts';
import { isGenuine, systemClock, type CancelTimer, type Clock } from './clock.ts';
import { goOn } from './go-on.ts';
import { OWN_TIMERS } from './own-timer.ts';

/** A turn of the event loop that a timer begins, and how many calls wait for it. */
interface Turn {
  readonly begun: Promise<void>;
  readonly cancel: CancelTimer | undefined;
  waiting: number;
}

/** The next turn, while it can be joined. */
let coming: Turn | undefined;

/**
 * For layer `at`, which keeps the call: goes on with `next` in `ms`, in the async context of the call, unless the memory
 * of the layer has become another one meanwhile. What `next` throws ends the call.
 */
export function callTimer(
  call: Call,
  at: number,
  clock: Clock,
  ms: number,
  next: (call: Call, at: number) => void,
): CancelTimer {
  if (!isGenuine(clock)) return join(newTurn(clock, ms), call, at, next);
  if (!ms && !OWN_TIMERS) return join(nextTurn(), call, at, next);
  const slot = call.slots[at];
  // In a turn of its own: what throws right under a timer makes the engine prepare a report first, which takes long. Its
  // function is made when the timer rings, so that a call that sleeps keeps one less.
  return clock.setTimer(ms, () => {
    void Promise.resolve().then(() => {
      if (call.slots[at] === slot) goOn(call, at, next);
    });
  });
}

/** Whoever reacts to a turn keeps its own async context, however often the clock rings, and in whose. */
function join(turn: Turn, call: Call, at: number, next: (call: Call, at: number) => void): CancelTimer {
  const slot = call.slots[at];
  let waits = true;
  turn.waiting++;
  void turn.begun.then(() => {
    if (waits && call.slots[at] === slot) goOn(call, at, next);
  });
  return () => {
    const last = waits && !--turn.waiting;
    waits = false;
    if (!last) return;
    if (turn === coming) coming = undefined;
    turn.cancel?.();
  };
}

/**
 * The turn for all who come in one go. Whoever comes later has another, so that a timer that never rings, as a faked one
 * may, keeps nobody else.
 */
function nextTurn(): Turn {
  if (!coming) {
    coming = newTurn(systemClock, 0);
    void Promise.resolve().then(() => (coming = undefined));
  }
  return coming;
}

function newTurn(clock: Clock, ms: number): Turn {
  let begin!: () => void;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  return { begun, cancel: clock.setTimer(ms, begin), waiting: 0 };
}
