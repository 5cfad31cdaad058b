import type { Holder } from './holder.ts';

/** What a guarded function is told of the attempt that it makes. */
export interface CallContext {
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /** Aborted when the attempt is given up: by the caller, or by a timeout around it. Made only when read. */
  readonly signal: AbortSignal;
  /** Milliseconds until the nearest deadline around this attempt, at least 0; `Infinity` without one. */
  readonly remaining: number;
}

/** A policy around a call, as those inside it see it. */
export interface Surrounding {
  readonly kind: string;
  /** Milliseconds until it ends the call. */
  remaining?(slot: never): number;
  /** Told that the attempt under way is the last, and why. */
  last?(slot: never, why: 'used' | 'unrepeatable'): void;
}

/** Where a call stands: what is around it. */
export interface Place {
  readonly layers: readonly Surrounding[];
  /** The memory of each layer for this call. */
  readonly slots: unknown[];
  /** The context of an outer call that this one was handed on from, or what stands for it. */
  readonly parent: Partial<CallContext>;
  /** The innermost one that holds something for it. */
  readonly holder: Holder | undefined;
}

/** What stands for the context of a call that was given none. */
export const ALONE: Partial<CallContext> = { attempt: 1, remaining: Infinity };

/** The context of one attempt. */
export class Context implements CallContext {
  readonly attempt: number;
  #place: Place | (() => Place);
  #holder: Holder | undefined;
  #controller: AbortController | undefined;
  #end: { readonly error: unknown } | undefined;

  /** @param place where the attempt is made; a function, if it has to be known only when somebody asks. */
  constructor(place: Place | (() => Place), attempt: number, holder?: Holder) {
    this.attempt = attempt;
    this.#place = place;
    this.#holder = holder;
  }

  get signal(): AbortSignal {
    Context.placeOf(this);
    const controller = (this.#controller ??= new AbortController());
    if (this.#end) controller.abort(this.#end.error);
    return controller.signal;
  }

  get remaining(): number {
    // To make the place may give the attempt up.
    const place = Context.placeOf(this)!;
    return this.#end ? 0 : Math.max(0, remaining(place));
  }

  /** Gives the attempt up: its signal is, or will be when it is read, aborted with `error`. */
  static abort(context: Context, error: unknown): void {
    context.#end = { error };
    context.#controller?.abort(error);
  }

  /** The place that a context speaks of, if it is one of ours. */
  static placeOf(context: object): Place | undefined {
    if (!(context instanceof Context)) return undefined;
    let place = context.#place;
    if (typeof place === 'function') {
      context.#place = place = place();
      context.#holder = place.holder;
    }
    return place;
  }

  /** Says where the attempt has been made, for whoever asks from now on. */
  static settlePlace(context: Context, place: Place | (() => Place)): void {
    context.#place = place;
  }

  /** That place, if somebody has asked for it. */
  static askedOf(context: Context): Place | undefined {
    const place = context.#place;
    return typeof place === 'function' ? undefined : place;
  }

  /** The innermost one that holds something for the work of a context, and for the calls that it hands the context to. */
  static holderOf(context: object): Holder | undefined {
    return Context.placeOf(context) && (context as Context).#holder;
  }
}

/** Milliseconds until the nearest deadline around layer `at`; without `at`, around the attempt. */
export function remaining({ layers, slots, parent }: Place, at: number = layers.length): number {
  let least = parent.remaining ?? Infinity;
  while (--at >= 0) least = Math.min(least, layers[at]!.remaining?.(slots[at] as never) ?? Infinity);
  return least;
}

/** The slot of the nearest layer of a kind around layer `at`, in this call or in those it was handed on from. */
export function around({ layers, slots, parent }: Place, at: number, kind: string): unknown {
  while (--at >= 0) if (layers[at]!.kind === kind) return slots[at];
  const outer = Context.placeOf(parent);
  return outer && around(outer, outer.layers.length, kind);
}
