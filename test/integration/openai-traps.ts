import { done, word } from './model-server.ts';
import { ask, QUESTION, said, until, type Scenario } from './openai-scenarios.ts';
import { AT_ONCE, open, read, WORDS } from './openai-stream-scenarios.ts';

/** What a client does that nobody wants: without a guard, or with one that is told too little. */
export const TRAPS: readonly Scenario[] = [
  {
    given: 'a server that is unwell',
    // The option is for subclasses that have set the name of a header.
    it: 'asks once where the key is given by the option of the client, which does not send it',
    async run({ start, client }) {
      const server = await start({ status: 503 });

      const error = await ask(client({ retryUnsafe: false }), { idempotencyKey: '"k1"' }).catch(said);

      return { error, keys: server.asked.map(({ headers }) => headers['idempotency-key'] ?? 'none') };
    },
    sees: { error: { error: 'InternalServerError', status: 503 }, keys: ['none'] },
  },
  {
    given: 'a client that retries as well',
    it: 'multiplies the calls',
    async run({ start, client }) {
      const server = await start(...Array<object>(20).fill({ status: 503, headers: { 'retry-after-ms': '1' } }));

      const error = await ask(client({ breaker: false }, { maxRetries: 2 })).catch(said);

      return { error, asked: server.asked.length };
    },
    sees: { error: { error: 'InternalServerError', status: 503 }, asked: 9 },
  },
  {
    given: 'a quota that is used up',
    it: 'asks in vain where nobody reads the body',
    async run({ start, client }) {
      const used = { status: 429, error: { message: 'You have no quota', code: 'insufficient_quota' } };
      const server = await start(used, used, used);

      const error = await ask(client()).catch(said);

      return { error, asked: server.asked.length };
    },
    sees: { error: { error: 'RateLimitError', status: 429, code: 'insufficient_quota' }, asked: 3 },
  },
  {
    given: 'a stream that cannot be opened',
    it: 'multiplies the calls where the fetch retries as well',
    async run({ start, client, stream: { retryStream } }) {
      const server = await start(...Array<object>(20).fill({ status: 503 }));
      const before = (): number => server.asked.length;

      const seen = await read(retryStream(open(client({ breaker: false })), AT_ONCE));
      const both = before();
      await read(retryStream(open(client({ breaker: false, retry: false })), AT_ONCE));

      return { seen, both, one: before() - both };
    },
    sees: { seen: { text: '', error: 'InternalServerError', status: 503 }, both: 9, one: 3 },
  },
  {
    given: 'a stream that stalls after its first words',
    it: 'goes on for ever without a guard, whatever the timeout of the client',
    async run({ start, client }) {
      await start({ events: WORDS, after: 'pings' });
      const caller = new AbortController();
      const chunks = await client({}, { timeout: 1_000 }).chat.completions.create(
        { ...QUESTION, stream: true },
        { signal: caller.signal },
      );

      let over = false;
      const reading = read(chunks).finally(() => (over = true));
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      const after = { over };
      caller.abort();

      return { ...after, seen: await reading };
    },
    sees: { over: false, seen: { text: 'Hold fast' } },
  },
  {
    given: 'a stream that ends too early',
    it: 'looks whole without a guard, with its terminator and without',
    async run({ start, client }) {
      await start({ events: WORDS }, { events: [...WORDS, done] });
      const asking = client();

      return [await read(await open(asking)()), await read(await open(asking)())];
    },
    sees: [{ text: 'Hold fast' }, { text: 'Hold fast' }],
  },
  {
    given: 'a caller that aborts in the middle',
    it: 'sees a whole answer without a guard',
    async run({ start, client }) {
      const server = await start({ events: [word('Hold')], after: 'pings' });
      const caller = new AbortController();
      const chunks = await open(client())({ signal: caller.signal });

      const seen = await read(chunks, () => caller.abort(new RangeError('enough')));

      return { seen, left: await until(() => server.left === 1) };
    },
    sees: { seen: { text: 'Hold' }, left: true },
  },
];
