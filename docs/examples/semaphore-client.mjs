// A client that has at most so many requests under way at once: a bulkhead is the semaphore.

import { Bulkhead, BulkheadFullError } from 'holdfast';
import { MODEL, startChatServer } from './chat-server.mjs';

/**
 * @param {object} options
 * @param {string} options.url
 * @param {number} options.atOnce requests under way.
 * @param {number} options.inLine requests that wait for their turn; one more is refused.
 */
export function semaphoreClient({ url, atOnce, inLine }) {
  const bulkhead = new Bulkhead({ maxConcurrent: atOnce, maxQueued: inLine, name: 'chat' });
  let most = 0;

  return {
    /** The most requests that were ever under way at once. */
    get most() {
      return most;
    },

    /**
     * @param {string} question
     * @param {AbortSignal} [signal] ends the request, or its waiting.
     * @returns {Promise<string>}
     */
    ask(question, signal) {
      const body = JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: question }] });
      return bulkhead.execute(
        async (context) => {
          most = Math.max(most, bulkhead.running);
          const response = await fetch(`${url}/chat/completions`, { method: 'POST', body, signal: context.signal });
          const { choices } = /** @type {any} */ (await response.json());
          return choices[0].message.content;
        },
        { signal },
      );
    },
  };
}

/** @param {(line: string) => void} print */
export async function main(print = console.log) {
  const server = await startChatServer([]);
  const client = semaphoreClient({ url: server.url, atOnce: 3, inLine: 5 });

  try {
    const questions = Array.from({ length: 10 }, (_, index) => `question ${index + 1}`);
    const outcomes = await Promise.allSettled(questions.map((question) => client.ask(question)));
    const answers = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));

    print(`ten questions at once: ${answers.length} answers, at most ${client.most} under way`);
    for (const refusal of refusals) print(`  ${refusal.name}: ${refusal.message}`);
    return {
      answers,
      refused: refusals.filter((refusal) => refusal instanceof BulkheadFullError).length,
      most: client.most,
    };
  } finally {
    await server.close();
  }
}

if (process.argv[1] === import.meta.filename) await main();
