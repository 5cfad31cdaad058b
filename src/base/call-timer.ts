import { asyncScope } from './async-scope.ts';
import { wake, type Call } from './call.ts';
import { isGenuine, type CancelTimer, type Clock } from './clock.ts';

/**
 * For layer `at`, which keeps the call: goes on with `next` in `ms`, in the async context of the call, also if it was
 * cut meanwhile. It must not throw.
 */
export function callTimer(
  call: Call,
  at: number,
  clock: Clock,
  ms: number,
  next: (call: Call, at: number) => void,
): CancelTimer {
  let rung = false;
  // The runtime's own timers ring in the context in which they were set.
  if (!isGenuine(clock)) call.scope ??= asyncScope();
  return clock.setTimer(ms, () => {
    if (rung) return;
    rung = true;
    // In a turn of its own: what throws right under a timer makes the engine prepare a report first, which takes long.
    const later = (): void => void Promise.resolve().then(() => next(call, at));
    if (call.scope) wake(call, later);
    else later();
  });
}
