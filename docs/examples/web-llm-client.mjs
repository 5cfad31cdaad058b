// A client for a model that runs in the browser, by WebLLM: answers end in time, streams cannot stall, and what is given
// up is interrupted, so that the engine is free for the next question.

import { Bulkhead, pipeline, retry, timeout } from 'holdfast';
import { guarded } from 'holdfast/stream';

/** @typedef {import('@mlc-ai/web-llm').ChatCompletionRequestBase} Request */
/** @typedef {import('@mlc-ai/web-llm').ChatCompletionChunk} Chunk */

/**
 * @param {import('@mlc-ai/web-llm').MLCEngineInterface} engine that has loaded its model.
 * @param {object} options
 * @param {string} options.model loaded again after the GPU was lost.
 * @param {number} [options.timeoutMs] for a whole answer, from when the engine begins with it.
 * @param {number} [options.firstEvent] ms for the prompt of a stream to be read.
 * @param {number} [options.idle] ms between two words of a stream.
 * @param {number} [options.maxQueued] questions that may wait for their turn.
 * @param {import('holdfast').Clock} [options.clock] for tests.
 */
export function webLlmClient(
  engine,
  { model, timeoutMs = 120_000, firstEvent = 60_000, idle = 10_000, maxQueued = 10, clock },
) {
  // An interrupt ends whatever the engine is at: with one question at a time, that is the one that was given up.
  const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueued, clock });
  const policy = pipeline(bulkhead, retry({ maxAttempts: 2, isRetryable: ({ error }) => isLost(error), clock }));
  const limit = timeout(timeoutMs, { clock });

  /** @param {{ attempt: number }} context */
  async function ready({ attempt }) {
    if (attempt > 1) await engine.reload(model);
  }

  return {
    bulkhead,

    /**
     * @param {Omit<Request, 'stream'>} request
     * @param {{ signal?: AbortSignal }} [options]
     */
    ask: (request, options) =>
      policy.execute(async (context) => {
        await ready(context);
        return limit.execute(
          ({ signal }) =>
            interrupted(engine, signal, () => engine.chat.completions.create({ ...request, stream: false })),
          context,
        );
      }, options),

    /**
     * @param {Omit<Request, 'stream'>} request
     * @param {{ signal?: AbortSignal }} [options]
     * @returns {AsyncIterable<Chunk>}
     */
    stream: (request, { signal } = {}) =>
      guarded(
        policy,
        async (context) => {
          await ready(context);
          // Aborted if the stream stalls or is left, and never after it has ended by itself.
          context.signal.addEventListener('abort', () => engine.interruptGenerate());
          return engine.chat.completions.create({ ...request, stream: true });
        },
        { firstEvent, idle, isComplete: ({ event }) => event.choices.some(isLast), signal, clock },
      ),
  };
}

/**
 * Work of the engine that is interrupted when its signal is aborted. The engine takes no signal.
 *
 * @template T
 * @param {{ interruptGenerate: () => unknown }} engine
 * @param {AbortSignal} signal
 * @param {() => Promise<T>} work
 */
async function interrupted(engine, signal, work) {
  const interrupt = () => engine.interruptGenerate();
  signal.addEventListener('abort', interrupt);
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}

/** @param {Chunk['choices'][number]} choice */
function isLast(choice) {
  return choice.finish_reason !== null;
}

/**
 * The GPU was lost, to another program or a driver: the engine has unloaded its model. Anything else would fail again.
 *
 * @param {unknown} error
 */
function isLost(error) {
  return error instanceof Error && ['DeviceLostError', 'ModelNotLoadedError'].includes(error.name);
}
