import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import { startOrigin, type Answer, type Origin } from './origin.ts';

/** In which an answer that is not held back would come. */
const A_MOMENT = 50;
const gone = new Error('gone');

let origin: Origin;

afterEach(() => origin.close());

async function start(...script: Answer[]): Promise<Origin> {
  return (origin = await startOrigin(...script));
}

describe('startOrigin()', () => {
  it('answers by its script, and the last for ever', async () => {
    const { url } = await start({ status: 503, headers: { 'x-why': 'busy' } }, { body: 'up' });

    const first = await fetch(url);
    const others = [await fetch(url), await fetch(url)];

    expect([first.status, first.headers.get('x-why'), await first.text()]).toEqual([503, 'busy', 'ok']);
    expect(await Promise.all(others.map((each) => each.text()))).toEqual(['up', 'up']);
  });

  it('keeps each request, and counts by the call and the method', async () => {
    const { url } = await start();

    await fetch(`${url}/a`, { headers: { 'x-call': '1' } });
    await fetch(`${url}/a`, { method: 'POST', body: 'kelp', headers: { 'x-call': '1' } });
    await fetch(`${url}/b`, { method: 'POST', body: 'kelp', headers: { 'x-call': '2' } });

    expect(origin.received.map(({ id, method, path, body }) => [id, method, path, body])).toEqual([
      ['1', 'GET', '/a', ''],
      ['1', 'POST', '/a', 'kelp'],
      ['2', 'POST', '/b', 'kelp'],
    ]);
    expect([origin.count(), origin.count('1'), origin.count('1', 'POST'), origin.count(undefined, 'POST')]).toEqual([
      3, 2, 1, 2,
    ]);
  });

  describe('given when the next request is welcome', () => {
    it.each([
      [{ seconds: 2 }, 'retry-after', /^2$/, 2_000],
      [{ ms: 700 }, 'retry-after-ms', /^700$/, 700],
      [{ date: 2 }, 'retry-after', /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/, 1_000],
    ] as const)('says %o in a header, and notes it', async (retryAfter, name, value, atLeast) => {
      const { url } = await start({ status: 429, retryAfter });

      const { headers } = await fetch(url);
      const [{ at, welcome }] = origin.received as [Origin['received'][number]];

      expect(headers.get(name)).toMatch(value);
      expect(welcome - at).toBeGreaterThanOrEqual(atLeast);
      if ('date' in retryAfter) expect(Date.parse(headers.get(name)!)).toBe(welcome);
    });
  });

  describe('given a delay', () => {
    it('waits before the headers', async () => {
      const { url } = await start({ delay: 60_000 });

      const caller = new AbortController();

      const call = rejection(fetch(url, { signal: caller.signal }));
      await expect.poll(() => origin.count()).toBe(1);
      await sleep(A_MOMENT);
      caller.abort(gone);

      expect(await call).toBe(gone);
    });
  });

  describe('given a body that stalls', () => {
    it('sends a part of it, and nothing after', async () => {
      const { url } = await start({ body: 'holdfast', stall: 4 });

      const caller = new AbortController();

      const response = await fetch(url, { signal: caller.signal });
      const reader = response.body!.getReader();
      const { value } = await reader.read();
      const more = rejection(reader.read());
      await sleep(A_MOMENT);
      caller.abort(gone);

      expect([Buffer.from(value!).toString(), await more]).toEqual(['hold', gone]);
    });
  });

  describe('given a body that is cut', () => {
    it('breaks off', async () => {
      const { url } = await start({ body: 'holdfast', cut: 4 });

      const error = await rejection(fetch(url).then((response) => response.text()));

      expect((error as Error).message).toBe('terminated');
    });
  });

  describe('given events', () => {
    it('sends their frames as they are', async () => {
      const { url } = await start({ events: [': keep-alive', 'data: 1', 'event: error\ndata: {}'], every: 5 });

      const response = await fetch(url);

      expect(response.headers.get('content-type')).toBe('text/event-stream');
      expect(await response.text()).toBe(': keep-alive\n\ndata: 1\n\nevent: error\ndata: {}\n\n');
    });

    it('stops where the client has gone', async () => {
      const { url } = await start({ events: Array(1_000).fill('data: 1'), every: 5 });
      const caller = new AbortController();

      const response = await fetch(url, { signal: caller.signal });
      caller.abort();
      await rejection(response.text());
      await origin.close();
      await start();

      expect(origin.count()).toBe(0);
    });
  });

  describe('given someone who has the beginning', () => {
    it('sends the rest', async () => {
      const { url } = await start({ body: 'holdfast' });

      const response = await fetch(url, { headers: { range: 'bytes=4-' } });

      expect([response.status, response.headers.get('content-range')]).toEqual([206, 'bytes 4-7/8']);
      expect(await response.text()).toBe('fast');
    });
  });
});
