import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the origin says to one request. */
export interface Answer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** When the next request is welcome, as a header: so many seconds, a date so many seconds ahead, or so many ms. */
  readonly retryAfter?: { readonly seconds: number } | { readonly date: number } | { readonly ms: number };
  /** Default `ok`, or none with `events`. */
  readonly body?: string;
  /** Before the headers · ms. */
  readonly delay?: number;
  /** Sends so many bytes of the body, then nothing. */
  readonly stall?: number;
  /** Sends so many bytes of the body, then destroys the connection. */
  readonly cut?: number;
  /**
   * An event stream in the place of the body: its frames, each with a blank line after it. A comment is `: keep-alive`;
   * one that ends without its last word is an array without `data: [DONE]`.
   */
  readonly events?: readonly string[];
  /** Between two events · ms · default 0. */
  readonly every?: number;
}

/** A request as it came in. */
export interface Received {
  /** The header `x-call`. */
  readonly id: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** When its headers were read, and from when on the next one is welcome: by the answer to this · epoch ms. */
  readonly at: number;
  welcome: number;
  /** What it was answered. */
  status: number;
  /** Undefined as long as it has not come in whole. */
  body: string | undefined;
}

/** A server on loopback that answers by a script. */
export interface Origin {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly port: number;
  /** Every request whose headers came in, in order. */
  readonly received: readonly Received[];
  /** Connections accepted so far. */
  readonly connections: number;
  /** How many requests came in with this `x-call`, by this method. */
  count(id?: string, method?: string): number;
  /** Closes the port and destroys every connection. */
  close(): Promise<void>;
}

/**
 * Starts an HTTP server.
 *
 * @param script an answer for each request, in the order in which they come; the last goes for all after it.
 */
export async function startOrigin(...script: readonly Answer[]): Promise<Origin> {
  const received: Received[] = [];
  let connections = 0;
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const answer = script[Math.min(received.length, script.length - 1)] ?? {};
    const id = headers['x-call'] as string | undefined;
    const seen: Received = { id, method, path: url, headers, at: Date.now(), welcome: 0, status: 0, body: undefined };
    received.push(seen);
    try {
      seen.body = (await buffer(request)).toString();
      await rest(answer.delay);
      await say(answer, seen, response);
    } catch {
      // The client has gone.
    }
  });
  server.on('connection', () => connections++);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    get connections() {
      return connections;
    },
    count: (id, method) =>
      received.filter((each) => (id === undefined || each.id === id) && (!method || each.method === method)).length,
    async close() {
      const closed = once(server, 'close');
      server.close().closeAllConnections();
      await closed;
    },
  };
}

/** Holds up nothing but the answer, neither the end of the server nor that of the process. */
const rest = (ms = 0): Promise<void> => sleep(ms, undefined, { ref: false });

async function say(answer: Answer, seen: Received, response: ServerResponse): Promise<void> {
  const { status = 200, headers, retryAfter, events, every = 0, body = events ? '' : 'ok', stall, cut } = answer;
  const bytes = Buffer.from(body);
  // Someone who has the beginning of a body may ask for the rest.
  const from = status === 200 ? Number(/^bytes=(\d+)-/.exec(seen.headers.range ?? '')?.[1] ?? 0) : 0;
  seen.status = from ? 206 : status;
  if (retryAfter) response.setHeaders(new Map([hint(retryAfter, seen)]));
  if (events) response.setHeader('content-type', 'text/event-stream');
  else response.setHeader('content-length', bytes.length - from);
  if (from) response.setHeader('content-range', `bytes ${from}-${bytes.length - 1}/${bytes.length}`);
  response.setHeader('etag', '"1"').writeHead(seen.status, headers).flushHeaders();

  if (stall !== undefined) response.write(bytes.subarray(0, stall));
  else if (cut !== undefined) response.write(bytes.subarray(0, cut), () => response.destroy());
  else {
    for (const event of events ?? []) {
      response.write(`${event}\n\n`);
      await rest(every);
      if (response.destroyed) return;
    }
    response.end(bytes.subarray(from));
  }
}

/** The header, whose moment is noted as well. */
function hint(after: NonNullable<Answer['retryAfter']>, seen: Received): [string, string] {
  const now = Date.now();
  if ('date' in after) {
    // A date is of whole seconds, and so is the `Date` that it may be measured against.
    seen.welcome = (Math.floor(now / 1000) + after.date) * 1000;
    return ['retry-after', new Date(seen.welcome).toUTCString()];
  }
  seen.welcome = now + ('ms' in after ? after.ms : after.seconds * 1000);
  return 'ms' in after ? ['retry-after-ms', `${after.ms}`] : ['retry-after', `${after.seconds}`];
}
