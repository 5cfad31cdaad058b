import { cut, type Call, type Layer } from '../base/call.ts';
import { check, clockKind, durationOrNever, handlers, readOptions } from '../base/check.ts';
import { isGenuine, systemClock, type Clock } from '../base/clock.ts';
import { deadlines, type Due } from '../base/deadlines.ts';
import { TimeoutError } from '../base/errors.ts';
import { layered } from '../base/layers.ts';
import { notify } from '../base/observe.ts';
import { OWN_TIMERS } from '../base/own-timer.ts';
import type { Policy } from '../base/policy.ts';
import { shortWay, watchedLater } from '../base/short-way.ts';

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

/** Ends its calls by their deadlines. */
function timeoutLayer(ms: number, clock: Clock, on: TimeoutOptions['on']): Layer {
  const line = deadlines(ms, clock, (call, at) => {
    const error = new TimeoutError(ms);
    call.slots[at] = undefined;
    cut(call, at, error);
    notify(on, 'timeout', { error });
  });

  /** So many calls to come are taken for such that outlive their first turn, for which the long way is the shorter one. */
  let outlasting = 0;

  function leave(call: Call, at: number): boolean {
    line.leave(call.slots[at] as Due | undefined);
    call.slots[at] = undefined;
    return true;
  }

  const layer: Layer = {
    kind: 'timeout',
    facts: { timeout: ms },
    quick(fn, signal) {
      // On another clock, the time may come before the first turn is over.
      if (ms === Infinity || OWN_TIMERS || !isGenuine(clock)) return undefined;
      if (!outlasting) return watchedLater(way, fn, signal, line.now());
      outlasting--;
      return undefined;
    },
    enter(call, at) {
      if (ms < Infinity) call.slots[at] = line.join(call, at);
      return true;
    },
    exit: leave,
    cut: leave,
    remaining: (due?: Due) => (due ? line.left(due) : Infinity),
  };
  const way = shortWay(layer, {
    slot: line.due,
    outlived(call) {
      outlasting = Math.min(outlasting + 16, 4_096);
      line.join(call, 0, call.slots[0] as Due);
    },
  });
  return layer;
}
