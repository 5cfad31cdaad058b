/** What a host does with a call, counted from 1; `undefined` where it answers as it should. */
type Fault = (call: number, signal: AbortSignal | null) => Response | Promise<never> | undefined;

const FAULTS: { readonly [host: string]: Fault } = {
  'refuses.test': (call) => (call === 1 ? refused() : undefined),
  'hangs.test': (_, signal) => new Promise((__, reject) => onAbort(signal, reject)),
  'down.test': () => overloaded(),
  'empty.test': () => Response.json({ error: { code: 'insufficient_quota' } }, { status: 429 }),
  'stalls.test': (call, signal) => (call === 1 ? stream([], KEEP_ALIVES, signal) : undefined),
  'freezes.test': (_, signal) => stream(EVENTS.slice(0, 1), KEEP_ALIVES, signal),
  'breaks.test': () => stream(EVENTS.slice(0, 1), 'end'),
};
const KEEP_ALIVES = 15_000;

/**
 * Stands in for the network while the examples run: a server that speaks the OpenAI protocol, is overloaded once and then
 * answers. Hosts that end in `.test` do at once what they are called instead.
 */
export function chatServer(): typeof fetch {
  const calls = new Map<string, number>();
  return async (input, init) => {
    const { url } = input instanceof Request ? input : { url: String(input) };
    const host = new URL(url).hostname;
    const call = (calls.get(host) ?? 0) + 1;
    calls.set(host, call);
    const signal = init?.signal ?? (input instanceof Request ? input.signal : null);
    const fault = FAULTS[host] ?? (host.endsWith('.test') ? () => undefined : overloadedOnce);
    return (await fault(call, signal)) ?? answer(await bodyOf(input, init), signal);
  };
}

function overloadedOnce(call: number): Response | undefined {
  return call === 1 ? overloaded({ 'retry-after': '2' }) : undefined;
}

function overloaded(headers = {}): Response {
  return new Response('overloaded', { status: 503, headers });
}

function refused(): Promise<never> {
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
  return Promise.reject(new TypeError('fetch failed', { cause }));
}

async function bodyOf(input: string | URL | Request, { body }: RequestInit = {}): Promise<string> {
  return typeof body === 'string' ? body : input instanceof Request ? input.clone().text() : '';
}

function answer(body: string, signal: AbortSignal | null): Response {
  if (/"stream":\s*true/.test(body)) return stream(EVENTS, 'end', signal);
  const message = { role: 'assistant', content: 'Hello!' };
  return Response.json({ choices: [{ index: 0, message, finish_reason: 'stop' }], usage: { total_tokens: 12 } });
}

const EVENTS = [event({ content: 'Hel' }), event({ content: 'lo!' }), event({}, 'stop'), 'data: [DONE]\n\n'];

function event(delta: object, finish_reason: string | null = null): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
}

/** Server-sent events, and then the end, or comments for ever, so many ms apart. */
function stream(events: readonly string[], then: 'end' | number, signal: AbortSignal | null = null): Response {
  const body = new ReadableStream<string>({
    async start(controller) {
      let over = false;
      onAbort(signal, (reason) => {
        over = true;
        controller.error(reason);
      });
      for (const each of events) controller.enqueue(each);
      if (then === 'end') return controller.close();
      while (!over) {
        controller.enqueue(': keep-alive\n\n');
        await new Promise((resolve) => setTimeout(resolve, then));
      }
    },
  });
  return new Response(body.pipeThrough(new TextEncoderStream()), { headers: { 'content-type': 'text/event-stream' } });
}

function onAbort(signal: AbortSignal | null, then: (reason: unknown) => void): void {
  if (signal?.aborted) then(signal.reason);
  else signal?.addEventListener('abort', () => then(signal.reason), { once: true });
}
