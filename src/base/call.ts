import { watch } from './abort.ts';
import { asyncScope, type AsyncScope } from './async-scope.ts';
import { abortSignal, callable, check, contextKind, count, durationOrNever, readOptions } from './check.ts';
import { ALONE, Context, type CallContext, type Place, type Surrounding } from './context.ts';
import { withCause } from './errors.ts';
import { begun, type Holder } from './holder.ts';
import { reportOutOfBand } from './observe.ts';
import type { ExecuteOptions, Guarded } from './policy.ts';

/**
 * One policy as the machine below sees it: hooks without promises, called on the way in and on the way out. `at` is
 * the layer's place in the call, and `call.slots[at]` its own memory there.
 */
export interface Layer extends Surrounding {
  /** Lets the call in (`true`), or keeps it (`false`), to go on by `descend` or `ascend`. A throw refuses it. */
  enter(call: Call, at: number): boolean;
  /** Lets an outcome out (`true`), or keeps the call (`false`). A throw replaces the outcome. */
  exit(call: Call, at: number, ok: boolean, value: unknown): boolean;
  /** The call was given up from outside while in here: by its caller's abort (`aborted`), or by a layer around this one. */
  cut(call: Call, at: number, error: unknown, aborted: boolean): void;
  /** The whole way of a call that nothing else is around, but maybe the caller's signal; `undefined`: not this one, or not now. */
  quick?(fn: Guarded<unknown>, signal: AbortSignal | undefined): Promise<unknown> | undefined;
  /** What would be lost if this were forgotten now: 0 nothing, 1 places or counts, 2 that the dependency is down. */
  weight?(): number;
  /** What `explain` shows of it, and reckons with. */
  readonly facts?: object;
}

/** One call on its way through the layers. Only the functions of this page, and the layer that has it in hand, change it. */
export class Call implements Place {
  readonly layers: readonly Layer[];
  readonly slots: unknown[];
  readonly fn: Guarded<unknown>;
  readonly parent: Partial<CallContext>;
  /** Who is told how it comes out; unknown while only `outcomeOf` has been asked. */
  resolve: ((value: unknown) => void) | undefined;
  reject: ((error: unknown) => void) | undefined;
  /** How it came out, if nobody was there to be told. */
  out: { readonly ok: boolean; readonly value: unknown } | undefined = undefined;
  /** The number of the attempt that is made next; the retry sets it. */
  attempt: number;
  /** Changes whenever the call is cut or settled: what runs user code looks at it afterwards, and lets go of a call that was cut. */
  turn = 0;
  /** How many layers hold the call, counted from the outside. */
  depth = 0;
  /** The attempt under way. */
  context: Context | undefined = undefined;
  /** While it is cut: whether work was under way, here or in a branch. A wait in a line, or before a retry, is none. */
  working = false;
  /** The call's own async context, once that has been kept. */
  scope: AsyncScope | undefined = undefined;
  unwatch: (() => void) | undefined = undefined;
  holder: Holder | undefined;

  constructor(
    layers: readonly Layer[],
    fn: Guarded<unknown>,
    parent: Partial<CallContext>,
    resolve?: (value: unknown) => void,
    reject?: (error: unknown) => void,
  ) {
    this.layers = layers;
    this.slots = Array<unknown>(layers.length);
    this.fn = fn;
    this.parent = parent;
    this.resolve = resolve;
    this.reject = reject;
    this.attempt = parent.attempt ?? 1;
    this.holder = parent === ALONE ? undefined : Context.holderOf(parent);
  }
}

/** Runs `fn` under `layers`, outermost first. What is wrong with the arguments comes out as a rejection. */
export function run<T>(
  layers: readonly Layer[],
  fn: Guarded<unknown>,
  options?: ExecuteOptions | CallContext,
  action = 'execute a call',
): Promise<T> {
  try {
    const isCallable = typeof fn === 'function';
    const lone = options === undefined ? undefined : isCallable ? loneSignal(options) : null;
    if (isCallable && layers.length === 1 && (lone === undefined || (lone instanceof AbortSignal && !lone.aborted))) {
      const quick = layers[0]!.quick?.(fn, lone);
      if (quick) return quick as Promise<T>;
    }
    return longWay(layers, fn, lone, options, action) as Promise<T>;
  } catch (error) {
    return Promise.reject(error as Error);
  }
}

// A closure makes its function keep what it can reach from the first line on, so those of rare ways have functions of
// their own: here, and around `attempt`.

function longWay(
  layers: readonly Layer[],
  fn: Guarded<unknown>,
  lone: unknown,
  options: ExecuteOptions | CallContext | undefined,
  action: string,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    check(fn, callable, 'fn', action);
    const parent = lone === undefined ? ALONE : lone === null ? contextOf(action, options!) : under(lone, action);
    const call = new Call(layers, fn, parent, resolve, reject);
    const { signal } = parent;
    if (signal?.aborted) {
      call.depth = layers.length;
      return cut(call, -1, signal.reason, true);
    }
    if (signal) listen(call, signal);
    descend(call, 0);
  });
}

/** Gives a call up when its caller does. */
export function listen(call: Call, signal: AbortSignal): void {
  call.scope = asyncScope();
  call.unwatch = watch(signal, (reason) => wake(call, () => cut(call, -1, reason, true)));
}

/** What options have as their signal, where they have no more than that; `null`: they are of another shape, and not read. */
function loneSignal(options: ExecuteOptions | CallContext): unknown {
  if (typeof options !== 'object' || !options || 'remaining' in options) return null;
  let found = false;
  for (const name in options) {
    // Here the engine knows the answer without a call; it does not with `Object.hasOwn`.
    if (name !== 'signal' || !Object.prototype.hasOwnProperty.call(options, name)) return null;
    found = true;
  }
  return found ? options.signal : null;
}

function under(signal: unknown, action: string): Partial<CallContext> {
  check(signal, abortSignal, 'signal', action);
  return { signal: signal as AbortSignal };
}

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
  const { holder } = call;
  const context = new Context(call, call.attempt, holder);
  call.context = context;
  begun(holder, 1);
  void attempt(
    call.fn,
    context,
    (value) => settle(call, context, holder, true, value),
    (error) => settle(call, context, holder, false, error),
  );
}

/**
 * Calls `fn`, whatever it returns or throws, and hands on how it comes out: once, and never at once. The promise is that
 * of the handlers; without one, what came out.
 */
export function attempt(
  fn: Guarded<unknown>,
  context: CallContext,
  ok?: (value: unknown) => unknown,
  failed?: (error: unknown) => unknown,
): Promise<unknown> {
  let made: unknown;
  try {
    made = fn(context);
  } catch (error) {
    return rejection(error, failed);
  }
  try {
    // One with a `then` of its own may do anything with it.
    if (made instanceof Promise && made.constructor === Promise && made.then === Promise.prototype.then) {
      return made.then(ok, failed);
    }
  } catch {
    // A proxy looks like a promise, and is none.
  }
  return promiseOf(made).then(ok, failed);
}

function promiseOf(made: unknown): Promise<unknown> {
  return new Promise((resolve) => resolve(made));
}

/** Rejects one turn later, when the caller has its handlers on. */
export function rejection(error: unknown, failed?: (error: unknown) => unknown): Promise<unknown> {
  return Promise.resolve().then(() => {
    if (failed) return failed(error);
    throw error;
  });
}

/** An attempt has come out. */
export function settle(call: Call, context: Context, holder: Holder | undefined, ok: boolean, value: unknown): void {
  begun(holder, -1);
  if (call.context !== context) return;
  const { signal } = call.unwatch ? call.parent : ALONE;
  // A signal made by hand may have become aborted without saying so.
  if (!ok && signal?.aborted) cut(call, -1, signal.reason, true);
  else ascend(call, call.layers.length - 1, ok, value);
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
  if (call.resolve) (ok ? call.resolve : call.reject!)(value);
  else call.out = { ok, value };
  call.unwatch?.();
}

/**
 * For a reaction that has become a call: what it returns, or throws, so that its promise comes out as the call does. The
 * promise itself is then the call's, so that one that waits for long keeps no second one.
 */
export function outcomeOf(call: Call): unknown {
  const { out } = call;
  if (out?.ok) return out.value;
  if (out) throw out.value;
  return {
    // oxlint-disable-next-line unicorn/no-thenable -- a promise hands its own functions only to a thenable
    then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
      // That takes a turn, in which a wait may have failed.
      if (call.out) (call.out.ok ? resolve : reject)(call.out.value);
      call.resolve = resolve;
      call.reject = reject;
    },
  };
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
    const { working } = call;
    try {
      call.layers[inner]!.cut(call, inner, error, aborted);
    } catch (failure) {
      // There is no outcome left that this could replace.
      reportOutOfBand(call.layers, failure, 'cut');
    }
    // An observer may have cut the call once more, when no work was left.
    call.working ||= working;
  }
  if (context) Context.abort(context, error);
  if (call.turn === turn) ascend(call, at - 1, false, error);
}

/** Goes on with a call in its own async context, for a layer that has kept it. */
export function wake(call: Call, fn: () => void): void {
  call.scope!.runInAsyncScope(fn);
}
