import { once } from 'node:events';
import { createServer, type RequestListener, type Server as HttpServer } from 'node:http';
import { CircuitOpenError, giveUpReport, TimeoutError } from 'holdfast';
import { guardFetch, type FetchOutcome } from 'holdfast/http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import { freePort, installed, startNginx, type Server } from './servers.ts';

describe.skipIf(!installed.nginx)('guardFetch behind nginx', () => {
  let nginx: Server;
  /** What nginx passes requests on to; down until a test starts it. */
  let port: number;
  let upstream: HttpServer | undefined;
  /** The methods of the requests that came through. */
  let received: unknown[];

  beforeEach(async () => {
    received = [];
    port = await freePort();
    nginx = await startNginx(
      (own) => `
        limit_req_zone $binary_remote_addr zone=calls:64k rate=30r/m;
        server {
          listen 127.0.0.1:${own};
          proxy_read_timeout 2s;
          proxy_buffering off;
          location / { proxy_pass http://127.0.0.1:${port}; }
          location /limited {
            limit_req zone=calls;
            limit_req_status 429;
            error_page 429 = @enough;
            proxy_pass http://127.0.0.1:${port};
          }
          location @enough { add_header Retry-After 2 always; return 429; }
        }`,
    );
  });
  afterEach(async () => {
    upstream?.closeAllConnections();
    await new Promise((resolve) => (upstream ? upstream.close(resolve) : resolve(undefined)));
    upstream = undefined;
    await nginx.stop();
  });

  async function startUpstream(listener: RequestListener = (_, response) => response.end('ok')): Promise<void> {
    upstream = createServer((request, response) => {
      received.push(request.method);
      listener(request, response);
    }).listen(port, '127.0.0.1');
    await once(upstream, 'listening');
  }

  const url = (path = '/'): string => `http://127.0.0.1:${nginx.port}${path}`;

  describe('given more requests than its limit_req lets through (429)', () => {
    it('comes again as late as Retry-After says, and is let through', async () => {
      await startUpstream();
      const retries: (FetchOutcome & { delay: number })[] = [];
      const guarded = guardFetch({ retry: { baseDelay: 10 }, on: { retry: (event) => retries.push(event) } });

      const first = await guarded(url('/limited'));
      const second = await guarded(url('/limited'));

      expect([first.status, second.status]).toEqual([200, 200]);
      expect(received.length).toBe(2);
      expect(retries.length).toBeGreaterThan(0);
      for (const { status, delay } of retries) {
        expect(status).toBe(429);
        expect(delay).toBeGreaterThanOrEqual(2_000);
        expect(delay).toBeLessThanOrEqual(2_200);
      }
    });

    it('returns the response as it came when Retry-After is longer than the caller would wait', async () => {
      await startUpstream();
      const guarded = guardFetch({ retry: { maxRetryAfter: 500 } });

      await guarded(url('/limited'));
      const response = await guarded(url('/limited'));

      expect([response.status, response.headers.get('retry-after')]).toEqual([429, '2']);
      expect(await response.text()).toContain('429 Too Many Requests');
      expect(giveUpReport(response)).toEqual({ attempts: 1, delays: [], reason: 'retry-after', retryAfter: 2_000 });
    });
  });

  describe('given an upstream that is down (502)', () => {
    it('returns the last response when attempts run out', async () => {
      const guarded = guardFetch({ retry: { baseDelay: 10 } });

      const response = await guarded(url());

      expect(response.status).toBe(502);
      expect(await response.text()).toContain('502 Bad Gateway');
      expect(giveUpReport(response)).toMatchObject({ attempts: 3, reason: 'attempts' });
    });

    it('comes through once the upstream is there', async () => {
      // The wait is as long as the upstream takes to start.
      const guarded = guardFetch({ retry: { sleep: () => startUpstream() } });

      const response = await guarded(url());

      expect([response.status, await response.text()]).toEqual([200, 'ok']);
      expect(received).toEqual(['GET']);
    });

    it('sends a POST again only with an Idempotency-Key', async () => {
      const retries: string[] = [];
      const guard = () =>
        guardFetch({
          retry: { baseDelay: 10 },
          on: { retry: ({ method, status }) => retries.push(`${method} ${status}`) },
        });
      const order = { method: 'POST', body: '{"item":7}' };

      const bare = await guard()(url(), order);
      const without = retries.splice(0);
      const keyed = await guard()(url(), { ...order, headers: { 'idempotency-key': '"order-7"' } });

      expect([bare.status, without]).toEqual([502, []]);
      expect([keyed.status, retries]).toEqual([502, ['POST 502', 'POST 502']]);
    });
  });

  describe('given an upstream that takes too long for nginx (504)', () => {
    const slowAtFirst: RequestListener = (_, response) => {
      if (received.length > 1) response.end('ok');
    };

    it('sends a GET again', async () => {
      await startUpstream(slowAtFirst);
      const statuses: unknown[] = [];
      const guarded = guardFetch({ retry: { baseDelay: 10 }, on: { retry: ({ status }) => statuses.push(status) } });

      const response = await guarded(url());

      expect([response.status, statuses]).toEqual([200, [504]]);
      expect(received).toEqual(['GET', 'GET']);
    });

    it('leaves a POST alone, which the upstream has got and may have acted upon', async () => {
      await startUpstream(slowAtFirst);
      const guarded = guardFetch({ retry: { baseDelay: 10 } });

      const response = await guarded(url(), { method: 'POST', body: 'once' });

      expect(response.status).toBe(504);
      expect(received).toEqual(['POST']);
    });
  });

  describe('given a body that stalls', () => {
    it('ends it at the limit between two chunks, before nginx does', async () => {
      await startUpstream((_, response) => response.write('hold'));
      const guarded = guardFetch({ bodyIdle: 100 });

      const response = await guarded(url());
      const error = await rejection(response.text());

      expect(response.status).toBe(200);
      expect(error).toEqual(new TimeoutError(100));
    });
  });

  describe('given an nginx that is frozen', () => {
    it('ends each attempt at its limit, opens the breaker, and a probe closes it once nginx goes on', async () => {
      await startUpstream();
      const changes: string[] = [];
      const guarded = guardFetch({
        // Longer than a busy machine takes for the probe.
        attemptTimeout: 1_000,
        // An open breaker says when to come back: whoever may wait so long, does.
        retry: { baseDelay: 10, maxRetryAfter: 100 },
        breaker: { openDuration: 2_000, probes: { required: 1 } },
        on: { stateChange: ({ from, to }) => changes.push(`${from} → ${to}`) },
      });
      nginx.freeze();

      const late = await rejection(guarded(url()));
      const refused = await rejection(guarded(url(), { method: 'POST', body: 'never sent' }));
      nginx.thaw();
      await fetch(url());
      await expect.poll(() => guarded(url()).then(({ status }) => status, String)).toBe(200);

      expect(late).toBeInstanceOf(TimeoutError);
      expect(giveUpReport(late)).toMatchObject({ attempts: 3 });
      expect(refused).toBeInstanceOf(CircuitOpenError);
      expect(changes).toEqual(['closed → open', 'open → half-open', 'half-open → closed']);
      expect(received).not.toContain('POST');
    });
  });

  describe('given an nginx that is started again', () => {
    it('sends a POST again that was never sent', async () => {
      await startUpstream();
      await nginx.kill();
      const codes: unknown[] = [];
      const guarded = guardFetch({
        // The wait is as long as nginx takes to start.
        retry: { sleep: () => nginx.start() },
        breaker: false,
        on: { retry: ({ error }) => codes.push(((error as Error).cause as { code?: unknown }).code) },
      });

      const response = await guarded(url(), { method: 'POST', body: 'once', redirect: 'error' });

      expect(response.status).toBe(200);
      expect(codes).toEqual(['ECONNREFUSED']);
      expect(received).toEqual(['POST']);
    });
  });
});
