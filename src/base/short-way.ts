import { attempt, Call, cut, listen, outcomeOf, settle, type Layer } from './call.ts';
import { ALONE, Context, type Place } from './context.ts';
import type { Guarded } from './policy.ts';

/** What a layer does with the calls that nothing else is around. */
export interface ShortWayRules {
  /** Makes its memory of a call that began then, on its clock. */
  readonly slot: (began: number) => unknown;
  /** Told of a call that outlives its first turn. */
  readonly outlived?: ((call: Call) => void) | undefined;
  /** What comes out of a success at the first attempt, instead of the value alone. */
  readonly result?: ((value: unknown, slot: never) => unknown) | undefined;
}

/** The short way through one layer. */
export interface ShortWay extends ShortWayRules {
  readonly layers: readonly Layer[];
  /** The place of a call with this memory. */
  readonly placeOf: (slot: unknown) => Place;
  /** That of one which has made none. */
  readonly place: () => Place;
  /** That of one which is over. */
  readonly over: Place;
}

/** Prepares the short way through a layer. */
export function shortWay(layer: Layer, { slot, outlived, result }: ShortWayRules): ShortWay {
  const layers = [layer];
  const placeOf = (slot: unknown): Place => ({ layers, slots: [slot], parent: ALONE, holder: undefined });
  return { layers, slot, outlived, result, placeOf, place: () => placeOf(slot(0)), over: placeOf(undefined) };
}

/** A call that nobody can end but its function: it needs no more than a promise, until it fails. */
export function unwatched(way: ShortWay, fn: Guarded<unknown>): Promise<unknown> {
  const { result } = way;
  const context = new Context(way.place, 1);
  const failed = (error: unknown): unknown => {
    const call = callOf(way, fn, context, undefined, 0);
    settle(call, context, undefined, false, error);
    return outcomeOf(call);
  };
  return attempt(fn, context, result && ((value) => result(value, way.slot(0) as never)), failed);
}

/** A call in the first turn of its first attempt. */
interface FirstTurn {
  readonly way: ShortWay;
  readonly fn: Guarded<unknown>;
  readonly signal: AbortSignal | undefined;
  readonly began: number;
  readonly context: Context;
  /** What the machine has of it, once it has to. */
  call: Call | undefined;
  /** How the attempt has come out before that. */
  came: 'value' | 'error' | undefined;
  outcome: unknown;
}

/** Settled: what reacts to it runs in the next turn. */
const NEXT_TURN: Promise<void> = /* @__PURE__ */ Promise.resolve();

/**
 * A call that its caller's signal, or a deadline, may end before its function does. To listen and to wait costs more
 * than all the rest, so that begins only if the attempt outlives its first turn, or if `fn` asks its context for what
 * has to follow, as its own signal. For a layer that gives nothing back that others could be waiting for.
 */
export function watchedLater(
  way: ShortWay,
  fn: Guarded<unknown>,
  signal: AbortSignal | undefined,
  began: number,
): Promise<unknown> {
  const context: Context = new Context(() => asked(first), 1);
  const first: FirstTurn = { way, fn, signal, began, context, call: undefined, came: undefined, outcome: undefined };
  void attempt(
    fn,
    context,
    (value) => come(first, 'value', value),
    (error) => come(first, 'error', error),
  );
  if (Context.askedOf(context)) keep(first);
  return NEXT_TURN.then(() => goOn(first));
}

function asked({ way, signal, began, context }: FirstTurn): Place {
  if (signal?.aborted) Context.abort(context, signal.reason);
  return way.placeOf(way.slot(began));
}

function come(first: FirstTurn, came: 'value' | 'error', outcome: unknown): void {
  if (first.call) return settle(first.call, first.context, undefined, came === 'value', outcome);
  first.came = came;
  first.outcome = outcome;
}

/** Hands the call over to the machine. */
function keep(first: FirstTurn): Call {
  const { way, fn, signal, began, context, came } = first;
  const call = (first.call = callOf(way, fn, context, signal, began));
  if (signal?.aborted) cut(call, -1, signal.reason, true);
  else {
    if (signal) listen(call, signal);
    if (!came) way.outlived?.(call);
  }
  return call;
}

/** The first turn is over. */
function goOn(first: FirstTurn): unknown {
  const { way, signal, began, context, came, outcome } = first;
  if (came === 'value' && !signal?.aborted) {
    const { result } = way;
    Context.settlePlace(context, way.over);
    return result ? result(outcome, way.slot(began) as never) : outcome;
  }
  const call = first.call ?? keep(first);
  if (came === 'error') settle(call, context, undefined, false, outcome);
  return outcomeOf(call);
}

function callOf(
  way: ShortWay,
  fn: Guarded<unknown>,
  context: Context,
  signal: AbortSignal | undefined,
  began: number,
): Call {
  const call = new Call(way.layers, fn, signal ? { signal } : ALONE);
  call.slots[0] = Context.askedOf(context)?.slots[0] ?? way.slot(began);
  call.depth = 1;
  call.context = context;
  Context.settlePlace(context, call);
  return call;
}
