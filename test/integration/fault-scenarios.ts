import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  cutAnswer,
  cutBeforeRequest,
  cutOnReuse,
  drip,
  faultProxy,
  garbage,
  pass,
  stall,
  type Fault,
} from './fault-proxy.ts';
import { startOrigin, type Answer, type Received } from './origin.ts';

/** What every client is told, by an option of its own where it has one. */
export const LIMITS = {
  /** Calls in all. */
  attempts: 3,
  /** Till the headers are there, and between two chunks of the body · ms. */
  patience: 300,
  /** Between two attempts, where the server says nothing · ms. */
  delay: 100,
  /** The longest hint of the server that is waited for · ms. */
  maxRetryAfter: 60_000,
};

/** A request that a client is to make. */
export interface Ask {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | FormData | ReadableStream<Uint8Array>;
  readonly signal: AbortSignal;
}

/** A client, which reads the body to its end as well. It may reject where the status is an error. */
export type Client = (url: string, ask: Ask) => Promise<{ readonly status: number; readonly text: string }>;

/** A client made of a function that is called as `fetch` is. */
export function readAll(fetch: (url: string, init: RequestInit) => Promise<Response>): Client {
  return async (url, { body, ...rest }) => {
    const init = { ...rest, ...(body && { body }), ...(body instanceof ReadableStream && { duplex: 'half' as const }) };
    const response = await fetch(url, init);
    return { status: response.status, text: await response.text() };
  };
}

/** A fault, and what is right about it. */
export interface Scenario {
  readonly name: string;
  readonly method?: 'POST' | 'PUT';
  readonly headers?: Record<string, string>;
  readonly body?: () => NonNullable<Ask['body']>;
  /** By request, and by connection; the last goes for all after it. */
  readonly answers?: readonly Answer[];
  readonly faults?: readonly Fault[];
  /** Whether a request goes before, over the connection that is then kept. */
  readonly warm?: boolean;
  /** How long the port is closed · ms. */
  readonly refused?: number;
  /** When the caller aborts · ms. */
  readonly abort?: number;
  /** Requests at once. */
  readonly atOnce?: number;
  /** What it should end in: `best` is the right answer, where an error is no mistake either. */
  readonly end: 'answer' | 'error' | 'best';
  /** By when a client with such limits has settled · ms · default 2 500. */
  readonly bound?: number;
  /** How long calls are counted after it has settled · ms. */
  readonly watch?: number;
}

/** What a client made of a scenario. */
export interface Verdict {
  /** How many requests came in at the server. */
  readonly calls: number;
  /** Whether the caller has the right answer. */
  readonly answered: boolean;
  /** The calls that must not have been made, each with the reason. */
  readonly forbidden: readonly string[];
  /** What is wrong with the outcome. */
  readonly wrong: readonly string[];
  /** Whether it had not settled 3 s after the bound. */
  readonly hangs: boolean;
}

const LONG = 'kelp '.repeat(4_000);
const ok = { body: '{"is":"ok"}' };
const json = { 'content-type': 'application/json' };
const down = { status: 503, body: '{"is":"down"}' };
const TEXT = '{"says":"hold"}';
const post = { method: 'POST', headers: json, body: () => TEXT } as const;
const put = { ...post, method: 'PUT' } as const;

function form(): FormData {
  const data = new FormData();
  data.set('says', TEXT);
  data.set('file', new Blob([LONG]), 'kelp.txt');
  return data;
}

function onceOnly(): ReadableStream<Uint8Array> {
  return new Blob([TEXT]).stream() as ReadableStream<Uint8Array>;
}

/** The faults, each of which every client meets. */
export const SCENARIOS: readonly Scenario[] = [
  { name: '503, then 200: GET', answers: [down, ok], end: 'answer' },
  { name: '500: POST', ...post, answers: [{ status: 500 }, ok], end: 'error' },
  {
    name: '503, then 200: POST with an `Idempotency-Key`',
    ...post,
    headers: { ...json, 'idempotency-key': '"kelp-1"' },
    answers: [down, ok],
    end: 'answer',
  },
  { name: '429, `Retry-After: 1`', answers: [{ status: 429, retryAfter: { seconds: 1 } }, ok], end: 'answer' },
  {
    name: '429, `Retry-After` as a date',
    answers: [{ status: 429, retryAfter: { date: 2 } }, ok],
    end: 'answer',
    bound: 4_000,
  },
  { name: '429, `retry-after-ms: 700`', answers: [{ status: 429, retryAfter: { ms: 700 } }, ok], end: 'answer' },
  {
    name: '503, `Retry-After: 3600`',
    answers: [{ ...down, retryAfter: { seconds: 3_600 } }],
    end: 'error',
    bound: 500,
  },
  { name: '503, `Retry-After: soon`', answers: [{ ...down, headers: { 'retry-after': 'soon' } }, ok], end: 'answer' },
  { name: '400', answers: [{ status: 400 }, ok], end: 'error' },
  { name: '404', answers: [{ status: 404 }, ok], end: 'error' },
  { name: 'refused, then open: GET', refused: 50, end: 'answer' },
  { name: 'refused, then open: POST', ...post, refused: 50, end: 'best' },
  { name: 'reset before the request is received: GET', faults: [cutBeforeRequest('reset'), pass], end: 'answer' },
  { name: 'cut after the request was received: POST', ...post, faults: [cutAnswer('close'), pass], end: 'error' },
  // Nobody listens there, and fetch does not block it.
  {
    name: 'answered with a redirect to a closed port: POST',
    ...post,
    answers: [{ status: 303, headers: { location: 'http://127.0.0.1:2/' } }],
    end: 'error',
  },
  { name: 'reset in the body: GET', answers: [{ body: LONG }], faults: [cutAnswer('reset', 2_000), pass], end: 'best' },
  { name: 'silence before the headers: GET', faults: [stall(), pass], end: 'answer' },
  { name: 'silence in the body: GET', answers: [{ body: LONG }], faults: [stall(2_000), pass], end: 'best' },
  { name: 'slow, but alive: GET', answers: [{ body: LONG }], faults: [drip(1_000, 40)], end: 'answer', bound: 1_500 },
  { name: 'no HTTP, then 200: GET', faults: [garbage('220 mail.example ESMTP\r\n'), pass], end: 'best' },
  { name: '503, then 200: PUT of a stream', ...put, body: onceOnly, answers: [down, ok], end: 'best' },
  { name: '503, then 200: PUT of a string', ...put, answers: [down, ok], end: 'answer' },
  { name: '503, then 200: PUT of a form with a file', method: 'PUT', body: form, answers: [down, ok], end: 'answer' },
  {
    name: 'abort while it waits for the next attempt: GET',
    answers: [{ ...down, retryAfter: { seconds: 1 } }, ok],
    abort: 300,
    end: 'error',
    bound: 300,
    watch: 1_500,
  },
  {
    name: 'kept connection reset when used again: GET',
    warm: true,
    faults: [cutOnReuse('reset'), pass],
    end: 'answer',
  },
  {
    name: 'kept connection reset when used again: POST',
    ...post,
    warm: true,
    faults: [cutOnReuse('reset'), pass],
    end: 'best',
  },
  {
    name: '503 for ever: 10 GETs at once',
    answers: [{ status: 503, body: LONG.repeat(5) }],
    atOnce: 10,
    end: 'error',
  },
];

/** Lets a client meet a fault, and judges what it does. */
export async function meet(scenario: Scenario, client: Client): Promise<Verdict> {
  const { answers = [ok], faults = [], warm, refused, abort, atOnce = 1, bound = 2_500, watch = 0 } = scenario;
  const origin = await startOrigin(...(warm ? [{}] : []), ...answers);
  const proxy = await faultProxy(origin.port, ...faults);
  const { method = 'GET', headers, body } = scenario;
  const caller = new AbortController();
  const { signal } = caller;
  // Ten calls at once are no leak.
  setMaxListeners(0, signal);
  const ask = (id: string): Ask => ({
    method,
    headers: { ...headers, 'x-call': id },
    ...(body && { body: body() }),
    signal,
  });
  if (warm) {
    await client(`${proxy.url}/v1/warm`, { method: 'GET', headers: { 'x-call': 'warm' }, signal });
    // Some give a connection back to their pool a moment after the answer.
    await sleep(50);
  }

  if (refused) proxy.refuse();
  const open = refused && sleep(refused).then(proxy.accept);
  let aborted = Infinity;
  if (abort) {
    void sleep(abort).then(() => {
      aborted = Date.now();
      caller.abort(new Error('the caller has gone'));
    });
  }
  const calls = Array.from({ length: atOnce }, (_, n) =>
    client(`${proxy.url}/v1/things`, ask(`call-${n}`)).then(right, () => false),
  );
  const outcomes = await Promise.race([Promise.all(calls), sleep(bound + 3_000)]);
  const late = Date.now() - aborted;
  await sleep(watch);
  await open;

  const received = origin.received.filter(({ id }) => id !== 'warm');
  const forbidden = received.flatMap((call, index) => whyForbidden(call, received.slice(0, index), scenario, aborted));
  const verdict: Verdict = {
    calls: received.length,
    answered: !!outcomes?.every((outcome) => outcome === true),
    forbidden,
    wrong: outcomes ? whyWrong(outcomes, scenario, late, proxy.mostOpen, forbidden.length > 0) : [],
    hangs: !outcomes,
  };
  caller.abort(new Error('over'));
  await proxy.close();
  await origin.close();
  return verdict;

  /** `true` for the right answer, `false` for an error, or what came in the place of the right answer. */
  function right({ status, text }: { status: number; text: string }): boolean | string {
    if (status >= 300) return false;
    const { body: whole = 'ok' } = answers.at(-1)!;
    if (text === whole) return true;
    return text.length < whole.length && whole.startsWith(text)
      ? 'a part of the answer, as if it were all'
      : 'another answer';
  }
}

/** Why a call must not have been made, after those before it. */
function whyForbidden(
  call: Received,
  before: readonly Received[],
  { body, headers }: Scenario,
  aborted: number,
): string[] {
  const last = before.findLast(({ id }) => id === call.id);
  const sent = body?.();
  const parts = sent instanceof FormData ? [TEXT, LONG] : [sent ? TEXT : ''];
  const { body: got } = call;
  const whole = sent instanceof FormData ? parts.every((part) => got?.includes(part)) : got === parts[0];
  const again = last && call.method === 'POST' && !headers?.['idempotency-key'];
  return [
    ...(whole
      ? []
      : [got === undefined ? 'its body never comes' : got ? 'its body is not whole' : 'its body is empty']),
    ...(again ? ['a POST that the server had received before'] : []),
    ...(last && last.status >= 400 && last.status < 429 ? [`after a ${last.status}`] : []),
    // Timers may be early by a hair, and two clocks differ by one.
    ...(last && call.at < last.welcome - 25 ? ['before the time that the server had asked for'] : []),
    ...(call.at > aborted + 25 ? ['after the abort'] : []),
  ];
}

/** What is wrong with what came of it. */
function whyWrong(
  outcomes: readonly (boolean | string)[],
  scenario: Scenario,
  late: number,
  sockets: number,
  forbidden: boolean,
): string[] {
  const { name, end, atOnce = 1, faults } = scenario;
  const alive = name.includes('alive') && faults && outcomes[0] === false;
  return [
    ...outcomes.filter((outcome) => typeof outcome === 'string'),
    // What came of a forbidden call is counted there.
    ...(end === 'error' && outcomes.includes(true) && !forbidden ? ['an answer where there can be none'] : []),
    ...(alive ? ['given up though it was alive'] : []),
    ...(late > 300 ? [`settled ${late} ms after the abort`] : []),
    ...(atOnce > 1 && sockets > atOnce * 1.5 ? [`${sockets} connections for ${atOnce} calls at once`] : []),
  ];
}
