import { run, type Layer } from '../base/call.ts';
import type { CallContext } from '../base/context.ts';
import { check, count, handlers, readOptions, text, type OptionKind } from '../base/check.ts';
import { systemClock } from '../base/clock.ts';
import { setLayers } from '../base/layers.ts';
import type { ExecuteOptions, Policy } from '../base/policy.ts';
import { releasable, type Releasable } from '../base/releasable.ts';
import { queueOptions, type QueueOptions } from './queue-options.ts';
import { releaseOnKind, slotLayer, type SlotLayer, type SlotObservers } from './slot-layer.ts';

/** How a `Bulkhead` behaves. */
export interface BulkheadOptions extends QueueOptions {
  /** Calls at once · an integer, at least 1. */
  readonly maxConcurrent: number;
  /**
   * When a slot is free again: when the work has really `settle`d, or as soon as a `timeout` or an abort has given up
   * on it · default `settle`.
   */
  readonly releaseOn?: 'settle' | 'timeout' | undefined;
  /** Shown in the error of a refusal. */
  readonly name?: string | undefined;
  /** Observers. */
  readonly on?: SlotObservers | undefined;
}

/**
 * Lets so many calls run at once. Others wait in line, where that is allowed, or are refused with a
 * `BulkheadFullError`. A slot that comes free goes to the first in line in the same turn: nobody overtakes.
 *
 * It keeps one slow dependency from taking up the whole process, and is how a client that may have only so many
 * requests under way is made.
 *
 * @throws `TypeError` or `RangeError` for a wrong option.
 * @example
 * import { Bulkhead } from 'holdfast';
 * const bulkhead = new Bulkhead({ maxConcurrent: 2, maxQueued: 100 });
 * await Promise.all([1, 2, 3].map((n) => bulkhead.execute(() => n))); // => [1, 2, 3]
 *
 * Source: M. Nygard, Release It!, 2007, Bulkheads.
 */
export class Bulkhead implements Policy {
  /** As given. */
  readonly name: string | undefined;
  readonly #layer: SlotLayer;
  readonly #layers: readonly Layer[];
  #limit: number;

  constructor(options: BulkheadOptions) {
    const action = 'make a bulkhead';
    const given = readOptions(action, options, KINDS);
    const { maxConcurrent, maxQueued = 0, maxWait = Infinity, releaseOn = 'settle' } = given;
    const { name, clock = systemClock, on } = given;
    check(maxConcurrent, count, 'maxConcurrent', action);
    this.#limit = maxConcurrent;
    const limit = (): number => this.#limit;
    const facts = {
      get maxConcurrent() {
        return limit();
      },
      releaseOn,
    };
    const rules = { kind: 'bulkhead', name, maxQueued, maxWait, clock, facts, on };
    this.#layer = slotLayer(limit, { ...rules, untilSettled: releaseOn === 'settle' });
    this.name = name;
    this.#layers = [this.#layer];
    setLayers(this, this.#layers);
  }

  /** The most calls at once. Set it by `resize`. */
  get maxConcurrent(): number {
    return this.#limit;
  }

  /** Slots that are taken. */
  get running(): number {
    return this.#layer.running();
  }

  /** Calls in line. */
  get queued(): number {
    return this.#layer.queued();
  }

  /** Calls `fn` once there is a slot for it, or refuses with a `BulkheadFullError`. See `Policy.execute`. */
  readonly execute: Policy['execute'] = (fn, options) => run(this.#layers, fn, options);

  /**
   * For code that cannot be wrapped in a function: a slot, after its turn in the line. It has to be given back.
   *
   * @param options its signal ends the waiting; once the slot is there, it changes nothing.
   * @throws by rejection, as `execute`.
   */
  async acquire(options?: ExecuteOptions | CallContext): Promise<Releasable> {
    const layer = this.#layer;
    await run([layer.keeping], nothing, options, 'acquire a slot');
    return releasable(layer.release);
  }

  /** A slot now, or `undefined`. It has to be given back. */
  tryAcquire(): Releasable | undefined {
    const layer = this.#layer;
    if (layer.take()) return releasable(layer.release);
    layer.reject();
    return undefined;
  }

  /** Lets another number of calls run at once. Those that run already go on; new slots go to the line at once. */
  resize(maxConcurrent: number): void {
    check(maxConcurrent, count, 'maxConcurrent', 'resize a bulkhead');
    this.#limit = maxConcurrent;
    this.#layer.refit();
  }
}

function nothing(): void {}

const KINDS: { readonly [Key in keyof Required<BulkheadOptions>]: OptionKind } = /* @__PURE__ */ Object.assign(
  {
    maxConcurrent: count,
    releaseOn: releaseOnKind,
    name: text,
    on: /* @__PURE__ */ handlers('rejected'),
  },
  queueOptions,
);
