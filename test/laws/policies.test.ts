// oxlint-disable unicorn/no-thenable -- hostile values are what these tests are about
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  AdaptiveLimiter,
  AdaptiveThrottle,
  Bulkhead,
  CircuitBreaker,
  consecutiveFailures,
  constant,
  fallback,
  hedge,
  keyed,
  pipeline,
  quantile,
  RateLimiter,
  retry,
  RetryBudget,
  retryCall,
  sleeperOf,
  standard,
  timeout,
  type Clock,
  type Guarded,
  type Keyed,
  type Policy,
} from 'holdfast';
import { policyLaws, recordingSleeper, seededRandom, VirtualClock, type PolicyDependencies } from 'holdfast/testing';

/** A policy made elsewhere, that hands the context on. */
const foreign: Policy = {
  execute: async (fn, options) => fn(options as never),
};
/** One that hands nothing on. */
const careless: Policy = {
  execute: (fn) => Promise.resolve().then(() => fn(undefined as never)),
};

/** What the fallbacks here give instead of an error. */
const SUBSTITUTE = { instead: 'of an error' };

// A new policy is one more line here, and inherits every law.
const POLICIES: readonly (readonly [name: string, make: (dependencies: PolicyDependencies) => Policy<unknown>])[] = [
  ['pipeline()', () => pipeline()],
  ['retry()', (given) => retry(given)],
  ['retry({ maxAttempts: 1 })', (given) => retry({ ...given, maxAttempts: 1 })],
  ['retry({ backoff })', (given) => retry({ ...given, maxAttempts: 5, backoff: constant(), baseDelay: 7 })],
  ['retry({ baseDelay: 0 })', (given) => retry({ ...given, baseDelay: 0 })],
  ['retry({ budget })', (given) => retry({ ...given, budget: new RetryBudget({ burst: 1 }) })],
  ['retry({ maxElapsed })', (given) => retry({ ...given, maxAttempts: Infinity, maxElapsed: 120 })],
  ['retry({ sleep })', (given) => retry({ ...given, sleep: sleeperOf(given.clock) })],
  ['retry({ isRetryableResult })', (given) => retry({ ...given, isRetryableResult: ({ attempt }) => attempt < 2 })],
  ['timeout()', (given) => timeout(60, timed(given))],
  ['timeout(0)', (given) => timeout(0, timed(given))],
  ['new CircuitBreaker()', (given) => new CircuitBreaker(given)],
  ['new CircuitBreaker({ trip })', (given) => new CircuitBreaker({ ...given, trip: consecutiveFailures(1) })],
  ['new CircuitBreaker({ slowCallDuration })', (given) => new CircuitBreaker({ ...given, slowCallDuration: 20 })],
  ['retry, timeout', (given) => pipeline(retry(given), timeout(60, timed(given)))],
  ['timeout, retry', (given) => pipeline(timeout(60, timed(given)), retry(given))],
  ['retry, breaker', (given) => pipeline(retry(given), new CircuitBreaker({ ...given, trip: consecutiveFailures(2) }))],
  [
    'the whole order',
    (given) => pipeline(timeout(250, timed(given)), retry(given), new CircuitBreaker(given), timeout(60, timed(given))),
  ],
  ['retry in a retry', (given) => pipeline(retry(given), retry({ ...given, allowNestedRetry: true }))],
  [
    'pipeline in a pipeline',
    (given) => pipeline(pipeline(timeout(250, timed(given))), pipeline(retry(given), pipeline())),
  ],
  ['a foreign policy', () => pipeline(foreign)],
  ['a careless foreign policy', () => pipeline(careless)],
  ['a foreign policy inside', (given) => pipeline(retry(given), foreign)],
  ['a foreign policy between', (given) => pipeline(timeout(250, timed(given)), foreign, retry(given))],
  [
    'foreign policies all over',
    (given) => pipeline(careless, retry(given), foreign, timeout(60, timed(given)), careless),
  ],
  ['new Bulkhead()', (given) => new Bulkhead({ ...timed(given), maxConcurrent: 1 })],
  ['new Bulkhead({ maxQueued })', (given) => new Bulkhead({ ...timed(given), maxConcurrent: 1, maxQueued: 5 })],
  [
    'new Bulkhead({ maxWait })',
    (given) => new Bulkhead({ ...timed(given), maxConcurrent: 1, maxQueued: 5, maxWait: 3 }),
  ],
  [
    "new Bulkhead({ releaseOn: 'timeout' })",
    (given) => new Bulkhead({ ...timed(given), maxConcurrent: 1, maxQueued: 5, releaseOn: 'timeout' }),
  ],
  ['new RateLimiter()', (given) => new RateLimiter({ ...timed(given), limit: 1, interval: 30 })],
  [
    'new RateLimiter({ maxQueued })',
    (given) => new RateLimiter({ ...timed(given), limit: 1, interval: 30, maxQueued: 5, maxWait: 40 }),
  ],
  [
    'new RateLimiter({ calls })',
    (given) => {
      const calls = { limit: 1, interval: 20 };
      return new RateLimiter({ ...timed(given), limit: 100, interval: 1_000, cost: 40, calls, maxQueued: 5 });
    },
  ],
  [
    'new RateLimiter({ actualCost })',
    (given) =>
      new RateLimiter({ ...timed(given), limit: 10, interval: 100, cost: 5, actualCost: () => 7, maxQueued: 5 }),
  ],
  ['new AdaptiveLimiter()', (given) => new AdaptiveLimiter(timed(given))],
  [
    'new AdaptiveLimiter({ max, target, maxQueued, maxWait })',
    (given) => new AdaptiveLimiter({ ...timed(given), max: 1, target: 10, maxQueued: 5, maxWait: 30 }),
  ],
  ['new AdaptiveThrottle()', (given) => new AdaptiveThrottle(given)],
  ['new AdaptiveThrottle({ k, window })', (given) => new AdaptiveThrottle({ ...given, k: 1, window: 100 })],
  ['hedge()', (given) => hedge({ ...timed(given), delay: 20 })],
  ['hedge({ delay: 0 })', (given) => hedge({ ...timed(given), delay: 0 })],
  ['hedge({ delay: a function })', (given) => hedge({ ...timed(given), delay: ({ attempt }) => attempt * 5 })],
  ['hedge({ delay: a quantile })', (given) => hedge({ ...timed(given), delay: quantile(0.9, { initial: 20 }) })],
  ['hedge({ maxHedges })', (given) => hedge({ ...timed(given), delay: 20, maxHedges: 2 })],
  ['hedge({ budget })', (given) => hedge({ ...timed(given), delay: 20, budget: new RetryBudget({ burst: 1 }) })],
  ['hedge({ isHedgeable })', (given) => hedge({ ...timed(given), delay: 20, isHedgeable: () => false })],
  ['fallback()', () => fallback(SUBSTITUTE)],
  ['fallback(a function)', () => fallback(async () => SUBSTITUTE)],
  [
    'fallback(a function that waits)',
    ({ clock }) => fallback(({ context }) => sleeperOf(clock)(5, context.signal).then(() => SUBSTITUTE)),
  ],
  ['fallback({ isHandled })', () => fallback(SUBSTITUTE, { isHandled: () => false })],
  ['standard()', (given) => standard(given)],
  [
    'standard() with all its parts',
    (given) =>
      standard({
        ...given,
        fallback: fallback(SUBSTITUTE),
        timeout: 250,
        hedge: { delay: 20 },
        rateLimiter: { limit: 2, interval: 20, maxQueued: 5 },
        bulkhead: { maxConcurrent: 1, maxQueued: 5 },
        attemptTimeout: 60,
      }),
  ],
  ['keyed().get()', (given) => keyed(() => new CircuitBreaker(given), timed(given)).get('key')],
  ['keyed().get() of a pipeline', (given) => keyed(() => pipeline(retry(given), timeout(60, timed(given)))).get('key')],
  ['keyed()', (given) => everyKey(keyed(() => new Bulkhead({ ...timed(given), maxConcurrent: 1 }), timed(given)))],
  [
    'retry, bulkhead, timeout',
    (given) =>
      pipeline(
        retry(given),
        new Bulkhead({ ...timed(given), maxConcurrent: 1, maxQueued: 5 }),
        timeout(20, timed(given)),
      ),
  ],
  [
    'timeout, retry, rate limiter',
    (given) =>
      pipeline(
        timeout(250, timed(given)),
        retry({ ...given, baseDelay: 1 }),
        new RateLimiter({ ...timed(given), limit: 1, interval: 30, maxQueued: 1 }),
      ),
  ],
  [
    'retry, throttle, adaptive limiter',
    (given) =>
      pipeline(
        retry({ ...given, maxAttempts: 6, baseDelay: 1 }),
        new AdaptiveThrottle({ ...given, k: 1 }),
        new AdaptiveLimiter({ ...timed(given), maxQueued: 5 }),
      ),
  ],
  [
    'retry, hedge, bulkhead',
    (given) =>
      pipeline(
        retry(given),
        hedge({ ...timed(given), delay: 20 }),
        new Bulkhead({ ...timed(given), maxConcurrent: 1, maxQueued: 5, maxWait: 10 }),
      ),
  ],
  ['hedge in a hedge', (given) => pipeline(...[5, 3].map((delay) => hedge({ ...timed(given), delay })))],
  [
    'fallback, timeout, foreign, hedge, bulkhead',
    (given) =>
      pipeline(
        fallback(SUBSTITUTE),
        timeout(60, timed(given)),
        foreign,
        hedge({ ...timed(given), delay: 20 }),
        new Bulkhead({ ...timed(given), maxConcurrent: 1, maxQueued: 5 }),
      ),
  ],
];

/** Those that give something else instead of an error. */
const FALLBACKS: ReadonlySet<string> = new Set([
  'fallback()',
  'fallback(a function)',
  'fallback(a function that waits)',
  'standard() with all its parts',
  'fallback, timeout, foreign, hedge, bulkhead',
]);
/** How a policy may say that it did not make another attempt. */
const REFUSALS: readonly string[] = ['CircuitOpenError', 'BulkheadFullError', 'RateLimitedError', 'ThrottledError'];

const RUNS = 300;
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeAll(() => void process.on('unhandledRejection', note));
afterAll(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
  console.log(`policy laws: ${POLICIES.length} policies, ${POLICIES.length * RUNS} property runs`);
});

describe.each(POLICIES)('%s', (name, make) => {
  const standsIn = FALLBACKS.has(name);

  it(`keeps what every policy promises, in ${RUNS} scripts`, async () => {
    const laws = policyLaws((given) => plain(make(given)), { runs: RUNS });

    await expect(laws).resolves.toBeUndefined();
  });

  it('does the same with a value, a promise and a thenable', async () => {
    const forms: readonly Guarded<string>[] = [
      () => 'value',
      async () => 'value',
      () => Promise.resolve('value'),
      () => thenable((resolve) => resolve('value')),
      () => thenable((resolve) => queueMicrotask(() => resolve('value'))),
    ];

    const outcomes = await Promise.all(forms.map((form) => outcomeOf(make, form)));

    expect(outcomes[0]).toMatchObject({ ok: true, value: 'value' });
    expect(outcomes).toEqual(forms.map(() => outcomes[0]));
  });

  it('does the same with a throw, a rejection and a rejecting thenable', async () => {
    const error = new Error('down');
    const forms: readonly Guarded<never>[] = [
      () => {
        throw error;
      },
      async () => {
        throw error;
      },
      () => Promise.reject(error),
      () => thenable<never>((_, reject) => reject(error)),
      () =>
        thenable<never>(() => {
          throw error;
        }),
    ];

    const outcomes = await Promise.all(forms.map((form) => outcomeOf(make, form)));

    expect(outcomes[0]).toMatchObject(standsIn ? { ok: true, value: SUBSTITUTE } : { ok: false });
    expect(outcomes).toEqual(forms.map(() => outcomes[0]));
  });

  it.each(hostileReturns())('comes out as await would with $what', async ({ returns }) => {
    const settled = settle(make, returns);
    const awaited = await (async () => returns(undefined as never))().then(
      (value) => ({ ok: true, value }),
      (value: unknown) => ({ ok: false, value }),
    );

    const outcome = await settled;

    const { value } = outcome;
    if (standsIn && !awaited.ok) {
      expect(outcome).toEqual({ ok: true, value: SUBSTITUTE });
      return;
    }
    expect(outcome.ok).toBe(awaited.ok);
    for (const each of gatheredIn(value).filter((each) => !Object.is(each, awaited.value))) {
      expect(each).toBeInstanceOf(Error);
      expect(REFUSALS).toContain((each as Error).name);
    }
  });

  it('gives the reason of an abort, whatever that is, before the call, in it, and in a wait', async () => {
    const reasons = [new Error('stop'), Object.freeze(new Error('stop')), {}, 'stop', 0, null, Symbol('stop')];
    const fns: readonly Guarded<unknown>[] = [() => new Promise(() => {}), () => Promise.reject(new Error('down'))];

    for (const reason of reasons) {
      for (const fn of fns) {
        for (const at of [0, 1, 10]) {
          const { policy, clock } = made(make);
          const controller = new AbortController();
          if (!at) controller.abort(reason);
          let calls = 0;
          const seen: unknown[] = [];
          const counted: Guarded<unknown> = (context) => (calls++, fn(context));
          policy.execute(counted, { signal: controller.signal }).then(
            () => seen.push('a value'),
            (error: unknown) => seen.push(error),
          );
          await clock.advance(at);
          // What has failed for good by then is no call any more.
          if (at && seen.length) continue;
          controller.abort(reason);
          await clock.advance(0);
          expect(seen).toEqual([reason]);
          expect(Object.is(seen[0], reason)).toBe(true);
          if (!at) expect(calls).toBe(0);
          expect(clock.pending).toBe(0);
          expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
        }
      }
    }
  });

  it('gives undefined as the reason of an abort of a signal that has none', async () => {
    const { policy, clock } = made(make);
    const signal = new HandMadeSignal();
    const seen: unknown[] = [];

    policy
      .execute(() => new Promise(() => {}), { signal: signal.asSignal() })
      .catch((error: unknown) => seen.push(error));
    await Promise.resolve();
    signal.abort();
    await clock.advance(0);

    expect(seen).toEqual([undefined]);
    expect(clock.pending).toBe(0);
    expect(signal.listeners.size).toBe(0);
  });

  it('gives the reason of an abort that fn itself brings about, whatever it then does', async () => {
    const reason = Symbol('reason');
    const endings: readonly (() => unknown)[] = [
      () => 'value',
      () => Promise.reject(new Error('late')),
      () => {
        throw new Error('late');
      },
    ];

    const outcomes = endings.map(async (ending) => {
      const controller = new AbortController();
      const { policy, clock } = made(make);
      const settled = policy
        .execute(() => (controller.abort(reason), ending()), { signal: controller.signal })
        .catch((error: unknown) => error);
      await clock.runAll();
      return settled;
    });

    expect(await Promise.all(outcomes)).toEqual([reason, reason, reason]);
  });

  it('keeps the async context of each call', async () => {
    const storage = new AsyncLocalStorage<string>();
    const { policy, clock } = made(make);
    const seen: string[] = [];
    const start = (call: string): Promise<unknown> =>
      storage.run(call, () =>
        policy
          .execute(async () => {
            seen.push(`${call}: ${storage.getStore()}`);
            await sleeperOf(clock)(5);
            seen.push(`${call}: ${storage.getStore()}`);
            throw new Error(call);
          })
          .catch(() => void seen.push(`${call}: ${storage.getStore()}`)),
      );

    const calls = ['one', 'two', 'three'].map(start);
    await clock.runAll();
    await Promise.all(calls);

    expect(new Set(seen)).toEqual(new Set(['one: one', 'two: two', 'three: three']));
  });

  it('drops what an attempt does after it was given up', async () => {
    const { policy, clock } = made(make);
    const controller = new AbortController();
    const late: Guarded<never> = () =>
      new Promise((_, reject) => clock.setTimer(1_000, () => reject(new Error('too late'))));

    const settled = policy.execute(late, { signal: controller.signal }).catch((error: unknown) => error);
    await clock.advance(1);
    controller.abort('enough');
    await clock.runAll();
    await clock.advance(5_000);

    expect([await settled].filter((value) => value !== 'enough').map((error) => (error as Error).name)).toEqual(
      (await settled) === 'enough' ? [] : ['TimeoutError'],
    );
    expect(unhandled).toEqual([]);
  });

  it('never throws, also where its arguments are wrong', async () => {
    const { policy } = made(make);
    const wrong = [undefined, null, 'fn', {}] as unknown as Guarded<unknown>[];

    const errors = await Promise.all(wrong.map((fn) => policy.execute(fn).catch((error: unknown) => error)));

    expect(errors.map(String)).toEqual([
      'TypeError: Cannot execute a call: expected fn to be a function, got undefined',
      'TypeError: Cannot execute a call: expected fn to be a function, got null',
      'TypeError: Cannot execute a call: expected fn to be a function, got "fn"',
      'TypeError: Cannot execute a call: expected fn to be a function, got a value of type object',
    ]);
  });
});

describe('a pipeline with a foreign policy in it', () => {
  it('refuses a wrong fn before anything is called', async () => {
    const clock = new VirtualClock();
    let calls = 0;
    const counting: Policy = { execute: (fn, options) => (calls++, foreign.execute(fn, options)) };
    const policy = pipeline(fallback('instead'), hedge({ clock, delay: 20 }), counting);

    const settled = policy.execute(undefined as never).catch(String);
    await clock.runAll();

    expect([await settled, calls]).toEqual([
      'TypeError: Cannot execute a call: expected fn to be a function, got undefined',
      0,
    ]);
  });
});

describe('an abort', () => {
  const points = ['isRetryable', 'backoff', 'retryAfter', 'observer', 'sleep'] as const;

  describe.each(points)('given one inside %s', (point) => {
    it('ends the call with its reason, leaves no timer and pays for nothing', async () => {
      const reason = Symbol('reason');
      const controller = new AbortController();
      const clock = new VirtualClock();
      const budget = new RetryBudget({ ratio: 0, burst: 1 });
      const abortAt = (here: string): void => {
        if (here === point) controller.abort(reason);
      };
      let calls = 0;
      const policy = retry({
        clock,
        budget,
        isRetryable: () => (abortAt('isRetryable'), true),
        backoff: () => (abortAt('backoff'), 100),
        retryAfter: () => (abortAt('retryAfter'), undefined),
        on: { retry: () => abortAt('observer') },
        sleep: (delay, signal) => (abortAt('sleep'), sleeperOf(clock)(delay, signal)),
      });

      const settled = policy
        .execute(() => Promise.reject(new Error(`down ${++calls}`)), { signal: controller.signal })
        .catch((error: unknown) => error);
      await clock.runAll();

      expect(await settled).toBe(reason);
      expect({ calls, available: budget.available, pending: clock.pending }).toEqual({
        calls: 1,
        available: 1,
        pending: 0,
      });
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });
  });
});

describe('a hint of a server', () => {
  it.each([Infinity, Number.MAX_VALUE])(
    'of %d ms, where hints may be that long, never makes a delay of NaN',
    async (hint) => {
      const sleep = recordingSleeper();
      const hints = { retryAfter: () => hint, maxRetryAfter: Infinity, random: () => 0, sleep };

      await retryCall(() => Promise.reject(new Error('busy')), 2, 10, hints).catch(() => {});

      expect(sleep.delays.filter(Number.isNaN)).toEqual([]);
    },
  );
});

describe('a chain of zero delays', () => {
  afterEach(() => void vi.useRealTimers());

  it('waits each of them by a timer, so that the event loop goes round in between', async () => {
    vi.useFakeTimers();
    let calls = 0;

    const settled = retryCall(() => Promise.reject(new Error(`${++calls}`)), 4, 0).catch(
      (error: Error) => error.message,
    );
    const trace: number[][] = [];
    for (let turn = 0; turn < 4; turn++) {
      await Promise.resolve()
        .then(() => {})
        .then(() => {})
        .then(() => {})
        .then(() => {});
      trace.push([calls, vi.getTimerCount()]);
      vi.advanceTimersByTime(0);
    }

    expect(trace).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 0],
    ]);
    expect(await settled).toBe('4');
  });

  it('lets other work of the event loop go on', async () => {
    let rounds = 0;
    let over = false;
    const spin = (): void => {
      rounds++;
      if (!over) setImmediate(spin);
    };
    setImmediate(spin);

    await retryCall(() => Promise.reject(new Error('down')), 20, 0).catch(() => {});
    over = true;

    expect(rounds).toBeGreaterThanOrEqual(19);
  });
});

describe('the async context of a call', () => {
  describe('given calls that share the timer of a timeout', () => {
    it('is its own in the observer, and in the listeners of its signal', async () => {
      const storage = new AsyncLocalStorage<string>();
      const clock = new VirtualClock();
      const real: Clock = { now: clock.now, setTimer: (ms, wake) => clock.setTimer(ms, AsyncResource.bind(wake)) };
      const seen: string[] = [];
      const policy = timeout(10, { clock: real, on: { timeout: () => seen.push(`observer: ${storage.getStore()}`) } });
      const start = (call: string): Promise<unknown> =>
        storage.run(call, () =>
          policy
            .execute(({ signal }) => {
              signal.addEventListener('abort', () => seen.push(`${call}: ${storage.getStore()}`));
              return new Promise(() => {});
            })
            .catch(() => {}),
        );

      const calls = ['one', 'two'].map(start);
      await clock.runAll();
      await Promise.all(calls);

      expect(seen).toEqual(['one: one', 'observer: one', 'two: two', 'observer: two']);
    });
  });
});

/** A timeout draws nothing, and refuses what it does not know. */
function timed({ clock }: PolicyDependencies): { clock: Clock } {
  return { clock };
}

/** One policy for all calls, by the way of the keys. */
function everyKey(policies: Keyed): Policy {
  return { execute: (fn, options) => policies.execute('key', fn, options) };
}

/** A policy of which `policyLaws` knows what comes out: a fallback gives its own value instead of an error. */
function plain(policy: Policy<unknown>): Policy<unknown> {
  const stoodIn = <T>(value: T): T => {
    if (value === SUBSTITUTE) throw new RangeError('a fallback stood in');
    return value;
  };
  return { execute: (fn, options) => policy.execute(fn, options).then(stoodIn) };
}

/** The errors that a hedge has gathered, maybe of other hedges; or the one thing itself. */
function gatheredIn(value: unknown): unknown[] {
  if (!(value instanceof AggregateError)) return [value];
  expect(value.errors.length).toBeGreaterThan(1);
  return value.errors.flatMap(gatheredIn);
}

function made(make: (dependencies: PolicyDependencies) => Policy<unknown>): {
  policy: Policy<unknown>;
  clock: VirtualClock;
} {
  const clock = new VirtualClock();
  return { policy: make({ clock, random: seededRandom(1) }), clock };
}

interface Settled {
  readonly ok: boolean;
  readonly value: unknown;
}

async function settle(
  make: (dependencies: PolicyDependencies) => Policy<unknown>,
  fn: Guarded<unknown>,
): Promise<Settled> {
  const { policy, clock } = made(make);
  const settled = policy.execute(fn).then(
    (value) => ({ ok: true, value }),
    (value: unknown) => ({ ok: false, value }),
  );
  await clock.runAll();
  return settled;
}

/** What came out, how many calls it took, and when it was over. */
async function outcomeOf(
  make: (dependencies: PolicyDependencies) => Policy<unknown>,
  fn: Guarded<unknown>,
): Promise<Settled & { calls: number; time: number }> {
  const { policy, clock } = made(make);
  let calls = 0;
  let time = -1;
  const settled = policy
    .execute((context) => (calls++, fn(context)))
    .then(
      (value) => ({ ok: true, value }),
      (value: unknown) => ({ ok: false, value }),
    )
    .finally(() => {
      time = clock.now();
    });
  await clock.runAll();
  return { ...(await settled), calls, time };
}

function thenable<T>(then: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): PromiseLike<T> {
  return { then } as PromiseLike<T>;
}

/** What a function that nobody should write may do. */
function hostileReturns(): { what: string; returns: Guarded<unknown> }[] {
  class OddPromise<T> extends Promise<T> {}
  const fail =
    (error: unknown): Guarded<never> =>
    () => {
      throw error;
    };
  const overridden = (then: unknown): Guarded<unknown> => {
    return () => Object.assign(Promise.resolve('native'), { then }) as Promise<unknown>;
  };
  const shared = new Error('shared');
  return [
    { what: 'a frozen error', returns: fail(Object.freeze(new Error('frozen'))) },
    { what: 'undefined thrown', returns: fail(undefined) },
    { what: 'null thrown', returns: fail(null) },
    { what: 'a number thrown', returns: fail(0) },
    { what: 'a text thrown', returns: fail('down') },
    { what: 'a symbol thrown', returns: fail(Symbol.iterator) },
    { what: 'an object without a prototype thrown', returns: fail(Object.create(null)) },
    { what: 'a function thrown', returns: fail(fail) },
    { what: 'a promise thrown', returns: fail(OddPromise.resolve(1)) },
    { what: 'null returned', returns: () => null },
    { what: 'NaN returned', returns: () => NaN },
    { what: 'a then that is no function', returns: () => DATA },
    { what: 'a thenable that throws', returns: () => thenable(fail(shared) as () => never) },
    { what: 'a thenable that answers twice', returns: () => thenable((resolve) => (resolve(1), resolve(2))) },
    {
      what: 'a thenable that answers both ways',
      returns: () => thenable((resolve, reject) => (resolve(1), reject(2))),
    },
    {
      what: 'a thenable that rejects and resolves',
      returns: () => thenable((resolve, reject) => (reject(shared), resolve(2))),
    },
    {
      what: 'a thenable that answers and throws',
      returns: () => thenable((resolve) => (resolve(1), fail(shared)(CONTEXT))),
    },
    { what: 'a thenable of a thenable', returns: () => thenable((resolve) => resolve(thenable((inner) => inner(3)))) },
    {
      what: 'a callable thenable',
      returns: () => Object.assign(() => {}, { then: (resolve: (value: number) => void) => resolve(4) }),
    },
    {
      what: 'a throwing getter of then',
      returns: () => Object.defineProperty({}, 'then', { get: () => fail(shared)(CONTEXT) }),
    },
    { what: 'a promise of another class', returns: () => OddPromise.resolve('odd') },
    { what: 'a rejection of another class', returns: () => OddPromise.reject(shared) },
    {
      what: 'a promise with a then of its own',
      returns: overridden((resolve: (value: string) => void) => resolve('own')),
    },
    {
      what: 'a promise whose own then rejects',
      returns: overridden((_: unknown, reject: (error: unknown) => void) => reject(shared)),
    },
    {
      what: 'a promise whose own then answers twice',
      returns: overridden((resolve: (value: string) => void) => (resolve('once'), resolve('twice'))),
    },
    { what: 'a promise whose own then throws', returns: overridden(fail(shared)) },
  ];
}

const CONTEXT = undefined as never;
const DATA = { then: 'not callable' };

/** A signal that somebody wrote by hand, without a reason. */
class HandMadeSignal {
  aborted = false;
  readonly listeners = new Set<() => void>();
  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.add(listener);
  }
  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.delete(listener);
  }
  abort(): void {
    this.aborted = true;
    for (const listener of this.listeners) listener();
  }
  asSignal(): AbortSignal {
    return this as unknown as AbortSignal;
  }
}
