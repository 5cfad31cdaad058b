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

  /** Whether calls outlive their first turn, as far as is known: up by 1 with each that does, down by 2 with each other. */
  let lasting = 0;
  let calls = 0;

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
      // Where most do, the machine from the start is the shorter way; one in sixteen finds out whether they still do.
      if (lasting >= 64 && ++calls % 16) return undefined;
      return watchedLater(way, fn, signal, line.now());
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
    kept(call) {
      lasting = Math.min(lasting + 1, 128);
      line.join(call, 0, call.slots[0] as Due);
    },
    result(value) {
      lasting = Math.max(lasting - 2, 0);
      return value;
    },
  });
  return layer;
}
