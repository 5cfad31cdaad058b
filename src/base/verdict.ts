import { refusePromise } from './check.ts';
import { isA, RefusalError, TimeoutError } from './errors.ts';

/** What an outcome says of a dependency: that it works, that it does not, or nothing. */
export type Outcome = 'success' | 'failure' | 'neutral';

/** Which outcomes count against a dependency. */
export interface FailureOptions {
  /** Which errors do · default: all. Aborts by the caller and local refusals never do. */
  readonly isFailure?: ((failure: { readonly error: unknown }) => boolean) | undefined;
  /** Which values do · default: none. */
  readonly isFailureResult?: ((result: { readonly value: unknown }) => boolean) | undefined;
}

/** Judges how a call came out. Throws what the user's functions throw. */
export function verdict({ isFailure, isFailureResult }: FailureOptions, ok: boolean, value: unknown): Outcome {
  if (!ok && isA(value, RefusalError)) return 'neutral';
  const failed = ok ? isFailureResult?.({ value }) : (isFailure?.({ error: value }) ?? true);
  refusePromise(failed, ok ? 'isFailureResult' : 'isFailure');
  return failed ? 'failure' : ok ? 'success' : 'neutral';
}

/**
 * Judges a call that was given up: a caller's abort says nothing of the dependency, unless it was slow by then, or the
 * abort is a timeout of ours.
 */
export function cutVerdict(error: unknown, aborted: boolean, slow: boolean): Outcome {
  return aborted && !slow && !isA(error, TimeoutError) ? 'neutral' : 'failure';
}
