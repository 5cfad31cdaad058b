// Commands to Redis under guard: they end in time even if the server is frozen, a breaker leaves it alone while it is,
// and only what may be done twice is sent twice.

import { capped, CircuitBreaker, exponential, fullJitter, pipeline, retry, timeout } from 'holdfast';
import { classify } from 'holdfast/http';

/**
 * One for each server, shared by all that call it.
 *
 * @param {object} [options]
 * @param {number} [options.timeoutMs] for each attempt.
 * @param {number} [options.maxAttempts]
 * @param {number} [options.baseDelay] ms.
 * @param {import('holdfast').CircuitBreakerOptions} [options.breaker]
 * @param {import('holdfast').RetryObservers} [options.on]
 */
export function redisGuard({ timeoutMs = 250, maxAttempts = 4, baseDelay = 50, breaker: given, on } = {}) {
  // A command that is wrong says nothing about the health of the server.
  const breaker = new CircuitBreaker({ name: 'redis', isFailure: ({ error }) => mayPass(error), ...given });
  const backoff = fullJitter(capped(exponential(), 1_000));
  const limit = timeout(timeoutMs);
  const guard = (/** @type {(error: unknown) => boolean} */ again) =>
    pipeline(retry({ maxAttempts, baseDelay, backoff, isRetryable: ({ error }) => again(error), on }), breaker, limit);

  return {
    breaker,
    /** For commands that may be done twice: GET, SET to a value, DEL, EXPIRE. */
    repeatable: guard(mayPass),
    /** For those that may not: INCR, LPUSH. They are sent again only after a reply that says they were not done. */
    once: guard((error) => isReply(error) && mayPass(error)),
  };
}

/** @param {unknown} error */
function mayPass(error) {
  return ['transient', 'throttled'].includes(classify(error));
}

/**
 * Whether the server has answered. READONLY, LOADING, BUSY and OOM are answers: it has not done the command.
 *
 * @param {any} error
 */
function isReply(error) {
  return error.name === 'ReplyError';
}
