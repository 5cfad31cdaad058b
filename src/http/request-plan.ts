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
  /** Whether its body, if there is one, can be sent again, whole. */
  readonly replayable: boolean;
  /**
   * Whether fetch sends nothing but this: where it follows redirects, an error may be that of the second request, after
   * the first had its effect.
   */
  readonly single: boolean;
  /** Sends it once. */
  send(fetch: Fetch, signal: AbortSignal): Promise<Response>;
}

/**
 * Looks at a request without touching its body.
 *
 * @throws `TypeError` for a URL that cannot be parsed or has a password in it; the URL is not shown.
 *
 * Source: RFC 9110, 2022, 9.2.2 (idempotent methods); J. Jena and S. Dalal, *The Idempotency-Key HTTP Header Field*,
 * IETF draft.
 */
export function requestPlan(input: FetchInput, init: RequestInit = {}): RequestPlan {
  const request = typeof input === 'object' && 'url' in input ? input : undefined;
  const { origin, protocol, username, password } = parse(request ? request.url : String(input));
  if (username || password) refuse('without a user name and a password', 'one with');
  const method = (init.method ?? request?.method ?? 'GET').toUpperCase();
  const signal = init.signal === undefined ? request?.signal : init.signal;
  const { body } = init;
  const cloned = !!request && (body ?? undefined) === undefined && request.body !== null;
  return {
    origin: /^https?:$/.test(protocol) ? origin : undefined,
    method,
    signal: signal ?? undefined,
    repeatable: IDEMPOTENT.test(method) || hasKey(init.headers ?? request?.headers),
    single: (init.redirect ?? request?.redirect ?? 'follow') !== 'follow',
    replayable: (body ?? undefined) === undefined || isWhole(body),
    send: async (fetch, signal) => fetch(cloned ? request.clone() : input, { ...init, signal }),
  };
}

/** As fetch does: against the address of the page or worker, where there is one. */
function parse(url: string): URL {
  const { document, location } = globalThis as Partial<typeof globalThis>;
  try {
    return new URL(url, document?.baseURI ?? location?.href);
  } catch {
    return refuse('that can be parsed', `a text of ${url.length} characters`);
  }
}

/** Does not show the URL: it may hold a secret. */
function refuse(expected: string, got: string): never {
  throw Object.assign(new TypeError(`Cannot fetch: expected a URL ${expected}, got ${got}`), {
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

/** Not a stream nor an iterator, which would be empty the second time. */
function isWhole(body: unknown): boolean {
  return typeof body !== 'object' || ArrayBuffer.isView(body) || WHOLE.test(Object.prototype.toString.call(body));
}

const WHOLE = /^\[object (URLSearchParams|FormData|Blob|File|ArrayBuffer)\]$/;
