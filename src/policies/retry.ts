import type { Backoff } from '../backoff/backoff.ts';
import { capped } from '../backoff/capped.ts';
import { exponential } from '../backoff/exponential.ts';
import { fullJitter } from '../backoff/full-jitter.ts';
import { countOrInfinity, duration, flag, readOptions } from '../base/check.ts';
import { layered } from '../base/layers.ts';
import type { Policy } from '../base/policy.ts';
import { retryLayer } from './retry-layer.ts';
import { RETRY_KINDS, retryRules, type RetryWaitOptions } from './retry-rules.ts';

/** How `retry` retries. */
export interface RetryOptions<T = unknown> extends RetryWaitOptions<T> {
  /** Calls in all, the first included · an integer, at least 1, or `Infinity` · default 3. */
  readonly maxAttempts?: number | undefined;
  /** Ms, finite, at least 0 · default 50. */
  readonly baseDelay?: number | undefined;
  /** Lets it stand inside another retry of the same pipeline, where attempts multiply · default false. */
  readonly allowNestedRetry?: boolean | undefined;
}

/**
 * A policy that retries: three attempts by default, with full jitter under a cap of 20 s. Keeps no memory between
 * calls, so one serves any number of them at once.
 *
 * @throws `TypeError` or `RangeError` for a wrong option.
 * @example
 * import { retry } from 'holdfast';
 * const patient = retry({ maxAttempts: 5, baseDelay: 1 });
 * await patient.execute(({ attempt }) => (attempt < 3 ? Promise.reject(new Error('busy')) : attempt)); // => 3
 */
export function retry<T = unknown>(options?: RetryOptions<T>): Policy {
  const action = 'make a retry';
  const given = readOptions(action, options, KINDS);
  const { maxAttempts = 3, baseDelay = 50, allowNestedRetry = false } = given;
  jittered ??= fullJitter(capped(exponential(), 20_000));
  const rules = retryRules(action, maxAttempts, baseDelay, given, jittered);
  return layered([retryLayer(rules, allowNestedRetry)]);
}

/** The default backoff, for all retries: made for the first. */
let jittered: Backoff | undefined;

const KINDS = /* @__PURE__ */ Object.assign(
  { maxAttempts: countOrInfinity, baseDelay: duration, allowNestedRetry: flag },
  RETRY_KINDS,
);
