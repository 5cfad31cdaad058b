import { timeout, type Clock } from '../index.ts';

/**
 * The same response, with a body that cannot stall: where no chunk comes for `idle` ms while somebody reads, the reader
 * gets a `TimeoutError`, and the connection is given up. One that has no body is returned as it is.
 */
export function idleBody(response: Response, idle: number, clock: Clock | undefined): Response {
  const { body } = response;
  if (!body) return response;
  const reader = body.getReader();
  const limit = timeout(idle, { clock });
  const guarded = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await limit.execute(() => reader.read());
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          reader.cancel(error).catch(() => undefined);
          throw error;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Nothing is read ahead, so that the limit runs only while somebody reads.
    { highWaterMark: 0 },
  );
  return remade(response, guarded);
}

/** A response that says the same, with another body. */
function remade(response: Response, body: ReadableStream<Uint8Array>): Response {
  const { status, statusText, headers } = response;
  const copy = made(body, { status, statusText, headers }) ?? new Response(body, { headers });
  for (const name of ['status', 'statusText', 'ok', 'url', 'redirected', 'type'] as const) {
    const value = response[name];
    // What no constructor can be told, or what it has refused. The rest is the copy's own, so that its clones, and a
    // runtime that sends it on, know it too.
    if (copy[name] !== value) Object.defineProperty(copy, name, { value });
  }
  return copy;
}

/** None with a status such as 999, or 204, which should have no body. */
function made(body: ReadableStream<Uint8Array>, init: ResponseInit): Response | undefined {
  try {
    return new Response(body, init);
  } catch {
    return undefined;
  }
}
