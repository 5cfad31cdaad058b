import { watch } from './abort.ts';
import { asyncScope } from './async-scope.ts';
import { abortSignal, callable, check, contextKind, count, durationOrNever, readOptions } from './check.ts';
import { withCause } from './errors.ts';
import { begun, type Holder } from './holder.ts';
import { reportOutOfBand } from './observe.ts';

/** What a guarded function is told of the attempt that it makes. */
export interface CallContext {
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /** Aborted when the attempt is given up: by the caller, or by a timeout around it. Made only when read. */
  readonly signal: AbortSignal;
  /** Milliseconds until the nearest deadline around this attempt, at least 0; `Infinity` without one. */
  readonly remaining: number;
}

/** A function that a policy can guard. It may return a value, a promise or any thenable. */
export type Guarded<T> = (context: CallContext) => T | PromiseLike<T>;

/** What one call is given besides its function. */
export interface ExecuteOptions {
  /** Ends the call at once when aborted; the rejection is `signal.reason` itself. */
  readonly signal?: AbortSignal | undefined;
}

/** A guard around calls. Hand the context of an outer policy on, and the inner one shares its signal, deadline and budget. */
export interface Policy {
  /**
   * Calls `fn` under this guard. Never throws: whatever goes wrong is a rejection.
   *
   * @param fn called with the context of its attempt.
   * @param options `{ signal }`, or the context of an outer policy.
   */
  execute<T>(fn: Guarded<T>, options?: ExecuteOptions | CallContext): Promise<T>;
}

/**
 * One policy as the machine below sees it: hooks without promises, called on the way in and on the way out. `at` is
 * the layer's place in the call, and `call.slots[at]` its own memory there.
 */
export interface Layer {
  /** What kind of policy this is, in the field's word. */
  readonly kind: string;
  /** Lets the call in (`true`), or keeps it (`false`), to go on by `descend` or `ascend`. A throw refuses it. */
  enter(call: Call, at: number): boolean;
  /** Lets an outcome out (`true`), or keeps the call (`false`). A throw replaces the outcome. */
  exit(call: Call, at: number, ok: boolean, value: unknown): boolean;
  /** The call was given up from outside while in here: by its caller's abort (`aborted`), or by a layer around this one. */
  cut(call: Call, at: number, error: unknown, aborted: boolean): void;
  /** Told that the attempt under way is the last, and why. */
  last?(slot: never, why: 'used' | 'unrepeatable'): void;
  /** Milliseconds until this layer ends the call. */
  remaining?(slot: never): number;
  /** What would be lost if this were forgotten now: 0 nothing, 1 places or counts, 2 that the dependency is down. */
  weight?(): number;
  /** What `explain` shows of it, and reckons with. */
  readonly facts?: object;
}

/** Where a call stands: what is around it. */
export interface Place {
  readonly layers: readonly Layer[];
  /** The memory of each layer for this call. */
  readonly slots: unknown[];
  /** The context of an outer call that this one was handed on from, or what stands for it. */
  readonly parent: Partial<CallContext>;
  /** The innermost one that holds something for it. */
  readonly holder: Holder | undefined;
}

/** One call on its way through the layers. Only the functions of this page, and the layer that has it in hand, change it. */
export interface Call extends Place {
  readonly fn: Guarded<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** The number of the attempt that is made next; the retry sets it. */
  attempt: number;
  /** Changes whenever the call is cut or settled: what runs user code looks at it afterwards, and lets go of a call that was cut. */
  turn: number;
  /** How many layers hold the call, counted from the outside. */
  depth: number;
  /** The attempt under way. */
  context: Context | undefined;
  /** While it is cut: whether work was under way, here or in a branch. A wait in a line, or before a retry, is none. */
  working: boolean;
  /** Runs something in the call's own async context, once that has been kept. */
  scope: ((fn: () => void) => void) | undefined;
  unwatch: (() => void) | undefined;
  holder: Holder | undefined;
}

/** A call that has not begun. */
export function newCall(
  layers: readonly Layer[],
  fn: Guarded<unknown>,
  parent: Partial<CallContext>,
  resolve: (value: unknown) => void,
  reject: (error: unknown) => void,
): Call {
  return {
    layers,
    fn,
    parent,
    resolve,
    reject,
    slots: [],
    attempt: parent.attempt ?? 1,
    turn: 0,
    depth: 0,
    context: undefined,
    working: false,
    scope: undefined,
    unwatch: undefined,
    holder: Context.holderOf(parent),
  };
}

/** The context of one attempt. */
export class Context implements CallContext {
  readonly attempt: number;
  readonly #place: Place;
  readonly #holder: Holder | undefined;
  #controller: AbortController | undefined;
  #end: { readonly error: unknown } | undefined;

  constructor(place: Place, attempt: number) {
    this.attempt = attempt;
    this.#place = place;
    this.#holder = place.holder;
  }

  get signal(): AbortSignal {
    const controller = (this.#controller ??= new AbortController());
    if (this.#end) controller.abort(this.#end.error);
    return controller.signal;
  }

  get remaining(): number {
    return this.#end ? 0 : Math.max(0, remaining(this.#place));
  }

  /** Gives the attempt up: its signal is, or will be when it is read, aborted with `error`. */
  static abort(context: Context, error: unknown): void {
    context.#end = { error };
    context.#controller?.abort(error);
  }

  /** The place that a context speaks of, if it is one of ours. */
  static placeOf(context: object): Place | undefined {
    return context instanceof Context ? context.#place : undefined;
  }

  /** The innermost one that holds something for the work of a context, and for the calls that it hands the context to. */
  static holderOf(context: object): Holder | undefined {
    return context instanceof Context ? context.#holder : undefined;
  }
}

/** Runs `fn` under `layers`, outermost first. What is wrong with the arguments comes out as a rejection. */
export function run<T>(
  layers: readonly Layer[],
  fn: Guarded<unknown>,
  options?: ExecuteOptions | CallContext,
  action = 'execute a call',
): Promise<T> {
  return new Promise((resolve, reject) => {
    check(fn, callable, 'fn', action);
    const parent = options === undefined ? ALONE : contextOf(action, options);
    const call = newCall(layers, fn, parent, resolve as Call['resolve'], reject);
    const { signal } = parent;
    if (signal?.aborted) {
      call.depth = layers.length;
      return cut(call, -1, signal.reason, true);
    }
    if (signal) {
      call.scope = asyncScope();
      call.unwatch = watch(signal, (reason) => wake(call, () => cut(call, -1, reason, true)));
    }
    descend(call, 0);
  });
}

/** What stands for the context of a call that was given none. */
const ALONE: Partial<CallContext> = { attempt: 1, remaining: Infinity };

function contextOf(action: string, options: ExecuteOptions | CallContext): Partial<CallContext> {
  if (options instanceof Context) return options;
  // A context of any make is read as it is, since its fields may be getters: of another copy of this package, for one.
  if (!contextKind[1](options as never)) return readOptions(action, options as Partial<CallContext>, CONTEXT_KINDS);
  check(options.signal, abortSignal, 'signal', action);
  return options as CallContext;
}

const CONTEXT_KINDS = { signal: abortSignal, attempt: count, remaining: durationOrNever };

/** Enters the layers from `at` inwards, then makes an attempt. */
export function descend(call: Call, at: number): void {
  const { layers, turn } = call;
  for (; at < layers.length; at++) {
    call.depth = at + 1;
    try {
      if (!layers[at]!.enter(call, at) || call.turn !== turn) return;
    } catch (error) {
      if (call.turn === turn) refuse(call, at, error);
      return;
    }
  }
  const context = new Context(call, call.attempt);
  const { holder } = call;
  call.context = context;
  begun(holder, 1);
  let done = false; // A promise with a `then` of its own may answer more than once.
  const settle = (ok: boolean, value: unknown): void => {
    if (done) return;
    done = true;
    begun(holder, -1);
    if (call.context !== context) return;
    const { signal } = call.unwatch ? call.parent : ALONE;
    // A signal made by hand may have become aborted without saying so.
    if (!ok && signal?.aborted) cut(call, -1, signal.reason, true);
    else ascend(call, at - 1, ok, value);
  };
  try {
    Promise.resolve(call.fn(context)).then(
      (value) => settle(true, value),
      (error: unknown) => settle(false, error),
    );
  } catch (error) {
    void Promise.resolve().then(() => settle(false, error));
  }
}

/** Layer `at` has thrown on the way in. That goes outwards a turn later, when the caller has its handlers on. */
function refuse(call: Call, at: number, error: unknown): void {
  const { turn } = call;
  call.depth = at;
  void Promise.resolve().then(() => {
    if (call.turn === turn) ascend(call, at - 1, false, error);
  });
}

/** Carries an outcome outwards, through layer `at` and those around it. */
export function ascend(call: Call, at: number, ok: boolean, value: unknown): void {
  const { layers, turn } = call;
  call.context = undefined;
  for (; at >= 0; at--) {
    call.depth = at;
    try {
      if (!layers[at]!.exit(call, at, ok, value)) return;
    } catch (error) {
      value = ok ? error : withCause(error, value);
      ok = false;
    }
    if (call.turn !== turn) return;
  }
  call.turn++;
  (ok ? call.resolve : call.reject)(value);
  call.unwatch?.();
}

/** Gives up everything inside layer `at` (−1: everything), and lets `error` out from there. */
export function cut(call: Call, at: number, error: unknown, aborted = false): void {
  const { context } = call;
  const turn = ++call.turn;
  let inner = call.depth;
  call.working = !!context;
  call.context = undefined;
  call.depth = Math.max(at, 0);
  while (--inner > at) {
    try {
      call.layers[inner]!.cut(call, inner, error, aborted);
    } catch (failure) {
      // There is no outcome left that this could replace.
      reportOutOfBand(call.layers, failure, 'cut');
    }
  }
  if (context) Context.abort(context, error);
  if (call.turn === turn) ascend(call, at - 1, false, error);
}

/** Goes on with a call in its own async context, for a layer that has kept it. */
export function wake(call: Call, fn: () => void): void {
  call.scope!(fn);
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
