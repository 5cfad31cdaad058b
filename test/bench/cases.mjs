// What is measured: each case with its baseline, its targets as ratios to that, and who takes part. A contender is made
// in a process of its own, and gives a function that makes one call.

const holdfast = () => import('../../dist/index.js');
const cockatiel = () => import('cockatiel');

/** What the calls are made of. */
export const work = {
  error: Object.assign(new Error('transient'), { code: 'ECONNRESET' }),
  /** An immediate asynchronous function. */
  ok: async () => 42,
  /** One turn of the event loop, as fast input and output take it. */
  turn: () => new Promise((resolve) => setImmediate(resolve, 42)),
  /** @param {number} times */
  failing: (times) => {
    let failures = 0;
    return async () => {
      if (failures++ < times) throw work.error;
      return 42;
    };
  },
  signal: new AbortController().signal,
};

const bare = () => (fn) => fn();
const execute = (policy) => (fn) => policy.execute(fn);

/** What a careful programmer writes by hand, without a library. */
const byHand = {
  async retry(fn) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await fn();
      } catch (error) {
        if (attempt > 3) throw error;
      }
    }
  },
  breaker(record, isOpen = () => false) {
    return async (fn) => {
      if (isOpen()) throw new Error('the breaker is open');
      try {
        const value = await fn();
        record(false);
        return value;
      } catch (error) {
        record(true);
        throw error;
      }
    };
  },
  consecutive() {
    let failures = 0;
    let openedAt = -1;
    return byHand.breaker(
      (failed) => {
        failures = failed ? failures + 1 : 0;
        if (failures >= 5) openedAt = Date.now();
      },
      () => openedAt >= 0 && Date.now() - openedAt < 30_000,
    );
  },
  window() {
    const counts = [new Uint32Array(10), new Uint32Array(10)];
    let current = -1;
    return byHand.breaker((failed) => {
      const second = Math.floor(Date.now() / 1_000);
      for (; current < second; current = current < second - 10 ? second - 10 : current + 1) {
        for (const count of counts) count[(current + 1) % 10] = 0;
      }
      counts[Number(failed)][second % 10]++;
    });
  },
  timeout(fn) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('timeout')), 5_000);
      fn().then(
        (value) => (clearTimeout(timer), resolve(value)),
        (error) => (clearTimeout(timer), reject(error)),
      );
    });
  },
  semaphore() {
    let free = 10;
    const line = [];
    return async (fn) => {
      if (free > 0) free--;
      else await new Promise((resolve) => line.push(resolve));
      try {
        return await fn();
      } finally {
        if (line.length) line.shift()();
        else free++;
      }
    };
  },
  bucket() {
    let tokens = 1e9;
    let last = Date.now();
    return () => {
      const now = Date.now();
      if (now !== last) {
        tokens = Math.min(1e9, tokens + (now - last) * 1e6);
        last = now;
      }
      return tokens >= 1 && tokens-- > 0;
    };
  },
  pipeline() {
    const [breaker, semaphore] = [byHand.consecutive(), byHand.semaphore()];
    return (fn) => byHand.retry(() => breaker(() => byHand.timeout(() => semaphore(fn))));
  },
};

const cockatielRetry = ({ retry, handleAll, ExponentialBackoff }, backoff = new ExponentialBackoff()) =>
  retry(handleAll, { maxAttempts: 3, backoff });
const cockatielBreaker = ({ circuitBreaker, handleAll }, breaker, halfOpenAfter = 30_000) =>
  circuitBreaker(handleAll, { halfOpenAfter, breaker });
const fails = () => Promise.reject(work.error);
async function tripped(breaker, times) {
  for (let call = 0; call < times; call++) await breaker.execute(fails).catch(() => {});
  return execute(breaker);
}
const opossum = async (options) => {
  const { default: CircuitBreaker } = await import('opossum');
  const breaker = new CircuitBreaker((fn) => fn(), { timeout: false, volumeThreshold: 1, ...options });
  return breaker;
};
const four = {
  bare,
  'by hand': byHand.pipeline,
  holdfast: async () => {
    const { pipeline, retry, CircuitBreaker, consecutiveFailures, timeout, Bulkhead } = await holdfast();
    return execute(
      pipeline(
        retry({ maxAttempts: 4 }),
        new CircuitBreaker({ trip: consecutiveFailures(5) }),
        timeout(5_000),
        new Bulkhead({ maxConcurrent: 1_000, maxQueued: 100_000 }),
      ),
    );
  },
  cockatiel: async () => {
    const lib = await cockatiel();
    const breaker = cockatielBreaker(lib, new lib.ConsecutiveBreaker(5));
    const limit = lib.timeout(5_000, lib.TimeoutStrategy.Aggressive);
    return execute(lib.wrap(cockatielRetry(lib), breaker, limit, lib.bulkhead(1_000, 1e6)));
  },
};

const limits = {
  bare,
  'by hand': () => byHand.timeout,
  holdfast: async () => execute((await holdfast()).timeout(5_000)),
  cockatiel: async () => {
    const lib = await cockatiel();
    return execute(lib.timeout(5_000, lib.TimeoutStrategy.Aggressive));
  },
  'p-timeout': async () => {
    const { default: pTimeout } = await import('p-timeout');
    return (fn) => pTimeout(fn(), { milliseconds: 5_000 });
  },
};

/**
 * `calls`: `one after another`, `1000 at once` or `synchronous`. `must` and `goal` are ratios to the baseline.
 *
 * @typedef {object} Case
 * @property {string} id
 * @property {string} title
 * @property {'one after another' | '1000 at once' | 'synchronous'} calls
 * @property {string} baseline
 * @property {number} must
 * @property {number} goal
 * @property {'ok' | 'turn' | 'failing' | 'refused' | 'none'} work
 * @property {Record<string, () => any>} contenders
 */

/** @type {Case[]} */
export const cases = [
  {
    id: 'A',
    title: 'retry, first attempt succeeds',
    calls: 'one after another',
    work: 'ok',
    baseline: 'bare',
    must: 2.2,
    goal: 1.7,
    contenders: {
      bare,
      'by hand': () => byHand.retry,
      holdfast: async () => execute((await holdfast()).retry({ maxAttempts: 4 })),
      cockatiel: async () => execute(cockatielRetry(await cockatiel())),
      'p-retry': async () => {
        const { default: pRetry } = await import('p-retry');
        return (fn) => pRetry(fn, { retries: 3 });
      },
      attempt: async () => {
        const { retry } = await import('@lifeomic/attempt');
        return (fn) => retry(fn, { maxAttempts: 4 });
      },
    },
  },
  {
    id: 'As',
    title: 'the same, with an AbortSignal',
    calls: 'one after another',
    work: 'ok',
    baseline: 'bare',
    must: 3,
    goal: 2.2,
    contenders: {
      bare,
      'by hand': () => byHand.retry,
      holdfast: async () => {
        const policy = (await holdfast()).retry({ maxAttempts: 4 });
        const options = { signal: work.signal };
        return (fn) => policy.execute(fn, options);
      },
      cockatiel: async () => {
        const policy = cockatielRetry(await cockatiel());
        return (fn) => policy.execute(fn, work.signal);
      },
      'p-retry': async () => {
        const { default: pRetry } = await import('p-retry');
        return (fn) => pRetry(fn, { retries: 3, signal: work.signal });
      },
    },
  },
  {
    id: 'B2',
    title: 'two failures, then success, no delay',
    calls: '1000 at once',
    work: 'failing',
    baseline: 'by hand',
    must: 1.3,
    goal: 1,
    contenders: {
      'by hand': () => byHand.retry,
      holdfast: async () => execute((await holdfast()).retry({ maxAttempts: 4, baseDelay: 0 })),
      cockatiel: async () => {
        const lib = await cockatiel();
        return execute(cockatielRetry(lib, new lib.ConstantBackoff(0)));
      },
      'p-retry': async () => {
        const { default: pRetry } = await import('p-retry');
        return (fn) => pRetry(fn, { retries: 3, minTimeout: 0, factor: 1 });
      },
      attempt: async () => {
        const { retry } = await import('@lifeomic/attempt');
        return (fn) => retry(fn, { maxAttempts: 4, delay: 0 });
      },
    },
  },
  {
    id: 'C1',
    title: 'breaker closed, consecutive failures',
    calls: 'one after another',
    work: 'ok',
    baseline: 'bare',
    must: 2.4,
    goal: 1.8,
    contenders: {
      bare,
      'by hand': byHand.consecutive,
      holdfast: async () => {
        const { CircuitBreaker, consecutiveFailures } = await holdfast();
        return execute(new CircuitBreaker({ trip: consecutiveFailures(5) }));
      },
      cockatiel: async () => {
        const lib = await cockatiel();
        return execute(cockatielBreaker(lib, new lib.ConsecutiveBreaker(5)));
      },
    },
  },
  {
    id: 'C3',
    title: 'breaker closed, window of 10 s',
    calls: 'one after another',
    work: 'ok',
    baseline: 'bare',
    must: 3,
    goal: 2.5,
    contenders: {
      bare,
      'by hand': byHand.window,
      holdfast: async () => execute(new (await holdfast()).CircuitBreaker()),
      cockatiel: async () => {
        const lib = await cockatiel();
        return execute(cockatielBreaker(lib, new lib.SamplingBreaker({ threshold: 0.5, duration: 10_000 })));
      },
      opossum: async () => {
        const breaker = await opossum({});
        return (fn) => breaker.fire(fn);
      },
    },
  },
  {
    id: 'D',
    title: 'breaker open: a refusal',
    calls: 'one after another',
    work: 'refused',
    baseline: 'bare',
    must: 2,
    goal: 1.5,
    contenders: {
      bare: () => fails,
      'by hand': () =>
        byHand.breaker(
          () => {},
          () => true,
        ),
      holdfast: async () => {
        const { CircuitBreaker, consecutiveFailures } = await holdfast();
        return tripped(new CircuitBreaker({ trip: consecutiveFailures(5), openDuration: 1e7 }), 5);
      },
      cockatiel: async () => {
        const lib = await cockatiel();
        return tripped(cockatielBreaker(lib, new lib.ConsecutiveBreaker(5), 1e7), 10);
      },
      opossum: async () => {
        const breaker = await opossum({ errorThresholdPercentage: 1, resetTimeout: 1e7 });
        for (let call = 0; call < 5; call++) await breaker.fire(fails).catch(() => {});
        return (fn) => breaker.fire(fn);
      },
    },
  },
  {
    id: 'E1',
    title: 'timeout of 5 s',
    calls: 'one after another',
    work: 'ok',
    baseline: 'bare',
    must: 6,
    goal: 5,
    contenders: limits,
  },
  {
    id: 'E2',
    title: 'timeout of 5 s, work of one turn',
    calls: '1000 at once',
    work: 'turn',
    baseline: 'bare',
    must: 2.9,
    goal: 2.4,
    contenders: limits,
  },
  {
    id: 'F1',
    title: 'bulkhead of 10, free',
    calls: 'one after another',
    work: 'ok',
    baseline: 'bare',
    must: 2.4,
    goal: 1.8,
    contenders: {
      bare,
      'by hand': byHand.semaphore,
      holdfast: async () => execute(new (await holdfast()).Bulkhead({ maxConcurrent: 10 })),
      cockatiel: async () => execute((await cockatiel()).bulkhead(10, 1e6)),
      'p-limit': async () => (await import('p-limit')).default(10),
    },
  },
  {
    id: 'F2',
    title: 'bulkhead of 10, full',
    calls: '1000 at once',
    work: 'ok',
    baseline: 'bare',
    must: 7.5,
    goal: 6,
    contenders: {
      bare,
      'by hand': byHand.semaphore,
      holdfast: async () => execute(new (await holdfast()).Bulkhead({ maxConcurrent: 10, maxQueued: 100_000 })),
      cockatiel: async () => execute((await cockatiel()).bulkhead(10, 1e6)),
      'p-limit': async () => (await import('p-limit')).default(10),
    },
  },
  {
    id: 'G1',
    title: 'rate limiter, awaited',
    calls: 'one after another',
    work: 'none',
    baseline: 'bare',
    must: 2.2,
    goal: 2,
    contenders: {
      bare: () => work.ok,
      'by hand': () => {
        const take = byHand.bucket();
        return async () => {
          if (!take()) throw new Error('limited');
        };
      },
      holdfast: async () => {
        const { RateLimiter } = await holdfast();
        const limiter = new RateLimiter({ limit: 1e9, interval: 1_000 });
        return () => limiter.acquire();
      },
      limiter: async () => {
        const { RateLimiter } = await import('limiter');
        const limiter = new RateLimiter({ tokensPerInterval: 1e9, interval: 'second' });
        return () => limiter.removeTokens(1);
      },
    },
  },
  {
    id: 'G2',
    title: 'rate limiter, a synchronous try',
    calls: 'synchronous',
    work: 'none',
    baseline: 'by hand',
    must: 1.3,
    goal: 1,
    contenders: {
      'by hand': byHand.bucket,
      holdfast: async () => {
        const { RateLimiter } = await holdfast();
        const limiter = new RateLimiter({ limit: 1e9, interval: 1_000 });
        return () => limiter.tryAcquire();
      },
      limiter: async () => {
        const { RateLimiter } = await import('limiter');
        const limiter = new RateLimiter({ tokensPerInterval: 1e9, interval: 'second' });
        return () => limiter.tryRemoveTokens(1);
      },
    },
  },
  {
    id: 'H',
    title: 'retry, breaker, timeout, bulkhead',
    calls: 'one after another',
    work: 'ok',
    baseline: 'bare',
    must: 8,
    goal: 6,
    contenders: four,
  },
  {
    id: 'H2',
    title: 'retry, breaker, timeout, bulkhead; work of one turn',
    calls: '1000 at once',
    work: 'turn',
    baseline: 'bare',
    must: 3.2,
    goal: 2.5,
    contenders: four,
  },
  {
    id: 'I',
    title: 'one delay with full jitter',
    calls: 'synchronous',
    work: 'none',
    baseline: 'by hand',
    must: 3.3,
    goal: 2.1,
    contenders: {
      'by hand': () => {
        let attempt = 0;
        return () => Math.random() * Math.min(30_000, 100 * 2 ** (attempt++ & 7));
      },
      holdfast: async () => {
        const { capped, exponential, fullJitter } = await holdfast();
        const backoff = fullJitter(capped(exponential(), 30_000));
        const step = { attempt: 1, baseDelay: 100, previousDelay: 100, totalDelay: 0, random: Math.random };
        return () => {
          step.attempt = 1 + (step.attempt & 7);
          return backoff(step);
        };
      },
      cockatiel: async () => {
        const { ExponentialBackoff, fullJitterGenerator } = await cockatiel();
        const start = new ExponentialBackoff({ generator: fullJitterGenerator, initialDelay: 100, maxDelay: 30_000 });
        let backoff;
        let attempt = 0;
        return () => {
          backoff = (attempt++ & 7) === 0 ? start.next() : backoff.next();
          return backoff.duration;
        };
      },
    },
  },
];
