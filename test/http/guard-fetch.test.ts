import { getEventListeners } from 'node:events';
import {
  Bulkhead,
  BulkheadFullError,
  CircuitBreaker,
  CircuitOpenError,
  consecutiveFailures,
  giveUpReport,
  hedge,
  pipeline,
  RetryBudget,
  TimeoutError,
  type Policy,
  type StateChangeEvent,
} from 'holdfast';
import { guardFetch, type Fetch, type FetchInput, type GuardFetchOptions } from 'holdfast/http';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { rejection, turns } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const url = 'https://a.example/secret?key=1';
const never = (): Promise<never> => new Promise(() => {});
const refused = (): Error => coded('ECONNREFUSED');
const coded = (code: string): Error =>
  Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(), { code }) });
const reset = (): Error => coded('ECONNRESET');

type Answer = number | Response | Error | (() => Promise<Response>);

/** A server that answers by a script, the last entry for ever: a status, a response, an error, or whatever it likes. */
function server(...answers: Answer[]): {
  readonly fetch: Fetch;
  readonly calls: { readonly input: FetchInput; readonly init: RequestInit; readonly at: number }[];
  readonly clock: VirtualClock;
  /** A guarded fetch of this server, on its clock. */
  made(options?: GuardFetchOptions): Fetch;
  /** Runs a guarded fetch to its end, in virtual time. */
  run(options?: GuardFetchOptions, input?: FetchInput, init?: RequestInit): Promise<Response>;
} {
  const clock = new VirtualClock();
  const calls: { input: FetchInput; init: RequestInit; at: number }[] = [];
  const fetch: Fetch = async (input, init = {}) => {
    calls.push({ input, init, at: clock.now() });
    const answer = answers[Math.min(calls.length, answers.length) - 1]!;
    if (typeof answer === 'function') return answer();
    if (answer instanceof Error) throw answer;
    return typeof answer === 'number' ? new Response('body', { status: answer }) : answer;
  };
  const made = (options?: GuardFetchOptions): Fetch => guardFetch({ fetch, clock, random: () => 0.5, ...options });
  return {
    fetch,
    calls,
    clock,
    made,
    async run(options, input = url, init) {
      const result = made(options)(input, init);
      result.catch(() => undefined);
      await clock.runAll();
      return result;
    },
  };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('guardFetch()', () => {
  describe('given a server that answers', () => {
    it('gives the very response, after one call', async () => {
      const answer = new Response('hi', { status: 200 });
      const { run, calls, clock } = server(answer);

      const response = await run({}, url, { headers: { a: 'b' } });

      expect(response).toBe(answer);
      expect(calls).toEqual([{ input: url, init: { headers: { a: 'b' }, signal: expect.any(AbortSignal) }, at: 0 }]);
      expect([response.bodyUsed, calls[0]!.init.signal!.aborted, clock.pending]).toEqual([false, false, 0]);
      expect(giveUpReport(response)).toBeUndefined();
    });

    it('looks the global fetch up on each call', async () => {
      const guarded = guardFetch();
      vi.stubGlobal('fetch', async () => new Response('replaced'));

      expect(await (await guarded(url)).text()).toBe('replaced');
    });

    it.each([200, 204, 304, 400, 401, 403, 404, 409, 413, 422, 501, 505])('does not repeat %d', async (status) => {
      const { run, calls } = server(new Response(null, { status }));

      expect((await run()).status).toBe(status);
      expect(calls).toHaveLength(1);
    });
  });

  describe('given a status that may be gone a moment later', () => {
    it.each([408, 425, 429, 500, 502, 503, 504, 520, 529])(
      'repeats %d with full jitter from 500 ms on',
      async (status) => {
        const { run, calls } = server(status, status, 200);

        expect((await run()).status).toBe(200);
        expect(calls.map(({ at }) => at)).toEqual([0, 250, 750]);
      },
    );

    it('lets go of the responses that it does not give out, and returns the last as it came', async () => {
      const cancelled: number[] = [];
      const busy = (name: number): Response =>
        new Response(new ReadableStream({ cancel: () => void cancelled.push(name) }), { status: 503 });
      const last = busy(3);
      const { run, calls } = server(busy(1), busy(2), last);

      const response = await run();

      expect(response).toBe(last);
      expect([cancelled, calls.length, response.bodyUsed]).toEqual([[1, 2], 3, false]);
      expect(giveUpReport(response)).toEqual({ attempts: 3, delays: [250, 500], reason: 'attempts' });
    });

    it('does not mind a response that does not let go', async () => {
      const cancel = (): never => {
        throw new Error('locked');
      };
      const { run } = server(new Response(new ReadableStream({ cancel }), { status: 503 }), 200);

      expect((await run()).status).toBe(200);
    });

    it('gives no response that it has let go of, where a wait has lasted too long', async () => {
      const { run, clock, calls } = server(503, 200);
      const sleep = (delay: number): Promise<void> =>
        new Promise((resolve) => void clock.setTimer(delay + 10_000, resolve));

      const error = await rejection(run({ timeout: Infinity, retry: { maxElapsed: 5_000, sleep } }));

      expect([error, calls.length]).toEqual([new TimeoutError(5_000), 1]);
    });

    it('gives none either where the machine slept', async () => {
      const { fetch, clock, calls } = server(503, 200);
      let slept = 0;
      const late = { now: () => clock.now() + slept, setTimer: clock.setTimer.bind(clock) };
      const sleep = async (): Promise<void> => void (slept = 2_000);

      const error = await rejection(guardFetch({ fetch, clock: late, timeout: 1_000, retry: { sleep } })(url));

      expect([error, calls.length]).toEqual([new TimeoutError(1_000), 1]);
    });

    it('gives a response that every request got, as from a mock', async () => {
      const always = new Response('busy', { status: 503 });
      const { run, calls } = server(always);

      expect([await run(), calls.length]).toEqual([always, 3]);
    });

    it('waits as long as the server asks, and up to a tenth longer', async () => {
      const after = (headers: Record<string, string>): Response => new Response('', { status: 429, headers });
      const { run, calls } = server(after({ 'retry-after': '2' }), after({ 'retry-after-ms': '1500' }), 200);

      await run();

      expect(calls.map(({ at }) => at)).toEqual([0, 2_100, 3_675]);
    });

    it('reads dates by the wall clock', async () => {
      const wallTime = (): number => Date.UTC(2026, 0, 1);
      const headers = { 'retry-after': new Date(Date.UTC(2026, 0, 1) + 10_000).toUTCString() };
      const { run, calls } = server(new Response('', { status: 503, headers }), 200);

      await run({ wallTime });

      expect(calls.map(({ at }) => at)).toEqual([0, 10_500]);
    });

    it('returns the response at once where the server asks for longer than maxRetryAfter, and says so', async () => {
      const answer = new Response('', { status: 429, headers: { 'retry-after': '61' } });
      const { run, calls } = server(answer);

      const response = await run();

      expect([response, calls.length]).toEqual([answer, 1]);
      expect(giveUpReport(response)).toEqual({ attempts: 1, delays: [], reason: 'retry-after', retryAfter: 61_000 });
    });
  });

  describe('given a network error', () => {
    it('repeats it, and rejects with the last one itself', async () => {
      const error = reset();
      const { run, calls } = server(reset(), reset(), error);

      expect(await rejection(run())).toBe(error);
      expect(calls).toHaveLength(3);
      expect(giveUpReport(error)?.reason).toBe('attempts');
    });

    it('does not repeat what is wrong with the call itself', async () => {
      const error = new TypeError("Failed to execute 'fetch': Invalid value");
      const { run, calls } = server(error);

      expect(await rejection(run())).toBe(error);
      expect(calls).toHaveLength(1);
    });
  });

  describe('given a request that may not be sent twice', () => {
    const post = { method: 'POST', body: '{}' };

    it.each([
      ['a status', 503, 1],
      ['a connection that broke', reset(), 1],
      ['a connection that was refused, maybe after a redirect', refused(), 1],
    ])('after %s is not sent again', async (_, answer, expected) => {
      const { run, calls } = server(answer);

      await run({}, url, post).catch(() => undefined);

      expect(calls).toHaveLength(expected);
    });

    it.each(['error', 'manual'] as const)(
      'is sent again where it was certainly never sent: redirect %s',
      async (redirect) => {
        const { run, calls } = server(refused(), reset());

        await rejection(run({}, url, { ...post, redirect }));

        expect(calls).toHaveLength(2);
      },
    );

    it('is given up, and that is said', async () => {
      const { run } = server(503);
      const events: unknown[] = [];

      const response = await run({ on: { giveUp: (event) => void events.push(event) } }, url, post);

      const report = { attempts: 1, delays: [], reason: 'not-retryable' };
      expect(giveUpReport(response)).toEqual(report);
      expect(events).toEqual([
        { method: 'POST', origin: 'https://a.example', status: 503, error: undefined, ...report },
      ]);
    });

    it('is sent again with an idempotency key, or if it is told to', async () => {
      const withKey = server(503, 200);
      const told = server(reset(), 200);

      await withKey.run({}, url, { ...post, headers: { 'Idempotency-Key': '"k"' } });
      await told.run({ retryUnsafe: true }, url, post);

      expect([withKey.calls.length, told.calls.length]).toEqual([2, 2]);
      expect(withKey.calls.map(({ init }) => init.headers)).toEqual([
        { 'Idempotency-Key': '"k"' },
        { 'Idempotency-Key': '"k"' },
      ]);
    });

    it('is not sent again after the limit of an attempt', async () => {
      const { run, calls } = server(never);

      expect(await rejection(run({ attemptTimeout: 100 }, url, post))).toBeInstanceOf(TimeoutError);
      expect(calls).toHaveLength(1);
    });
  });

  describe('given a body', () => {
    it('sends the same one again', async () => {
      const body = new FormData();
      const { run, calls } = server(503, 200);

      await run({}, url, { method: 'PUT', body });

      expect(calls.map(({ init }) => init.body)).toEqual([body, body]);
    });

    it('sends that of a Request again, whole', async () => {
      const bodies: string[] = [];
      const statuses = [503, 200];
      const fetch: Fetch = async (input, init) => {
        bodies.push(await new Request(input, init).text());
        return new Response('', { status: statuses.shift()! });
      };

      const response = await guardFetch({ fetch, retry: { baseDelay: 0 } })(
        new Request(url, { method: 'PUT', body: 'whole' }),
      );

      expect([response.status, bodies]).toEqual([200, ['whole', 'whole']]);
    });

    it.each([503, reset(), refused()])('does not send a stream twice: %s', async (answer) => {
      const { run, calls } = server(answer);

      await run({ retryUnsafe: true }, url, { method: 'PUT', body: new ReadableStream() }).catch(() => undefined);

      expect(calls).toHaveLength(1);
    });
  });

  describe('given limits', () => {
    it('gives each attempt 10 s for its headers, and the whole 30 s', async () => {
      const { run, calls, clock } = server(never);

      const error = await rejection(run());

      expect(error).toEqual(new TimeoutError(30_000));
      expect(calls.map(({ at }) => at)).toEqual([0, 10_250, 20_750]);
      expect(giveUpReport(error)).toEqual({ attempts: 3, delays: [250, 500], reason: 'elapsed' });
      expect(calls.map(({ init }) => init.signal!.reason)).toEqual([
        new TimeoutError(10_000),
        new TimeoutError(10_000),
        error,
      ]);
      expect(clock.pending).toBe(0);
    });

    it('takes those that it is told', async () => {
      const { run, calls, clock } = server(never);
      const events: unknown[] = [];

      const error = await rejection(
        run({ timeout: 50, attemptTimeout: 100, on: { timeout: (event) => void events.push(event) } }),
      );

      expect([error, clock.now(), calls.length]).toEqual([new TimeoutError(50), 50, 1]);
      expect(events).toEqual([{ error, origin: 'https://a.example' }]);
    });

    it('lets go of a response that comes too late', async () => {
      const cancelled = vi.fn();
      const { run, clock } = server(async () => {
        await new Promise<void>((resolve) => void clock.setTimer(200, resolve));
        return new Response(new ReadableStream({ cancel: cancelled }));
      });

      const error = await rejection(run({ attemptTimeout: 100, retry: false }));
      await turns();

      expect([error, cancelled.mock.calls.length]).toEqual([new TimeoutError(100), 1]);
    });

    it('limits the silence within a body, if it is told', async () => {
      const { run, clock } = server(
        new Response(new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode('so far')) })),
      );

      const response = await run({ bodyIdle: 1_000 });
      const reading = rejection(response.text());
      await turns();
      await clock.advance(1_000);

      expect(await reading).toEqual(new TimeoutError(1_000));
    });
  });

  describe('given a signal', () => {
    it('makes no call if it is aborted already', async () => {
      const { run, calls } = server(200);

      expect(await rejection(run({}, url, { signal: AbortSignal.abort('no') }))).toBe('no');
      expect(calls).toEqual([]);
    });

    it('ends an attempt and a wait at once, for its own reason', async () => {
      const during = new AbortController();
      const { fetch, clock, calls } = server(never, 200);
      const attempt = rejection(guardFetch({ fetch, clock })(url, { signal: during.signal }));
      await turns();
      during.abort('enough');

      const waiting = new AbortController();
      const busy = server(503);
      const wait = rejection(guardFetch({ fetch: busy.fetch, clock })(url, { signal: waiting.signal }));
      await turns();
      waiting.abort('stop');

      expect([await attempt, calls[0]!.init.signal!.reason]).toEqual(['enough', 'enough']);
      expect([await wait, busy.calls.length, clock.pending]).toEqual(['stop', 1, 0]);
      expect([during, waiting].map(({ signal }) => getEventListeners(signal, 'abort'))).toEqual([[], []]);
    });

    it('goes on to end a response that is being read', async () => {
      const caller = new AbortController();
      const { run, calls } = server(200);

      const response = await run({}, url, { signal: caller.signal });
      caller.abort('enough');

      expect(calls[0]!.init.signal!.reason).toBe('enough');
      expect(response.status).toBe(200);
    });

    it('ends the response that came out, where that is not of the attempt that was made last', async () => {
      const caller = new AbortController();
      const late = (): Promise<Response> =>
        new Promise((resolve) => void clock.setTimer(30, () => resolve(new Response('first'))));
      const { run, calls, clock } = server(late, never);

      const response = await run({ retry: false, bulkhead: hedge({ delay: 10, clock }) }, url, caller);
      const before = calls.map(({ init }) => init.signal!.aborted);
      caller.abort('enough');

      expect([before, calls[0]!.init.signal!.reason]).toEqual([[false, true], 'enough']);
      expect(await response.text()).toBe('first');
    });

    it('ends the response that a policy has made of that of the last attempt', async () => {
      const caller = new AbortController();
      const { run, calls } = server(200);
      const copies: Policy = {
        async execute(fn, options) {
          const received = (await pipeline().execute(fn, options)) as Response;
          return new Response(received.body) as never;
        },
      };

      const response = await run({ bulkhead: copies }, url, caller);
      caller.abort('enough');

      expect([response.status, calls[0]!.init.signal!.reason]).toEqual([200, 'enough']);
    });
  });

  describe('the policies of an origin', () => {
    const trip = { trip: consecutiveFailures(2) };

    it('open after bad statuses and network errors, for this origin alone', async () => {
      const { fetch, clock, calls } = server(503, reset(), 200);
      const events: unknown[] = [];
      const guarded = guardFetch({
        fetch,
        clock,
        retry: false,
        breaker: trip,
        on: { stateChange: (event) => void events.push(event), rejected: (event) => void events.push(event) },
      });

      await guarded(url);
      await rejection(guarded(url));
      const error = await rejection(guarded(url));
      const other = await guarded('https://b.example/');

      expect(error).toBeInstanceOf(CircuitOpenError);
      expect(String(error)).toMatch(/^CircuitOpenError: Refused by .*https:\/\/a\.example.*: next probe in \d+ ms$/);
      expect([other.status, calls.length]).toEqual([200, 3]);
      expect(events).toEqual([
        { from: 'closed', to: 'open', reason: expect.any(String), origin: 'https://a.example' },
        { error, origin: 'https://a.example' },
      ]);
    });

    it.each([429, 404])('stay closed after %d', async (status) => {
      const { run, fetch, clock } = server(status);
      const guarded = guardFetch({ fetch, clock, retry: false, breaker: trip });

      for (let call = 0; call < 5; call++) expect((await guarded(url)).status).toBe(status);
      expect((await run({ breaker: false, retry: false })).status).toBe(status);
    });

    it('stay closed after errors that say nothing of the server', async () => {
      const { fetch, clock } = server(new TypeError('Invalid header'));
      const guarded = guardFetch({ fetch, clock, retry: false, breaker: trip });

      const errors = [await rejection(guarded(url)), await rejection(guarded(url)), await rejection(guarded(url))];

      expect(errors.map(String)).toEqual(Array.from({ length: 3 }, () => 'TypeError: Invalid header'));
    });

    it('are waited for by retries, where they say how long', async () => {
      const { run, calls } = server(503, 503, 200);

      const response = await run({
        timeout: Infinity,
        breaker: { ...trip, openDuration: 5_000 },
        retry: { maxAttempts: 4 },
      });

      expect(response.status).toBe(200);
      expect(calls.map(({ at }) => at)).toEqual([0, 250, 750 + 4_500 * 1.05]);
    });

    it('limit what runs at once, and a full bulkhead is not tried again', async () => {
      const { fetch, clock, calls } = server(never);
      const guarded = guardFetch({ fetch, clock, bulkhead: { maxConcurrent: 1 } });

      void guarded(url).catch(() => undefined);
      const error = await rejection(guarded(url));

      expect(error).toBeInstanceOf(BulkheadFullError);
      expect(calls).toHaveLength(1);
    });

    it('let go of a body that is not sent, with the error of the refusal', async () => {
      const { fetch, clock, calls } = server(never);
      const guarded = guardFetch({ fetch, clock, bulkhead: { maxConcurrent: 1 } });
      const reasons: unknown[] = [];
      const body = (): ReadableStream => new ReadableStream({ cancel: (reason) => void reasons.push(reason) });
      const { signal } = new AbortController();

      void guarded(url, { method: 'POST', body: body() }).catch(() => undefined);
      const errors = [
        await rejection(guarded(url, { method: 'POST', body: body() })),
        await rejection(guarded(new Request(url, { method: 'POST', body: body(), duplex: 'half' } as RequestInit))),
        await rejection(guarded(url, { method: 'POST', body: body(), signal: AbortSignal.abort('gone') })),
        await rejection(guarded(url, { method: 'POST', body: 'a text', signal })),
      ];

      expect(errors).toEqual([
        expect.any(BulkheadFullError),
        expect.any(BulkheadFullError),
        'gone',
        expect.any(BulkheadFullError),
      ]);
      expect(reasons).toEqual(errors.slice(0, 3));
      expect(calls).toHaveLength(1);
    });

    it('may stand in for a request that is not sent, whose body is let go of', async () => {
      const { made, calls } = server(200);
      const cached: Policy = { execute: async () => new Response('stand-in') as never };
      const cancel = vi.fn();
      const { signal } = new AbortController();

      const guarded = made({ rateLimiter: cached });
      const response = await guarded(url, { method: 'POST', body: new ReadableStream({ cancel }), signal });

      expect([await response.text(), calls.length, cancel.mock.calls.length]).toEqual(['stand-in', 0, 1]);
    });

    it('may be handed in, and are then shared by all origins', async () => {
      const breaker = new CircuitBreaker({ ...trip, isFailureResult: () => true });
      const bulkhead = new Bulkhead({ maxConcurrent: 5 });
      const { fetch, clock } = server(200);
      const guarded = guardFetch({ fetch, clock, breaker, bulkhead });

      await guarded('https://a.example/');
      await guarded('https://b.example/');

      expect([breaker.state, bulkhead.running]).toEqual(['open', 0]);
    });

    it('keep as many origins as they are told', async () => {
      const { fetch, clock } = server(503);
      const guarded = guardFetch({ fetch, clock, retry: false, breaker: trip, origins: { maxKeys: 1 } });

      await guarded('https://a.example/');
      await guarded('https://b.example/');
      await guarded('https://a.example/');

      expect((await guarded('https://a.example/')).status).toBe(503);
    });
  });

  describe('the retry', () => {
    it('takes its numbers, and draws on a budget of the origin', async () => {
      const { fetch, clock, calls } = server(503);
      const guarded = guardFetch({ fetch, clock, breaker: false, retry: { maxAttempts: 6, baseDelay: 0 } });

      const responses: Response[] = [];
      for (let call = 0; call < 4; call++) {
        const response = guarded(url);
        await clock.runAll();
        responses.push(await response);
      }

      expect(responses.map((response) => giveUpReport(response)?.reason)).toEqual([
        'attempts',
        'attempts',
        'budget',
        'budget',
      ]);
      expect(calls).toHaveLength(4 + 10);
    });

    it('takes a budget that is shared with others', async () => {
      const budget = new RetryBudget({ ratio: 0, burst: 1 });
      const { run, calls } = server(503);

      await run({ retry: { budget } });

      expect(calls).toHaveLength(2);
    });

    it('can be left out', async () => {
      const { run, calls } = server(503);

      expect((await run({ retry: false })).status).toBe(503);
      expect(calls).toHaveLength(1);
    });
  });

  describe('what a response means', () => {
    it('can be said by status', async () => {
      const conflict = server(409, 200);
      const down = server(503);

      await conflict.run({ statuses: { 409: 'transient' } });
      await down.run({ statuses: { 503: 'permanent' } });

      expect([conflict.calls.length, down.calls.length]).toEqual([2, 1]);
    });

    it('can be said by its body, which the caller reads all the same', async () => {
      const quota = Response.json({ error: { code: 'insufficient_quota' } }, { status: 429 });
      const { run, calls } = server(quota);
      const classify: GuardFetchOptions['classify'] = async ({ response }) => {
        if (response.status !== 429) return undefined;
        const body = (await response.clone().json()) as { error: { code: string } };
        return body.error.code === 'insufficient_quota' ? 'permanent' : undefined;
      };

      const response = await run({ classify });

      expect([response, calls.length]).toEqual([quota, 1]);
      expect(await response.json()).toEqual({ error: { code: 'insufficient_quota' } });
    });

    it('is left to the status where nothing is said', async () => {
      const { run, calls } = server(503, 200);

      await run({ classify: () => undefined });

      expect(calls).toHaveLength(2);
    });

    it.each<[string, unknown]>([
      ['an error', new Error('broken')],
      ['what is no error', 'broken'],
      ['an error as of the network', Object.assign(new Error('broken'), { code: 'ECONNREFUSED' })],
      ['the refusal of a policy', new CircuitOpenError('breaker', 1)],
    ])('reaches the caller as %s, where to say it fails: once, and the response is let go of', async (_, broken) => {
      const cancelled = vi.fn();
      const { run, calls } = server(() => Promise.resolve(new Response(new ReadableStream({ cancel: cancelled }))));
      const classify = (): never => {
        throw broken;
      };

      const error = await rejection(
        run({ classify, breaker: { trip: consecutiveFailures(1) } }, url, { redirect: 'error' }),
      );

      expect([error, calls.length, cancelled.mock.calls.length]).toEqual([broken, 1, 1]);
    });

    it('has to be a meaning', async () => {
      const { run, calls } = server(200);
      const classify = (() => true) as unknown as NonNullable<GuardFetchOptions['classify']>;

      expect(await rejection(run({ classify }))).toEqual(
        wrongArgument(
          TypeError,
          "Cannot judge a response: expected classify to return 'transient', 'throttled', 'permanent' or 'unknown', or undefined, got true",
        ),
      );
      expect(calls).toHaveLength(1);
    });

    it('may come too late: then the response is let go of', async () => {
      const cancelled = vi.fn();
      const { run, clock } = server(new Response(new ReadableStream({ cancel: cancelled })));
      const classify = (): Promise<undefined> =>
        new Promise((resolve) => void clock.setTimer(200, () => resolve(undefined)));

      const error = await rejection(run({ classify, attemptTimeout: 100, retry: false }));
      await turns();

      expect([error, cancelled.mock.calls.length]).toEqual([new TimeoutError(100), 1]);
    });
  });

  describe('observers', () => {
    it('are told of retries and of the end, without a path, a header or a body', async () => {
      const events: unknown[] = [];
      const error = reset();
      const { run } = server(503, error, 500);

      await run(
        { on: { retry: (event) => void events.push(event), giveUp: (event) => void events.push(event) } },
        new URL(url),
        { method: 'delete' },
      );

      const about = { method: 'DELETE', origin: 'https://a.example' };
      expect(events).toEqual([
        { ...about, status: 503, error: undefined, attempt: 1, delay: 250 },
        { ...about, error, attempt: 2, delay: 500 },
        { ...about, status: 500, error: undefined, attempts: 3, delays: [250, 500], reason: 'attempts' },
      ]);
      expect(JSON.stringify(events)).not.toMatch(/secret|key/);
    });

    it('change nothing', async () => {
      const { run } = server(503, 200);
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});

      const response = await run({
        on: {
          retry: () => {
            throw new Error('mine');
          },
        },
      });

      expect([response.status, warn.mock.calls.length]).toEqual([200, 1]);
      warn.mockRestore();
    });
  });

  describe('given a fetch that resolves to no response', () => {
    it.each([undefined, null, 'ok', {}])('says so at once, and does not try again (%j)', async (nothing) => {
      const { made, calls } = server((() => Promise.resolve(nothing)) as never);

      const error = await rejection(made()(url));

      expect(String(error)).toMatch(/^TypeError: Cannot fetch: expected the answer to be a Response, got /);
      expect([(error as { code?: string }).code, calls.length]).toEqual(['ERR_INVALID_ARGUMENT', 1]);
    });
  });

  describe('given what is not for it', () => {
    it('hands on what does not go over HTTP', async () => {
      const { run, calls } = server(503);
      const init = { method: 'GET' };

      expect((await run({}, 'data:text/plain,hi', init)).status).toBe(503);
      expect(calls).toEqual([{ input: 'data:text/plain,hi', init, at: 0 }]);
    });

    it('rejects a URL that it cannot read, without showing it', async () => {
      const { run, calls } = server(200);

      const error = await rejection(run({}, 'https://me:secret@a.example'));

      expect(error).toEqual(
        wrongArgument(TypeError, 'Cannot fetch: expected a URL without a user name and a password, got one with'),
      );
      expect(calls).toEqual([]);
    });

    it.each<[string, unknown, ErrorConstructor, string]>([
      ['no options', 7, TypeError, 'Cannot guard fetch: expected options to be an object, got 7'],
      [
        'an unknown option',
        { retries: 3 },
        TypeError,
        'Cannot guard fetch: expected a known option (fetch, timeout, attemptTimeout, retry, rateLimiter, breaker, bulkhead, retryUnsafe, statuses, classify, bodyIdle, origins, clock, random, wallTime, on), got "retries"',
      ],
      ['no fetch', { fetch: 7 }, TypeError, 'Cannot guard fetch: expected fetch to be a function, got 7'],
      ['no retry', { retry: 3 }, TypeError, 'Cannot guard fetch: expected retry to be an object, got 3'],
      [
        'a retry of another kind',
        { retry: { isRetryable: () => true } },
        TypeError,
        'Cannot guard fetch: expected a known option (maxAttempts, baseDelay, backoff, maxRetryAfter, maxElapsed, budget, sleep), got "retry.isRetryable"',
      ],
      [
        'no attempts',
        { retry: { maxAttempts: 0 } },
        RangeError,
        'Cannot make a retry: expected maxAttempts to be an integer ≥ 1, or Infinity, got 0',
      ],
      [
        'no timeout',
        { timeout: -1 },
        RangeError,
        'Cannot guard fetch: expected timeout to be a number of ms ≥ 0, or Infinity, got -1',
      ],
      [
        'no breaker',
        { breaker: { tripp: 1 } },
        TypeError,
        'Cannot make a circuit breaker: expected a known option (did you mean trip?), got "tripp"',
      ],
      [
        'no bulkhead',
        { bulkhead: 7 },
        TypeError,
        'Cannot make a standard policy: expected bulkhead to be options, a policy or false, got 7',
      ],
      [
        'no meaning',
        { statuses: { 500: 'fine' } },
        TypeError,
        "Cannot guard fetch: expected statuses to say of statuses 'transient', 'throttled', 'permanent' or 'unknown', got \"500: fine\"",
      ],
      [
        'no status',
        { statuses: { busy: 'transient' } },
        TypeError,
        "Cannot guard fetch: expected statuses to say of statuses 'transient', 'throttled', 'permanent' or 'unknown', got \"busy: transient\"",
      ],
      ['no statuses', { statuses: 500 }, TypeError, 'Cannot guard fetch: expected statuses to be an object, got 500'],
      [
        'no origins',
        { origins: { maxKeys: 0 } },
        RangeError,
        'Cannot make a keyed policy: expected maxKeys to be an integer ≥ 1, got 0',
      ],
      [
        'no observers',
        { on: { retries: () => {} } },
        TypeError,
        'Cannot guard fetch: expected a known option (retry, giveUp, stateChange, rejected, timeout), got "on.retries"',
      ],
    ])('refuses %s', (_, options, Class, message) => {
      expect(() => guardFetch(options as GuardFetchOptions)).toThrow(wrongArgument(Class, message));
    });
  });

  describe('over several calls and options', () => {
    it('asks of each kind of request whether it may be sent again, also at one origin', async () => {
      const post = { method: 'POST', body: '{}' };
      const kinds: RequestInit[] = [
        { ...post, headers: { 'idempotency-key': 'k' } },
        post,
        { method: 'PUT', body: 'whole' },
        { method: 'PUT', body: new ReadableStream() },
        { ...post, redirect: 'error' },
        { ...post, redirect: 'follow' },
      ];
      const { calls, clock, made } = server(refused());
      const guarded = made({ breaker: false });
      const counts: number[] = [];

      for (const init of kinds) {
        const before = calls.length;
        const result = rejection(guarded(url, init));
        await clock.runAll();
        await result;
        counts.push(calls.length - before);
      }

      expect(counts).toEqual([3, 1, 3, 1, 3, 1]);
    });

    it('has no limit inside where it is told that there is none', async () => {
      const { clock, made } = server(async () => {
        await new Promise<void>((resolve) => void clock.setTimer(100_000, resolve));
        return new Response('late');
      });

      const response = made({ timeout: Infinity, attemptTimeout: Infinity })(url);
      await clock.runAll();

      expect([(await response).status, clock.now()]).toEqual([200, 100_000]);
    });

    it('limits the whole call also where it does not retry', async () => {
      const { clock, made } = server(() => new Promise(() => {}));

      const error = rejection(made({ timeout: 50, attemptTimeout: 100, retry: false })(url));
      await clock.runAll();

      expect(await error).toEqual(new TimeoutError(50));
    });

    it('tells of the limit of an attempt too', async () => {
      const { clock, made } = server(() => new Promise(() => {}), 200);
      const events: unknown[] = [];

      const response = made({ attemptTimeout: 100, on: { timeout: (event) => void events.push(event) } })(url);
      await clock.runAll();

      expect([(await response).status, events]).toEqual([
        200,
        [{ error: new TimeoutError(100), origin: 'https://a.example' }],
      ]);
    });

    it('asks the rate limiter before each attempt, and waits as long as it says', async () => {
      const { calls, clock, made } = server(503, 200);
      const rejected: unknown[] = [];

      const guarded = made({
        rateLimiter: { limit: 1, interval: 10_000 },
        on: { rejected: ({ error, origin }) => void rejected.push([error.name, origin]) },
      });
      const response = guarded(url);
      await clock.runAll();

      expect([(await response).status, calls.map(({ at }) => at)]).toEqual([
        200,
        [0, expect.closeTo(250 + 9_750 * 1.05, 6)],
      ]);
      expect(rejected).toEqual([['RateLimitedError', 'https://a.example']]);
    });

    it('does not count against an origin that this process has too much open', async () => {
      const { clock, made } = server(coded('EMFILE'));
      const events: StateChangeEvent[] = [];
      const guarded = made({
        breaker: { trip: consecutiveFailures(1) },
        on: { stateChange: (event) => void events.push(event) },
      });

      const error = rejection(guarded(url));
      await clock.runAll();
      await error;

      expect(events).toEqual([]);
    });

    it('waits for a breaker with a body that can be sent once: it has not been sent', async () => {
      const { calls, clock, made } = server(503, 200);
      const guarded = made({ breaker: { trip: consecutiveFailures(1), openDuration: 1_000 } });
      await guarded('https://a.example/', { method: 'POST' });

      const response = guarded(url, { method: 'POST', body: new ReadableStream() });
      await clock.runAll();

      expect([(await response).status, calls.length]).toEqual([200, 2]);
    });

    it('draws how long a breaker stays open from its own chance', async () => {
      const at = async (chance: number): Promise<number | undefined> => {
        const { made } = server(503);
        const guarded = made({ random: () => chance, retry: false, breaker: { trip: consecutiveFailures(1) } });
        await guarded(url);
        const error = await rejection(guarded(url));
        return (error as CircuitOpenError).retryAfter;
      };

      expect(await at(0)).toBe(await at(0));
      expect(await at(0)).not.toBe(await at(0.75));
    });

    it('lets what is said of a response win over what is said of its status', async () => {
      const { calls, clock, made } = server(503, 200);

      const response = made({ classify: () => 'permanent', statuses: { 503: 'transient' } })(url);
      await clock.runAll();

      expect([(await response).status, calls.length]).toEqual([503, 1]);
    });

    it('lets the options of the breaker say what a failure is', async () => {
      const { made } = server(404);
      const events: unknown[] = [];
      const guarded = made({
        breaker: { trip: consecutiveFailures(1), isFailureResult: ({ value }) => (value as Response).status === 404 },
        on: { stateChange: ({ to }) => void events.push(to) },
      });

      await guarded(url);

      expect(events).toEqual(['open']);
    });

    it('has the breaker count bad statuses where they do not say otherwise', async () => {
      for (const breaker of [{}, { isFailureResult: undefined }]) {
        const { made } = server(503);
        const events: unknown[] = [];
        const on = { stateChange: ({ to }: { to: string }) => void events.push(to) };

        await made({ retry: false, breaker: { ...breaker, trip: consecutiveFailures(1) }, on })(url);

        expect(events).toEqual(['open']);
      }
    });

    it('has the breaker refuse what is no function', () => {
      const { made } = server(503);

      expect(() => made({ breaker: { isFailureResult: null as never } })).toThrow(
        wrongArgument(TypeError, 'Cannot make a circuit breaker: expected isFailureResult to be a function, got null'),
      );
    });

    it('forgets an origin by its own clock', async () => {
      const { calls, clock, made } = server(503);
      const guarded = made({ retry: false, breaker: { trip: consecutiveFailures(2) }, origins: { idleTtl: 1_000 } });

      await guarded(url);
      await clock.advance(100_000);
      await guarded(url);
      await guarded(url);

      expect(calls).toHaveLength(3);
    });

    it('limits the silence within a body by its own clock', async () => {
      const { clock, made } = server(async () => new Response(new ReadableStream()));

      const response = await made({ bodyIdle: 600_000 })(url);
      const reading = rejection(response.text());
      await turns();
      await clock.advance(600_000);

      expect(await reading).toEqual(new TimeoutError(600_000));
    });

    it('sends a Request whole again where init says that there is no other body', async () => {
      const bodies: string[] = [];
      const statuses = [503, 200];
      const fetch: Fetch = async (input, init) => {
        bodies.push(await new Request(input, init).text());
        return new Response('', { status: statuses.shift()! });
      };

      const guarded = guardFetch({ fetch, retry: { baseDelay: 0 } });
      const response = await guarded(new Request(url, { method: 'PUT', body: 'whole' }), { body: null });

      expect([response.status, bodies]).toEqual([200, ['whole', 'whole']]);
    });
  });
});
