import { BulkheadFullError, CircuitOpenError, TimeoutError } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { neverSentCodes } from '../../src/http/failure-codes.ts';
import { neverSent } from '../../src/http/never-sent.ts';

const failed = (facts: object, message = 'x'): Error => Object.assign(new Error(message), facts);
const fetchFailed = (cause: unknown): TypeError => new TypeError('fetch failed', { cause });
const connect = (code: string): Error => failed({ code, syscall: 'connect' }, `connect ${code} 127.0.0.1:1`);
const deno = (what: string): TypeError =>
  fetchFailed(new Error(`error sending request for url (http://127.0.0.1:1/): ${what}`));

describe('neverSent()', () => {
  describe('given what the fetch of Node rejects with', () => {
    it.each(neverSentCodes.split('|'))('is sure of %s', (code) => {
      const cause = failed({ code });

      expect([neverSent(fetchFailed(cause)), neverSent(cause)]).toEqual([true, true]);
    });

    it.each(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ECONNRESET'])(
      'is sure of %s while connecting, and only then',
      (code) => {
        const during = fetchFailed(connect(code));
        const after = fetchFailed(failed({ code, syscall: 'read' }));

        expect([neverSent(during), neverSent(after)]).toEqual([true, false]);
      },
    );

    it('is sure of a name that was not looked up', () => {
      const error = fetchFailed(failed({ code: 'EAI_FAIL', syscall: 'getaddrinfo' }));

      expect(neverSent(error)).toBe(true);
    });

    it.each(['EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'EPROTO', 'UND_ERR_INFO'])(
      'is in doubt about %s',
      (code) => {
        const error = fetchFailed(failed({ code, syscall: 'write' }));

        expect(neverSent(error)).toBe(false);
      },
    );
  });

  describe('given an error for each address of a host', () => {
    const several = (...errors: unknown[]): TypeError => fetchFailed(new AggregateError(errors, 'x'));

    it('is sure if none of them could be connected to', () => {
      const error = several(connect('ECONNREFUSED'), connect('ETIMEDOUT'));

      expect(neverSent(error)).toBe(true);
    });

    it('is in doubt if one of them could be, whatever the code of the whole', () => {
      const error = several(connect('ECONNREFUSED'), failed({ code: 'ECONNRESET', syscall: 'read' }));
      const named = Object.assign(new AggregateError([failed({})]), { code: 'ECONNREFUSED' });

      expect([neverSent(error), neverSent(named)]).toEqual([false, false]);
    });

    it('is in doubt if there is none, or more than 32, or no telling how many', () => {
      const many = Array.from({ length: 33 }, () => connect('ECONNREFUSED'));

      const verdicts = [several(), several(...many.slice(1)), several(...many), { errors: { length: 'x' } }].map(
        neverSent,
      );

      expect(verdicts).toEqual([false, true, false, false]);
    });
  });

  describe('given what the fetch of another runtime rejects with', () => {
    it('is sure of what Bun calls a refusal or an unknown host', () => {
      const verdicts = ['ECONNREFUSED', 'ENOTFOUND'].map((code) =>
        neverSent(Object.assign(new TypeError('x'), { code })),
      );

      expect(verdicts).toEqual([true, true]);
    });

    it.each([
      'client error (Connect): tcp connect error: Connection refused (os error 111)',
      'client error (Connect): dns error: failed to lookup address information: Name or service not known',
      'client error (Connect): invalid peer certificate: UnknownIssuer',
    ])('is sure of what Deno says of connecting: %s', (what) => {
      const error = deno(what);

      expect(neverSent(error)).toBe(true);
    });

    it('is in doubt about what else Deno says', () => {
      const closed = deno('client error (SendRequest): connection closed before message completed');
      const reset = fetchFailed(new Error('Connection reset by peer (os error 104)'));

      expect([neverSent(closed), neverSent(reset)]).toEqual([false, false]);
    });

    it('is in doubt about whatever a browser says', () => {
      const messages = ['Failed to fetch', 'Load failed', 'NetworkError when attempting to fetch resource.'];

      expect(messages.map((message) => neverSent(new TypeError(message)))).toEqual([false, false, false]);
    });
  });

  describe('given an error of a policy', () => {
    it('is sure of a refusal, also of each attempt', () => {
      const refusals = [new CircuitOpenError('circuit', 1), new BulkheadFullError('bulkhead', 1, 0)];

      expect([...refusals, new AggregateError(refusals)].map(neverSent)).toEqual([true, true, true]);
    });

    it('is in doubt about a timeout', () => {
      const error = new TimeoutError(100);

      expect(neverSent(error)).toBe(false);
    });
  });

  it('does not take the cause of somebody else for what happened', () => {
    const error = new Error('all attempts failed', { cause: connect('ECONNREFUSED') });

    expect(neverSent(error)).toBe(false);
  });

  it('never throws', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();

    const verdicts = [proxy, fetchFailed(proxy), { errors: proxy }, undefined, null, 'ECONNREFUSED', 7].map(neverSent);

    expect(verdicts).toEqual(Array.from({ length: 7 }, () => false));
  });

  it('is not taken in by a message, nor by a part of a name', () => {
    const deno =
      'error sending request for url (https://a.example/): client error (SendRequest): x): client error (Connect): y';
    const failed = (facts: object): Error => Object.assign(new Error('x'), facts);

    expect([neverSent(new Error(deno)), neverSent(failed({ syscall: 'reconnect' }))]).toEqual([false, false]);
  });
});
