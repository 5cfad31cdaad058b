import { timeout, type Clock } from '../index.ts';

/**
 * The same response, with a body that cannot stall: where no chunk comes for `idle` ms while somebody reads, the reader
 * gets a `TimeoutError`, and the connection is given up. One that has no body is returned as it is.
 */
export function idleBody(response: Response, idle: number, clock: Clock | undefined): Response {
  const { body, status, statusText, ok, headers, url, redirected, type } = response;
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
  const copy = new Response(guarded, { headers });
  // What a constructor cannot be told, or would refuse: a status of 999, for one.
  const facts = { status, statusText, ok, url, redirected, type };
  for (const [name, value] of Object.entries(facts)) Object.defineProperty(copy, name, { value });
  return copy;
}
