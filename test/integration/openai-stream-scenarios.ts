import type { OpenAI } from 'openai';
import type { RetryStreamOptions } from 'holdfast/stream';
import { done, failure, finish, word } from './model-server.ts';
import { QUESTION, said, until, type Scenario } from './openai-scenarios.ts';

type Chunk = OpenAI.ChatCompletionChunk;

export const WORDS = ['Hold', ' fast'].map(word);
/** Generous, for what does not stall: the machine may be busy. */
const LIMITS: RetryStreamOptions<Chunk> = {
  firstEvent: 10_000,
  idle: 10_000,
  isComplete: ({ event }) => event.choices.some((choice) => choice.finish_reason !== null),
};
/** For what stalls after its first words. */
const SHORT: RetryStreamOptions<Chunk> = { ...LIMITS, idle: 1_000 };
/** For what fails before them, and for what stalls there. */
export const AT_ONCE: RetryStreamOptions<Chunk> = { ...LIMITS, baseDelay: 1 };
const IMPATIENT: RetryStreamOptions<Chunk> = { ...AT_ONCE, firstEvent: 1_500 };

/** Opens the stream of the client, as `retryStream` and `guarded` want it. */
export const open = (client: OpenAI) => (context?: { signal: AbortSignal }) =>
  client.chat.completions.create({ ...QUESTION, stream: true }, context && { signal: context.signal });

/** What a reader gets. */
export async function read(chunks: AsyncIterable<Chunk>, each?: (chunk: Chunk) => unknown): Promise<object> {
  let text = '';
  try {
    for await (const chunk of chunks) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (each?.(chunk) === 'leave') break;
    }
    return { text };
  } catch (error) {
    const { limit, received } = error as { limit?: string; received?: number };
    return { text, ...(said(error) as object), ...(limit && { limit }), ...(received !== undefined && { received }) };
  }
}

/** Answers that come word by word. */
export const STREAMS: readonly Scenario[] = [
  {
    given: 'a stream that is well',
    it: 'gives its words, once',
    async run({ start, client, stream: { retryStream } }) {
      const server = await start();

      const seen = await read(retryStream(open(client()), LIMITS));

      return { seen, asked: server.asked.length, left: server.left };
    },
    sees: { seen: { text: 'Hold fast!' }, asked: 1, left: 0 },
  },
  {
    given: 'a stream that is well',
    it: 'is refused at first, and is opened by the next attempt of the fetch',
    async run({ start, client, stream: { retryStream } }) {
      const server = await start({ status: 503 }, { fault: 'reset' });

      const seen = await read(retryStream(open(client()), LIMITS));

      return { seen, asked: server.asked.length };
    },
    sees: { seen: { text: 'Hold fast!' }, asked: 3 },
  },
  {
    given: 'a stream that cannot be opened',
    it: 'is opened again when the server wants it, by the header in the error of the client',
    async run({ start, client, http: { classify, parseRetryAfter }, stream: { retryStream } }) {
      const server = await start({ status: 429, headers: { 'retry-after': '2' } }, { status: 400 });
      const delays: number[] = [];

      const chunks = retryStream(open(client({ retry: false })), {
        ...LIMITS,
        isRetryable: ({ error }) => ['transient', 'throttled'].includes(classify(error)),
        retryAfter: ({ error }) => parseRetryAfter((error as { headers?: Headers }).headers ?? {}, Date.now()),
        sleep: async (ms) => void delays.push(ms),
        random: () => 0,
      });

      return { seen: await read(chunks), asked: server.asked.length, delays };
    },
    sees: { seen: { text: '', error: 'BadRequestError', status: 400 }, asked: 2, delays: [2_000] },
  },
  {
    given: 'a stream that stalls after its first words',
    it: 'ends with an error that says so, and the server sees it',
    async run({ start, client, stream: { retryStream } }) {
      const server = await start({ events: WORDS, after: 'silence' });

      const seen = await read(retryStream(open(client()), SHORT));

      return { seen, asked: server.asked.length, left: await until(() => server.left === 1) };
    },
    sees: {
      seen: { text: 'Hold fast', error: 'StreamIdleError', code: 'ERR_STREAM_IDLE', limit: 'idle', received: 2 },
      asked: 1,
      left: true,
    },
  },
  {
    given: 'a stream that stalls after its first words',
    it: 'ends so behind keep-alives, too',
    async run({ start, client, stream: { retryStream } }) {
      const server = await start({ events: WORDS, after: 'pings' });

      const seen = await read(retryStream(open(client()), SHORT));

      return { seen, asked: server.asked.length, left: await until(() => server.left === 1) };
    },
    sees: {
      seen: { text: 'Hold fast', error: 'StreamIdleError', code: 'ERR_STREAM_IDLE', limit: 'idle', received: 2 },
      asked: 1,
      left: true,
    },
  },
  {
    given: 'a stream that stalls after its first words',
    it: 'ends so where the client was told nothing of the guard',
    async run({ start, client, stream: { guardStream } }) {
      const server = await start({ events: WORDS, after: 'silence' });

      const seen = await read(guardStream(await open(client())(), SHORT));

      return { seen, left: await until(() => server.left === 1) };
    },
    sees: {
      seen: { text: 'Hold fast', error: 'StreamIdleError', code: 'ERR_STREAM_IDLE', limit: 'idle', received: 2 },
      left: true,
    },
  },
  {
    given: 'a stream that stalls after its first words',
    it: 'ends by `bodyIdle` alone where it is silent, and the client throws that error as it is',
    async run({ start, client }) {
      const server = await start({ events: WORDS, after: 'silence' });

      const seen = await read(await open(client({ bodyIdle: 1_000 }))());

      return { seen, left: await until(() => server.left === 1) };
    },
    sees: { seen: { text: 'Hold fast', error: 'TimeoutError', code: 'ERR_TIMEOUT' }, left: true },
  },
  {
    given: 'a stream that stalls before its first word',
    it: 'is opened again, and its words come once',
    async run({ start, client, stream: { retryStream } }) {
      const server = await start({ events: [], after: 'silence' });

      const seen = await read(retryStream(open(client()), IMPATIENT));

      return { seen, asked: server.asked.length, left: await until(() => server.left === 1) };
    },
    sees: { seen: { text: 'Hold fast!' }, asked: 2, left: true },
  },
  {
    given: 'a stream that stalls before its first word',
    it: 'is opened again behind keep-alives, too',
    async run({ start, client, stream: { retryStream } }) {
      const server = await start({ events: [], after: 'pings' });

      const seen = await read(retryStream(open(client()), IMPATIENT));

      return { seen, asked: server.asked.length, left: await until(() => server.left === 1) };
    },
    sees: { seen: { text: 'Hold fast!' }, asked: 2, left: true },
  },
  {
    given: 'an error in a stream, with a status of 200',
    it: 'ends with that of the client in ours',
    async run({ start, client, stream: { retryStream } }) {
      const server = await start({ events: [...WORDS, failure({ message: 'out of memory', code: 500 })] });

      const seen = await read(retryStream(open(client()), LIMITS));

      return { seen, asked: server.asked.length };
    },
    sees: {
      seen: {
        text: 'Hold fast',
        error: 'StreamInterruptedError',
        code: 'ERR_STREAM_INTERRUPTED',
        cause: { error: 'APIError' },
        received: 2,
      },
      asked: 1,
    },
  },
  {
    given: 'an error in a stream, with a status of 200',
    it: 'is one more failed attempt where it comes first',
    async run({ start, client, stream: { retryStream } }) {
      const server = await start({ events: [failure({ message: 'overloaded', type: 'server_error' })] });

      const seen = await read(retryStream(open(client()), AT_ONCE));

      return { seen, asked: server.asked.length };
    },
    sees: { seen: { text: 'Hold fast!' }, asked: 2 },
  },
  {
    given: 'an error in a stream, with a status of 200',
    it: 'is asked for what it means, so that a quota that is used up is asked for once',
    async run({ start, client, http: { classify }, stream: { retryStream } }) {
      const server = await start({ events: [failure({ message: 'no quota', code: 'insufficient_quota' })] });
      const isRetryable = ({ error }: { error: unknown }) => classify(error) !== 'permanent';

      const seen = await read(retryStream(open(client()), { ...AT_ONCE, isRetryable }));

      return { seen, asked: server.asked.length };
    },
    sees: { seen: { text: '', error: 'APIError', code: 'insufficient_quota' }, asked: 1 },
  },
  {
    given: 'a connection that is cut in a stream',
    it: 'ends with the error of the body in ours',
    async run({ start, client, stream: { retryStream } }) {
      const server = await start({ events: WORDS, after: 'cut' });

      const seen = await read(retryStream(open(client()), LIMITS));

      return { seen, asked: server.asked.length };
    },
    sees: {
      seen: {
        text: 'Hold fast',
        error: 'StreamInterruptedError',
        code: 'ERR_STREAM_INTERRUPTED',
        cause: { error: 'TypeError', cause: { error: 'SocketError', code: 'UND_ERR_SOCKET' } },
        received: 2,
      },
      asked: 1,
    },
  },
  {
    given: 'a stream that ends too early',
    it: 'ends with an error that says so',
    async run({ start, client, stream: { retryStream } }) {
      const server = await start({ events: WORDS });

      const seen = await read(retryStream(open(client()), LIMITS));

      return { seen, asked: server.asked.length };
    },
    sees: {
      seen: { text: 'Hold fast', error: 'StreamIncompleteError', code: 'ERR_STREAM_INCOMPLETE', received: 2 },
      asked: 1,
    },
  },
  {
    given: 'a stream that ends too early',
    it: 'is not whole by its terminator, only by its last word',
    async run({ start, client, stream: { retryStream } }) {
      await start({ events: [...WORDS, done] }, { events: [...WORDS, finish] });
      const chunks = retryStream(open(client()), LIMITS);

      return [await read(chunks), await read(chunks)];
    },
    sees: [
      { text: 'Hold fast', error: 'StreamIncompleteError', code: 'ERR_STREAM_INCOMPLETE', received: 2 },
      { text: 'Hold fast' },
    ],
  },
  {
    given: 'a stream under policies',
    it: 'is counted by a breaker for how it ends, and not for its status',
    async run({ start, client, core: { CircuitBreaker, consecutiveFailures }, stream: { guarded } }) {
      const stalls = { events: WORDS, after: 'silence' } as const;
      const server = await start(stalls, stalls);
      const breaker = new CircuitBreaker({ trip: consecutiveFailures(2) });
      const chunks = guarded(breaker, open(client()), SHORT);

      const seen = [await read(chunks), await read(chunks), await read(chunks)];

      return {
        seen: seen.map((each) => 'code' in each && each.code),
        asked: server.asked.length,
        state: breaker.state,
      };
    },
    sees: { seen: ['ERR_STREAM_IDLE', 'ERR_STREAM_IDLE', 'ERR_CIRCUIT_OPEN'], asked: 2, state: 'open' },
  },
  {
    given: 'a stream under policies',
    it: 'has its slot until its end',
    async run({ start, client, core: { Bulkhead }, stream: { guarded } }) {
      await start();
      const bulkhead = new Bulkhead({ maxConcurrent: 1 });
      const running: number[] = [];

      const seen = await read(guarded(bulkhead, open(client()), LIMITS), () => running.push(bulkhead.running));

      return { seen, running, after: bulkhead.running };
    },
    sees: { seen: { text: 'Hold fast!' }, running: [1, 1, 1, 1], after: 0 },
  },
  {
    given: 'a reader that leaves early',
    it: 'is seen to do so by the server, and its slot is free',
    async run({ start, client, core: { Bulkhead }, stream: { guarded } }) {
      const server = await start({ events: WORDS, after: 'pings' });
      const bulkhead = new Bulkhead({ maxConcurrent: 1 });

      const seen = await read(guarded(bulkhead, open(client()), LIMITS), () => 'leave');

      return { seen, running: bulkhead.running, left: await until(() => server.left === 1) };
    },
    sees: { seen: { text: 'Hold' }, running: 0, left: true },
  },
  {
    given: 'a caller that aborts in the middle',
    it: 'gets its own reason',
    async run({ start, client, stream: { retryStream } }) {
      const server = await start({ events: WORDS, after: 'pings' });
      const caller = new AbortController();
      const chunks = retryStream(open(client()), { ...LIMITS, signal: caller.signal });

      const seen = await read(chunks, () => caller.abort(new RangeError('enough')));

      return { seen, left: await until(() => server.left === 1) };
    },
    sees: { seen: { text: 'Hold', error: 'RangeError' }, left: true },
  },
];
