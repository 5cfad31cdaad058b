import { ask, said, until, type Scenario } from './openai-scenarios.ts';

/** Answers that come in one piece. */
export const CALLS: readonly Scenario[] = [
  {
    given: 'a server that is unwell',
    it: 'asks again, and gives the answer',
    async run({ start, client, delays }) {
      const server = await start({ status: 503 }, { status: 500 });

      const text = await ask(client());

      return { text, asked: server.asked.length, delays };
    },
    sees: { text: 'Hold fast!', asked: 3, delays: [10, 10] },
  },
  {
    given: 'a server that is unwell',
    it: 'gives up with the error of the client, which has read the last answer',
    async run({ start, client }) {
      const server = await start(...Array<object>(9).fill({ status: 503 }));

      const error = await ask(client()).catch(said);

      return { error, asked: server.asked.length };
    },
    sees: { error: { error: 'InternalServerError', status: 503 }, asked: 3 },
  },
  {
    given: 'a server that is unwell',
    it: 'asks once where a question must not be put twice',
    async run({ start, client }) {
      const server = await start({ status: 503 });

      const error = await ask(client({ retryUnsafe: false })).catch(said);

      return { error, asked: server.asked.length };
    },
    sees: { error: { error: 'InternalServerError', status: 503 }, asked: 1 },
  },
  {
    given: 'a server that is unwell',
    it: 'asks again with the same key where there is one',
    async run({ start, client }) {
      const server = await start({ status: 503 });

      const text = await ask(client({ retryUnsafe: false }), { headers: { 'Idempotency-Key': '"k1"' } });

      return { text, keys: server.asked.map(({ headers }) => headers['idempotency-key']) };
    },
    sees: { text: 'Hold fast!', keys: ['"k1"', '"k1"'] },
  },
  {
    given: 'a server that asks for less',
    it: 'waits as long as its header says',
    async run({ start, client, delays }) {
      const server = await start(
        { status: 429, headers: { 'retry-after': '2' } },
        { status: 429, headers: { 'retry-after-ms': '250' } },
      );

      const text = await ask(client());

      return { text, asked: server.asked.length, delays };
    },
    sees: { text: 'Hold fast!', asked: 3, delays: [2_000, 250] },
  },
  {
    given: 'a server that asks for less',
    it: 'gives up where that is too long',
    async run({ start, client }) {
      const server = await start({ status: 429, headers: { 'retry-after': '3600' } });

      const error = await ask(client()).catch(said);

      return { error, asked: server.asked.length };
    },
    sees: { error: { error: 'RateLimitError', status: 429 }, asked: 1 },
  },
  {
    given: 'a quota that is used up',
    it: 'asks once where `classify` reads the body, which the client then reads again',
    async run({ start, client, http: { classify } }) {
      const server = await start({ status: 429, error: { message: 'You have no quota', code: 'insufficient_quota' } });
      const options = {
        classify: async ({ response }: { response: Response }) =>
          response.status === 429 ? classify(await response.clone().json()) : undefined,
      };

      const error = await ask(client(options)).catch(said);

      return { error, asked: server.asked.length };
    },
    sees: { error: { error: 'RateLimitError', status: 429, code: 'insufficient_quota' }, asked: 1 },
  },
  {
    given: 'a question that is wrong',
    it: 'asks once',
    async run({ start, client }) {
      const server = await start({ status: 400, error: { message: 'no such parameter' } });

      const error = await ask(client()).catch(said);

      return { error, asked: server.asked.length };
    },
    sees: { error: { error: 'BadRequestError', status: 400 }, asked: 1 },
  },
  {
    given: 'a connection that is reset',
    it: 'asks again, and gives the answer',
    async run({ start, client }) {
      const server = await start({ fault: 'reset' });

      const text = await ask(client());

      return { text, asked: server.asked.length };
    },
    sees: { text: 'Hold fast!', asked: 2 },
  },
  {
    given: 'a connection that is reset',
    it: 'asks once where a question must not be put twice',
    async run({ start, client }) {
      const server = await start({ fault: 'reset' });

      const error = await ask(client({ retryUnsafe: false })).catch(said);

      return { error, asked: server.asked.length };
    },
    sees: {
      error: {
        error: 'APIConnectionError',
        cause: { error: 'TypeError', cause: { error: 'Error', code: 'ECONNRESET' } },
      },
      asked: 1,
    },
  },
  {
    given: 'a server that is not there',
    it: 'calls again, whatever the question, where the fetch follows no redirects',
    async run({ start, client, delays }) {
      const server = await start();
      const asking = client({ retryUnsafe: false }, { fetchOptions: { redirect: 'error' } });
      await server.close();

      const error = await ask(asking).catch(said);

      return { error, delays };
    },
    sees: {
      error: {
        error: 'APIConnectionError',
        cause: { error: 'TypeError', cause: { error: 'Error', code: 'ECONNREFUSED' } },
      },
      delays: [10, 10],
    },
  },
  {
    given: 'a server that says nothing',
    it: 'gives the attempt up, and asks again',
    async run({ start, client }) {
      const server = await start({ fault: 'hang' });

      const text = await ask(client({ attemptTimeout: 1_500 }));

      return { text, asked: server.asked.length, left: await until(() => server.left === 1) };
    },
    sees: { text: 'Hold fast!', asked: 2, left: true },
  },
  {
    given: 'a server that says nothing',
    it: 'ends with the timeout of the client',
    async run({ start, client }) {
      const server = await start({ fault: 'hang' }, { fault: 'hang' }, { fault: 'hang' });

      const error = await ask(client({ attemptTimeout: 1_000 })).catch(said);

      return { error, asked: server.asked.length, left: await until(() => server.left === 3) };
    },
    sees: { error: { error: 'APIConnectionTimeoutError' }, asked: 3, left: true },
    newestSees: {
      error: { error: 'APIConnectionTimeoutError', cause: { error: 'TimeoutError', code: 'ERR_TIMEOUT' } },
      asked: 3,
      left: true,
    },
  },
  {
    given: 'a server that says nothing',
    it: 'ends at once when the caller does, who is told by the client',
    async run({ start, client }) {
      const server = await start({ fault: 'hang' });
      const caller = new AbortController();

      const call = ask(client(), { signal: caller.signal }).catch(said);
      await until(() => server.asked.length === 1);
      caller.abort();

      return { error: await call, asked: server.asked.length, left: await until(() => server.left === 1) };
    },
    sees: { error: { error: 'APIUserAbortError' }, asked: 1, left: true },
    newestSees: { error: { error: 'APIUserAbortError', cause: { error: 'AbortError' } }, asked: 1, left: true },
  },
  {
    given: 'a breaker that is open',
    it: 'asks nothing, and has the refusal as the cause',
    async run({ start, client, core: { consecutiveFailures } }) {
      const server = await start({ status: 503 });
      const asking = client({ retry: false, breaker: { trip: consecutiveFailures(1) } });

      await ask(asking).catch(said);
      const error = await ask(asking).catch(said);

      return { error, asked: server.asked.length };
    },
    sees: {
      error: { error: 'APIConnectionError', cause: { error: 'CircuitOpenError', code: 'ERR_CIRCUIT_OPEN' } },
      asked: 1,
    },
  },
];
