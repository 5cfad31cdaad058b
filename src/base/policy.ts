import type { CallContext } from './context.ts';

/** A function that a policy can guard. It may return a value, a promise or any thenable. */
export type Guarded<T> = (context: CallContext) => T | PromiseLike<T>;

/** What one call is given besides its function. */
export interface ExecuteOptions {
  /** Ends the call at once when aborted; the rejection is `signal.reason` itself. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A guard around calls. Hand the context of an outer policy on, and the inner one shares its signal, deadline and budget.
 *
 * @typeParam Substitute what may come out that is not of `fn`: the substitute of a fallback.
 */
export interface Policy<out Substitute = never> {
  /**
   * Calls `fn` under this guard. Never throws: whatever goes wrong is a rejection.
   *
   * @param fn called with the context of its attempt.
   * @param options `{ signal }`, or the context of an outer policy.
   */
  execute<T>(fn: Guarded<T>, options?: ExecuteOptions | CallContext): Promise<T | Substitute>;
}

/**
 * What may come out of a policy that is not of the function that it guards: `never` where nothing does, and `unknown`
 * where its class does not tell.
 */
export type SubstituteOf<Guard> = Guard extends Policy
  ? never
  : Guard extends Policy<infer Substitute>
    ? Substitute
    : unknown;
