import { CircuitOpenError, TimeoutError } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { bodyOf, ChatError, describe as inWords, verdict } from '../../docs/examples/chat-failure.mjs';
import { chatClient, LIMITS } from '../../docs/examples/chat-client.mjs';
import { faultScripts, MODEL, startChatServer } from '../../docs/examples/chat-server.mjs';

const networkError = (code: string): Error => new TypeError('fetch failed', { cause: { code } });

describe('verdict()', () => {
  it('retries the statuses that pass, and no others', () => {
    const statuses = [200, 400, 401, 403, 404, 408, 409, 422, 429, 500, 501, 502, 503, 504];

    const retryable = statuses.filter((status) => verdict(new ChatError('', status)).retryable);

    expect(retryable).toEqual([408, 429, 500, 502, 503, 504]);
  });

  it('retries timeouts, refusals of the breaker and lost connections', () => {
    const errors = [new TimeoutError(5), new CircuitOpenError('circuit breaker', 5), networkError('ECONNRESET')];

    expect(errors.map((error) => verdict(error).retryable)).toEqual([true, true, true]);
  });

  it('does not retry an unknown host, nor an error of the program', () => {
    const errors = [networkError('ENOTFOUND'), new TypeError('x is not a function'), new RangeError('no')];

    expect(errors.map((error) => verdict(error).retryable)).toEqual([false, false, false]);
  });
});

describe('describe()', () => {
  it('says what happened in a few words', () => {
    const errors = [
      new ChatError('slow down', 429, 1_500),
      new TimeoutError(500),
      networkError('ECONNREFUSED'),
      networkError('EPIPE'),
      new TypeError('fetch failed', { cause: new Error('bad port') }),
      new RangeError('no'),
    ];

    expect(errors.map(inWords)).toEqual([
      '429 Too Many Requests: slow down (Retry-After: 1.5 s)',
      'no answer within 500 ms (TimeoutError)',
      'connection refused (ECONNREFUSED)',
      'no connection (EPIPE)',
      'fetch failed: Error: bad port',
      'no: RangeError',
    ]);
  });
});

describe('bodyOf()', () => {
  const failing = (retryAfter: string): Promise<unknown> =>
    bodyOf(new Response('', { status: 503, headers: { 'retry-after': retryAfter } })).catch((error: unknown) => error);

  it('reads Retry-After in seconds, and as a date', async () => {
    expect(await failing('2')).toMatchObject({ status: 503, retryAfter: 2_000 });
    expect(await failing('Wed, 21 Oct 2015 07:28:00 GMT')).toMatchObject({ status: 503, retryAfter: 0 });
    expect(await failing('soon')).toMatchObject({ status: 503, retryAfter: undefined });
  });

  it('shows the beginning of an answer that is not JSON', async () => {
    const error = await bodyOf(new Response('<html>')).catch((error: unknown) => error);

    expect(error).toStrictEqual(new ChatError('the answer is not JSON but "<html>"', 200));
  });
});

describe('chatClient()', () => {
  /** No answer is so late, however busy the machine is. */
  const limits = { ...LIMITS, whole: 60_000, attempt: 30_000 };

  it('does not count a refused request as a failure of the server', async () => {
    const server = await startChatServer([]);
    const changes: unknown[] = [];
    const client = chatClient({
      url: server.url,
      limits,
      on: { stateChange: (event: unknown) => changes.push(event) },
    });

    for (let call = 1; call <= LIMITS.threshold; call++) {
      await expect(client.ask('none', 'Hello?')).rejects.toMatchObject({ name: 'ChatError', status: 404 });
    }
    const { value } = await client.ask(MODEL, 'Hello?');

    expect(value).toBe('You asked: Hello?');
    expect(changes).toEqual([]);
    expect(server.log).toEqual([404, 404, 404, 'answer']);
    await server.close();
  });

  it('lists the models on offer', async () => {
    const server = await startChatServer([]);

    expect(await chatClient({ url: server.url, limits }).models()).toEqual([MODEL]);
    await server.close();
  });
});

describe('startChatServer()', () => {
  it('refuses what is not a question with 400, and an unknown route with 404', async () => {
    const server = await startChatServer([500]);

    const bad = await fetch(`${server.url}/chat/completions`, { method: 'POST', body: 'no' });
    const lost = await fetch(`${server.url}/nowhere`);

    expect([bad.status, lost.status]).toEqual([400, 404]);
    expect(await bad.json()).toEqual({ error: { message: 'expected JSON with model and messages' } });
    expect(server.log).toEqual([400]);
    await server.close();
  });
});

describe('faultScripts()', () => {
  it('gives the same scripts for the same seed', () => {
    expect(faultScripts(7)).toEqual(faultScripts(7));
  });

  it('holds every kind of fault once, whatever the seed, and ends both scripts with an answer', () => {
    const orders = new Set<string>();

    for (let seed = 0; seed < 100; seed++) {
      const [first, last] = faultScripts(seed) as [unknown[], unknown[]];
      orders.add(`${first} ${last}`);
      expect([first.length, last.length]).toEqual([3, 4]);
      expect(first).toContain(429);
      expect([first.at(-1), last.at(-1)]).toEqual(['answer', 'answer']);
      expect([...first, ...last].map(String).sort()).toEqual(
        ['429', '500', '503', 'answer', 'answer', 'hang', 'reset'].sort(),
      );
    }
    expect(orders.size).toBeGreaterThan(20);
  });
});
