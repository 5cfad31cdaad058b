import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitOpenError, instantSleeper, retry, timeout, TimeoutError, type CallContext } from 'holdfast';
import { StreamIdleError, StreamIncompleteError, StreamInterruptedError } from 'holdfast/stream';
import { VirtualClock } from 'holdfast/testing';
import { interrupted, streamAttempt } from '../../src/stream/stream-attempt.ts';

const outer: CallContext = { attempt: 3, remaining: 70, signal: new AbortController().signal };

/** How many controllers have been made. */
let made = 0;
class Counted extends AbortController {
  constructor() {
    super();
    made++;
  }
}
beforeEach(() => {
  vi.stubGlobal('AbortController', Counted);
  made = 0;
});
afterEach(() => vi.unstubAllGlobals());

describe('streamAttempt()', () => {
  it('says the same as the context of its policy', () => {
    const { attempt, remaining } = streamAttempt(outer).context;

    expect([attempt, remaining]).toEqual([3, 70]);
  });

  it('is at the place of its policy, for all that it is handed on to', async () => {
    const options = { baseDelay: 1, maxAttempts: 2, allowNestedRetry: true, sleep: instantSleeper };
    const inner = retry(options);
    let calls = 0;
    const fn = (): Promise<never> => (calls++, Promise.reject(new Error('down')));

    const outcome = retry({ ...options, maxAttempts: 20 }).execute((policy) =>
      inner.execute(fn, streamAttempt(policy).context),
    );

    await expect(outcome).rejects.toThrow('down');
    // Ten retries inside, for all attempts together.
    expect(calls).toBe(20 + 10);
  });

  it('says how much time is left now, not how much there was in the beginning', async () => {
    const clock = new VirtualClock();
    const readings: number[] = [];

    await timeout(100, { clock }).execute(async (policy) => {
      const { context } = streamAttempt(policy);
      readings.push(context.remaining);
      await clock.advance(60);
      readings.push(context.remaining);
    });

    expect(readings).toEqual([100, 40]);
  });

  it('has a signal of its own, made only when it is read', () => {
    const { context } = streamAttempt(outer);
    const before = made;
    const { signal } = context;
    const again = context.signal;

    expect([before, made, signal.aborted]).toEqual([0, 1, false]);
    expect(again).toBe(signal);
    expect(signal).not.toBe(outer.signal);
  });

  it('makes no signal to give the attempt up, where nobody has read it', () => {
    streamAttempt(outer).abort('enough');

    expect(made).toBe(0);
  });

  describe('given up', () => {
    it('aborts its signal with the reason, by identity', () => {
      const reason = new Error('enough');
      const { context, abort } = streamAttempt(outer);
      const { signal } = context;

      abort(reason);

      expect([signal.aborted, context.signal === signal]).toEqual([true, true]);
      expect(signal.reason).toBe(reason);
    });

    it('has an aborted signal also where it is read only afterwards', () => {
      const reason = { any: 'thing' };
      const { context, abort } = streamAttempt(outer);

      abort(reason);
      const { signal } = context;

      expect(signal.aborted).toBe(true);
      expect(signal.reason).toBe(reason);
    });

    it.each([false, true])('without a reason, has an AbortError (read before: %s)', (before) => {
      const { context, abort } = streamAttempt(outer);
      const early = before && context.signal;

      abort(undefined);
      const { signal } = context;

      expect([signal.aborted, (signal.reason as Error).name, !early || early === signal]).toEqual([
        true,
        'AbortError',
        true,
      ]);
    });
  });
});

describe('interrupted()', () => {
  it.each([new StreamIdleError('idle', 5, 2), new StreamIncompleteError(2), new StreamInterruptedError(2, 'why')])(
    'lets an error be that says so many events (%s)',
    (error) => {
      expect(interrupted(2, error)).toBe(error);
    },
  );

  it.each([
    new Error('cut'),
    new TypeError('terminated'),
    new TimeoutError(5),
    new CircuitOpenError('circuit breaker', 5),
    new StreamIdleError('idle', 5, 1),
    Object.assign(new Error('of a peer'), { received: 2 }),
    'text',
    0,
    undefined,
    null,
  ])('puts any other into one that says how many events there were (%s)', (cause) => {
    const error = interrupted(2, cause);

    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ received: 2, message: 'Stream broke off after 2 events' });
    expect((error as StreamInterruptedError).cause).toBe(cause);
  });
});
