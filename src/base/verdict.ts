import { refusePromise } from './check.ts';
import { isA, isRefusal, membersOf, TimeoutError } from './errors.ts';

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
export function verdict(options: FailureOptions, ok: boolean, value: unknown): Outcome {
  if (!ok) return membersOf(value).some((error) => counts(options, error)) ? 'failure' : 'neutral';
  const { isFailureResult } = options;
  if (!isFailureResult) return 'success';
  const failed = isFailureResult({ value });
  refusePromise(failed, 'isFailureResult');
  return failed ? 'failure' : 'success';
}

function counts({ isFailure }: FailureOptions, error: unknown): boolean {
  if (isRefusal(error)) return false;
  const failed = isFailure?.({ error }) ?? true;
  refusePromise(failed, 'isFailure');
  return failed;
}

/**
 * Judges a call that was given up. Where no work was under way, as in a line, it says nothing of the dependency; nor does
 * a caller's abort, unless the call was slow by then, or the abort is a timeout of ours.
 */
export function cutVerdict(
  { working }: { readonly working: boolean },
  error: unknown,
  aborted: boolean,
  slow: boolean,
): Outcome {
  if (!working) return 'neutral';
  return aborted && !slow && !isA(error, TimeoutError) ? 'neutral' : 'failure';
}
