import type { CancelTimer, Clock } from '../base/clock.ts';
import { Heap, type Timed } from '../base/heap.ts';

/** Something that is to happen at a time. */
export interface SimulatedEvent extends Timed {
  readonly happen: () => void;
}

/**
 * The time of a simulation: what is to happen, by time and then by the order of being set.
 *
 * It goes from 0 on, in ms. Memory is that of the events to come; one that is called off leaves nothing behind.
 */
export class EventQueue implements Clock {
  readonly #events = new Heap<SimulatedEvent>();
  #time = 0;

  /** Events to come. */
  get pending(): number {
    return this.#events.size;
  }

  readonly now = (): number => this.#time;

  readonly setTimer = (delay: number, callback: () => void): CancelTimer => {
    const event = this.plan(delay, callback);
    return () => this.callOff(event);
  };

  /** Lets something happen `delay` ms from now; after `Infinity`, never. */
  plan(delay: number, happen: () => void): SimulatedEvent {
    const event: SimulatedEvent = { at: this.#time + delay, happen };
    if (event.at < Infinity) this.#events.join(event);
    return event;
  }

  /** Takes an event away, if it has not happened yet. */
  callOff(event: SimulatedEvent): void {
    this.#events.leave(event);
  }

  /** Moves the time to the next event that is not after `end`, and takes it out; `undefined` if there is none. */
  next(end: number): SimulatedEvent | undefined {
    const { first } = this.#events;
    if (!first || first.at > end) {
      this.#time = Math.max(this.#time, end);
      return undefined;
    }
    this.callOff(first);
    this.#time = first.at;
    return first;
  }
}
