import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, request as ask, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cutAnswer, faultProxy, pass, stall, type Fault, type FaultProxy } from './fault-proxy.ts';
import { until } from './openai-scenarios.ts';
import { startOrigin, type Answer, type Origin } from './origin.ts';
import { freePort, installed } from './servers.ts';

const { HOLDFAST_DIST } = process.env;
const dist = HOLDFAST_DIST ? pathToFileURL(`${HOLDFAST_DIST}/`) : new URL('../../dist/', import.meta.url);
const ARGS = `--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
  --disable-component-update --disable-sync`.split(/\s+/);
const PAGE = `<!doctype html>
  <link rel="icon" href="data:,">
  <script type="importmap">
    {"imports": {"holdfast": "/dist/index.js", "holdfast/http": "/dist/http.js", "holdfast/stream": "/dist/stream.js"}}
  </script>
  <script type="module">
    import * as page from '/page.mjs';
    Object.assign(globalThis, page);
  </script>`;

/** An answer that scripts of other origins may read. */
const open = (answer: Answer): Answer => ({
  ...answer,
  headers: { 'access-control-allow-origin': '*', ...answer.headers },
});
const down = open({ status: 503, body: 'down' });
const up = open({ body: 'up' });

/** Longer than a busy machine takes for an answer. */
const PATIENCE = 2_000;

let browser: Browser;
let page: Page;
let site: Server;
/** Where the site sends what it does not have itself. */
let behind: string;
let origin: Origin | undefined;
let proxy: FaultProxy | undefined;

/** Starts an origin behind a proxy; resolves to its address. */
async function start(answers: readonly Answer[], ...faults: readonly Fault[]): Promise<string> {
  origin = await startOrigin(...answers);
  proxy = await faultProxy(origin.port, ...faults);
  return proxy.url;
}

/** Calls a function of `browser-page.mjs`. */
const inPage = (name: string, ...args: unknown[]): Promise<unknown> =>
  page.evaluate(`${name}(...${JSON.stringify(args)})`);

/** Serves the page and its modules; what it does not have, it has from behind. */
function startSite(): Server {
  const serve = async (path: string): Promise<[type: string, content: string | Buffer] | undefined> => {
    if (path === '/') return ['text/html', PAGE];
    if (path === '/page.mjs') return ['text/javascript', await readFile(new URL('browser-page.mjs', import.meta.url))];
    if (!/^\/dist\/[\w-]+\.js$/.test(path)) return undefined;
    return ['text/javascript', await readFile(new URL(path.slice('/dist/'.length), dist))];
  };
  return createServer(async (request, response) => {
    const { url = '', method, headers } = request;
    const file = await serve(url);
    if (file) response.setHeader('content-type', file[0]).end(file[1]);
    else {
      const forward = ask(behind + url, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      });
      request.pipe(forward.on('error', () => response.destroy()));
    }
  });
}

describe.skipIf(!installed.chromium)('the built modules in a browser', () => {
  beforeAll(async () => {
    site = startSite().listen(0, '127.0.0.1');
    await once(site, 'listening');
    browser = await chromium.launch({ executablePath: installed.chromium!, args: ARGS, timeout: 120_000 });
    page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
    await page.waitForFunction('globalThis.core');
  });

  afterEach(async () => {
    await proxy?.close();
    await origin?.close();
  });

  afterAll(async () => {
    await browser.close();
    site.close().closeAllConnections();
  });

  it('retry a call, and open a breaker', async () => {
    const seen = await inPage('core');

    expect(seen).toEqual({
      retried: { value: 3, attempts: 3, delays: [1, 2] },
      state: 'open',
      codes: ['none', 'none', 'ERR_CIRCUIT_OPEN'],
      timed: 'in time',
    });
  });

  describe('given a server that is unwell', () => {
    it('ask again at their own origin, by a relative address', async () => {
      behind = await start([down, up]);

      const seen = await inPage('ask', '/users/7');

      expect(seen).toEqual({ status: 200, text: 'up', delays: [10] });
      expect(origin!.received.map(({ path }) => path)).toEqual(['/users/7', '/users/7']);
    });

    it('ask again at another origin', async () => {
      const url = await start([down, up]);

      const seen = await inPage('ask', url);

      expect([seen, origin!.count()]).toEqual([{ status: 200, text: 'up', delays: [10] }, 2]);
    });

    it('give the last answer of a POST at once', async () => {
      const url = await start([down, up]);

      const seen = await inPage('ask', url, { method: 'POST', body: 'kelp' });

      expect([seen, origin!.count()]).toEqual([{ status: 503, text: 'down', delays: [] }, 1]);
    });

    it('see when to come back only where the other origin exposes it', async () => {
      const hint = { 'retry-after': '2' };
      const told = { status: 503, headers: { ...hint, 'access-control-expose-headers': 'retry-after' } };
      const url = await start([open({ status: 503, headers: hint }), open(told), up]);

      const seen = await inPage('ask', url);

      expect(seen).toEqual({ status: 200, text: 'up', delays: [10, 2_000] });
    });

    it('see no status at all where the other origin allows nobody to read it', async () => {
      const url = await start([{ status: 400 }, up]);

      const seen = await inPage('ask', url);

      expect([seen, origin!.count()]).toEqual([{ status: 200, text: 'up', delays: [10] }, 2]);
    });
  });

  describe('given a fault of the network', () => {
    it('ask again where the connection is reset', async () => {
      const url = await start([up], cutAnswer('reset'), pass);

      const seen = await inPage('ask', url);

      expect([seen, origin!.count()]).toEqual([{ status: 200, text: 'up', delays: [10] }, 2]);
    });

    it('do not ask again by POST', async () => {
      const url = await start([up], cutAnswer('reset'), pass);

      const seen = await inPage('ask', url, { method: 'POST', body: 'kelp' });

      expect([seen, origin!.count()]).toEqual([{ name: 'TypeError', message: 'Failed to fetch', delays: [] }, 1]);
    });

    it.each([
      ['GET', [10, 10]],
      // The browser does not tell that it was never sent.
      ['POST', []],
    ])('reject with the error of the browser where nobody listens: %s', async (method, delays) => {
      const url = `http://127.0.0.1:${await freePort()}`;

      const seen = await inPage('ask', url, { method });

      expect(seen).toEqual({ name: 'TypeError', message: 'Failed to fetch', delays });
    });

    it('give up an attempt that is not answered, and ask again', async () => {
      const url = await start([up], stall(), pass);

      const seen = await inPage('ask', url, {}, { attemptTimeout: PATIENCE });

      expect([seen, origin!.count()]).toEqual([{ status: 200, text: 'up', delays: [10] }, 2]);
      expect(await until(() => proxy!.open <= 1)).toBe(true);
    });

    it('reject with a TimeoutError where none is answered', async () => {
      const url = await start([up], stall());

      const seen = await inPage('ask', url, {}, { attemptTimeout: 500 });

      expect(seen).toMatchObject({ name: 'TimeoutError', code: 'ERR_TIMEOUT', delays: [10, 10] });
      expect(await until(() => proxy!.open === 0)).toBe(true);
    });
  });

  describe('given a kept connection that is reset before the answer', () => {
    // Source: Chromium, net/http/http_network_transaction.cc, `ShouldResendRequest`. An idempotency key tells the server.
    it('see nothing of the second POST, which the browser sends by itself', async () => {
      const onReuse: Fault = {
        answer: ({ client, answered }, chunk) => void (answered ? client.resetAndDestroy() : client.write(chunk)),
      };
      const url = await start([up], onReuse, pass);

      await inPage('ask', url);
      const seen = await inPage('ask', url, { method: 'POST', body: 'kelp' });

      expect(seen).toEqual({ status: 200, text: 'up', delays: [] });
      expect([origin!.count(undefined, 'POST'), proxy!.connections]).toEqual([2, 2]);
    });
  });

  describe('given a caller that leaves', () => {
    it('reject with its reason, and the server sees it', async () => {
      const url = await start([up], stall());

      const seen = await inPage('ask', url, { leaveAfter: PATIENCE });

      expect(seen).toEqual({ name: 'RangeError', message: 'enough', delays: [] });
      expect([origin!.count(), await until(() => proxy!.open === 0)]).toEqual([1, true]);
    });

    it('reject with its reason in the body, too', async () => {
      const url = await start([open({ body: 'holdfast', stall: 4 })]);

      const seen = await inPage('ask', url, { leaveAfter: PATIENCE });

      expect(seen).toEqual({ name: 'RangeError', message: 'enough', delays: [] });
      expect(await until(() => proxy!.open === 0)).toBe(true);
    });
  });

  describe('given a stream', () => {
    it('give it as it comes', async () => {
      const url = await start([open({ events: ['data: hold', 'data: fast'], every: 20 })]);

      const seen = await inPage('read', url, { idle: 10_000 });

      expect(seen).toEqual({ text: 'data: hold\n\ndata: fast\n\n' });
    });

    it('end it where it stalls, and the server sees it', async () => {
      const url = await start([open({ body: 'holdfast', stall: 4 })]);

      const seen = await inPage('read', url, { firstEvent: 10_000, idle: 500 });

      expect(seen).toMatchObject({ text: 'hold', name: 'StreamIdleError', code: 'ERR_STREAM_IDLE' });
      expect(await until(() => proxy!.open === 0)).toBe(true);
    });

    it('open it again where nothing has come', async () => {
      const url = await start([open({ body: 'holdfast', stall: 0 }), up]);

      const seen = await inPage('readAgain', url, { idle: PATIENCE });

      expect([seen, origin!.count()]).toEqual([{ text: 'up' }, 2]);
    });
  });
});
