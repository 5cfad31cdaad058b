import type { Backoff } from '../backoff/backoff.ts';
import type { Layer } from '../base/call.ts';
import type { TripRule } from '../state/trip-rule.ts';

/** What the layers say of themselves, as far as laws reckon with it. What a layer does not have is missing. */
export interface PolicyFacts {
  readonly timeout?: number;
  readonly maxAttempts?: number;
  readonly baseDelay?: number;
  readonly backoff?: Backoff;
  readonly maxElapsed?: number;
  readonly retryAfter?: unknown;
  readonly maxRetryAfter?: number;
  readonly isRetryable?: (failure: { readonly error: unknown; readonly attempt: number }) => boolean;
  readonly budget?: { readonly ratio: number; readonly burst: number };
  readonly maxHedges?: number;
  readonly delay?: unknown;
  readonly maxConcurrent?: number;
  readonly maxQueued?: number;
  readonly maxWait?: number;
  readonly limit?: number;
  readonly interval?: number;
  readonly burst?: number;
  readonly cost?: number;
  readonly calls?: { readonly limit: number; readonly interval: number; readonly burst: number };
  readonly k?: number;
  readonly window?: number;
  readonly trips?: readonly TripRule[];
  readonly openDuration?: number | Backoff;
  readonly required?: number;
  readonly concurrent?: number;
  readonly substitute?: string;
}

/** The facts of a layer that has some. */
export function policyFacts({ facts }: Layer): PolicyFacts {
  return facts!;
}
