import { Context, type CallContext } from '../base/context.ts';
import { HoldfastError, isA, StreamInterruptedError } from '../base/errors.ts';

/** The context of an attempt that goes on after its policy has let it out: as long as its stream is read. */
export interface StreamAttempt {
  readonly context: CallContext;
  /** Gives it up. */
  readonly abort: (reason: unknown) => void;
}

/** Makes the context of one attempt to open a stream, at the place of that of its policy; its signal only when it is read. */
export function streamAttempt(outer: CallContext): StreamAttempt {
  const place = Context.placeOf(outer) ?? { layers: [], slots: [], parent: outer, holder: undefined };
  const context = new Context(place, outer.attempt, Context.holderOf(outer));
  return { context, abort: (reason) => Context.abort(context, reason) };
}

/** What a stream that broke off ends with: an error that says how many events there were; any other within such a one. */
export function interrupted(received: number, error: unknown): unknown {
  const says = isA(error, HoldfastError) && (error as Partial<StreamInterruptedError>).received === received;
  return says ? error : new StreamInterruptedError(received, error);
}
