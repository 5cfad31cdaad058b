import { TimeoutError } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { idleBody } from '../../src/http/idle-body.ts';
import { rejection, turns } from '../rejection.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A body that sends some chunks and then nothing more, and why it was cancelled. */
function stalled(...chunks: string[]): { response: Response; cancelled: unknown[] } {
  const cancelled: unknown[] = [];
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => chunks.forEach((chunk) => controller.enqueue(bytes(chunk))),
    cancel: (reason) => void cancelled.push(reason),
  });
  return { response: new Response(body), cancelled };
}

describe('idleBody()', () => {
  it('gives the whole body, and all that the response says besides', async () => {
    const received = new Response('all of it', { status: 201, statusText: 'Made', headers: { 'x-a': 'b' } });
    Object.defineProperties(received, {
      url: { value: 'https://a.example/x' },
      redirected: { value: true },
      type: { value: 'cors' },
    });

    const response = idleBody(received, 10, new VirtualClock());

    const { status, statusText, headers, url, redirected, type, ok } = response;
    expect({ status, statusText, url, redirected, type, ok, header: headers.get('x-a') }).toEqual({
      status: 201,
      statusText: 'Made',
      url: 'https://a.example/x',
      redirected: true,
      type: 'cors',
      ok: true,
      header: 'b',
    });
    expect(await response.text()).toBe('all of it');
  });

  it('is what it says, so that a clone says the same', async () => {
    const headers = new Headers([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]);
    const received = new Response('gone', { status: 404, statusText: 'Not Found', headers });

    const clone = idleBody(received, 10, new VirtualClock()).clone();

    const { status, statusText, ok } = clone;
    expect({ status, statusText, ok, cookies: clone.headers.getSetCookie(), text: await clone.text() }).toEqual({
      status: 404,
      statusText: 'Not Found',
      ok: false,
      cookies: ['a=1', 'b=2'],
      text: 'gone',
    });
  });

  it.each([
    [999, 'Odd'],
    [199, 'Odd'],
    [204, 'No Content, but some'],
    [205, 'Reset Content, but some'],
    [304, 'Not Modified, but some'],
    [503, 'on two\nlines'],
  ])('takes what no response can be made with: %d %j', async (status, statusText) => {
    const odd = new Response('no');
    const facts = { status, statusText, ok: status === 204 || status === 205 };
    for (const [name, value] of Object.entries(facts)) Object.defineProperty(odd, name, { value });

    const response = idleBody(odd, 10, new VirtualClock());

    const { status: shown, statusText: text, ok } = response;
    expect([{ status: shown, statusText: text, ok }, await response.text()]).toEqual([facts, 'no']);
  });

  it('returns a response without a body as it is', () => {
    const empty = new Response(null, { status: 204 });

    expect(idleBody(empty, 10, undefined)).toBe(empty);
  });

  it('ends the reading where no chunk comes in time, and gives the connection up', async () => {
    const clock = new VirtualClock();
    const { response, cancelled } = stalled('some');

    const reading = rejection(idleBody(response, 10, clock).text());
    await turns();
    await clock.advance(10);
    const error = await reading;

    expect(error).toEqual(new TimeoutError(10));
    expect(cancelled).toEqual([error]);
    expect(clock.pending).toBe(0);
  });

  it('does not mind a source that does not let go', async () => {
    const clock = new VirtualClock();
    const cancel = (): never => {
      throw new Error('stuck');
    };

    const reading = rejection(idleBody(new Response(new ReadableStream({ cancel })), 10, clock).text());
    await turns();
    await clock.advance(10);

    expect(await reading).toEqual(new TimeoutError(10));
  });

  it('lets a body that nobody reads wait for ever', async () => {
    const clock = new VirtualClock();
    const { response, cancelled } = stalled('some');

    const reader = idleBody(response, 10, clock).body!.getReader();
    await turns();
    await clock.advance(1_000);
    const { value } = await reader.read();

    expect(new TextDecoder().decode(value)).toBe('some');
    expect(cancelled).toEqual([]);
  });

  it('cancels the source with its own cancellation', async () => {
    const { response, cancelled } = stalled('some');

    await idleBody(response, 10, new VirtualClock()).body!.cancel('enough');
    await turns();

    expect(cancelled).toEqual(['enough']);
  });

  it('goes by its clock, and asks for nothing before somebody reads', async () => {
    const clock = new VirtualClock();
    let pulls = 0;
    const source = new ReadableStream({ pull: () => void pulls++ }, { highWaterMark: 0 });

    const response = idleBody(new Response(source), 600_000, clock);
    await turns();
    await clock.advance(10_000_000);
    const before = pulls;
    const reading = rejection(response.text());
    await turns();
    await clock.advance(600_000);

    expect([before, await reading]).toEqual([0, new TimeoutError(600_000)]);
  });
});
