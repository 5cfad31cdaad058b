import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  APICallError,
  generateText,
  streamText,
  wrapProvider,
  type LanguageModel,
  type LanguageModelMiddleware,
} from 'ai';
import { Bulkhead, constant, pipeline, retry } from 'holdfast';
import { classify, guardFetch } from 'holdfast/http';
import { guardStream, retryStream, StreamIdleError } from 'holdfast/stream';
import { afterEach, describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import { startModelServer, word, type ModelServer, type Step } from './model-server.ts';
import { until } from './openai-scenarios.ts';

const ASK = { prompt: 'Hello?', maxRetries: 0 };
const WORDS = ['Hold', ' fast'].map(word);
const STALLS: Step = { events: WORDS, after: 'silence' };
const down: Step = { status: 503, headers: { 'retry-after-ms': '1' } };
const IDLE = 1_000;
/** As long as a server that is well may take on a busy machine. */
const FIRST = 10_000;

let server: ModelServer;

afterEach(() => server.close());

type Wrap<Name extends 'wrapGenerate' | 'wrapStream'> = NonNullable<LanguageModelMiddleware[Name]>;

interface Start {
  readonly retries?: number;
  readonly middleware?: Omit<LanguageModelMiddleware, 'specificationVersion'>;
}

/** A model of a server with this script. */
async function start(script: readonly Step[], { retries = 2, middleware }: Start = {}): Promise<LanguageModel> {
  server = await startModelServer(...script);
  const again = { maxAttempts: 1 + retries, baseDelay: 1, backoff: constant() };
  const fetch = guardFetch({ retryUnsafe: true, retry: again });
  const provider = createOpenAICompatible({ name: 'kelp', baseURL: server.url, fetch });
  if (!middleware) return provider.languageModel('kelp-1');
  // `wrapLanguageModel` takes only models of this very version; this one translates older ones.
  const languageModelMiddleware = { specificationVersion: 'v3' as const, ...middleware };
  return wrapProvider({ provider, languageModelMiddleware }).languageModel('kelp-1');
}

/** The events before it fails, and what it fails with. */
async function read<T>(events: AsyncIterable<T>): Promise<{ seen: T[]; error?: unknown }> {
  const seen: T[] = [];
  try {
    for await (const event of events) seen.push(event);
    return { seen };
  } catch (error) {
    return { seen, error };
  }
}

/** What a middleware has to give: `ReadableStream.from` is not everywhere. */
function streamOf<T>(events: AsyncIterable<T>): ReadableStream<T> {
  const iterator = events[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => void (await iterator.return?.()),
  });
}

/** What matters of the parts, with errors thrown. What comes before the first word says nothing of the server. */
async function* partsOf(
  model: LanguageModel,
  abortSignal: AbortSignal,
): AsyncGenerator<{ type: string; says: string }> {
  for await (const part of streamText({ ...ASK, model, abortSignal, onError: () => {} }).fullStream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'text-delta') yield { type: part.type, says: part.text };
    if (part.type === 'finish') yield { type: part.type, says: part.finishReason };
  }
}

const limits = {
  firstEvent: FIRST,
  idle: IDLE,
  isComplete: ({ event }: { event: { type: string; says: string } }) =>
    event.type === 'finish' && event.says === 'stop',
};

describe('generateText()', () => {
  describe('given the guarded fetch', () => {
    it('asks again, and gives the answer', async () => {
      const model = await start([down, { status: 429, headers: { 'retry-after-ms': '5' } }]);

      const { text } = await generateText({ ...ASK, model });

      expect([text, server.asked.length]).toEqual(['Hold fast!', 3]);
    });

    it('fails with the error of the SDK', async () => {
      const model = await start(Array<Step>(9).fill(down));

      const error = await rejection(generateText({ ...ASK, model }));

      expect(APICallError.isInstance(error) && [error.statusCode, error.isRetryable]).toEqual([503, true]);
      expect([classify(error), server.asked.length]).toEqual(['transient', 3]);
    });
  });

  describe('given a policy around its model', () => {
    it('makes each call under it', async () => {
      const bulkhead = new Bulkhead({ maxConcurrent: 1 });
      const running: number[] = [];
      const isRetryable = ({ error }: { error: unknown }) => classify(error) === 'transient';
      const policy = pipeline(retry({ baseDelay: 1, isRetryable }), bulkhead);
      const wrapGenerate: Wrap<'wrapGenerate'> = ({ model, params }) =>
        policy.execute(
          async ({ signal }) => {
            running.push(bulkhead.running);
            return model.doGenerate({ ...params, abortSignal: signal });
          },
          { signal: params.abortSignal },
        );
      const model = await start([down, down], { retries: 0, middleware: { wrapGenerate } });

      const { text } = await generateText({ ...ASK, model });

      expect([text, server.asked.length, running, bulkhead.running]).toEqual(['Hold fast!', 3, [1, 1, 1], 0]);
    });
  });
});

describe('streamText()', () => {
  describe('given a stream that is well', () => {
    it('gives its words, once, after the fetch has asked again', async () => {
      const model = await start([down]);

      const { seen, error } = await read(retryStream(({ signal }) => partsOf(model, signal), limits));

      expect(seen.map(({ says }) => says)).toEqual(['Hold', ' fast', '!', 'stop']);
      expect([error, server.asked.length]).toEqual([undefined, 2]);
    });
  });

  describe('given a stream that stalls', () => {
    it('ends with an error that says so, and the server sees it', async () => {
      const model = await start([STALLS]);

      const { seen, error } = await read(retryStream(({ signal }) => partsOf(model, signal), limits));

      expect(seen.map(({ says }) => says)).toEqual(['Hold', ' fast']);
      expect([error instanceof StreamIdleError, server.asked.length]).toEqual([true, 1]);
      expect(await until(() => server.left === 1)).toBe(true);
    });

    it('is opened again before the first word, behind keep-alives, too', async () => {
      const model = await start([{ events: [], after: 'pings' }]);

      const { seen } = await read(
        retryStream(({ signal }) => partsOf(model, signal), { ...limits, firstEvent: 1_500, baseDelay: 1 }),
      );

      expect(seen.map(({ says }) => says)).toEqual(['Hold', ' fast', '!', 'stop']);
      expect([server.asked.length, await until(() => server.left === 1)]).toEqual([2, true]);
    });

    // The SDK reads one side of a `tee()`, and gives the other to nobody yet: to cancel one does not stop the source.
    it.each(['textStream', 'fullStream'] as const)(
      'ends so by a guard on its `%s` alone, but the server is not told',
      async (name) => {
        const model = await start([STALLS]);
        const caller = new AbortController();
        const result = streamText({ ...ASK, model, abortSignal: caller.signal });

        const { error } = await read<unknown>(guardStream<unknown>(result[name], { firstEvent: FIRST, idle: IDLE }));
        await new Promise((resolve) => setTimeout(resolve, 100));
        const before = server.left;
        caller.abort();

        expect([error instanceof StreamIdleError, before]).toEqual([true, 0]);
        expect(await until(() => server.left === 1)).toBe(true);
      },
    );

    it('ends so by a guard around the stream of its model, and the server sees it', async () => {
      const wrapStream: Wrap<'wrapStream'> = async ({ doStream }) => {
        const { stream, ...rest } = await doStream();
        return { ...rest, stream: streamOf(guardStream(stream, { firstEvent: FIRST, idle: IDLE })) };
      };
      const model = await start([STALLS], { middleware: { wrapStream } });

      const { seen, error } = await read(streamText({ ...ASK, model }).textStream);

      expect([seen, error instanceof StreamIdleError]).toEqual([['Hold', ' fast'], true]);
      expect(await until(() => server.left === 1)).toBe(true);
    });

    it('looks like a short answer by the limit of the SDK', async () => {
      const model = await start([STALLS]);

      const { seen, error } = await read(streamText({ ...ASK, model, timeout: { chunkMs: IDLE } }).textStream);

      expect([seen, error]).toEqual([['Hold', ' fast'], undefined]);
    });
  });

  describe('given a stream that ends too early', () => {
    it('ends with an error', async () => {
      const model = await start([{ events: WORDS }]);

      const { seen, error } = await read(retryStream(({ signal }) => partsOf(model, signal), limits));

      expect(seen.slice(0, 2).map(({ says }) => says)).toEqual(['Hold', ' fast']);
      // The newer providers notice it themselves, the older ones do not.
      expect(error).toMatchObject({ name: expect.stringMatching(/^Stream(Incomplete|Interrupted)Error$/) as string });
    });
  });
});
