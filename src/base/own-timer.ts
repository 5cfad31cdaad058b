import type { CancelTimer, Clock } from './clock.ts';

/**
 * Whether a timer belongs to the request in which it was set, and ends with it. So it is in Cloudflare Workers, which
 * also end a request that waits for nothing of its own. A runtime without their `WebSocketPair` is not asked for its
 * name: Node makes its `navigator` when it is first read, which takes long.
 *
 * Source: Cloudflare, Workers documentation, Errors and exceptions, "The script will never generate a response"; Runtime
 * APIs, WebSockets, `WebSocketPair`.
 */
export const OWN_TIMERS: boolean = /* @__PURE__ */ (() =>
  'WebSocketPair' in globalThis &&
  (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent === 'Cloudflare-Workers')();

/**
 * For a call in a line whose timer may be that of another request, and gone with it: where it is so, looks after the line
 * by a timer of the call's own, time and again. Nothing elsewhere.
 *
 * @param delay ms until the next look.
 * @returns what ends that.
 */
export function ownTimer(clock: Clock, delay: () => number, look: () => void): CancelTimer | undefined {
  if (!OWN_TIMERS) return undefined;
  let cancel: CancelTimer | undefined;
  let over = false;
  const set = (): void => {
    if (!over)
      cancel = clock.setTimer(delay(), () => {
        look();
        set();
      });
  };
  set();
  return () => {
    over = true;
    cancel!();
  };
}
