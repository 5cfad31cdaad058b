import { asyncScope } from './async-scope.ts';
import { wake, type Call } from './call.ts';
import { isGenuine, type CancelTimer, type Clock } from './clock.ts';
import { goOn } from './go-on.ts';

/**
 * For layer `at`, which keeps the call: goes on with `next` in `ms`, in the async context of the call, unless the memory
 * of the layer has become another one meanwhile. What `next` throws ends the call.
 */
export function callTimer(
  call: Call,
  at: number,
  clock: Clock,
  ms: number,
  next: ((call: Call, at: number) => void) | undefined,
): CancelTimer {
  const slot = call.slots[at];
  // The runtime's own timers ring in the context in which they were set.
  if (!isGenuine(clock)) call.scope ??= asyncScope();
  return clock.setTimer(ms, () => {
    // However often the clock rings.
    const once = next;
    next = undefined;
    if (!once) return;
    // In a turn of its own: what throws right under a timer makes the engine prepare a report first, which takes long.
    const later = (): void =>
      void Promise.resolve().then(() => {
        if (call.slots[at] === slot) goOn(call, () => once(call, at));
      });
    if (call.scope) wake(call, later);
    else later();
  });
}
