import { INVALID_ARGUMENT } from '../base/check.ts';

/** What a fetch is given. */
export type FetchInput = string | URL | Request;

/** The signature of fetch, wherever it comes from. */
export type Fetch = (input: FetchInput, init?: RequestInit) => Promise<Response>;

/** What is known of a request before it is sent. */
export interface RequestPlan {
  /** `undefined` for what does not go over HTTP, such as `data:`. */
  readonly origin: string | undefined;
  /** In upper case. */
  readonly method: string;
  /** That of its caller. */
  readonly signal: AbortSignal | undefined;
  /** Whether it may be sent twice: by its method, or since it carries an idempotency key. */
  readonly repeatable: boolean;
  /** What is sent, if anything is. */
  readonly body: unknown;
  /** Whether it can be sent again, whole. */
  readonly replayable: boolean;
  /**
   * Whether fetch sends nothing but this: where it follows redirects, an error may be that of the second request, after
   * the first had its effect.
   */
  readonly single: boolean;
  /** Sends it once. */
  send(fetch: Fetch, signal: AbortSignal | undefined): Promise<Response>;
}

/**
 * Looks at a request without touching its body.
 *
 * @throws `TypeError` for a URL that cannot be parsed or has a password in it, which is not shown, and for an `init` that
 * is no object.
 *
 * Source: RFC 9110, 2022, 9.2.2 (idempotent methods); J. Jena and S. Dalal, *The Idempotency-Key HTTP Header Field*,
 * IETF draft.
 */
export function requestPlan(input: FetchInput, given?: RequestInit | null): RequestPlan {
  if (typeof (given ?? {}) !== 'object') refuse('init to be an object', `a value of type ${typeof given}`);
  const init = copyOf(given ?? {});
  const request = isRequest(input) ? input : undefined;
  const url = request ? request.url : String(input);
  const { origin, protocol, username, password } = parse(url);
  if (username || password) refuse('a URL without a user name and a password', 'one with');
  const method = (init.method ?? request?.method ?? 'GET').toUpperCase();
  const signal = init.signal === undefined ? request?.signal : init.signal;
  const body = init.body ?? undefined;
  const own = request && body === undefined ? taken(request) : request;
  // One that is not taken is sent with the headers that it has now.
  if (body !== undefined && init.headers === undefined && request?.headers) init.headers = listed(request.headers);
  const cloned = own !== request && own!.body !== null;
  return {
    origin: /^https?:$/.test(protocol) ? origin : undefined,
    method,
    signal: signal ?? undefined,
    repeatable: IDEMPOTENT.test(method) || hasKey(init.headers ?? request?.headers),
    body: body ?? own?.body,
    single: (init.redirect ?? request?.redirect ?? 'follow') !== 'follow',
    replayable: body === undefined || isWhole(body),
    send: async (fetch, signal) => fetch(cloned ? own!.clone() : (own ?? url), { ...init, ...(signal && { signal }) }),
  };
}

function isRequest(input: unknown): input is Request {
  return typeof input === 'object' && !!input && 'url' in input;
}

/** As fetch does it, a Request is used up by the call, whatever becomes of that; and what is done to it later is too late. */
function taken(request: Request): Request {
  return new (request.constructor as typeof Request)(request);
}

/** What the call was given: a caller may change it before the next attempt, or use it for another call. */
function copyOf(given: RequestInit): RequestInit {
  const init: Record<string, unknown> = {};
  // As fetch does, what is inherited is read too: a Request can be an init.
  for (const name in given) init[name] = given[name as keyof RequestInit];
  const { headers } = given;
  if (headers) init['headers'] = listed(headers);
  return init;
}

/** A list or a record that nobody else has: some headers can be iterated once. */
function listed(headers: HeadersInit): HeadersInit {
  return Symbol.iterator in headers ? Array.from(headers, (pair) => [...pair]) : { ...headers };
}

/** As fetch does: against the address of the page or worker, where there is one. */
function parse(url: string): URL {
  const { document, location } = globalThis as Partial<typeof globalThis>;
  try {
    return new URL(url, document?.baseURI ?? location?.href);
  } catch {
    return refuse('a URL that can be parsed', `a text of ${url.length} characters`);
  }
}

/** Does not show what it got: a URL, or a body in the place of `init`, may hold a secret. */
function refuse(expected: string, got: string): never {
  throw Object.assign(new TypeError(`Cannot fetch: expected ${expected}, got ${got}`), {
    code: INVALID_ARGUMENT,
  });
}

const IDEMPOTENT = /^(GET|HEAD|OPTIONS|TRACE|PUT|DELETE)$/;

function hasKey(headers: RequestInit['headers']): boolean {
  try {
    return !!new Headers(headers).get('idempotency-key');
  } catch {
    // What is wrong with them is for fetch to say.
    return false;
  }
}

/** Not a stream nor an iterator, which would be empty the second time, whatever it calls itself. */
function isWhole(body: unknown): boolean {
  if (typeof body !== 'object' || ArrayBuffer.isView(body)) return true;
  const once = ['pipe', 'next', Symbol.asyncIterator].some((name) => name in body!);
  return !once && WHOLE.test(Object.prototype.toString.call(body));
}

const WHOLE = /^\[object (URLSearchParams|FormData|Blob|File|ArrayBuffer)\]$/;
