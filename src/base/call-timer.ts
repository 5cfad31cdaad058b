import { asyncScope } from './async-scope.ts';
import { cut, wake, type Call } from './call.ts';
import type { CancelTimer, Clock } from './clock.ts';

/**
 * For layer `at`, which keeps the call: goes on with `next` in `ms`, in the async context of the call, also if it was
 * cut meanwhile. What that throws ends the call.
 */
export function callTimer(
  call: Call,
  at: number,
  clock: Clock,
  ms: number,
  next: (call: Call, at: number) => void,
): CancelTimer {
  let rung = false;
  call.scope ??= asyncScope();
  return clock.setTimer(ms, () => {
    if (rung) return;
    rung = true;
    // In a turn of its own: what throws right under a timer makes the engine prepare a report first, which takes long.
    wake(call, () => void Promise.resolve().then(() => goOn(call, at, next)));
  });
}

function goOn(call: Call, at: number, next: (call: Call, at: number) => void): void {
  try {
    next(call, at);
  } catch (error) {
    cut(call, -1, error);
  }
}
