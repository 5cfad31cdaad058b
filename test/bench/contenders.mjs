// Who takes part: for each library a function for each kind of policy, which gives a function that makes one call. A
// library is loaded only in the process that measures it.

import { work } from './work.mjs';

const execute = (policy) => (fn) => policy.execute(fn);
const fails = () => Promise.reject(work.error);

/** A breaker that has been opened by failures. */
async function tripped(call, failures = 10) {
  for (let time = 0; time < failures; time++) await call(fails).catch(() => {});
  return call;
}

const lib = () => import('../../dist/index.js');

/** holdfast, as built. */
export const holdfast = {
  retry: async (options) => execute((await lib()).retry({ maxAttempts: 4, ...options })),
  retryCall: async () => {
    const { retryCall } = await lib();
    return async (fn) => (await retryCall(fn, 4, 100)).value;
  },
  retryWithSignal: async (given) => {
    const policy = (await lib()).retry({ maxAttempts: 4, ...given });
    const options = { signal: work.signal };
    return (fn) => policy.execute(fn, options);
  },
  consecutive: async (openDuration = 30_000) => {
    const { CircuitBreaker, consecutiveFailures } = await lib();
    return execute(new CircuitBreaker({ trip: consecutiveFailures(5), openDuration }));
  },
  window: async () => execute(new (await lib()).CircuitBreaker()),
  open: async () => tripped(await holdfast.consecutive(1e7)),
  timeout: async () => execute((await lib()).timeout(5_000)),
  bulkhead: async () => execute(new (await lib()).Bulkhead({ maxConcurrent: 10, maxQueued: 100_000 })),
  limiter: async () => new (await lib()).RateLimiter({ limit: 1e9, interval: 1_000 }),
  acquire: async () => {
    const limiter = await holdfast.limiter();
    return () => limiter.acquire();
  },
  tryAcquire: async () => {
    const limiter = await holdfast.limiter();
    return () => limiter.tryAcquire();
  },
  /**
   * @param {number} maxConcurrent
   * @param {object} [options] of the retry
   */
  pipelineOf: async (maxConcurrent, options) => {
    const { pipeline, retry, CircuitBreaker, timeout, consecutiveFailures, Bulkhead } = await lib();
    return pipeline(
      retry({ maxAttempts: 4, ...options }),
      new CircuitBreaker({ trip: consecutiveFailures(options ? 1e9 : 5) }),
      timeout(5_000),
      new Bulkhead({ maxConcurrent, maxQueued: 100_000 }),
    );
  },
  /** @param {number} maxConcurrent */
  pipeline: (maxConcurrent) => async () => execute(await holdfast.pipelineOf(maxConcurrent)),
  delay: async () => {
    const { capped, exponential, fullJitter } = await lib();
    const backoff = fullJitter(capped(exponential(), 30_000));
    const step = { attempt: 1, baseDelay: 100, previousDelay: 100, totalDelay: 0, random: Math.random };
    return () => {
      step.attempt = 1 + (step.attempt & 7);
      return backoff(step);
    };
  },
};

const load = { cockatiel: () => import('cockatiel'), attempt: () => import('@lifeomic/attempt') };

export const cockatiel = {
  retryOf: ({ retry, handleAll, ExponentialBackoff }, backoff = new ExponentialBackoff()) =>
    retry(handleAll, { maxAttempts: 3, backoff }),
  breakerOf: ({ circuitBreaker, handleAll }, breaker, halfOpenAfter = 30_000) =>
    circuitBreaker(handleAll, { halfOpenAfter, breaker }),
  retry: async () => execute(cockatiel.retryOf(await load.cockatiel())),
  retryWithSignal: async () => {
    const policy = cockatiel.retryOf(await load.cockatiel());
    return (fn) => policy.execute(fn, work.signal);
  },
  retryAtOnce: async () => {
    const given = await load.cockatiel();
    return execute(cockatiel.retryOf(given, new given.ConstantBackoff(0)));
  },
  sleepingRetry: async (longest) => {
    const given = await load.cockatiel();
    const { ExponentialBackoff, fullJitterGenerator: generator } = given;
    const backoff = new ExponentialBackoff({ generator, initialDelay: longest, maxDelay: 30_000 });
    return execute(cockatiel.retryOf(given, backoff));
  },
  consecutive: async (halfOpenAfter = 30_000) => {
    const given = await load.cockatiel();
    return execute(cockatiel.breakerOf(given, new given.ConsecutiveBreaker(5), halfOpenAfter));
  },
  window: async () => {
    const given = await load.cockatiel();
    return execute(cockatiel.breakerOf(given, new given.SamplingBreaker({ threshold: 0.5, duration: 10_000 })));
  },
  open: async () => tripped(await cockatiel.consecutive(1e7)),
  timeout: async () => {
    const { timeout, TimeoutStrategy } = await load.cockatiel();
    return execute(timeout(5_000, TimeoutStrategy.Aggressive));
  },
  /** The same without what it does by default: to abort the signal of every call that has ended well. */
  leanTimeout: async () => {
    const { timeout, TimeoutStrategy } = await load.cockatiel();
    return execute(timeout(5_000, { strategy: TimeoutStrategy.Aggressive, abortOnReturn: false }));
  },
  bulkhead: async () => execute((await load.cockatiel()).bulkhead(10, 1e6)),
  /** @param {number} limit */
  pipeline:
    (limit, lean = false) =>
    async () => {
      const given = await load.cockatiel();
      const { wrap, timeout, bulkhead, TimeoutStrategy, ConsecutiveBreaker } = given;
      const strategy = TimeoutStrategy.Aggressive;
      const limited = timeout(5_000, lean ? { strategy, abortOnReturn: false } : strategy);
      const breaker = cockatiel.breakerOf(given, new ConsecutiveBreaker(5));
      return execute(wrap(cockatiel.retryOf(given), breaker, limited, bulkhead(limit, 1e6)));
    },
  delay: async () => {
    const { ExponentialBackoff, fullJitterGenerator } = await load.cockatiel();
    const start = new ExponentialBackoff({ generator: fullJitterGenerator, initialDelay: 100, maxDelay: 30_000 });
    let backoff;
    let attempt = 0;
    return () => {
      backoff = (attempt++ & 7) === 0 ? start.next() : backoff.next();
      return backoff.duration;
    };
  },
};

/** @param {object} options */
const retrying = (options) => async () => {
  const { default: pRetry } = await import('p-retry');
  const given = { retries: 3, ...options };
  return (fn) => pRetry(fn, given);
};
export const pRetry = {
  retry: retrying({}),
  retryWithSignal: retrying({ signal: work.signal }),
  retryAtOnce: retrying({ minTimeout: 0, factor: 1 }),
  sleepingRetry: (longest) => retrying({ minTimeout: longest / 2, randomize: true })(),
};

/** @param {object} options */
const attempting = (options) => async () => {
  const { retry } = await load.attempt();
  const given = { maxAttempts: 4, ...options };
  return (fn) => retry(fn, given);
};
export const attempt = {
  retry: attempting({}),
  retryAtOnce: attempting({ delay: 0 }),
  timeout: attempting({ maxAttempts: 1, delay: 0, timeout: 5_000 }),
  delay: async () => {
    const { defaultCalculateDelay } = await load.attempt();
    const options = { delay: 100, factor: 2, jitter: true, minDelay: 0, maxDelay: 30_000 };
    const context = { attemptNum: 0 };
    return () => {
      context.attemptNum = 1 + (context.attemptNum & 7);
      return defaultCalculateDelay(context, options);
    };
  },
};

/** @param {object} options */
const asyncRetrying = (options) => async () => {
  const { default: retry } = await import('async-retry');
  const given = { retries: 3, ...options };
  return (fn) => retry(fn, given);
};
export const asyncRetry = {
  retry: asyncRetrying({}),
  sleepingRetry: (longest) => asyncRetrying({ minTimeout: longest / 2, randomize: true })(),
};

export const exponentialBackoff = {
  retry: async () => {
    const { backOff } = await import('exponential-backoff');
    const options = { numOfAttempts: 4 };
    return (fn) => backOff(fn, options);
  },
};

export const humanwhocodes = {
  sleepingRetry: async (longest) => {
    const { Retrier } = await import('@humanwhocodes/retry');
    const retrier = new Retrier(() => true, { maxDelay: longest, concurrency: 1e9 });
    return (fn) => retrier.retry(fn);
  },
  retryOn: async (signal) => {
    const { Retrier } = await import('@humanwhocodes/retry');
    const retrier = new Retrier(() => true);
    const options = { signal };
    return (fn) => retrier.retry(fn, options);
  },
};

export const opossum = {
  of: async (options, inner = (fn) => fn()) => {
    const { default: CircuitBreaker } = await import('opossum');
    const breaker = new CircuitBreaker(inner, { timeout: false, volumeThreshold: 1, ...options });
    return (fn) => breaker.fire(fn);
  },
  window: () => opossum.of({}),
  open: async () => tripped(await opossum.of({ errorThresholdPercentage: 1, resetTimeout: 1e7 })),
  timeout: () => opossum.of({ timeout: 5_000 }),
  bulkhead: () => opossum.of({ capacity: 10 }),
  /** With p-retry around it: opossum has no retries. */
  pipeline: (capacity) => async () => {
    const fire = await opossum.of({ timeout: 5_000, capacity });
    const { default: retry } = await import('p-retry');
    const options = { retries: 3 };
    return (fn) => retry(() => fire(fn), options);
  },
};

export const alfred = {
  of: async (policyOf) => execute(policyOf((await import('@git-stunts/alfred')).Policy)),
  consecutive: () => alfred.of((policy) => policy.circuitBreaker({ threshold: 5, duration: 30_000 })),
  open: async () => tripped(await alfred.of((policy) => policy.circuitBreaker({ threshold: 5, duration: 1e7 }))),
  timeout: () => alfred.of((policy) => policy.timeout(5_000)),
  acquire: () => alfred.of((policy) => policy.rateLimit({ rate: 1e9, burst: 1e9 })),
  pipeline: (limit) => () =>
    alfred.of((policy) =>
      policy
        .retry({ retries: 3, delay: 100, backoff: 'exponential', jitter: 'full' })
        .wrap(policy.circuitBreaker({ threshold: 5, duration: 30_000 }))
        .wrap(policy.timeout(5_000))
        .wrap(policy.bulkhead({ limit, queueLimit: 1e6 })),
    ),
};

export const mollitia = {
  of: async (modulesOf) => {
    const given = await import('mollitia');
    const circuit = new given.Circuit({ func: (fn) => fn(), options: { modules: modulesOf(given) } });
    return (fn) => circuit.execute(fn);
  },
  window: () =>
    mollitia.of(({ SlidingTimeBreaker }) => [
      new SlidingTimeBreaker({ slidingWindowSize: 10_000, minimumNumberOfCalls: 10, openStateDelay: 30_000 }),
    ]),
  pipeline: (concurrentSize) => () =>
    mollitia.of(({ Retry, SlidingCountBreaker, Timeout, Bulkhead }) => [
      new Retry({ attempts: 3, interval: 100, mode: 'jitter' }),
      new SlidingCountBreaker({ slidingWindowSize: 100, minimumNumberOfCalls: 10, openStateDelay: 30_000 }),
      new Timeout({ delay: 5_000 }),
      new Bulkhead({ concurrentSize, queueSize: 1e6, maxQueueWait: Infinity }),
    ]),
};

const milliseconds = { milliseconds: 5_000 };
export const pTimeout = {
  timeout: async () => {
    const { default: timeout } = await import('p-timeout');
    return (fn) => timeout(fn(), milliseconds);
  },
};

export const pLimit = { bulkhead: async () => (await import('p-limit')).default(10) };

export const pQueue = {
  bulkhead: async () => {
    const { default: PQueue } = await import('p-queue');
    const queue = new PQueue({ concurrency: 10 });
    return (fn) => queue.add(fn);
  },
};

export const limiter = {
  of: async () => new (await import('limiter')).RateLimiter({ tokensPerInterval: 1e9, interval: 'second' }),
  acquire: async () => {
    const given = await limiter.of();
    return () => given.removeTokens(1);
  },
  tryAcquire: async () => {
    const given = await limiter.of();
    return () => given.tryRemoveTokens(1);
  },
};

export const rateLimiterFlexible = {
  acquire: async () => {
    const { RateLimiterMemory } = await import('rate-limiter-flexible');
    const given = new RateLimiterMemory({ points: 1e9, duration: 10 });
    return () => given.consume('key');
  },
};

/** Effect runs programs: one is made for each call, as for a function that changes. */
export const effect = {
  of: async (programOf) => {
    const given = await import('effect');
    const made = await programOf(given);
    const task = (fn) => given.Effect.tryPromise({ try: fn, catch: (error) => error });
    return (fn) => given.Effect.runPromise(made(task(fn)));
  },
  retry: () =>
    effect.of(({ Effect, Schedule }) => {
      const schedule = Schedule.exponential('100 millis').pipe(Schedule.jittered);
      return (task) => Effect.retry(task, { times: 3, schedule });
    }),
  sleepingRetry: (longest) =>
    effect.of(({ Effect, Schedule, Duration }) => {
      const drawn = () => Effect.sync(() => Duration.millis(Math.random() * longest));
      const schedule = Schedule.spaced('500 millis').pipe(Schedule.modifyDelay(drawn));
      return (task) => Effect.retry(task, { times: 3, schedule });
    }),
  timeout: () =>
    effect.of(
      ({ Effect }) =>
        (task) =>
          Effect.timeout(task, '5 seconds'),
    ),
};
