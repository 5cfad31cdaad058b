import { CircuitOpenError } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { main } from '../../docs/examples/breaker-by-hand.mjs';

describe('docs/examples/breaker-by-hand', () => {
  it('opens on three failures in a row, probes after a minute and closes: wrapped, and by hand', async () => {
    const { changes, calls, refusal, sent, refused, second, state } = await main(() => {});

    expect(changes).toEqual([
      'closed → open',
      'open → half-open',
      'half-open → closed',
      'closed → open',
      'open → half-open',
      'half-open → closed',
    ]);
    expect(calls).toBe(4);
    expect(refusal).toBeInstanceOf(CircuitOpenError);
    expect(refusal).toMatchObject({ code: 'ERR_CIRCUIT_OPEN', retryAfter: 60_000 });
    expect(sent).toBe('sent: hello again');
    expect([refused, second]).toEqual([undefined, undefined]);
    expect(state).toBe('closed');
  });

  it('prints what it does, in order', async () => {
    const lines: string[] = [];

    await main((line) => lines.push(line));

    expect(lines).toEqual([
      'execute    the mail server is down',
      'execute    the mail server is down',
      '           closed → open: tripped',
      'execute    the mail server is down',
      'wrap       Refused by circuit breaker mail (open): next probe in 60000 ms; calls so far: 3',
      '           open → half-open: open-elapsed',
      '           half-open → closed: probes-succeeded',
      'wrap       sent: hello again',
      '           closed → open: tripped',
      'by hand    a permit while open: undefined',
      '           open → half-open: open-elapsed',
      'by hand    a permit for the probe: yes, for a second call at once: no',
      '           half-open → closed: probes-succeeded',
    ]);
  });
});
