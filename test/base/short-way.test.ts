// oxlint-disable unicorn/no-thenable -- hostile values are what these tests are about
import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  Bulkhead,
  CircuitBreaker,
  consecutiveFailures,
  fallback,
  pipeline,
  RateLimiter,
  retry,
  retryCall,
  timeout,
  type CallContext,
  type Clock,
  type Policy,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { rejection, turns } from '../rejection.ts';

const down = new Error('down');
const fails = (): Promise<never> => Promise.reject(down);
const never = (): Promise<never> => new Promise(() => {});

class Own<T> extends Promise<T> {}

/** What a guarded function may give, and how it comes out. */
const outcomes: readonly [name: string, fn: () => unknown, outcome: unknown][] = [
  ['a value', () => 7, 7],
  ['a promise', () => Promise.resolve(7), 7],
  ['a rejection', fails, down],
  [
    'a throw',
    () => {
      throw down;
    },
    down,
  ],
  ['a thenable', () => ({ then: (resolve: (value: number) => void) => resolve(7) }), 7],
  [
    'a thenable that throws',
    () => ({
      then() {
        throw down;
      },
    }),
    down,
  ],
  ['a promise of a class of its own', () => Own.resolve(7), 7],
  ['a promise with a then of its own', () => Object.assign(Promise.resolve(1), { then: answersTwice }), 7],
  ['a proxy of a promise', () => new Proxy(Promise.resolve(1), {}), TypeError],
  ['what only inherits from a promise', () => Object.create(Promise.resolve(1)) as unknown, TypeError],
];

function answersTwice(ok: (value: number) => void, failed: (error: unknown) => void): void {
  ok(7);
  failed(down);
}

const policies: readonly [name: string, make: () => { policy: Policy; left: () => unknown }][] = [
  ['retry', () => ({ policy: retry({ maxAttempts: 1 }), left: () => undefined })],
  ['timeout', () => ({ policy: timeout(60_000), left: () => undefined })],
  [
    'CircuitBreaker',
    () => {
      const breaker = new CircuitBreaker({ trip: consecutiveFailures(1) });
      return { policy: breaker, left: () => breaker.state };
    },
  ],
  [
    'Bulkhead',
    () => {
      const bulkhead = new Bulkhead({ maxConcurrent: 1 });
      return { policy: bulkhead, left: () => bulkhead.running };
    },
  ],
  [
    'RateLimiter',
    () => {
      const limiter = new RateLimiter({ limit: 1, interval: 1e9, burst: 1 });
      return { policy: limiter, left: () => Math.round(limiter.available * 1e3) };
    },
  ],
];

const seen = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((error: unknown) => (error instanceof TypeError ? TypeError : error));

describe.each(policies)('the short way of a %s that stands alone', (_, make) => {
  it.each(outcomes)('comes out as the long one: %s', async (__, fn, outcome) => {
    const [short, long, listening] = [make(), make(), make()];

    const came = [
      await seen(short.policy.execute(fn)),
      await seen(pipeline(timeout(Infinity), long.policy).execute(fn)),
      await seen(listening.policy.execute(fn, { signal: new AbortController().signal })),
    ];

    expect(came).toEqual([outcome, outcome, outcome]);
    expect([short.left(), listening.left()]).toEqual([long.left(), long.left()]);
  });

  it('gives a promise of its own', () => {
    const promise = Promise.resolve(7);

    expect(make().policy.execute(() => promise)).not.toBe(promise);
  });
});

describe('a rate limiter whose clock fails', () => {
  it('rejects, and does not throw', async () => {
    const clock: Clock = { now: () => 0, setTimer: () => () => {} };
    const limiter = new RateLimiter({ limit: 1, interval: 1, clock });
    clock.now = () => {
      throw down;
    };

    expect(await rejection(limiter.execute(() => 7))).toBe(down);
  });
});

describe('the context of a retry that stands alone', () => {
  it('shares one bound of retries with all that are nested in it, whenever they ask', async () => {
    const inner = retry({ maxAttempts: 30, baseDelay: 0 });
    const contexts: CallContext[] = [];
    let calls = 0;
    const failing = (): Promise<never> => (calls++, fails());

    await retry({ maxAttempts: 2, baseDelay: 0 }).execute(async (context) => {
      contexts.push(context);
      if (context.attempt === 1) throw down;
      await rejection(inner.execute(failing, contexts[0]));
      await rejection(inner.execute(failing, context));
    });

    // Two calls, and ten retries of both together.
    expect(calls).toBe(12);
  });
});

describe('the signal of a call', () => {
  const storage = new AsyncLocalStorage<string>();
  afterEach(() => vi.restoreAllMocks());

  it('is heard in the async context of the call, wherever it has been read', async () => {
    const controller = new AbortController();
    const contexts: (string | undefined)[] = [];
    const giveUp = (): void => void contexts.push(storage.getStore());
    const call = storage.run('outer', () =>
      retry({ on: { giveUp } }).execute((context) => storage.run('inner', () => (void context.signal, never())), {
        signal: controller.signal,
      }),
    );

    await turns();
    controller.abort('stop');

    expect([await rejection(call), contexts]).toEqual(['stop', ['outer']]);
  });

  it('ends the call where it cannot be listened to', async () => {
    const signal = Object.assign(new EventTarget(), { aborted: false, reason: undefined }) as unknown as AbortSignal;
    vi.spyOn(signal, 'addEventListener').mockImplementation(() => {
      throw down;
    });

    const error = rejection(retry().execute(never, { signal }));

    expect(await error).toBe(down);
  });

  it('keeps a fallback from standing in for a call that was aborted on its way out', async () => {
    const controller = new AbortController();
    const substitute = vi.fn();
    const breaker = new CircuitBreaker({
      isFailureResult() {
        throw down;
      },
    });
    const isHandled = (): boolean => (controller.abort('stop'), true);
    const policy = pipeline(fallback(substitute, { isHandled }), breaker);

    const error = await rejection(policy.execute(() => 1, { signal: controller.signal }));

    expect([error, substitute.mock.calls]).toEqual(['stop', []]);
  });

  it('keeps a retry from asking about a result that came after the abort', async () => {
    const controller = new AbortController();
    const isRetryableResult = vi.fn(() => false);
    const inner = new CircuitBreaker({ isFailureResult: () => (controller.abort('stop'), false) });

    const error = await rejection(
      pipeline(retry({ isRetryableResult }), inner).execute(() => 1, { signal: controller.signal }),
    );

    expect([error, isRetryableResult.mock.calls]).toEqual(['stop', []]);
  });
});

describe('a timeout alone', () => {
  const storage = new AsyncLocalStorage<string>();
  const timers = (): number => process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length;

  it('sets no timer for a call that settles in its first turn, and leaves none for one that outlives it', async () => {
    const policy = timeout(60_000);
    const before = timers();
    const counts: number[] = [];
    let end!: (value: number) => void;

    const quick = policy.execute(() => 7);
    counts.push(timers());
    const slow = policy.execute(() => new Promise((resolve) => (end = resolve)));
    await turns();
    counts.push(timers());
    end(8);

    expect([await quick, await slow]).toEqual([7, 8]);
    expect([...counts, timers()]).toEqual([before, before + 1, before]);
  });

  it('measures from the call, though it waits only once that has outlived its first turn', async () => {
    const order: unknown[] = [];
    const call = rejection(timeout(20).execute(never)).then((error) => order.push((error as Error).name));

    for (const start = performance.now(); performance.now() - start < 25;);
    await Promise.all([call, new Promise((resolve) => setTimeout(resolve, 10)).then(() => order.push('10 ms later'))]);

    expect(order).toEqual(['TimeoutError', '10 ms later']);
  });

  it('knows at once how much is left', async () => {
    let left = 0;

    await timeout(60_000).execute(({ remaining }) => {
      left = remaining;
    });

    expect([left > 0, left <= 60_000]).toEqual([true, true]);
  });

  it('expires in the async context of the call', async () => {
    const contexts: unknown[] = [];
    const policy = timeout(5, { on: { timeout: () => contexts.push(storage.getStore()) } });

    const error = await rejection(
      storage.run('outer', () =>
        policy.execute((context) => storage.run('inner', () => (void context.remaining, never()))),
      ),
    );

    expect([(error as Error).name, contexts]).toEqual(['TimeoutError', ['outer']]);
  });

  it('begins with the machine where most calls outlive their first turn, and finds out when they no longer do', async () => {
    const policy = timeout(60_000);
    const { signal } = new AbortController();
    const listen = vi.spyOn(signal, 'addEventListener');
    const atOnce: boolean[] = [];
    const call = async (fn: () => unknown): Promise<void> => {
      listen.mockClear();
      const made = policy.execute(fn, { signal });
      atOnce.push(listen.mock.calls.length > 0);
      await made;
    };

    for (let slow = 0; slow < 64; slow++) await call(turns);
    const slow = atOnce.splice(0);
    for (let quick = 0; quick < 20; quick++) await call(() => 7);

    expect(slow).not.toContain(true);
    expect(atOnce).toEqual([...Array.from({ length: 15 }, () => true), ...Array.from({ length: 5 }, () => false)]);
  });

  it('ends its calls again after faked timers have come between a call and its second turn', async () => {
    const policy = timeout(20);
    const lost = policy.execute(never);
    vi.useFakeTimers();
    await turns();
    vi.useRealTimers();

    const errors = await Promise.all([rejection(lost), rejection(policy.execute(never))]);

    expect(errors.map((error) => (error as Error).name)).toEqual(['TimeoutError', 'TimeoutError']);
  });

  it('ends its later calls after one was left waiting under faked timers', async () => {
    const policy = timeout(20);
    vi.useFakeTimers();
    void policy.execute(never).catch(() => {});
    vi.useRealTimers();

    const error = await rejection(policy.execute(never));

    expect((error as Error).name).toBe('TimeoutError');
  });

  it('has nothing left to say of the time once the call is over', async () => {
    const context = await timeout(60_000).execute((context) => context);

    expect([context.remaining, context.signal.aborted]).toEqual([Infinity, false]);
  });
});

describe('a policy alone under a signal', () => {
  afterEach(() => vi.restoreAllMocks());

  it('puts no listener on it for an attempt that settles in its first turn', async () => {
    const { signal } = new AbortController();
    const listen = vi.spyOn(signal, 'addEventListener');

    const values = [await retry().execute(() => 7, { signal }), await retry().execute(async () => 8, { signal })];

    expect([values, listen.mock.calls]).toEqual([[7, 8], []]);
  });

  it('gives its reason where another listener has kept the abort from it, and the attempt has failed', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    signal.addEventListener('abort', (event) => event.stopImmediatePropagation());
    let fail!: (error: unknown) => void;
    const call = rejection(retry().execute(() => new Promise((_, reject) => (fail = reject)), { signal }));

    await turns();
    controller.abort('stop');
    fail(down);

    expect(await call).toBe('stop');
  });

  it('heeds none that its options only inherit', async () => {
    const controller = new AbortController();
    const call = retry().execute(async () => 7, Object.create({ signal: controller.signal }) as object);

    controller.abort('stop');

    expect(await call).toBe(7);
  });

  it('listens to it while an attempt outlives that', async () => {
    const { signal } = new AbortController();
    const listeners = (): number => getEventListeners(signal, 'abort').length;
    let end!: (value: number) => void;
    const call = retry().execute(() => new Promise((resolve) => (end = resolve)), { signal });

    await turns();
    const under = listeners();
    end(7);

    expect([await call, under, listeners()]).toEqual([7, 1, 0]);
  });

  it('is given up by an abort in the very stretch of code that has made the call', async () => {
    const controller = new AbortController();
    const giveUp = vi.fn();
    const call = retry({ on: { giveUp } }).execute(async () => 7, { signal: controller.signal });

    controller.abort('stop');

    expect(await rejection(call)).toBe('stop');
    expect(giveUp.mock.calls).toEqual([
      [{ error: 'stop', value: undefined, attempts: 1, delays: [], reason: 'aborted' }],
    ]);
  });

  it('hands an abort on at once to a function that has asked for its signal', async () => {
    const controller = new AbortController();
    let own!: AbortSignal;
    const call = rejection(
      retry().execute(
        (context) => {
          own = context.signal;
          return 7;
        },
        { signal: controller.signal },
      ),
    );

    controller.abort('stop');

    expect([own.aborted, own.reason, await call]).toEqual([true, 'stop', 'stop']);
  });

  it('puts none on for a context that is asked when the call is over', async () => {
    const { signal } = new AbortController();
    const listen = vi.spyOn(signal, 'addEventListener');
    const context = await retry().execute((context) => context, { signal });

    const { aborted } = context.signal;

    expect([aborted, context.remaining, listen.mock.calls]).toEqual([false, Infinity, []]);
  });

  it.each([
    ['at once', 0],
    ['a turn later', 1],
  ])(
    'begins nothing more with the context of a call that its function gives up after it has asked: %s',
    async (_, wait) => {
      const controller = new AbortController();
      const inner = vi.fn();
      const seen: unknown[] = [];
      const call = retry().execute(
        async (context) => {
          for (let turn = 0; turn < wait; turn++) await undefined;
          void context.signal;
          controller.abort('stop');
          seen.push(context.signal.reason, context.remaining);
          await rejection(timeout(60_000).execute(inner, context));
        },
        { signal: controller.signal },
      );

      expect([await rejection(call), seen, inner.mock.calls]).toEqual(['stop', ['stop', 0], []]);
    },
  );

  it('has no time left for a function that has given it up', async () => {
    const controller = new AbortController();
    const left: number[] = [];
    const call = retry().execute(
      (context) => {
        controller.abort('stop');
        left.push(context.remaining, context.remaining);
      },
      { signal: controller.signal },
    );

    expect([await rejection(call), left]).toEqual(['stop', [0, 0]]);
  });

  it('makes no further attempt of a call whose signal cannot be listened to', async () => {
    const { signal } = new AbortController();
    const fn = vi.fn(async () => {
      await turns();
      throw new Error('failed');
    });
    vi.spyOn(signal, 'addEventListener').mockImplementation(() => {
      throw down;
    });

    const error = await rejection(retry({ baseDelay: 0 }).execute(fn, { signal }));
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 1));

    expect([error, fn.mock.calls.length]).toEqual([down, 1]);
  });

  it.each([
    ['live', () => new AbortController().signal],
    ['aborted', () => AbortSignal.abort('stop')],
    ['made by hand', () => Object.assign(new EventTarget(), { aborted: false, reason: undefined })],
    ['none', () => undefined],
    ['wrong', () => 7],
  ])('reads its options once: a signal that is %s', async (_, make) => {
    let reads = 0;
    const options = {
      get signal() {
        reads++;
        return make() as AbortSignal;
      },
    };

    await retry()
      .execute(() => 7, options)
      .catch(() => {});
    await pipeline(timeout(60_000), retry())
      .execute(() => 7, options)
      .catch(() => {});

    expect(reads).toBe(2);
  });

  it('gives up at once what was called with its context', async () => {
    const controller = new AbortController();
    const bulkhead = new Bulkhead({ maxConcurrent: 1, releaseOn: 'timeout' });
    const call = rejection(
      retry().execute((context) => bulkhead.execute(never, context), { signal: controller.signal }),
    );

    const before = bulkhead.running;
    controller.abort('stop');

    expect([before, bulkhead.running, await call]).toEqual([1, 0, 'stop']);
  });

  it('comes out as on the long way, whatever the attempts do and whenever the abort comes', async () => {
    const attempts = fc.array(
      fc.record({
        turns: fc.nat(4),
        ok: fc.boolean(),
        sync: fc.boolean(),
        asks: fc.constantFrom('never', 'at once', 'later'),
        aborts: fc.integer({ min: 0, max: 9 }).map((drawn) => drawn === 0),
      }),
      { minLength: 1, maxLength: 3 },
    );
    const abort = fc.option(fc.record({ turns: fc.nat(6), ms: fc.constantFrom(0, 0, 5, 15) }));
    let aborted = 0;

    const kinds = fc.constantFrom('retry', 'retryCall', 'timeout');
    await fc.assert(
      fc.asyncProperty(attempts, abort, kinds, async (attempts, abort, kind) => {
        const told = async (way: 'short' | 'long'): Promise<unknown> => {
          const clock = new VirtualClock();
          const controller = new AbortController();
          const { signal } = controller;
          const events: unknown[] = [];
          let calls = 0;
          const fn = (context: CallContext): unknown => {
            const { turns, ok, sync, asks, aborts } = attempts[Math.min(++calls, attempts.length) - 1]!;
            const own = `the signal of attempt ${calls}`;
            const ask = (): void => context.signal.addEventListener('abort', () => events.push(own));
            const give = (): unknown => {
              if (aborts) controller.abort('by the function');
              if (asks !== 'never') events.push([context.signal.aborted, context.remaining > 0]);
              if (ok) return calls;
              throw down;
            };
            if (asks === 'at once') ask();
            if (sync) return give();
            return (async () => {
              for (let turn = 0; turn < turns; turn++) await undefined;
              if (asks === 'later') ask();
              return give();
            })();
          };
          const on = { retry: (event: object) => events.push(event), giveUp: (event: object) => events.push(event) };
          const options = { clock, random: () => 0.5, on };
          // A context takes the long way, whatever is in it.
          const context = { signal, attempt: 1, remaining: Infinity };
          const call =
            kind === 'retryCall'
              ? retryCall(fn, 3, 10, { ...options, ...(way === 'short' ? { signal } : { context }) })
              : (kind === 'retry' ? retry({ maxAttempts: 3, baseDelay: 20, ...options }) : timeout(60_000)).execute(
                  fn,
                  way === 'short' ? { signal } : context,
                );
          const out = call.then(
            (value) => ['value', value],
            (error: unknown) => ['error', error],
          );
          if (abort?.ms === 0) {
            for (let turn = 0; turn < abort.turns; turn++) await undefined;
            controller.abort('by the caller');
          }
          await clock.advance(abort?.ms ?? 0);
          if (abort) controller.abort('by the caller');
          await clock.runAll();
          aborted += Number(signal.aborted);
          return [await out, calls, events, getEventListeners(signal, 'abort').length, clock.pending];
        };
        const [short, long] = [await told('short'), await told('long')];

        expect(short).toEqual(long);
      }),
      { numRuns: 1_000 },
    );
    expect(aborted).toBeGreaterThan(100);
  });
});

describe('a context of another make', () => {
  it('keeps its deadline, though only its signal is its own', async () => {
    class Foreign {
      signal = new AbortController().signal;
      get attempt(): number {
        return 3;
      }
      get remaining(): number {
        return 7;
      }
    }
    const clock = new VirtualClock();

    const left = await retry({ clock }).execute(({ remaining }) => remaining, new Foreign());

    expect(left).toBe(7);
  });
});
