import { branch, type Branch } from '../base/branch.ts';
import { ascend, type Layer } from '../base/call.ts';
import type { CallContext } from '../base/context.ts';
import { callable, handlers, INVALID_ARGUMENT, readOptions, refusePromise } from '../base/check.ts';
import { factOf, isA, withCause } from '../base/errors.ts';
import { layered } from '../base/layers.ts';
import { notify } from '../base/observe.ts';
import type { Policy } from '../base/policy.ts';

/** What a substitute is told of the failure that it stands in for. */
export interface FallbackFailure {
  readonly error: unknown;
  /** Of the call, for work of its own. */
  readonly context: CallContext;
}

/** Which failures are stood in for. */
export interface FallbackOptions {
  /** Whether an error is stood in for · default: all but those of wrong arguments. The caller's abort never is. */
  readonly isHandled?: ((failure: { readonly error: unknown }) => boolean) | undefined;
  /** Observers. */
  readonly on?: { readonly fallback?: ((event: { readonly error: unknown }) => unknown) | undefined } | undefined;
}

/**
 * A policy that gives something else instead of an error: a value, or what a function makes of the failure.
 *
 * @param substitute a value, or a function, asynchronous or not, that is called with the failure; if it fails, its
 * error comes out, with the original one as its cause, if it can take one.
 * @throws `TypeError` for a wrong option.
 * @example
 * import { fallback } from 'holdfast';
 * const down = () => Promise.reject(new Error('down'));
 * await fallback('unknown').execute<string>(down); // => 'unknown'
 */
export function fallback<T>(
  substitute: T | ((failure: FallbackFailure) => T | PromiseLike<T>),
  options?: FallbackOptions,
): Policy<T> {
  const { isHandled = isNoMistake, on } = readOptions('make a fallback', options, KINDS);
  const stand = typeof substitute === 'function' ? (substitute as (failure: FallbackFailure) => T) : () => substitute;
  const layer: Layer = {
    kind: 'fallback',
    facts: { substitute: typeof substitute === 'function' ? 'a function' : 'a value' },
    enter: () => true,
    exit(call, at, ok, error) {
      // What comes out of the substitute passes here again.
      if (call.slots[at]) call.slots[at] = undefined;
      else if (!ok) {
        const { turn } = call;
        if (!handles(isHandled, error)) return true;
        if (call.turn === turn) notify(on, 'fallback', { error });
        if (call.turn !== turn) return false;
        const work = branch(
          call,
          at,
          [],
          (context) => stand({ error, context }),
          call.attempt,
          (worked, value) => ascend(call, at, worked, worked ? value : withCause(value, error)),
        );
        call.slots[at] = work;
        call.depth = at + 1;
        work.start();
        return false;
      }
      return true;
    },
    cut(call, at, error, aborted) {
      const work = call.slots[at] as Branch | undefined;
      call.slots[at] = undefined;
      if (!work) return;
      work.end(error, aborted);
      call.working ||= work.call.working;
    },
  };
  return layered([layer]);
}

/** Asks whether an error is stood in for. */
export function handles(isHandled: NonNullable<FallbackOptions['isHandled']>, error: unknown): boolean {
  const handled = isHandled({ error });
  refusePromise(handled, 'isHandled');
  return handled;
}

/** A call that is wrong itself is to be seen, not stood in for. */
export function isNoMistake({ error }: { readonly error: unknown }): boolean {
  return !isA(error, Error) || factOf(error, 'code') !== INVALID_ARGUMENT;
}

const KINDS = { isHandled: callable, on: /* @__PURE__ */ handlers('fallback') };
