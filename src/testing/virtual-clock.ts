import type { CancelTimer, Clock } from '../base/clock.ts';
import { check, duration, durationOrNever, invalid, type Kind } from '../base/check.ts';
import { Heap, type Timed } from '../base/heap.ts';
import { macrotask, watchdog } from '../base/turn.ts';

/** A timer that waits for its time. */
interface Timer extends Timed {
  readonly callback: () => void;
}

/** After so many timers `runAll` gives up: something sets timers for ever. */
const MOST_TIMERS = 100_000;
const FINITE: Kind = ['a finite number of ms', Number.isFinite, RangeError];

/**
 * A clock that a test moves by hand. Nothing in it depends on real time: the same script gives the same trace.
 *
 * It warns on the console when something has waited for a second of real time and nobody has moved it.
 *
 * @example
 * import { sleeperOf } from 'holdfast';
 * import { VirtualClock } from 'holdfast/testing';
 * const clock = new VirtualClock();
 * let awake = false;
 * void sleeperOf(clock)(60_000).then(() => { awake = true; });
 * await clock.advance(59_999);
 * awake; // => false
 * await clock.advance(1);
 * awake; // => true
 */
export class VirtualClock implements Clock {
  #now: number;
  readonly #timers = new Heap<Timer>();
  #stopWatching: (() => void) | undefined;
  #moving = false;

  /** @param start the first reading · ms, at least 0 · default 0. */
  constructor(start = 0) {
    check(start, duration, 'start', 'make a virtual clock');
    this.#now = start;
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size;
  }

  readonly now = (): number => this.#now;

  readonly setTimer = (delay: number, callback: () => void): CancelTimer => {
    check(delay, durationOrNever, 'delay', 'set a virtual timer');
    const timer: Timer = { at: this.#now + delay, callback };
    this.#timers.join(timer);
    this.#watch();
    return () => {
      this.#timers.leave(timer);
      if (!this.pending) this.#unwatch();
    };
  };

  /**
   * Lets `ms` pass: fires the timers that come due, each at its own time, and lets everything that they set going run
   * in between.
   *
   * @throws by rejection: `TypeError` or `RangeError` for a wrong `ms`.
   */
  async advance(ms: number): Promise<void> {
    check(ms, duration, 'ms', 'advance a virtual clock');
    const end = this.#now + ms;
    await this.#fire(end, Infinity);
    this.#now = Math.max(this.#now, end);
  }

  /**
   * Lets time pass until no timer waits, except those that wait for ever.
   *
   * @throws by rejection: `RangeError` after 100 000 timers.
   */
  async runAll(): Promise<void> {
    if (await this.#fire(Infinity, MOST_TIMERS)) {
      throw invalid('run all timers', `at most ${MOST_TIMERS} of them`, this.pending, RangeError);
    }
  }

  /**
   * Moves the reading without firing anything, also backwards: a machine that slept, or a clock that is wrong.
   *
   * @throws `TypeError` or `RangeError` for a wrong `ms`.
   */
  jump(ms: number): void {
    check(ms, FINITE, 'ms', 'jump');
    this.#now += ms;
  }

  async #fire(end: number, most: number): Promise<boolean> {
    this.#unwatch();
    this.#moving = true;
    try {
      await macrotask();
      for (
        let next = this.#timers.first;
        next && next.at <= end && next.at < Infinity && most-- > 0;
        next = this.#timers.first
      ) {
        this.#timers.leave(next);
        this.#now = Math.max(this.#now, next.at);
        next.callback();
        await macrotask();
      }
    } finally {
      this.#moving = false;
      if (this.pending) this.#watch();
    }
    return most < 0;
  }

  #watch(): void {
    if (!this.#moving)
      this.#stopWatching ??= watchdog(1_000, () => {
        console.warn(
          `VirtualClock: ${this.pending} timer(s) have been waiting for 1 s; nothing happens until you await advance() or runAll().`,
        );
      });
  }

  #unwatch(): void {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }
}
