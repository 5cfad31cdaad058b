import { asyncScope } from './async-scope.ts';
import { attempt, Call, cut, listen, outcomeOf, settle, type Layer } from './call.ts';
import { ALONE, Context, type Place } from './context.ts';
import type { Guarded } from './policy.ts';

/** What a layer does with the calls that nothing else is around. */
export interface ShortWayRules {
  /** Makes its memory of a call that began then, on its clock. */
  readonly slot: (began: number) => unknown;
  /** Told of a call that the machine goes on with while its attempt is under way. */
  readonly kept?: ((call: Call) => void) | undefined;
  /** Told of a success in the first turn; what it returns comes out instead of the value. */
  readonly result?: ((value: unknown) => unknown) | undefined;
}

/** The short way through one layer. */
export interface ShortWay extends ShortWayRules {
  readonly layers: readonly Layer[];
  /** The place of a call that has just begun. */
  readonly place: () => Place;
  /** That of a call which is over. */
  readonly over: Place;
}

/** Prepares the short way through a layer. */
export function shortWay(layer: Layer, { slot, kept, result }: ShortWayRules): ShortWay {
  const layers = [layer];
  const placeOf = (slot: unknown): Place => ({ layers, slots: [slot], parent: ALONE, holder: undefined });
  return { layers, slot, kept, result, place: () => placeOf(slot(0)), over: placeOf(undefined) };
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
  return attempt(fn, context, result, failed);
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
  const context: Context = new Context(() => handOver(first), 1);
  const first: FirstTurn = { way, fn, signal, began, context, call: undefined, came: undefined, outcome: undefined };
  void attempt(
    fn,
    context,
    (value) => come(first, 'value', value),
    (error) => come(first, 'error', error),
  );
  rescope(first);
  return NEXT_TURN.then(() => afterFirstTurn(first));
}

function come(first: FirstTurn, came: 'value' | 'error', outcome: unknown): void {
  if (first.call) return settle(first.call, first.context, undefined, came === 'value', outcome);
  first.came = came;
  first.outcome = outcome;
}

/** Hands the call over to the machine. */
function handOver(first: FirstTurn): Call {
  const { way, fn, signal, began, context, came } = first;
  const call = (first.call = callOf(way, fn, context, signal, began));
  try {
    if (signal?.aborted) cut(call, -1, signal.reason, true);
    else {
      if (signal) listen(call, signal);
      if (!came) way.kept?.(call);
    }
  } catch (error) {
    // A signal that cannot be listened to, or a clock that fails: nothing must go on that nobody can end.
    cut(call, -1, error);
  }
  return call;
}

/** Whoever has asked may have done so in an async context of his own. */
function rescope({ call }: FirstTurn): void {
  if (call?.scope) call.scope = asyncScope();
}

function afterFirstTurn(first: FirstTurn): unknown {
  const { way, signal, context, came, outcome } = first;
  if (came === 'value' && !first.call && !signal?.aborted) {
    const { result } = way;
    Context.settlePlace(context, way.over);
    return result ? result(outcome) : outcome;
  }
  const call = first.call ?? handOver(first);
  rescope(first);
  if (came) settle(call, context, undefined, came === 'value', outcome);
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
