import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { CircuitOpenError, consecutiveFailures, RetryBudget, TimeoutError, type Clock } from 'holdfast';
import { guardFetch, type Fetch, type FetchInput, type GuardFetchOptions } from 'holdfast/http';
import { seededRandom, VirtualClock } from 'holdfast/testing';

const RUNS = 10_000;

/** What fetch may fail with, what it means, and whether the request was certainly never sent. */
const FAULTS = {
  refused: {
    make: () => failedFetch(coded('ECONNREFUSED')),
    temporary: true,
    neverSent: true,
  },
  'not found': {
    make: () => coded('ENOTFOUND'),
    temporary: true,
    neverSent: true,
  },
  'refused everywhere': {
    make: () => failedFetch(new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')])),
    temporary: true,
    neverSent: true,
  },
  'refused, then reset': {
    make: () => failedFetch(new AggregateError([coded('ECONNREFUSED'), coded('ECONNRESET')])),
    temporary: true,
    neverSent: false,
  },
  'too many open': {
    make: () => failedFetch(coded('EMFILE')),
    temporary: true,
    neverSent: false,
  },
  reset: {
    make: () => failedFetch(coded('ECONNRESET')),
    temporary: true,
    neverSent: false,
  },
  'bad certificate': {
    make: () => failedFetch(coded('CERT_HAS_EXPIRED')),
    temporary: false,
    neverSent: true,
  },
  'in a browser': {
    make: () => new TypeError('Failed to fetch'),
    temporary: true,
    neverSent: false,
  },
  'wrong argument': {
    make: () => new TypeError('Invalid header'),
    temporary: false,
    neverSent: false,
  },
  aborted: {
    make: () => new DOMException('stopped', 'AbortError'),
    temporary: false,
    neverSent: false,
  },
  nothing: { make: () => undefined, temporary: false, neverSent: false },
  text: { make: () => 'ECONNREFUSED', temporary: false, neverSent: false },
  hostile: { make: () => hostile(), temporary: false, neverSent: false },
} as const;
type Fault = keyof typeof FAULTS;

/** By what their statuses mean: `true` where another attempt may help. */
const STATUSES: { readonly [status: number]: boolean } = {
  200: false,
  204: false,
  304: false,
  404: false,
  409: false,
  429: true,
  500: true,
  501: false,
  503: true,
  529: true,
};

interface Answer {
  readonly does: Fault | number;
  /** Ms after which it comes. */
  readonly after: number;
  /** Ms that it asks to wait; and in which form. */
  readonly hint: number;
  readonly form: 'seconds' | 'ms' | 'date' | 'none' | 'garbage';
  readonly body: boolean;
  /** Whether an abort ends it, as with a real fetch. */
  readonly listens: boolean;
  /** Whether it fails before there is a promise. */
  readonly throws: boolean;
}

interface Asked {
  readonly at: number;
  readonly unsafe: boolean;
  readonly key: boolean;
  readonly body: 'none' | 'text' | 'stream';
  readonly redirect: RequestRedirect | undefined;
  readonly as: 'text' | 'url' | 'request';
  /** When its caller aborts; 0 for one that has before. */
  readonly abort: number;
  readonly answers: readonly Answer[];
}

interface Script {
  readonly asked: readonly Asked[];
  readonly timeout: number;
  readonly attemptTimeout: number;
  readonly retry:
    | false
    | {
        readonly maxAttempts: number;
        readonly baseDelay: number;
        readonly maxRetryAfter: number;
      };
  readonly maxElapsed: number;
  readonly burst: number | undefined;
  readonly retryUnsafe: boolean;
  readonly statuses: boolean;
  readonly classify: 'no' | 'at once' | 'later' | 'throws';
  readonly bodyIdle: number;
  readonly breaker: 'none' | 'default' | 'eager';
  readonly bulkhead: number | undefined;
  readonly limited: boolean;
  readonly chance: number;
  readonly seed: number;
  readonly sameSignal: boolean;
}

/** No two things that matter happen at once: what the server, the callers and the limits do has a part of a ms of its own. */
const SERVER = 2 ** -6;
const CALLER = 2 ** -8;
/** So that a date in whole seconds says the same as a number. */
const WALL = Date.UTC(2026, 0, 1);
/** How long `classify` thinks. */
const THINKS = 7;
/** Which request it is that something happens to: observers are called in its context. */
const who = new AsyncLocalStorage<number>();

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function failedFetch(cause: unknown): Error {
  return new TypeError('fetch failed', { cause });
}

/** What does not let itself be looked at. */
function hostile(): object {
  const refuse = (): never => {
    throw new Error('do not touch');
  };
  return new Proxy(
    {},
    {
      get: refuse,
      has: refuse,
      getPrototypeOf: refuse,
      ownKeys: refuse,
      getOwnPropertyDescriptor: refuse,
    },
  );
}

/** A response that the server gave, and what became of it. */
interface Given {
  readonly call: Call;
  readonly response: Response;
  readonly text: string;
  readonly signal: AbortSignal;
  readonly listens: boolean;
  cancels: number;
  errored: boolean;
}

/** One call that reached the server. */
interface Call {
  readonly request: number;
  readonly at: number;
  readonly input: FetchInput;
  readonly init: RequestInit;
  answer: Answer;
  /** When it was over: answered, or given up. */
  end: number;
}

interface Result {
  ok: boolean;
  value: unknown;
  at: number;
}

/** All that can be seen of one run. */
interface Seen {
  readonly lines: string[][];
  readonly calls: Call[];
  readonly given: Given[];
  readonly results: (Result | undefined)[];
  readonly signals: (AbortController | undefined)[];
  /** Those of them that guardFetch gets itself. */
  readonly watched: (AbortSignal | undefined)[];
  readonly refusals: unknown[];
  readonly timeouts: unknown[];
  pending: number;
}

/** What answers this attempt: the last answer for ever. */
const answerOf = ({ answers }: Asked, attempt: number): Answer => answers[Math.min(attempt, answers.length) - 1]!;

const round = (ms: number): number => Math.round(ms * 1_000) / 1_000;

function headersOf({ hint, form }: Answer): Record<string, string> {
  switch (form) {
    case 'seconds':
      return { 'retry-after': `${hint / 1_000}`, 'retry-after-ms': '1' };
    case 'ms':
      return { 'Retry-After-Ms': `${hint}` };
    case 'date':
      return {
        'retry-after': new Date(WALL + hint).toUTCString(),
        date: new Date(WALL).toUTCString(),
      };
    case 'garbage':
      return {
        'retry-after': `+${hint}`,
        'x-ratelimit-reset': '-',
        'retry-after-ms': `${hint}s`,
      };
    case 'none':
      return {};
  }
}

/** What was thrown, in words that two runs share. */
function told(value: unknown): string {
  try {
    if (value instanceof Response) return `status ${value.status}`;
    if (value instanceof TimeoutError) return `TimeoutError ${value.timeout}`;
    return value instanceof Error ? `${value.name} ${value.message}` : typeof value === 'string' ? value : 'odd';
  } catch {
    return 'hostile';
  }
}

/** A clock that counts its timers. */
function counted(clock: VirtualClock): Clock & { pending: number } {
  const own = {
    pending: 0,
    now: clock.now,
    setTimer(delay: number, callback: () => void) {
      let open = true;
      const close = (): void => {
        if (open) own.pending--;
        open = false;
      };
      own.pending++;
      const cancel = clock.setTimer(delay, () => {
        close();
        callback();
      });
      return () => {
        close();
        cancel();
      };
    },
  };
  return own;
}

/** Plays a script, and notes what can be seen. */
async function play(script: Script): Promise<Seen> {
  const clock = new VirtualClock();
  const own = counted(clock);
  const seen: Seen = {
    lines: script.asked.map(() => []),
    calls: [],
    given: [],
    results: script.asked.map(() => undefined),
    signals: [],
    watched: [],
    refusals: [],
    timeouts: [],
    pending: 0,
  };
  const later = (ms: number): Promise<void> =>
    ms ? new Promise((resolve) => void clock.setTimer(ms, resolve)) : Promise.resolve();

  const fetch: Fetch = (input, init = {}) => {
    const request = Number((input instanceof Request ? input.url : `${input as string}`).at(-1));
    const attempt = seen.calls.filter((call) => call.request === request).length + 1;
    const answer = answerOf(script.asked[request]!, attempt);
    const call: Call = {
      request,
      at: clock.now(),
      input,
      init,
      answer,
      end: Infinity,
    };
    seen.calls.push(call);
    seen.lines[request]!.push(`call ${attempt} at ${round(clock.now())}`);
    const signal = init.signal!;
    signal.addEventListener('abort', () => (call.end = Math.min(call.end, clock.now())));
    if (answer.throws && typeof answer.does === 'string') {
      call.end = clock.now();
      throw FAULTS[answer.does].make();
    }
    return respond(call, signal);
  };

  async function respond(call: Call, signal: AbortSignal): Promise<Response> {
    const { does, after, body, listens } = call.answer;
    const given = later(after);
    if (listens) {
      await Promise.race([
        given,
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ]);
    } else await given;
    call.end = Math.min(call.end, clock.now());
    if (typeof does === 'string') throw FAULTS[does].make();
    const text = body && does !== 204 && does !== 304 ? `body ${seen.given.length}` : '';
    let left: Uint8Array | undefined = new TextEncoder().encode(text);
    const stream =
      text === ''
        ? null
        : new ReadableStream<Uint8Array>(
            {
              start(controller) {
                if (!listens) return;
                signal.addEventListener('abort', () => {
                  // What is over, or let go of, cannot break.
                  if (!left || record.cancels) return;
                  record.errored = true;
                  controller.error(signal.reason);
                });
              },
              pull(controller) {
                if (left) controller.enqueue(left);
                else controller.close();
                left = undefined;
              },
              cancel: () => void record.cancels++,
            },
            { highWaterMark: 0 },
          );
    const response = new Response(stream, {
      status: does,
      headers: headersOf(call.answer),
    });
    const record: Given = {
      call,
      response,
      text,
      signal,
      listens,
      cancels: 0,
      errored: false,
    };
    seen.given.push(record);
    return response;
  }

  const { retry, burst, maxElapsed, breaker, bulkhead, statuses } = script;
  const random = seededRandom(script.seed);
  const note = (line: string): void => void seen.lines[who.getStore()!]!.push(line);
  const options: GuardFetchOptions = {
    fetch,
    clock: own,
    random: script.chance < 0 ? random : () => script.chance,
    wallTime: () => WALL,
    timeout: script.timeout,
    attemptTimeout: script.attemptTimeout,
    retry: retry && {
      ...retry,
      maxElapsed,
      budget: burst === undefined ? undefined : new RetryBudget({ ratio: 0, burst }),
    },
    retryUnsafe: script.retryUnsafe,
    statuses: statuses ? { 409: 'transient', 500: 'permanent' } : undefined,
    classify:
      script.classify === 'no'
        ? undefined
        : async ({ response }) => {
            if (script.classify === 'later') await later(THINKS);
            if (script.classify === 'throws' && response.status !== 204) throw new Error('cannot tell');
            return response.status === 404 ? 'throttled' : response.status === 529 ? 'permanent' : undefined;
          },
    bodyIdle: script.bodyIdle,
    breaker:
      breaker === 'none'
        ? false
        : breaker === 'default'
          ? undefined
          : { trip: consecutiveFailures(2), openDuration: 150 },
    bulkhead: bulkhead === undefined ? undefined : { maxConcurrent: 1, maxQueued: bulkhead },
    rateLimiter: script.limited ? { limit: 2, interval: 100 } : undefined,
    on: {
      retry: ({ attempt, delay, status, error, origin }) => {
        same(origin, 'https://a.example');
        note(
          `retry ${attempt} after ${status ? `status ${status}` : told(error)} in ${round(delay)} at ${round(clock.now())}`,
        );
      },
      giveUp: ({ status, error, reason, attempts, delays }) => {
        const times = delays.map(round).join();
        note(
          `gives up: ${reason}, ${attempts} attempts, waited ${times}, ${status ? `status ${status}` : told(error)}`,
        );
      },
      rejected: ({ error }) => void seen.refusals.push(error),
      timeout: ({ error }) => void seen.timeouts.push(error),
    },
  };
  const guarded = guardFetch(options);

  const shared = new AbortController();
  const begin = (asked: Asked, index: number): void => {
    const method = asked.unsafe ? 'POST' : 'GET';
    const controller = asked.abort === Infinity ? undefined : script.sameSignal ? shared : new AbortController();
    seen.signals[index] = controller;
    if (controller && asked.abort === 0) controller.abort('aborted');
    else if (controller) {
      clock.setTimer(asked.abort, () => controller.abort('aborted'));
    }
    const headers = asked.key ? { 'idempotency-key': `key ${index}` } : undefined;
    const body = asked.body === 'stream' ? new ReadableStream() : asked.body === 'text' ? 'whole' : undefined;
    const init: RequestInit = {
      method,
      ...(headers && { headers }),
      ...(asked.redirect && { redirect: asked.redirect }),
      signal: controller?.signal ?? null,
    };
    const url = `https://a.example/secret?key=${index}`;
    const settle = (ok: boolean, value: unknown): void => {
      same(seen.results[index], undefined);
      seen.results[index] = { ok, value, at: clock.now() };
      seen.lines[index]!.push(`${ok ? 'gives' : 'throws'} ${told(value)} at ${round(clock.now())}`);
    };
    const request = asked.as === 'request' ? new Request(url, init) : undefined;
    // On that of a `Request` there are listeners of the platform's.
    seen.watched[index] = request ? undefined : controller?.signal;
    const running = request
      ? guarded(request, body === undefined ? undefined : { body })
      : guarded(asked.as === 'url' ? new URL(url) : url, {
          ...init,
          ...(body !== undefined && { body }),
        });
    running.then(
      (response) => settle(true, response),
      (error: unknown) => settle(false, error),
    );
  };
  script.asked.forEach((asked, index) => void clock.setTimer(asked.at, () => who.run(index, begin, asked, index)));
  await clock.runAll();
  seen.pending = own.pending;
  return seen;
}

/** Whether this request may be sent again after a failure of which nothing is known. */
const mayRepeat = (script: Script, { unsafe, key }: Asked): boolean => !unsafe || key || script.retryUnsafe;

/** Whether nothing but the request itself says what comes of it, so that the oracle can tell all of it. */
const isAlone = ({ asked, breaker, bulkhead, limited, burst, chance, sameSignal }: Script): boolean =>
  breaker === 'none' &&
  bulkhead === undefined &&
  !limited &&
  chance >= 0 &&
  (burst === undefined || asked.length === 1) &&
  !sameSignal;

/** What is to be seen of a request that is alone: written for being plain. */
function oracle(script: Script, asked: Asked): { lines: string[]; limits: number } {
  const lines: string[] = [];
  let limits = 0;
  const { retry, chance } = script;
  const deadline = asked.at + script.timeout;
  const abort = asked.at + asked.abort;
  const end = Math.min(deadline, abort);
  const repeat = mayRepeat(script, asked);
  const replay = asked.body !== 'stream';
  const single = asked.redirect === 'error' || asked.redirect === 'manual';
  const waits: number[] = [];
  let budget = script.burst ?? Infinity;
  const finish = (what: string, at: number, attempts: number, reason?: string): { lines: string[]; limits: number } => {
    if (retry && reason) {
      lines.push(`gives up: ${reason}, ${attempts} attempts, waited ${waits.map(round).join()}, ${what}`);
    }
    lines.push(`${what.startsWith('status') ? 'gives' : 'throws'} ${what} at ${round(at)}`);
    return { lines, limits };
  };
  const stopped = (attempts: number): { lines: string[]; limits: number } => {
    if (abort < deadline) return finish('aborted', abort, attempts, 'aborted');
    limits++;
    return finish(`TimeoutError ${script.timeout}`, deadline, attempts, 'elapsed');
  };

  if (asked.abort === 0) return finish('aborted', asked.at, 0);
  for (let attempt = 1, at = asked.at; ; attempt++) {
    lines.push(`call ${attempt} at ${round(at)}`);
    const { does, after, hint, form, throws } = answerOf(asked, attempt);
    const isStatus = typeof does === 'number';
    const answered = at + (throws && !isStatus ? 0 : after) + (isStatus && script.classify === 'later' ? THINKS : 0);
    const limit = at + script.attemptTimeout;
    const over = Math.min(answered, limit);
    if (end < over) return stopped(attempt);
    let what: string;
    let again: boolean;
    let temporary = false;
    if (limit < answered) {
      limits++;
      what = `TimeoutError ${script.attemptTimeout}`;
      again = repeat;
    } else if (isStatus && script.classify === 'throws' && does !== 204) {
      what = 'Error cannot tell';
      again = false;
    } else if (isStatus) {
      what = `status ${does}`;
      const plain = script.statuses && does === 409 ? true : script.statuses && does === 500 ? false : STATUSES[does]!;
      temporary = script.classify === 'no' ? plain : does === 404 ? true : does === 529 ? false : plain;
      again = repeat && temporary;
    } else {
      const { make, neverSent } = FAULTS[does];
      temporary = FAULTS[does].temporary;
      what = told(make());
      again = temporary && (repeat || (single && neverSent));
    }
    const failed = !what.startsWith('status');
    if (!retry || !replay || !again) {
      // Of a response that is told only where it is for the request alone that there is no other attempt.
      return finish(what, over, attempt, failed || temporary ? 'not-retryable' : undefined);
    }
    if (attempt >= retry.maxAttempts) return finish(what, over, attempt, 'attempts');
    const asks = failed || form === 'none' || form === 'garbage' ? 0 : hint;
    if (asks > retry.maxRetryAfter) return finish(what, over, attempt, 'retry-after');
    const wait = Math.max(asks * (1 + 0.1 * chance), Math.min(20_000, retry.baseDelay * 2 ** (attempt - 1)) * chance);
    if (wait >= Math.min(asked.at + script.maxElapsed, deadline) - over) return finish(what, over, attempt, 'elapsed');
    if (budget < 1) return finish(what, over, attempt, 'budget');
    budget--;
    lines.push(`retry ${attempt} after ${what} in ${round(wait)} at ${round(over)}`);
    at = over + wait;
    if (end < at) return stopped(attempt);
    waits.push(wait);
  }
}

/** What may be told of one request, in which order. */
const ORDER = /^((call,retry,)|(refused retry,))*(call,)?(gives up,)?(gives|throws),$/;

/** `expect` alone would take most of the time. */
function same(actual: unknown, expected: unknown): void {
  if (actual !== expected) expect(actual).toBe(expected);
}

/** What holds whatever the policies make of it. */
async function holds(script: Script, seen: Seen): Promise<void> {
  for (const [index, asked] of script.asked.entries()) {
    const calls = seen.calls.filter(({ request }) => request === index);
    const result = seen.results[index]!;
    same(result === undefined, false);
    same(calls.length <= (script.retry ? script.retry.maxAttempts : 1), true);
    if (asked.body === 'stream') same(calls.length <= 1, true);
    const repeat = mayRepeat(script, asked);
    for (const [at, call] of calls.entries()) {
      same(call.init.signal instanceof AbortSignal, true);
      const next = calls[at + 1];
      if (!next) continue;
      const { does, hint, form, throws } = call.answer;
      if (!repeat) {
        const never = typeof does === 'string' && FAULTS[does].neverSent && call.end < Infinity;
        same(never && (asked.redirect === 'error' || asked.redirect === 'manual'), true);
      }
      if (asked.key)
        same(new Headers(next.init.headers ?? (next.input as Request).headers).get('idempotency-key'), `key ${index}`);
      same(next.init.body, call.init.body);
      same(next.at >= call.end, true);
      const answered = typeof does === 'number' && !call.init.signal!.aborted && !throws;
      if (answered && /^(seconds|ms|date)$/.test(form)) same(next.at >= call.end + hint, true);
    }

    // What is told of it: each further call was announced, and what was announced came, was refused, or was given up.
    const lines = seen.lines[index]!.map((line) => line.replace(/ at [^a-z]*$/, ''));
    const kinds = lines.map((line) =>
      /^retry \d+ after (CircuitOpen|RateLimited)Error/.test(line)
        ? 'refused retry'
        : line.startsWith('gives up')
          ? 'gives up'
          : line.split(' ')[0]!,
    );
    same(ORDER.test(`${kinds.join(',')},`), true);
    same(result.ok, kinds.at(-1) === 'gives');

    const { signal } = seen.signals[index] ?? {};
    if (result.ok) {
      const response = result.value as Response;
      const given = seen.given.find(({ call }) => call === calls.at(-1))!;
      same(
        script.bodyIdle === Infinity ? response : response.status,
        script.bodyIdle === Infinity ? given.response : given.response.status,
      );
      same(given.cancels, 0);
      // As with plain fetch: the caller's signal goes on to end it.
      same(given.signal.aborted, !!signal?.aborted && !!response.body);
      same(given.errored, given.listens && !!given.text && given.signal.aborted);
      if (!given.errored) same(await response.text(), given.text);
    }
  }
  for (const given of seen.given) {
    const { request } = given.call;
    const returned =
      seen.results[request]!.ok && given.call === seen.calls.filter((call) => call.request === request).at(-1);
    if (returned) continue;
    if (given.errored) same(given.cancels, 0);
    else same(given.cancels, given.text ? 1 : 0);
  }
  same(seen.pending, 0);
  for (const signal of new Set(seen.watched)) {
    if (!signal) continue;
    const held = script.asked.some((_, index) => {
      const { ok, value } = seen.results[index]!;
      return seen.watched[index] === signal && ok && (value as Response).body;
    });
    same(getEventListeners(signal, 'abort').length, held ? 1 : 0);
  }
  const sorted = [...seen.calls].sort((one, other) => one.at - other.at);
  // Two at once, and one more each 50 ms: but for what waits in the line of a bulkhead, which comes behind.
  if (script.limited && script.bulkhead === undefined)
    sorted.forEach((call, at) => at > 1 && same(call.at >= sorted[at - 2]!.at + 50 - 1e-6, true));
  if (script.breaker === 'eager' && seen.refusals.some((error) => error instanceof CircuitOpenError)) {
    // Neither what asks for less nor what is wrong with the call opens it.
    const transient = seen.calls.filter(({ answer: { does } }) =>
      typeof does === 'string' ? FAULTS[does].temporary && does !== 'too many open' : does >= 500 || does === 409,
    );
    same(transient.length + seen.timeouts.length >= 2, true);
  }
  if (script.bulkhead !== undefined) {
    // A call that was given up goes on to hold its slot until it is really over.
    sorted.forEach((call, at) => at && same(call.at >= sorted[at - 1]!.end, true));
  }
}

function rarely<T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

const answers: fc.Arbitrary<Answer> = fc.record({
  does: fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom(...Object.keys(STATUSES).map(Number)),
    },
    { weight: 2, arbitrary: fc.constantFrom(429, 503) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(...(Object.keys(FAULTS) as Fault[])),
    },
  ),
  after: fc.constantFrom(0, 0, 10 + SERVER, 60 + SERVER, 100_000 + SERVER),
  hint: fc.constantFrom(0, 1_000, 2_000, 61_000),
  form: fc.constantFrom(
    'seconds' as const,
    'ms' as const,
    'date' as const,
    'none' as const,
    'none' as const,
    'garbage' as const,
  ),
  body: fc.boolean(),
  listens: fc.boolean(),
  throws: fc.boolean(),
});

const scripts: fc.Arbitrary<Script> = fc.record({
  asked: fc.array(
    fc.record({
      at: fc.constantFrom(0, 0, 20 + CALLER, 55 + CALLER),
      unsafe: fc.boolean(),
      key: fc.constantFrom(false, false, true),
      body: fc.constantFrom('none' as const, 'none' as const, 'text' as const, 'stream' as const),
      redirect: fc.constantFrom(undefined, 'follow' as const, 'error' as const, 'manual' as const),
      as: fc.constantFrom('text' as const, 'text' as const, 'url' as const, 'request' as const),
      abort: rarely(Infinity, 0, 5 + CALLER, 45 + CALLER, 333 + CALLER, 200_000 + CALLER),
      answers: fc.array(answers, { minLength: 1, maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  timeout: fc.constantFrom(Infinity, 30_000.3, 450.3, 80.3),
  attemptTimeout: fc.constantFrom(Infinity, 10_000.7, 50.7),
  retry: fc.oneof(
    { weight: 1, arbitrary: fc.constant(false as const) },
    {
      weight: 6,
      arbitrary: fc.record({
        maxAttempts: fc.integer({ min: 1, max: 4 }),
        baseDelay: fc.constantFrom(0, 100.5, 500.5),
        maxRetryAfter: fc.constantFrom(60_000, 60_000, 1_500, Infinity),
      }),
    },
  ),
  maxElapsed: fc.constantFrom(Infinity, Infinity, 300.9),
  burst: fc.constantFrom(undefined, undefined, 1, 2),
  retryUnsafe: fc.constantFrom(false, false, true),
  statuses: fc.boolean(),
  classify: fc.constantFrom('no' as const, 'no' as const, 'at once' as const, 'later' as const, 'throws' as const),
  bodyIdle: fc.constantFrom(Infinity, Infinity, 5_000),
  breaker: rarely('none' as const, 'default' as const, 'eager' as const),
  bulkhead: rarely(undefined, 0, 1),
  limited: rarely(false, true),
  chance: fc.constantFrom(0, 0, 0.25, 0.25, 0.5, 0.5, 0.75, -1),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  sameSignal: rarely(false, true),
});

describe('guardFetch() against its oracle', () => {
  const made = {
    runs: 0,
    alone: 0,
    calls: 0,
    responses: 0,
    cancelled: 0,
    refused: 0,
    limits: 0,
    aborted: 0,
    late: 0,
  };
  afterAll(() => {
    console.log(
      `guardFetch fuzzer: ${made.runs} scripts, ${made.alone} of them told in full; ${made.calls} calls, ${made.responses} responses of which ${made.cancelled} were let go of, ${made.refused} refusals, ${made.limits} timeouts, ${made.aborted} aborts`,
    );
  });

  it('does what the oracle says, and leaves nothing behind', { timeout: 300_000 }, async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      await fc.assert(
        fc.asyncProperty(scripts, async (script) => {
          const seen = await play(script);

          if (isAlone(script)) {
            let limits = 0;
            for (const [index, asked] of script.asked.entries()) {
              const expected = oracle(script, asked);
              same(seen.lines[index]!.join('\n'), expected.lines.join('\n'));
              limits += expected.limits;
            }
            same(seen.timeouts.length, limits);
            made.alone++;
          }
          await holds(script, seen);
          if (made.runs % 10 === 0) same((await play(script)).lines.join('\n'), seen.lines.join('\n'));
          if (unhandled.length) throw unhandled[0];
          made.runs++;
          made.calls += seen.calls.length;
          made.responses += seen.given.length;
          made.cancelled += seen.given.filter(({ cancels }) => cancels).length;
          made.refused += seen.refusals.length;
          made.limits += seen.timeouts.length;
          made.aborted += seen.results.filter((result) => result?.value === 'aborted').length;
        }),
        { numRuns: RUNS },
      );
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});
