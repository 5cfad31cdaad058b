import { attempt, cut, descend, type Call, type Layer } from '../base/call.ts';
import type { Kind } from '../base/check.ts';
import type { Clock } from '../base/clock.ts';
import { ALONE, Context, type Place } from '../base/context.ts';
import { deadlines, type Due } from '../base/deadlines.ts';
import { BulkheadFullError } from '../base/errors.ts';
import type { Holder } from '../base/holder.ts';
import { Line, type Linked } from '../base/line.ts';
import { notify } from '../base/observe.ts';
import { OWN_TIMERS } from '../base/own-timer.ts';
import { park } from '../base/park.ts';

/** What may watch a limit on calls at once. */
export interface SlotObservers {
  readonly rejected?: ((event: { readonly error: BulkheadFullError }) => unknown) | undefined;
}

/** Everything that a limit on calls at once goes by. */
export interface SlotRules {
  readonly kind: string;
  readonly name: string | undefined;
  readonly maxQueued: number;
  readonly maxWait: number;
  readonly clock: Clock;
  /** Whether a slot is held until the work has settled, or only until the call has. */
  readonly untilSettled: boolean;
  /** What `explain` shows besides. */
  readonly facts: object;
  readonly on: SlotObservers | undefined;
}

/** A limit on calls at once as a layer, and what can be done with it besides. */
export interface SlotLayer extends Layer {
  readonly running: () => number;
  readonly queued: () => number;
  /** The same, but a call that comes out with a value leaves its slot to whoever gets that. */
  readonly keeping: Layer;
  /** Takes a slot, if there is one and nobody waits for it. */
  readonly take: () => boolean;
  /** Gives a slot back. */
  readonly release: () => void;
  /** For a limit that has changed: hands free slots to those who wait, or refuses those who wait for themselves by now. */
  readonly refit: () => void;
  /** Says that a call was not let in. */
  readonly reject: () => BulkheadFullError;
}

/** One call and its slot. */
interface Slot extends Holder, Linked<Slot> {
  readonly of: object;
  go: (() => void) | undefined;
  due: Due | undefined;
  /** Set when it can never be its turn any more. */
  lost: boolean;
  /** Set when the call has left; work that goes on may hold it still, until it is `idle`. */
  left: boolean;
}

/** @param limit how many calls may run at once now. */
export function slotLayer(limit: () => number, rules: SlotRules): SlotLayer {
  const { kind, name, maxQueued, maxWait, clock, untilSettled, facts, on } = rules;
  let running = 0;
  const line = new Line<Slot>();
  const patience = deadlines(maxWait, clock, refuse);

  /** Ends the wait of a call. */
  function refuse(call: Call, at: number): void {
    const { turn } = call;
    line.leave(call.slots[at] as Slot);
    call.slots[at] = undefined;
    const error = layer.reject();
    // Its observer may have ended the call.
    if (call.turn === turn) cut(call, at, error);
  }

  /** Whether all slots are held by the very call that asks for one, by a context that was handed on. */
  function waitsForItself(holder: Holder | undefined): boolean {
    let held = 0;
    for (; holder; holder = holder.outer) {
      const { of, left, idle } = holder as Slot;
      // A context may be handed on when its call is over.
      if (of === rules && (!left || idle)) held++;
    }
    return held >= limit();
  }

  function newSlot(outer: Holder | undefined): Slot {
    return {
      of: rules,
      outer,
      pending: 0,
      idle: undefined,
      go: undefined,
      due: undefined,
      lost: false,
      left: false,
      earlier: undefined,
      later: undefined,
      inLine: false,
    };
  }

  /** A call that has waited goes on. */
  function proceed(call: Call, at: number): void {
    const slot = call.slots[at] as Slot;
    if (slot.lost) return refuse(call, at);
    call.holder = slot;
    descend(call, at + 1);
  }

  /** Lets the first in line have a slot that is free. */
  function handOver(): void {
    for (let { first: slot } = line; slot && running < limit(); { first: slot } = line) {
      running++;
      unqueue(slot);
    }
  }

  function unqueue(slot: Slot): void {
    line.leave(slot);
    slot.go!();
    patience.leave(slot.due);
  }

  function leave(call: Call, at: number): boolean {
    const slot = call.slots[at] as Slot | undefined;
    call.slots[at] = undefined;
    if (!slot) return true;
    if (line.leave(slot)) patience.leave(slot.due);
    else if (!slot.lost) {
      call.holder = slot.outer;
      giveBack(slot);
    }
    return true;
  }

  function giveBack(slot: Slot | undefined): void {
    if (slot) slot.left = true;
    if (untilSettled && slot?.pending) slot.idle = layer.release;
    else layer.release();
  }

  const hooks: Layer = {
    kind,
    facts: Object.assign(facts, { maxQueued, maxWait, name }),
    enter(call, at) {
      const slot = newSlot(call.holder);
      if (layer.take()) {
        call.slots[at] = call.holder = slot;
        return true;
      }
      if (line.size >= maxQueued || maxWait === 0 || waitsForItself(call.holder)) throw layer.reject();
      slot.go = park(call, at, proceed);
      if (maxWait < Infinity || OWN_TIMERS) slot.due = patience.join(call, at);
      call.slots[at] = slot;
      line.join(slot);
      return false;
    },
    exit: leave,
    cut: leave,
    weight: () => Math.min(running, 1),
  };
  const place = (): Place => {
    const slot = newSlot(undefined);
    return { layers: [hooks], slots: [slot], parent: ALONE, holder: slot };
  };
  const layer: SlotLayer = {
    ...hooks,
    quick(fn, signal) {
      if (signal || !layer.take()) return undefined;
      const context = new Context(place, 1);
      const out = (): void => giveBack(Context.askedOf(context)?.holder as Slot | undefined);
      return attempt(
        fn,
        context,
        (value) => (out(), value),
        (error) => {
          out();
          throw error;
        },
      );
    },
    keeping: {
      ...hooks,
      exit(call, at) {
        call.holder = (call.slots[at] as Slot).outer;
        call.slots[at] = undefined;
        return true;
      },
    },
    running: () => running,
    queued: () => line.size,
    take() {
      if (line.size || running >= limit()) return false;
      running++;
      return true;
    },
    release() {
      running--;
      handOver();
    },
    refit() {
      handOver();
      // Whoever waits has found all slots in use: where more are, the limit has fallen.
      if (running <= limit()) return;
      for (let slot = line.first, later; slot; slot = later) {
        ({ later } = slot);
        if (!waitsForItself(slot.outer)) continue;
        slot.lost = true;
        unqueue(slot);
      }
    },
    reject() {
      const error = new BulkheadFullError(name ? `${kind} ${name}` : kind, running, line.size);
      notify(on, 'rejected', { error });
      return error;
    },
  };
  return layer;
}

/** When a slot is free again. */
export const releaseOnKind: Kind = ["'settle' or 'timeout'", (value) => value === 'settle' || value === 'timeout'];
