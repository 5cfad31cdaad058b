// A client for any server that speaks the OpenAI protocol, and holds fast while it fails.

import { capped, CircuitBreaker, consecutiveFailures, exponential, fullJitter } from 'holdfast';
import { pipeline, retryCall, timeout } from 'holdfast';
import { bodyOf, ChatError, verdict } from './chat-failure.mjs';

/** How patient the client is; all times in ms. */
export const LIMITS = {
  /** For one question with all its attempts. */
  whole: 10_000,
  /** For one attempt. */
  attempt: 500,
  maxAttempts: 6,
  baseDelay: 200,
  maxDelay: 2_000,
  /** Failures in a row that open the circuit breaker. */
  threshold: 3,
  openDuration: 2_000,
};

/**
 * What the client tells of while it works.
 *
 * @typedef {object} Observers
 * @property {(event: { attempt: number }) => void} [begin] an attempt that the breaker let through
 * @property {(event: { error: unknown }) => void} [fail] it failed
 * @property {(event: { value: unknown }) => void} [succeed] it did not
 * @property {(event: import('holdfast').RetryEvent) => void} [retry]
 * @property {(event: import('holdfast').GiveUpEvent) => void} [giveUp]
 * @property {(event: import('holdfast').StateChangeEvent) => void} [stateChange]
 * @property {(event: { state: string, retryAfter: number | undefined }) => void} [rejected]
 */

/**
 * @param {object} options
 * @param {string} options.url the base, such as `http://localhost:8000/v1`.
 * @param {string | undefined} [options.key] sent as a bearer token.
 * @param {typeof LIMITS} [options.limits]
 * @param {() => number} [options.random] for the jitter.
 * @param {Observers} [options.on]
 */
export function chatClient({ url, key, limits = LIMITS, random = Math.random, on = {} }) {
  const breaker = new CircuitBreaker({
    trip: consecutiveFailures(limits.threshold),
    openDuration: limits.openDuration,
    probes: { required: 1 },
    // A server that refuses one request, or asks for fewer, is not a server that is down.
    isFailure: ({ error }) => !(error instanceof ChatError) || error.status >= 500,
    on: { stateChange: on.stateChange, rejected: on.rejected },
  });

  // From the outside in: the whole call · its attempts · the breaker · one attempt.
  const whole = timeout(limits.whole);
  const guarded = pipeline(breaker, watched(on), timeout(limits.attempt));
  /** @type {import('holdfast').RetryCallOptions<string>} */
  const retrying = {
    backoff: fullJitter(capped(exponential(), limits.maxDelay)),
    isRetryable: ({ error }) => verdict(error).retryable,
    retryAfter: ({ error }) => (error instanceof ChatError ? error.retryAfter : undefined),
    random,
    on: { retry: on.retry, giveUp: on.giveUp },
  };

  /** @type {(path: string, init: RequestInit) => Promise<any>} */
  const send = async (path, init) => {
    const headers = { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) };
    return bodyOf(await fetch(url + path, { ...init, headers }));
  };

  return {
    /**
     * @param {string} model
     * @param {string} question
     * @returns the answer, how many attempts it took, and the delays between them.
     */
    ask(model, question) {
      const body = JSON.stringify({ model, messages: [{ role: 'user', content: question }] });
      /** @param {import('holdfast').CallContext} context */
      const post = async ({ signal }) => {
        const { choices } = await send('/chat/completions', { method: 'POST', body, signal });
        const answer = choices?.[0]?.message?.content;
        if (typeof answer !== 'string') throw new ChatError('the answer has no choices[0].message.content', 200);
        return answer;
      };
      return whole.execute(({ signal }) =>
        retryCall((attempt) => guarded.execute(post, attempt), limits.maxAttempts, limits.baseDelay, {
          ...retrying,
          signal,
        }),
      );
    },

    /**
     * The models on offer, asked for once and without retries: a wrong address should be seen at once.
     *
     * @returns {Promise<string[]>}
     */
    async models() {
      const { data } = await timeout(5_000).execute(({ signal }) => send('/models', { signal }));
      if (!Array.isArray(data)) throw new ChatError('the answer has no list of models', 200);
      return data.map(({ id }) => id);
    },
  };
}

/**
 * A policy of one's own: any object with an `execute` takes part in a pipeline. This one only watches.
 *
 * @param {Observers} on
 * @returns {import('holdfast').Policy}
 */
function watched({ begin, fail, succeed }) {
  return {
    async execute(fn, options) {
      const context = /** @type {import('holdfast').CallContext} */ (options);
      begin?.({ attempt: context.attempt });
      try {
        const value = await fn(context);
        succeed?.({ value });
        return value;
      } catch (error) {
        fail?.({ error });
        throw error;
      }
    },
  };
}
