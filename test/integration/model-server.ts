import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the server does with one request; by default it answers. */
export interface Step {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What stands in `error` of the body, of an answer that is no stream. */
  readonly error?: object;
  /** In the place of any answer. */
  readonly fault?: 'hang' | 'reset';
  /** The data of the events, where a stream was asked for · default: the whole answer. */
  readonly events?: readonly string[];
  /** What comes after them: the end, nothing, comments for ever, or a connection that is cut · default the end. */
  readonly after?: 'end' | 'silence' | 'pings' | 'cut';
}

/** A request as it came in. */
export interface Asked {
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly stream?: boolean };
}

/** A server on loopback that speaks the protocol of chat completions, by a script. */
export interface ModelServer {
  /** With the `/v1`. */
  readonly url: string;
  /** Every request that came in whole, in order. */
  readonly asked: readonly Asked[];
  /** How many answers their client has left before the end. */
  readonly left: number;
  close(): Promise<void>;
}

const HEAD = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'kelp-1' };

/** The data of an event: a word of the answer, the reason for its end, what ends the stream, and an error in it. */
export const word = (content: string): string => chunk({ delta: { content }, finish_reason: null });
export const finish: string = chunk({ delta: {}, finish_reason: 'stop' });
export const done = '[DONE]';
export const failure = (error: object): string => JSON.stringify({ error });

const WORDS = ['Hold', ' fast', '!'];
const ANSWER = [...WORDS.map(word), finish, done];

/**
 * Starts the server.
 *
 * @param script a step for each request, in the order in which they come; after them it answers.
 */
export async function startModelServer(...script: readonly Step[]): Promise<ModelServer> {
  const asked: Asked[] = [];
  let left = 0;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await json(request)) as Asked['body'];
    const step = script[asked.push({ headers: request.headers, body }) - 1] ?? {};
    const cuts = step.fault === 'reset' || step.after === 'cut';
    response.once('close', () => response.writableFinished || cuts || left++);
    if (step.fault === 'reset') request.socket.resetAndDestroy();
    else if (!step.fault) await (body.stream && !step.status ? tell(step, response) : answer(step, response));
  };
  const server = createServer((request, response) => {
    // A client that goes while it is still asking.
    serve(request, response).catch(() => response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    get left() {
      return left;
    },
    async close() {
      const closed = once(server, 'close');
      server.close().closeAllConnections();
      await closed;
    },
  };
}

function answer({ status = 200, headers, error }: Step, response: ServerResponse): void {
  const message = { role: 'assistant', content: WORDS.join('') };
  const whole = { ...HEAD, object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }] };
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(status === 200 ? whole : { error: error ?? { message: 'not well' } }));
}

/** The answer as an event stream. */
async function tell({ headers, events = ANSWER, after = 'end' }: Step, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', ...headers }).flushHeaders();
  for (const data of events) response.write(`data: ${data}\n\n`);
  if (after === 'end') response.end();
  if (after === 'cut') {
    // A moment later: what was written before it is to arrive.
    await sleep(20);
    response.destroy();
  }
  while (after === 'pings' && !response.destroyed) {
    response.write(': ping\n\n');
    await sleep(10, undefined, { ref: false });
  }
}

function chunk(choice: object): string {
  return JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', choices: [{ index: 0, ...choice }] });
}
