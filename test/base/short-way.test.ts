// oxlint-disable unicorn/no-thenable -- hostile values are what these tests are about
import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  Bulkhead,
  CircuitBreaker,
  consecutiveFailures,
  fallback,
  pipeline,
  RateLimiter,
  retry,
  timeout,
  type CallContext,
  type Clock,
  type Policy,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { rejection } from '../rejection.ts';

const down = new Error('down');
const fails = (): Promise<never> => Promise.reject(down);
const never = (): Promise<never> => new Promise(() => {});
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await undefined;
};

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
