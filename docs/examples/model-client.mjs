// A client for a model server: a timeout for each request, and at most three retries of what may pass.

import { capped, additiveJitter, exponential, pipeline, retry, timeout, TimeoutError } from 'holdfast';
import { recordingSleeper, seededRandom } from 'holdfast/testing';
import { MODEL, startChatServer } from './chat-server.mjs';

/** The server could not be reached, or broke off. */
class NoAnswer extends Error {}

/** The server answered with a status that is not a success. */
export class StatusError extends Error {
  /** @override */
  name = 'StatusError';

  /** @param {number} status */
  constructor(status) {
    super(`The model server answered with status ${status}`);
    this.status = status;
  }
}

const RETRYABLE_STATUSES = new Set([408, 429, 500, 502, 503, 504]);

/** @param {unknown} error */
function isRetryable(error) {
  if (error instanceof StatusError) return RETRYABLE_STATUSES.has(error.status);
  return error instanceof TimeoutError || error instanceof NoAnswer;
}

/**
 * @param {object} options
 * @param {string} options.url
 * @param {number} options.timeoutMs for each request.
 * @param {(line: string) => void} options.log told of each retry.
 * @param {() => number} [options.random] for the jitter.
 * @param {import('holdfast').Sleeper} [options.sleep] for tests: how to wait.
 */
export function modelClient({ url, timeoutMs, log, random, sleep }) {
  const policy = pipeline(
    retry({
      maxAttempts: 4,
      baseDelay: 100,
      // min(10 s, exponential + U(0, 100 ms))
      backoff: capped(additiveJitter(exponential()), 10_000),
      isRetryable: ({ error }) => isRetryable(error),
      random,
      sleep,
      on: {
        retry({ error, attempt, delay }) {
          log(`attempt ${attempt} failed: ${/** @type {Error} */ (error).message}; next in ${Math.round(delay)} ms`);
        },
      },
    }),
    timeout(timeoutMs),
  );

  return {
    /**
     * @param {string} question
     * @param {string} [model]
     * @returns {Promise<string>}
     */
    ask(question, model = MODEL) {
      const body = JSON.stringify({ model, messages: [{ role: 'user', content: question }] });
      return policy.execute(async ({ signal }) => {
        const headers = { 'content-type': 'application/json' };
        const request = { method: 'POST', headers, body, signal };
        const response = await fetch(`${url}/chat/completions`, request).catch((cause) => {
          throw new NoAnswer('no answer', { cause });
        });
        // Reading the body is part of the attempt, and frees the connection.
        const text = await response.text();
        if (!response.ok) throw new StatusError(response.status);
        return JSON.parse(text).choices[0].message.content;
      });
    },
  };
}

/** @param {(line: string) => void} print */
export async function main(print = console.log) {
  const server = await startChatServer([503, 'hang', 'answer', 'hang', 'hang', 'hang', 'hang']);
  const sleep = recordingSleeper();
  /** @type {string[]} */
  const logged = [];
  /** @param {string} line */
  const log = (line) => {
    logged.push(line);
    print(`  ${line}`);
  };
  const options = { url: server.url, log, random: seededRandom(1), sleep };
  const client = modelClient({ ...options, timeoutMs: 2_000 });
  const hasty = modelClient({ ...options, timeoutMs: 40 });

  try {
    print('a server that fails, then hangs, then answers');
    const answer = await client.ask('What is a holdfast?');
    print(`  ${answer}`);

    print('a model that does not exist: not retried');
    const missing = await client.ask('Hello?', 'no-such-model').catch((/** @type {unknown} */ error) => error);
    print(`  ${missing}`);

    print('a server that hangs: a TimeoutError, after four attempts');
    const timedOut = await hasty.ask('Hello?').catch((/** @type {unknown} */ error) => error);
    print(`  ${timedOut}`);

    return { answer, missing, timedOut, delays: sleep.delays, logged, served: server.log };
  } finally {
    await server.close();
  }
}

if (process.argv[1] === import.meta.filename) await main();
