import type { CallContext } from '../base/context.ts';
import { HoldfastError, isA, StreamInterruptedError } from '../base/errors.ts';

/** The context of an attempt that goes on after its policy has let it out: as long as its stream is read. */
export interface StreamAttempt {
  readonly context: CallContext;
  /** Gives it up. */
  readonly abort: (reason: unknown) => void;
}

/** Makes the context of one attempt to open a stream; its signal only when it is read. */
export function streamAttempt(outer: CallContext): StreamAttempt {
  let controller: AbortController | undefined;
  let end: { readonly reason: unknown } | undefined;
  return {
    context: {
      attempt: outer.attempt,
      get remaining() {
        return outer.remaining;
      },
      get signal() {
        controller ??= new AbortController();
        if (end) controller.abort(end.reason);
        return controller.signal;
      },
    },
    abort(reason) {
      end = { reason };
      controller?.abort(reason);
    },
  };
}

/** What a stream that broke off ends with: an error that says how many events there were; any other within such a one. */
export function interrupted(received: number, error: unknown): unknown {
  const says = isA(error, HoldfastError) && (error as Partial<StreamInterruptedError>).received === received;
  return says ? error : new StreamInterruptedError(received, error);
}
