import { giveUpReport, pipeline, retry, timeout, type CallContext } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { lastAttempt } from '../../src/base/last-attempt.ts';

const outer: CallContext = { attempt: 3, remaining: 70, signal: new AbortController().signal };

describe('lastAttempt()', () => {
  const down = new Error('down');
  const fails =
    (calls: CallContext[]): ((context: CallContext) => never) =>
    (context) => {
      calls.push(context);
      if (calls.length === 2) lastAttempt(context, 'used');
      throw down;
    };

  it('ends the retries around an attempt, those of outer calls too', async () => {
    const calls: CallContext[] = [];
    const policy = pipeline(retry({ baseDelay: 0 }), timeout(1_000));

    const error = await retry({ baseDelay: 0, allowNestedRetry: true })
      .execute((context) => policy.execute(fails(calls), context))
      .catch((thrown: unknown) => thrown);

    expect([error, calls.length]).toEqual([down, 2]);
  });

  it('says nothing to a call that is over, nor by a context made elsewhere', async () => {
    const calls: CallContext[] = [];

    await retry({ maxAttempts: 2, baseDelay: 0 })
      .execute((context) => void calls.push(context))
      .catch(() => undefined);

    expect(() => lastAttempt(calls[0]!, 'used')).not.toThrow();
    expect(() => lastAttempt(outer, 'used')).not.toThrow();
  });

  it('lets a value come out: unasked, if it is used; as it was judged, if it is unrepeatable', async () => {
    const asked: unknown[] = [];
    const policy = retry({ baseDelay: 0, isRetryableResult: ({ value }) => asked.push(value) > 0 });
    const busy = { status: 503 };
    const used = {};

    await policy.execute((context) => (lastAttempt(context, 'used'), used));
    await policy.execute((context) => (lastAttempt(context, 'unrepeatable'), busy));

    expect(asked).toEqual([busy]);
    expect([used, busy].map(giveUpReport)).toEqual([undefined, { attempts: 1, delays: [], reason: 'not-retryable' }]);
  });
});
