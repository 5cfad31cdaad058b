// The production client: any server that speaks the OpenAI protocol, and every policy that a service needs around it.

import { AsyncLocalStorage } from 'node:async_hooks';
import {
  capped,
  consecutiveFailures,
  explain,
  exponential,
  fullJitter,
  RetryBudget,
  standard,
  timeout,
} from 'holdfast';
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
  /** Retries to begin with; one that is not among thousands may have more than the two of `standard()`. */
  retries: 10,
  /** Failures in a row that open the circuit breaker. */
  threshold: 3,
  openDuration: 2_000,
  /** Requests under way at once, and how many may wait for one of them to end. */
  maxConcurrent: 4,
  maxQueued: 20,
};

/**
 * What the client tells of while it works.
 *
 * @typedef {object} Observers
 * @property {(event: { attempt: number }) => void} [begin] an attempt that the policies let through
 * @property {(event: { error: unknown }) => void} [fail] it failed
 * @property {(event: { value: unknown }) => void} [succeed] it did not
 * @property {(event: import('holdfast').RetryEvent) => void} [retry]
 * @property {(event: import('holdfast').GiveUpEvent) => void} [giveUp]
 * @property {(event: import('holdfast').StateChangeEvent) => void} [stateChange]
 * @property {(event: { error: import('holdfast').RefusalError }) => void} [rejected]
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
  /** The delays of each question: observers run in the async context of the call that they are told of. */
  const asked = /** @type {AsyncLocalStorage<number[]>} */ (new AsyncLocalStorage());

  const policy = standard({
    timeout: limits.whole,
    retry: {
      maxAttempts: limits.maxAttempts,
      baseDelay: limits.baseDelay,
      backoff: fullJitter(capped(exponential(), limits.maxDelay)),
      budget: new RetryBudget({ burst: limits.retries }),
    },
    breaker: {
      trip: consecutiveFailures(limits.threshold),
      openDuration: limits.openDuration,
      probes: { required: 1 },
      // A server that refuses one request, or asks for fewer, is not a server that is down.
      isFailure: ({ error }) => !(error instanceof ChatError) || error.status >= 500,
    },
    bulkhead: { maxConcurrent: limits.maxConcurrent, maxQueued: limits.maxQueued },
    attemptTimeout: limits.attempt,
    isTransient: ({ error }) => verdict(error).retryable,
    retryAfter: ({ error }) => (error instanceof ChatError ? error.retryAfter : undefined),
    random,
    on: {
      retry(event) {
        asked.getStore()?.push(event.delay);
        on.retry?.(event);
      },
      giveUp: on.giveUp,
      stateChange: on.stateChange,
      rejected: on.rejected,
    },
  });

  /** @type {(path: string, init: RequestInit) => Promise<any>} */
  const send = async (path, init) => {
    const headers = { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) };
    return bodyOf(await fetch(url + path, { ...init, headers }));
  };

  return {
    /** What the policies do, in words. */
    explanation: explain(policy),

    /**
     * @param {string} model
     * @param {string} question
     * @returns {Promise<{ value: string, attempts: number, delays: number[] }>} the answer, how many attempts it took,
     * and the delays between them.
     */
    async ask(model, question) {
      const body = JSON.stringify({ model, messages: [{ role: 'user', content: question }] });
      /** @type {number[]} */
      const delays = [];
      let attempts = 0;
      const post = watched(on, async ({ attempt, signal }) => {
        attempts = attempt;
        const { choices } = await send('/chat/completions', { method: 'POST', body, signal });
        const answer = choices?.[0]?.message?.content;
        if (typeof answer !== 'string') throw new ChatError('the answer has no choices[0].message.content', 200);
        return answer;
      });
      const value = await asked.run(delays, () => policy.execute(post));
      return { value, attempts, delays };
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
 * A function that tells how its work goes. When an attempt is given up, as by its timeout, its signal says so at once.
 *
 * @template T
 * @param {Observers} on
 * @param {(context: import('holdfast').CallContext) => Promise<T>} work
 * @returns {(context: import('holdfast').CallContext) => Promise<T>}
 */
function watched({ begin, fail, succeed }, work) {
  return async (context) => {
    const { attempt, signal } = context;
    begin?.({ attempt });
    signal.addEventListener('abort', () => fail?.({ error: signal.reason }));
    try {
      const value = await work(context);
      if (!signal.aborted) succeed?.({ value });
      return value;
    } catch (error) {
      if (!signal.aborted) fail?.({ error });
      throw error;
    }
  };
}
