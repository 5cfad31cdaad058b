// A streamed answer that cannot stall: an attempt that brings no word in time is given up and made anew, and an answer
// that breaks off is gone on with where it broke.

import { retryStream } from 'holdfast/stream';
import { bodyOf, ChatError, verdict } from './chat-failure.mjs';

/** How patient the reader of a stream is; all times in ms. */
export const STREAM_LIMITS = {
  maxAttempts: 4,
  baseDelay: 200,
  /** Until the first word. A large model with a long prompt needs a minute or more. */
  firstEvent: 600,
  /** Between two words. A model that writes needs a few seconds at most. */
  idle: 400,
  /** For the whole answer. */
  total: 10_000,
};

/**
 * A piece of an answer.
 *
 * @typedef {{ text: string, last: boolean }} Piece
 */

/**
 * What the stream tells of while it is read.
 *
 * @typedef {object} StreamObservers
 * @property {(event: { attempt: number }) => void} [begin] a request is made
 * @property {(event: { error: unknown }) => void} [fail] it was given up
 * @property {(event: { text: string, error: unknown }) => void} [resume] the answer is gone on with after this text
 * @property {(event: import('holdfast').RetryEvent) => void} [retry]
 */

/**
 * @param {object} options
 * @param {string} options.url the base, such as `http://localhost:8000/v1`.
 * @param {string | undefined} [options.key] sent as a bearer token.
 * @param {typeof STREAM_LIMITS} [options.limits]
 * @param {() => number} [options.random] for the jitter.
 * @param {StreamObservers} [options.on]
 */
export function chatStream({ url, key, limits = STREAM_LIMITS, random = Math.random, on = {} }) {
  /**
   * @param {string} model
   * @param {string} question
   * @returns {AsyncGenerator<string>} the answer, word by word.
   */
  return async function* ask(model, question) {
    let text = '';

    /** @type {(context: import('holdfast').CallContext) => Promise<AsyncIterable<Piece>>} */
    const open = async ({ attempt, signal }) => {
      if (!text) on.begin?.({ attempt });
      signal.addEventListener('abort', () => on.fail?.({ error: signal.reason }));
      // What is there already is handed back, and the model goes on from it: vLLM's `continue_final_message`.
      const goOn = text && { continue_final_message: true, add_generation_prompt: false };
      const messages = [{ role: 'user', content: question }, ...(text ? [{ role: 'assistant', content: text }] : [])];
      const response = await fetch(`${url}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
        body: JSON.stringify({ model, messages, stream: true, ...goOn }),
        signal,
      });
      // Which says what is wrong.
      if (!response.ok || !response.body) return bodyOf(response);
      return pieces(response.body);
    };

    const stream = retryStream(open, {
      ...limits,
      random,
      isRetryable: ({ error }) => verdict(error).retryable,
      isComplete: ({ event }) => event.last,
      resume({ error, context }) {
        on.resume?.({ text, error });
        return open(context);
      },
      on: { retry: on.retry },
    });
    for await (const piece of stream) {
      text += piece.text;
      if (piece.text) yield piece.text;
    }
  };
}

/**
 * The events of a chat stream. Comments, which servers and proxies send to keep the connection open, are none.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<Piece>}
 */
async function* pieces(body) {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data: ') || line === 'data: [DONE]') continue;
      const { error, choices } = JSON.parse(line.slice(6));
      if (error) throw new ChatError(error.message, error.code ?? 500);
      const [{ delta = {}, finish_reason: last } = {}] = choices ?? [];
      yield { text: delta.content ?? '', last: !!last };
    }
  }
}
