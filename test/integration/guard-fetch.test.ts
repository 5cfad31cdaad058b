import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import axios from 'axios';
import { constant, RetryBudget, TimeoutError } from 'holdfast';
import { guardFetch, type Fetch, type GuardFetchOptions } from 'holdfast/http';
import * as undici from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import {
  cutAnswer,
  cutBeforeRequest,
  cutOnConnect,
  cutOnReuse,
  delay,
  drip,
  faultProxy,
  garbage,
  pass,
  stall,
  type Fault,
  type FaultProxy,
} from './fault-proxy.ts';
import { startOrigin, type Answer, type Origin } from './origin.ts';

const down: Answer = { status: 503, body: 'down' };
const LONG = 'kelp '.repeat(40_000);
/** Longer than a busy machine takes for an answer. */
const PATIENCE = 1_500;
/** As long as undici may take to put a connection back into its pool. */
const A_MOMENT = 50;

let origin: Origin;
let proxy: FaultProxy;

afterEach(async () => {
  await proxy.close();
  await origin.close();
});

/** An origin behind a proxy. */
async function start({ answers = [], faults = [] }: { answers?: Answer[]; faults?: Fault[] }): Promise<string> {
  origin = await startOrigin(...answers);
  proxy = await faultProxy(origin.port, ...faults);
  return proxy.url;
}

function make({ retry, ...options }: GuardFetchOptions = {}): Fetch {
  return guardFetch({ attemptTimeout: 10_000, retry: { backoff: constant(), baseDelay: 10, ...retry }, ...options });
}

/** Waits until it holds, for at most 5 s. */
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !holds(); turn++) await sleep(5);
  expect(holds()).toBe(true);
}

/** Waits until so many connections have been given up. An undici that was aborted opens another one in its place. */
const closed = (count: number): Promise<void> => until(() => proxy.connections - proxy.open >= count);
const textOf = (response: Response): Promise<string> => response.text();
const codeOf = (error: unknown): unknown => ((error as Error).cause as { code?: string } | undefined)?.code;

describe('guardFetch()', () => {
  describe('given a fault of the network, and then none', () => {
    it.each([
      ['closed at once', cutOnConnect('close')],
      ['half closed at once', cutOnConnect('half-close')],
      ['reset at once', cutOnConnect('reset')],
      ['closed before the request', cutBeforeRequest('close')],
      ['half closed before the request', cutBeforeRequest('half-close')],
      ['reset before the request', cutBeforeRequest('reset')],
      ['closed before the answer', cutAnswer('close')],
      ['half closed before the answer', cutAnswer('half-close')],
      ['reset before the answer', cutAnswer('reset')],
      ['closed in the headers', cutAnswer('close', 30)],
      ['reset in the headers', cutAnswer('reset', 30)],
    ])('a GET is tried again where the connection is %s', async (_, fault) => {
      const url = await start({ faults: [fault, pass] });

      const response = await make()(url);

      expect([response.status, await textOf(response), proxy.connections]).toEqual([200, 'ok', 2]);
    });

    it.each([
      ['nothing of the answer comes', stall()],
      ['the headers stop half way', stall(30)],
      ['the request is not forwarded in time', delay(60_000)],
    ])('a GET is tried again where %s, and the first connection is given up', async (_, fault) => {
      const url = await start({ faults: [fault, pass] });

      const response = await make({ attemptTimeout: PATIENCE })(url);

      expect([response.status, await textOf(response)]).toEqual([200, 'ok']);
      await closed(1);
    });

    it.each([
      ['GET', 'follow'],
      ['POST', 'error'],
      ['POST', 'manual'],
    ] as const)('a %s is tried again where the port is closed, with `redirect: "%s"`', async (method, redirect) => {
      const url = await start({});
      proxy.refuse();
      const delays: number[] = [];
      const sleepTillOpen = async (ms: number): Promise<void> => {
        delays.push(ms);
        await proxy.accept();
      };

      const response = await make({ retry: { sleep: sleepTillOpen } })(url, { method, redirect });

      expect([response.status, origin.count(undefined, method), delays]).toEqual([200, 1, [10]]);
    });

    it('a GET is tried again where a kept connection is reset', async () => {
      const url = await start({ faults: [cutOnReuse('reset'), pass] });
      const guarded = make();

      await guarded(url).then(textOf);
      await sleep(A_MOMENT);
      const response = await guarded(url);

      expect([response.status, proxy.connections, origin.count()]).toEqual([200, 2, 2]);
    });
  });

  describe('given a fault of the network that stays', () => {
    it.each([
      ['is reset', cutAnswer('reset'), 'ECONNRESET'],
      ['is closed', cutAnswer('close'), 'UND_ERR_SOCKET'],
    ])('rejects with the error of fetch itself where the connection %s', async (_, fault, code) => {
      const url = await start({ faults: [fault] });

      const error = await rejection(make()(url));

      expect([(error as Error).message, codeOf(error), origin.count()]).toEqual(['fetch failed', code, 3]);
    });

    it('rejects with a TimeoutError where nothing of the answer comes', async () => {
      const url = await start({ faults: [stall()] });

      const error = await rejection(make({ attemptTimeout: PATIENCE })(url));

      expect([error instanceof TimeoutError, origin.count()]).toEqual([true, 3]);
      await closed(3);
    });

    it('ends the whole in time', async () => {
      const url = await start({ faults: [stall()] });

      const error = await rejection(make({ attemptTimeout: 60_000, timeout: PATIENCE })(url));

      expect([error instanceof TimeoutError && error.timeout, origin.count()]).toEqual([PATIENCE, 1]);
      await closed(1);
    });
  });

  describe('given an answer that is no HTTP', () => {
    it('rejects with the error of fetch itself', async () => {
      const url = await start({ faults: [garbage('220 mail.example ESMTP\r\n')] });

      const error = await rejection(make()(url));

      expect((error as Error).cause).toMatchObject({ name: 'HTTPParserError' });
    });
  });

  describe('given a request that the server has received, and no answer', () => {
    it.each([
      ['GET', {}, 2],
      ['HEAD', {}, 2],
      ['PUT', {}, 2],
      ['DELETE', {}, 2],
      ['OPTIONS', {}, 2],
      ['POST', {}, 1],
      ['PATCH', {}, 1],
      ['POST', { 'idempotency-key': '"1"' }, 2],
      ['PATCH', { 'Idempotency-Key': '"1"' }, 2],
    ] as const)('a %s with %o is sent so many times: %d', async (method, headers, times) => {
      const url = await start({ faults: [cutAnswer('close'), pass] });

      const outcome = await make()(url, { method, headers }).then(({ status }) => status, codeOf);

      expect([outcome, origin.count(undefined, method)]).toEqual([times === 2 ? 200 : 'UND_ERR_SOCKET', times]);
    });

    it('a POST is sent once where it is answered with a redirect to a port that is closed', async () => {
      const gone = await startOrigin();
      await gone.close();
      const url = await start({ answers: [{ status: 303, headers: { location: gone.url } }] });

      const error = await rejection(make()(url, { method: 'POST', body: 'kelp' }));

      expect([codeOf(error), origin.count(undefined, 'POST')]).toEqual(['ECONNREFUSED', 1]);
    });

    it('a POST is sent again with `retryUnsafe`', async () => {
      const url = await start({ faults: [cutAnswer('close'), pass] });

      const { status } = await make({ retryUnsafe: true })(url, { method: 'POST', body: 'kelp' });

      expect([status, origin.received.map(({ body }) => body)]).toEqual([200, ['kelp', 'kelp']]);
    });
  });

  describe('given a status', () => {
    it.each([
      ['GET', 500, 2],
      ['GET', 502, 2],
      ['GET', 503, 2],
      ['GET', 504, 2],
      ['GET', 429, 2],
      ['GET', 408, 2],
      ['GET', 400, 1],
      ['GET', 401, 1],
      ['GET', 404, 1],
      ['POST', 500, 1],
      ['POST', 503, 1],
      ['POST', 429, 1],
    ])('a %s that is answered with %d is sent so many times: %d', async (method, status, times) => {
      const url = await start({ answers: [{ status }, {}] });

      const response = await make()(url, { method });

      expect([response.status, origin.count(undefined, method)]).toEqual([times === 2 ? 200 : status, times]);
    });

    it('a POST with an idempotency key is sent again, with the same key', async () => {
      const url = await start({ answers: [down, {}] });

      const { status } = await make()(url, { method: 'POST', body: 'kelp', headers: { 'idempotency-key': '"k"' } });

      const keys = origin.received.map(({ headers }) => headers['idempotency-key']);
      expect([status, keys]).toEqual([200, ['"k"', '"k"']]);
    });

    it('the last response can be read as it came', async () => {
      const url = await start({ answers: [{ ...down, body: LONG }] });

      const response = await make()(url);

      expect([response.status, response.url, origin.count()]).toEqual([503, `${url}/`, 3]);
      expect(await response.text()).toBe(LONG);
    });
  });

  describe('given when the server wants to be asked again', () => {
    it.each([
      ['so many seconds', { seconds: 1 }],
      ['a date', { date: 2 }],
      ['so many ms', { ms: 300 }],
    ] as const)('does not ask before: %s', async (_, retryAfter) => {
      const url = await start({ answers: [{ status: 429, retryAfter }, {}] });

      const { status } = await make()(url);
      const [first, second] = origin.received as [Origin['received'][number], Origin['received'][number]];

      expect([status, origin.count()]).toEqual([200, 2]);
      // Timers may be early by a hair, and two clocks differ by one.
      expect(second.at).toBeGreaterThanOrEqual(first.welcome - 25);
    });

    it('gives up at once where that is too late', async () => {
      const url = await start({ answers: [{ ...down, retryAfter: { seconds: 3_600 } }] });

      const response = await make()(url);

      expect([response.status, await textOf(response), origin.count()]).toEqual([503, 'down', 1]);
    });
  });

  describe('given a body that can be sent again', () => {
    const form = new FormData();
    form.set('says', 'hold');
    form.set('file', new Blob([LONG]), 'kelp.txt');

    it.each([
      ['a string', LONG, LONG],
      ['an empty string', '', ''],
      ['a Buffer', Buffer.from(LONG), LONG],
      ['a part of a Buffer', Buffer.from('holdfast').subarray(4), 'fast'],
      ['an ArrayBuffer', new TextEncoder().encode(LONG).buffer, LONG],
      ['URLSearchParams', new URLSearchParams({ says: 'hold fast' }), 'says=hold+fast'],
      ['a Blob', new Blob([LONG]), LONG],
      ['a File', new File([LONG], 'kelp.txt'), LONG],
      ['FormData', form, LONG],
      ['no body', undefined, ''],
    ])('sends it whole each time: %s', async (name, body, sent) => {
      const url = await start({ answers: [down, down, {}] });

      const { status } = await make()(url, { method: 'PUT', ...(body !== undefined && { body }) });

      const bodies = origin.received.map((each) => each.body);
      expect([status, bodies.length]).toEqual([200, 3]);
      for (const each of bodies) expect(name === 'FormData' ? each!.includes(sent) : each === sent).toBe(true);
    });

    it.each([
      ['with a string', () => ({ body: LONG })],
      ['with a stream', () => ({ body: new Blob([LONG]).stream(), duplex: 'half' as const })],
      ['with a form', () => ({ body: form })],
    ])('sends a Request %s whole each time', async (_, init) => {
      const url = await start({ answers: [down, down, {}] });
      const request = new Request(url, { method: 'PUT', headers: { 'x-call': '7' }, ...init() });

      const { status } = await make()(request);

      expect([status, origin.count('7', 'PUT')]).toEqual([200, 3]);
      for (const { body } of origin.received) expect(body!.includes(LONG)).toBe(true);
    });

    it('sends it whole after the connection was cut', async () => {
      const url = await start({ faults: [cutAnswer('reset'), stall(), pass] });

      const { status } = await make({ attemptTimeout: PATIENCE })(url, { method: 'PUT', body: LONG });

      expect([status, origin.received.map(({ body }) => body === LONG)]).toEqual([200, [true, true, true]]);
    });
  });

  describe('given a body that can be read only once', () => {
    it.each([
      ['a ReadableStream', () => new Blob([LONG]).stream()],
      ['a Node stream', () => Readable.from([LONG])],
      [
        'an async iterator',
        async function* () {
          yield Buffer.from(LONG);
        },
      ],
    ])('sends it once, whole: %s', async (_, body) => {
      const url = await start({ answers: [down, {}] });

      const init = { method: 'PUT', body: body() as unknown as ReadableStream, duplex: 'half' as const };
      const { status } = await make()(url, init);

      expect([status, origin.received.map((each) => each.body === LONG)]).toEqual([503, [true]]);
    });
  });

  describe('given 200 failures in a row', () => {
    const breaker = false;
    const retry = { maxAttempts: 2, baseDelay: 0, budget: new RetryBudget({ burst: 1_000 }) };

    it.each([
      ['short', 'down', true],
      ['long', LONG, true],
      ['short, and nobody reads the last one', 'down', false],
    ])('keeps no connections: answers that are %s', async (_, body, reads) => {
      const url = await start({ answers: [{ ...down, body }] });
      const guarded = make({ breaker, retry });

      for (let call = 0; call < 200; call++) {
        const response = await guarded(url);
        if (reads) await response.text();
        else await response.body?.cancel();
      }

      expect([origin.count(), proxy.mostOpen <= 5]).toEqual([400, true]);
    });
  });

  describe('given a caller who aborts', () => {
    const gone = new Error('gone');

    it('ends the request, and its connection', async () => {
      const url = await start({ faults: [stall()] });
      const caller = new AbortController();

      const call = rejection(make()(url, { signal: caller.signal }));
      await until(() => origin.count() === 1);
      caller.abort(gone);

      expect([await call, origin.count()]).toEqual([gone, 1]);
      await closed(1);
    });

    it('ends the wait, and no further call is made', async () => {
      const url = await start({ answers: [{ ...down, retryAfter: { seconds: 1 } }, {}] });
      const caller = new AbortController();

      const call = rejection(make()(url, { signal: caller.signal }));
      await until(() => origin.count() === 1);
      await sleep(A_MOMENT);
      caller.abort(gone);

      expect(await call).toBe(gone);
      await sleep(1_200);
      expect(origin.count()).toBe(1);
    });

    it.each([
      ['as fetch gives it', undefined],
      ['guarded against silence', 60_000],
    ])('ends the reading of a body %s', async (_, bodyIdle) => {
      const url = await start({ answers: [{ body: LONG }], faults: [stall(1_000)] });
      const caller = new AbortController();

      const response = await make({ bodyIdle })(url, { signal: caller.signal });
      const reading = rejection(response.text());
      await sleep(A_MOMENT);
      caller.abort(gone);

      expect(await reading).toBe(gone);
      await closed(1);
    });

    it('ends the reading of a body by the signal of a Request', async () => {
      const url = await start({ answers: [{ body: LONG }], faults: [stall(1_000)] });
      const caller = new AbortController();

      const response = await make()(new Request(url, { signal: caller.signal }));
      const reading = rejection(response.text());
      await sleep(A_MOMENT);
      caller.abort(gone);

      expect(await reading).toBe(gone);
      await closed(1);
    });
  });

  describe('given a body that stalls', () => {
    it('is given up with `bodyIdle`, and so is its connection', async () => {
      const url = await start({ answers: [{ body: LONG }], faults: [stall(1_000)] });

      const response = await make({ bodyIdle: 100 })(url);
      const error = await rejection(response.text());

      expect([response.status, error instanceof TimeoutError && error.timeout]).toEqual([200, 100]);
      await closed(1);
    });

    it('is no stall where it is slow', async () => {
      const url = await start({ answers: [{ body: LONG }], faults: [drip(20_000, 200)] });

      const response = await make({ attemptTimeout: PATIENCE, bodyIdle: PATIENCE })(url);

      expect(await response.text()).toBe(LONG);
    });
  });

  describe('given a signal that lives long', () => {
    it('holds on to no body that its caller has let go', async () => {
      const url = await start({});
      const guarded = make();
      const { signal } = new AbortController();
      const bodies: WeakRef<object>[] = [];
      const alive = (): number => bodies.filter((each) => each.deref()).length;

      for (let call = 0; call < 1_000; call++) {
        const response = await guarded(url, { signal });
        bodies.push(new WeakRef(response.body!));
        await response.text();
      }
      await collected(() => alive() < 10);

      // The last ones may be held by what is under way.
      expect([origin.count(), alive() < 10, getEventListeners(signal, 'abort').length <= 1]).toEqual([
        1_000,
        true,
        true,
      ]);
    });

    it('keeps no listener on it, when the responses are gone', async () => {
      const url = await start({});
      const guarded = make();
      const { signal } = new AbortController();
      const listeners = (): number => getEventListeners(signal, 'abort').length;

      for (let call = 0; call < 3; call++) await guarded(url, { signal }).then(textOf);
      await collected(() => listeners() === 0);

      expect(listeners()).toBe(0);
    });
  });

  describe('given the fetch of undici', () => {
    const fetch = undici.fetch as unknown as Fetch;

    it('tries again after a status', async () => {
      const url = await start({ answers: [down, {}] });

      const response = await make({ fetch })(url, { method: 'PUT', body: 'kelp' });

      expect([response.status, await textOf(response)]).toEqual([200, 'ok']);
      expect(origin.received.map(({ body }) => body)).toEqual(['kelp', 'kelp']);
    });

    it('tries again after a reset, but not a POST', async () => {
      const url = await start({ faults: [cutAnswer('reset'), pass, cutAnswer('reset'), pass] });

      const { status } = await make({ fetch })(url);
      await proxy.close();
      proxy = await faultProxy(origin.port, cutAnswer('reset'), pass);
      const error = await rejection(make({ fetch })(proxy.url, { method: 'POST' }));

      expect([status, codeOf(error)]).toEqual([200, 'ECONNRESET']);
      expect([origin.count(undefined, 'GET'), origin.count(undefined, 'POST')]).toEqual([2, 1]);
    });

    it('gives up a body that stalls', async () => {
      const url = await start({ answers: [{ body: LONG }], faults: [stall(1_000)] });

      const response = await make({ fetch, bodyIdle: 100 })(url);
      const error = await rejection(response.text());

      expect(error instanceof TimeoutError && error.timeout).toBe(100);
      await closed(1);
    });
  });

  describe('given axios with its fetch adapter', () => {
    const client = (options?: GuardFetchOptions) =>
      axios.create({ adapter: 'fetch', env: { fetch: make(options) as typeof fetch } });

    it('tries again for it', async () => {
      const url = await start({ answers: [down, { body: '{"is":"up"}' }] });

      const { status, data } = await client().get<unknown>(url);

      expect([status, data, origin.count()]).toEqual([200, { is: 'up' }, 2]);
    });

    it('sends a body again, whole', async () => {
      const url = await start({ answers: [down, {}] });

      const { status } = await client().put(url, { says: LONG });

      const bodies = origin.received.map(({ body }) => body);
      expect([status, bodies.map((body) => JSON.parse(body!) as unknown)]).toEqual([
        200,
        [{ says: LONG }, { says: LONG }],
      ]);
    });

    it('sends no POST twice', async () => {
      const url = await start({ answers: [{ status: 500 }, {}] });

      const error = await rejection(client().post(url, { says: 'hold' }));

      expect([axios.isAxiosError(error) && error.response?.status, origin.count()]).toEqual([500, 1]);
    });

    it('ends with the abort of its caller', async () => {
      const url = await start({ faults: [stall()] });
      const caller = new AbortController();

      const call = rejection(client().get(url, { signal: caller.signal }));
      await until(() => origin.count() === 1);
      caller.abort();

      expect([axios.isCancel(await call), origin.count()]).toEqual([true, 1]);
      await closed(1);
    });
  });
});

/** Collects garbage until it holds, or for 1 s. */
async function collected(holds: () => boolean): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 50 && !holds(); turn++) {
    // A weak reference that was looked at keeps what it refers to until the end of the turn.
    await sleep(20);
    collect();
  }
}
