import { Readable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { requestPlan, type FetchInput } from '../../src/http/request-plan.ts';
import { wrongArgument } from '../wrong-argument.ts';

const url = 'https://a.example/x?q=1';

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('requestPlan()', () => {
  describe('origin', () => {
    it.each<[string, FetchInput, string | undefined]>([
      ['a text', 'https://a.example:8443/x', 'https://a.example:8443'],
      ['a URL', new URL('http://a.example/x'), 'http://a.example'],
      ['a Request', new Request(url), 'https://a.example'],
      ['a data URL', 'data:text/plain,hi', undefined],
      ['a blob URL', 'blob:https://a.example/1', undefined],
    ])('is that of %s', (_, input, origin) => {
      expect(requestPlan(input).origin).toBe(origin);
    });

    it('is found from the address of the page or of the worker', () => {
      vi.stubGlobal('location', { href: 'https://worker.example/app/main.js' });
      expect(requestPlan('/api').origin).toBe('https://worker.example');

      vi.stubGlobal('document', { baseURI: 'https://page.example/' });
      expect(requestPlan('api').origin).toBe('https://page.example');
    });

    it('refuses what is no URL, and one with a password, and shows neither', () => {
      const shown = (input: string): unknown => {
        try {
          return requestPlan(input);
        } catch (error) {
          return error;
        }
      };

      expect(shown('/secret')).toEqual(
        wrongArgument(TypeError, 'Cannot fetch: expected a URL that can be parsed, got a text of 7 characters'),
      );
      for (const secret of ['https://me:secret@a.example/', 'https://me@a.example/', 'https://:secret@a.example/']) {
        expect(shown(secret)).toEqual(
          wrongArgument(TypeError, 'Cannot fetch: expected a URL without a user name and a password, got one with'),
        );
      }
    });
  });

  describe('repeatable', () => {
    it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'get', 'delete'])('%s is', (method) => {
      const plan = requestPlan(url, { method });

      expect([plan.method, plan.repeatable]).toEqual([method.toUpperCase(), true]);
    });

    it.each(['POST', 'PATCH', 'QUERY', 'PURGE'])('%s is not, but for one with an idempotency key', (method) => {
      const keyed = (headers: HeadersInit): boolean => requestPlan(url, { method, headers }).repeatable;

      expect(requestPlan(url, { method }).repeatable).toBe(false);
      expect(keyed({ 'Idempotency-Key': '"k1"' })).toBe(true);
      expect(keyed([['idempotency-key', '"k1"']])).toBe(true);
      expect(keyed(new Headers({ 'IDEMPOTENCY-KEY': 'k1' }))).toBe(true);
      expect(keyed({ 'Idempotency-Key': '' })).toBe(false);
      expect(keyed({ 'not valid': 'x', 'Idempotency-Key': 'k1' })).toBe(false);
    });

    it('looks at what init says before what the Request says, as fetch does', () => {
      const request = new Request(url, { method: 'POST', headers: { 'idempotency-key': 'k1' } });

      expect(requestPlan(request)).toMatchObject({ method: 'POST', repeatable: true });
      expect(requestPlan(request, { headers: {} })).toMatchObject({ method: 'POST', repeatable: false });
      expect(requestPlan(request, { method: 'GET' })).toMatchObject({ method: 'GET', repeatable: true });
    });
  });

  describe('single', () => {
    it('is what follows no redirects', () => {
      const request = new Request(url, { redirect: 'manual' });

      expect(requestPlan(url).single).toBe(false);
      expect(requestPlan(url, { redirect: 'follow' }).single).toBe(false);
      expect(requestPlan(url, { redirect: 'error' }).single).toBe(true);
      expect(requestPlan(request).single).toBe(true);
      expect(requestPlan(request, { redirect: 'follow' }).single).toBe(false);
    });
  });

  describe('signal', () => {
    it('is that of init, else that of the Request; null means none', () => {
      const own = new AbortController().signal;
      const request = new Request(url, { signal: own });

      expect(requestPlan(url).signal).toBeUndefined();
      expect(requestPlan(url, { signal: own }).signal).toBe(own);
      expect(requestPlan(request).signal).toBe(request.signal);
      expect(requestPlan(request, { signal: null }).signal).toBeUndefined();
    });
  });

  describe('replayable', () => {
    it.each<[string, RequestInit['body']]>([
      ['none', undefined],
      ['null', null],
      ['an empty text', ''],
      ['a text', 'hi'],
      ['an ArrayBuffer', new ArrayBuffer(1)],
      ['a Buffer', Buffer.from('hi')],
      ['a view', new DataView(new ArrayBuffer(1))],
      ['a Blob', new Blob(['hi'])],
      ['a File', new File(['hi'], 'hi')],
      ['a form', new FormData()],
      ['parameters', new URLSearchParams('a=b')],
    ])('%s is', (_, body) => {
      expect(requestPlan(url, { method: 'PUT', body: body ?? null }).replayable).toBe(true);
    });

    it.each<[string, unknown]>([
      ['a web stream', new ReadableStream()],
      ['a stream of Node', Readable.from(['hi'])],
      ['a generator', (async function* () {})()],
      ['a thing that nobody knows', {}],
      ['a stream that calls itself a form', { pipe: () => undefined, [Symbol.toStringTag]: 'FormData' }],
    ])('%s is not', (_, body) => {
      expect(requestPlan(url, { method: 'PUT', body: body as BodyInit }).replayable).toBe(false);
    });
  });

  describe('send()', () => {
    const signal = new AbortController().signal;

    it('hands on what it was given, with the signal of the attempt', async () => {
      const fetch = vi.fn(async () => new Response('ok'));
      const init = { method: 'PUT', body: 'hi', redirect: 'manual', signal: new AbortController().signal } as const;

      await requestPlan(url, init).send(fetch, signal);

      expect(fetch.mock.calls).toEqual([[url, { method: 'PUT', body: 'hi', redirect: 'manual', signal }]]);
    });

    it('sends the body of a Request any number of times, and uses it up at once, as fetch does', async () => {
      const bodies: string[] = [];
      const fetch = async (input: FetchInput, init?: RequestInit): Promise<Response> => {
        bodies.push(await new Request(input, init).text());
        return new Response('ok');
      };
      const request = new Request(url, { method: 'PUT', body: 'whole' });
      const plan = requestPlan(request);

      await plan.send(fetch, signal);
      await plan.send(fetch, signal);

      expect(bodies).toEqual(['whole', 'whole']);
      expect([plan.replayable, request.bodyUsed]).toEqual([true, true]);
    });

    it('leaves the body of a Request alone where another one is given', async () => {
      const fetch = vi.fn(async () => new Response('ok'));
      const full = new Request(url, { method: 'PUT', body: 'old' });

      await requestPlan(full, { body: 'new' }).send(fetch, signal);

      const headers = [['content-type', 'text/plain;charset=UTF-8']];
      expect(fetch.mock.calls).toEqual([[full, { body: 'new', headers, signal }]]);
      expect(full.bodyUsed).toBe(false);
    });

    it('sends what it was given at first, whatever becomes of that', async () => {
      const sent: unknown[] = [];
      const fetch = async (input: FetchInput, init?: RequestInit): Promise<Response> => {
        const request = new Request(input, init);
        sent.push([request.url, request.method, request.headers.get('x-order'), await request.text()]);
        return new Response('ok');
      };
      const address = new URL('https://a.example/a');
      const headers = new Headers({ 'x-order': '1' });
      const init: RequestInit = { method: 'PUT', headers, body: 'one' };
      const request = new Request('https://a.example/r', { method: 'PUT', headers, body: 'whole' });
      const plans = [requestPlan(address, init), requestPlan(request)];

      address.pathname = '/b';
      init.body = 'two';
      init.method = 'POST';
      headers.set('x-order', '2');
      request.headers.set('x-order', '2');
      for (const plan of plans) for (let times = 0; times < 2; times++) await plan.send(fetch, signal);

      expect(sent).toEqual([
        ['https://a.example/a', 'PUT', '1', 'one'],
        ['https://a.example/a', 'PUT', '1', 'one'],
        ['https://a.example/r', 'PUT', '1', 'whole'],
        ['https://a.example/r', 'PUT', '1', 'whole'],
      ]);
    });

    it('sends the headers that a Request had at first also where init has the body', async () => {
      const sent: unknown[] = [];
      const fetch = async (input: FetchInput, init?: RequestInit): Promise<Response> => {
        const { headers } = new Request(input, init);
        sent.push([headers.get('x-order'), headers.get('content-type')]);
        return new Response('ok');
      };
      const made = (): Request => new Request(url, { method: 'PUT', headers: { 'x-order': '1' } });
      const requests = [made(), made(), made()] as const;
      const plans = [
        requestPlan(requests[0], { body: 'text' }),
        requestPlan(requests[1], { body: new URLSearchParams('a=b'), headers: undefined } as unknown as RequestInit),
        requestPlan(requests[2], { body: 'text', headers: { 'x-order': 'of init', 'content-type': 'text/csv' } }),
      ];

      for (const request of requests) request.headers.set('x-order', '2');
      for (const plan of plans) await plan.send(fetch, signal);

      expect(sent).toEqual([
        ['1', 'text/plain;charset=UTF-8'],
        ['1', 'application/x-www-form-urlencoded;charset=UTF-8'],
        ['of init', 'text/csv'],
      ]);
    });

    it('takes what is like a Request and has no headers', async () => {
      const fetch = vi.fn(async () => new Response('ok'));
      const like = { url } as Request;

      await requestPlan(like, { method: 'PUT', body: 'text' }).send(fetch, signal);

      expect(fetch.mock.calls).toEqual([[like, { method: 'PUT', body: 'text', signal }]]);
    });

    it('reads headers that can be iterated once', async () => {
      const fetch = vi.fn(async () => new Response('ok'));
      const headers = new Map([['idempotency-key', 'k1']]).entries();

      const plan = requestPlan(url, { method: 'POST', headers: headers as unknown as HeadersInit });
      await plan.send(fetch, signal);
      await plan.send(fetch, signal);

      const init = { method: 'POST', headers: [['idempotency-key', 'k1']], signal };
      expect([plan.repeatable, fetch.mock.calls]).toEqual([
        true,
        [
          [url, init],
          [url, init],
        ],
      ]);
    });

    it('takes a Request, or what inherits, for an init, as fetch does', async () => {
      const sent: unknown[] = [];
      const fetch = async (input: FetchInput, init?: RequestInit): Promise<Response> => {
        const request = new Request(input, init);
        sent.push([request.url, request.method, request.headers.get('authorization'), await request.text()]);
        return new Response('ok');
      };
      const old = new Request('https://a.example/old', {
        method: 'POST',
        headers: { authorization: 'me' },
        body: 'pay',
      });
      const inherits = Object.create({ method: 'PUT', body: 'x' }) as RequestInit;

      const plans = [requestPlan(url, old as unknown as RequestInit), requestPlan(url, inherits)];
      for (const plan of plans) await plan.send(fetch, signal);

      expect(sent).toEqual([
        [url, 'POST', 'me', 'pay'],
        [url, 'PUT', null, 'x'],
      ]);
      expect(plans.map(({ method, replayable }) => [method, replayable])).toEqual([
        ['POST', false],
        ['PUT', true],
      ]);
    });

    it('sends without a signal where there is none', async () => {
      const fetch = vi.fn(async () => new Response('ok'));

      await requestPlan(url, null).send(fetch, undefined);

      expect(fetch.mock.calls).toEqual([[url, {}]]);
    });
  });

  it.each(['POST', 5, true])('refuses an init that is no object, as fetch does, and does not show it (%s)', (init) => {
    const message = `Cannot fetch: expected init to be an object, got a value of type ${typeof init}`;

    expect(() => requestPlan(url, init as RequestInit)).toThrow(wrongArgument(TypeError, message));
  });

  it('refuses a Request that has been used already', async () => {
    const used = new Request(url, { method: 'PUT', body: 'gone' });
    await used.text();

    expect(() => requestPlan(used)).toThrow(TypeError);
  });
});
