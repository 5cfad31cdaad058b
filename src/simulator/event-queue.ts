import type { CancelTimer, Clock } from '../base/clock.ts';

/** Something that is to happen at a time. */
export interface SimulatedEvent {
  readonly at: number;
  /** In which order they were set: of two at the same time, the earlier one comes first. */
  readonly order: number;
  readonly happen: () => void;
  /** Where it stands in the heap; −1 once it has happened or has been called off. */
  place: number;
}

/**
 * The time of a simulation: what is to happen, as a binary heap by time and then by the order of being set.
 *
 * It goes from 0 on, in ms. Memory is that of the events to come; one that is called off leaves nothing behind.
 *
 * Source: J. W. J. Williams, Algorithm 232: Heapsort, Communications of the ACM 7, 1964.
 */
export class EventQueue implements Clock {
  readonly #heap: SimulatedEvent[] = [];
  #time = 0;
  #set = 0;

  /** Events to come. */
  get pending(): number {
    return this.#heap.length;
  }

  readonly now = (): number => this.#time;

  readonly setTimer = (delay: number, callback: () => void): CancelTimer => {
    const event = this.plan(delay, callback);
    return () => this.callOff(event);
  };

  /** Lets something happen `delay` ms from now; after `Infinity`, never. */
  plan(delay: number, happen: () => void): SimulatedEvent {
    const event: SimulatedEvent = { at: this.#time + delay, order: this.#set++, happen, place: -1 };
    if (event.at < Infinity) this.#rise(event, this.#heap.length);
    return event;
  }

  /** Takes an event away, if it has not happened yet. */
  callOff(event: SimulatedEvent): void {
    const { place } = event;
    if (place < 0) return;
    event.place = -1;
    const last = this.#heap.pop()!;
    if (last === event) return;
    if (place > 0 && isBefore(last, this.#heap[(place - 1) >> 1]!)) this.#rise(last, place);
    else this.#sink(last, place);
  }

  /** Moves the time to the next event that is not after `end`, and takes it out; `undefined` if there is none. */
  next(end: number): SimulatedEvent | undefined {
    const [first] = this.#heap;
    if (!first || first.at > end) {
      this.#time = Math.max(this.#time, end);
      return undefined;
    }
    this.callOff(first);
    this.#time = first.at;
    return first;
  }

  #rise(event: SimulatedEvent, place: number): void {
    const heap = this.#heap;
    while (place) {
      const parent = (place - 1) >> 1;
      const above = heap[parent]!;
      if (isBefore(above, event)) break;
      heap[place] = above;
      above.place = place;
      place = parent;
    }
    heap[place] = event;
    event.place = place;
  }

  #sink(event: SimulatedEvent, place: number): void {
    const heap = this.#heap;
    const { length } = heap;
    for (let child = 2 * place + 1; child < length; child = 2 * place + 1) {
      if (child + 1 < length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      const below = heap[child]!;
      if (isBefore(event, below)) break;
      heap[place] = below;
      below.place = place;
      place = child;
    }
    heap[place] = event;
    event.place = place;
  }
}

function isBefore(one: SimulatedEvent, other: SimulatedEvent): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
