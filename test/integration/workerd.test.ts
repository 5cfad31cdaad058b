import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOrigin, type Origin } from './origin.ts';
import { startWorkerd, type Server } from './servers.ts';

const { HOLDFAST_DIST } = process.env;
const dist = HOLDFAST_DIST ?? fileURLToPath(new URL('../../dist/', import.meta.url));

let runtime: Server;
let origin: Origin;

beforeAll(async () => {
  const built = readdirSync(dist).filter((name) => name.endsWith('.js'));
  runtime = await startWorkerd({
    'worker.mjs': fileURLToPath(new URL('worker.mjs', import.meta.url)),
    ...Object.fromEntries(built.map((name) => [name, join(dist, name)])),
  });
  origin = await startOrigin({ status: 503, body: 'busy' }, { body: 'up', delay: 30 });
});

afterAll(async () => {
  await runtime.stop();
  await origin.close();
});

function visit(what: string, { url }: Origin): Promise<Response> {
  return fetch(`http://127.0.0.1:${runtime.port}/${what}?upstream=${encodeURIComponent(url)}`);
}

async function ask(what: string): Promise<string> {
  const response = await visit(what, origin);
  return response.text();
}

/** The answers to so many requests at once. */
const askAtOnce = (what: string, times: number): Promise<string[]> =>
  Promise.all(Array.from({ length: times }, () => ask(what)));

describe('policies that the requests of a Cloudflare Worker share, in workerd', () => {
  it('retry, and count for one breaker', async () => {
    const answers = await askAtOnce('flaky', 3);

    expect(answers).toEqual(['up', 'up', 'up']);
  });

  it('end the calls of all of them by their timeout', async () => {
    const answers = await askAtOnce('late', 3);

    expect(answers).toEqual(Array.from({ length: 3 }, () => 'TimeoutError: Timed out after 200 ms'));
  });

  it('hand the slots of a bulkhead on from request to request', async () => {
    const answers = await askAtOnce('slot', 4);

    expect(answers).toEqual(Array.from({ length: 4 }, () => 'had it'));
  });

  it('serve the line of a rate limiter', async () => {
    const answers = await askAtOnce('limited', 4);

    expect(answers).toEqual(Array.from({ length: 4 }, () => 'passed'));
  });

  it('guard the fetches of all of them', async () => {
    const answers = await askAtOnce('fetch', 5);

    expect(answers).toEqual(Array.from({ length: 5 }, () => '200 up'));
    expect(origin.received.length).toBe(6);
  });

  it('send a response on as what it is, whose body is limited', async () => {
    const gone = await startOrigin({ status: 404, headers: { 'x-kind': 'gone' }, body: 'gone' });

    const response = await visit('proxy', gone);
    const { status, statusText, headers } = response;
    const text = await response.text();
    await gone.close();

    expect([status, statusText, headers.get('x-kind'), text]).toEqual([404, 'Not Found', 'gone', 'gone']);
  });
});
