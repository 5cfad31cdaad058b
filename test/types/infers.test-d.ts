// Checked by `tsc -p test`; nothing in here runs.
import { ReadableStream as NodeStream } from 'node:stream/web';
import { guardStream, type StreamSource } from 'holdfast/stream';
import { describe, expectTypeOf, it } from 'vitest';
import {
  AdaptiveLimiter,
  AdaptiveThrottle,
  Bulkhead,
  BulkheadFullError,
  CircuitBreaker,
  CircuitOpenError,
  constant,
  explain,
  fallback,
  fallbackChain,
  giveUpReport,
  hedge,
  keyed,
  pipeline,
  quantile,
  RateLimitedError,
  RateLimiter,
  RefusalError,
  retry,
  RetryBudget,
  retryCall,
  retryCallSync,
  schedule,
  sleeperOf,
  standard,
  ThrottledError,
  TimeoutError,
  timeout,
  wrap,
  type Backoff,
  type BackoffStep,
  type CallContext,
  type CancelTimer,
  type CircuitSnapshot,
  type CircuitState,
  type Clock,
  type ExplainedPolicy,
  type Explanation,
  type FallbackChain,
  type FallbackFailure,
  type GiveUpReport,
  type HedgeEvent,
  type HedgeOptions,
  type HoldfastError,
  type HoldfastErrorCode,
  type Keyed,
  type Permit,
  type Policy,
  type Quantile,
  type RateLimiterOptions,
  type Releasable,
  type RetryCallOptions,
  type RetryResult,
  type Sleeper,
  type StandardOptions,
  type SubstituteOf,
  type TripRule,
} from 'holdfast';
import { recordingSleeper, scriptedCall, seededRandom, VirtualClock, type ScriptedCall } from 'holdfast/testing';

interface User {
  readonly id: number;
}
const user: User = { id: 1 };

describe('retryCall()', () => {
  it('infers the value of a function that is synchronous, asynchronous or gives a thenable', () => {
    const thenable: PromiseLike<User> = Promise.resolve(user);

    expectTypeOf(retryCall(() => user, 3, 1)).toEqualTypeOf<Promise<RetryResult<User>>>();
    expectTypeOf(retryCall(async () => user, 3, 1)).toEqualTypeOf<Promise<RetryResult<User>>>();
    expectTypeOf(retryCall(() => thenable, 3, 1)).toEqualTypeOf<Promise<RetryResult<User>>>();
    expectTypeOf(retryCall(() => {}, 3, 1)).toEqualTypeOf<Promise<RetryResult<void>>>();
    expectTypeOf(retryCall<User | undefined>(() => (Math.random() < 0.5 ? user : undefined), 3, 1)).toEqualTypeOf<
      Promise<RetryResult<User | undefined>>
    >();
  });

  it('gives the value, the attempts and the delays', () => {
    expectTypeOf<RetryResult<User>>().toEqualTypeOf<{
      readonly value: User;
      readonly attempts: number;
      readonly delays: number[];
    }>();
  });

  it('hands the function its context', () => {
    void retryCall((context) => void expectTypeOf(context).toEqualTypeOf<CallContext>(), 3, 1);
    expectTypeOf<CallContext>().toEqualTypeOf<{
      readonly attempt: number;
      readonly signal: AbortSignal;
      readonly remaining: number;
    }>();
  });

  it('shows isRetryableResult the type of the value', () => {
    void retryCall(async () => user, 3, 1, {
      isRetryableResult: ({ value, attempt }) => {
        expectTypeOf(value).toEqualTypeOf<User>();
        expectTypeOf(attempt).toEqualTypeOf<number>();
        return value.id === 0;
      },
      isRetryable: ({ error }) => {
        expectTypeOf(error).toEqualTypeOf<unknown>();
        return true;
      },
      retryAfter: ({ error }) => (error instanceof CircuitOpenError ? error.retryAfter : undefined),
      on: {
        retry: (event) => {
          expectTypeOf(event).toMatchTypeOf<{ error: unknown; attempt: number; delay: number }>();
        },
        giveUp: async (event) => void expectTypeOf(event.reason).toEqualTypeOf<GiveUpReport['reason']>(),
      },
    });
  });

  it('takes undefined for every option, which means the default', () => {
    expectTypeOf<{
      backoff: undefined;
      signal: undefined;
      clock: undefined;
      sleep: undefined;
      on: undefined;
      budget: undefined;
      maxElapsed: undefined;
    }>().toExtend<RetryCallOptions<User>>();
  });
});

describe('retryCallSync()', () => {
  it('gives the value at once', () => {
    expectTypeOf(retryCallSync(() => user, 3, 1)).toEqualTypeOf<RetryResult<User>>();
    expectTypeOf(retryCallSync(({ attempt }) => attempt, 3, 1, { sleep: (delay: number) => void delay })).toEqualTypeOf<
      RetryResult<number>
    >();
  });
});

describe('a policy', () => {
  const policies = [retry(), timeout(1), new CircuitBreaker(), pipeline()];

  it('is a Policy, whichever it is', () => {
    expectTypeOf(retry()).toEqualTypeOf<Policy>();
    expectTypeOf(timeout(1)).toEqualTypeOf<Policy>();
    expectTypeOf(pipeline(...policies)).toEqualTypeOf<Policy>();
    expectTypeOf<CircuitBreaker>().toExtend<Policy>();
  });

  it('infers the value of execute', () => {
    const [policy] = policies as [Policy];

    expectTypeOf(policy.execute(() => user)).toEqualTypeOf<Promise<User>>();
    expectTypeOf(policy.execute(async () => user)).toEqualTypeOf<Promise<User>>();
    expectTypeOf(policy.execute(async ({ signal }) => (await fetch('x', { signal })).status)).toEqualTypeOf<
      Promise<number>
    >();
  });

  it('takes a signal, or the context of an outer policy', () => {
    const [outer, inner] = policies as [Policy, Policy];

    expectTypeOf(outer.execute((context) => inner.execute(() => user, context))).toEqualTypeOf<Promise<User>>();
    expectTypeOf(outer.execute(() => user, { signal: new AbortController().signal })).toEqualTypeOf<Promise<User>>();
    expectTypeOf(outer.execute(() => user, { signal: undefined })).toEqualTypeOf<Promise<User>>();
  });

  it('can be made by hand', () => {
    const own: Policy = {
      execute: async (fn) => fn({ attempt: 1, signal: new AbortController().signal, remaining: 1 }),
    };

    expectTypeOf(pipeline(own, { execute: (fn, options) => own.execute(fn, options) })).toEqualTypeOf<Policy>();
  });
});

describe('wrap()', () => {
  it('keeps the parameters, and awaits the result', () => {
    const load = async (id: number, options?: { fresh: boolean }): Promise<User> => ({ id, ...options });
    const guarded = wrap(retry(), load);

    expectTypeOf(guarded).parameters.toEqualTypeOf<Parameters<typeof load>>();
    expectTypeOf(guarded).returns.toEqualTypeOf<Promise<User>>();
    expectTypeOf(wrap(retry(), (name: string) => name.length)).returns.toEqualTypeOf<Promise<number>>();
    expectTypeOf(wrap(retry(), (...all: number[]) => all)).parameters.toEqualTypeOf<number[]>();
    expectTypeOf(wrap(retry(), () => Promise.resolve(Promise.resolve(1)))()).toEqualTypeOf<Promise<number>>();
  });

  it('keeps the this of a method', () => {
    class Client {
      readonly host = 'host';
      readonly load = wrap(retry(), function (this: Client, path: string) {
        return this.host + path;
      });
    }

    expectTypeOf(new Client().load('/')).toEqualTypeOf<Promise<string>>();
    expectTypeOf<ThisParameterType<Client['load']>>().toEqualTypeOf<Client>();
  });
});

describe('CircuitBreaker', () => {
  it('knows its states, its permits and its snapshots', () => {
    const breaker = new CircuitBreaker({
      trip: {
        window: { calls: 10 },
        trips: ({ calls, failures, slow, consecutiveFailures }) => calls + failures + slow > consecutiveFailures,
      },
      openDuration: ({ attempt }) => attempt * 1_000,
      probes: { required: 1 },
      isFailure: ({ error }) => error instanceof TypeError,
      isFailureResult: ({ value }) => value === null,
      on: {
        stateChange: ({ from, to, reason }) => {
          expectTypeOf(from).toEqualTypeOf<CircuitState>();
          expectTypeOf(to).toEqualTypeOf<'closed' | 'open' | 'half-open' | 'isolated'>();
          expectTypeOf(reason).toExtend<string>();
        },
        rejected: ({ retryAfter }) => void expectTypeOf(retryAfter).toEqualTypeOf<number | undefined>(),
      },
    });

    expectTypeOf(breaker.state).toEqualTypeOf<CircuitState>();
    expectTypeOf(breaker.name).toEqualTypeOf<string | undefined>();
    expectTypeOf(breaker.tryAcquire()).toEqualTypeOf<Permit | undefined>();
    expectTypeOf(breaker.snapshot()).toEqualTypeOf<CircuitSnapshot>();
    expectTypeOf(CircuitBreaker.restore(breaker.snapshot(), { openDuration: 1 }, 5)).toEqualTypeOf<CircuitBreaker>();
    expectTypeOf(breaker.execute(() => user)).toEqualTypeOf<Promise<User>>();
    expectTypeOf<TripRule>().toHaveProperty('trips');
  });
});

describe('keyed()', () => {
  it('infers the key from its maker, and the policy of each', () => {
    const breakers = keyed((host) => {
      expectTypeOf(host).toEqualTypeOf<string>();
      return new CircuitBreaker({ name: host });
    });
    const tenants = keyed((tenant: number) => new Bulkhead({ maxConcurrent: tenant }), { maxKeys: 5 });
    const regions = keyed((region: 'eu' | 'us') => (region === 'eu' ? retry() : timeout(5)));

    expectTypeOf(breakers).toEqualTypeOf<Keyed<CircuitBreaker>>();
    expectTypeOf(tenants).toEqualTypeOf<Keyed<Bulkhead, number>>();
    expectTypeOf(regions).toEqualTypeOf<Keyed<Policy, 'eu' | 'us'>>();
    expectTypeOf(breakers.get('a').state).toEqualTypeOf<CircuitState>();
    expectTypeOf(tenants.get(7).running).toEqualTypeOf<number>();
    expectTypeOf(breakers.size).toEqualTypeOf<number>();
  });

  it('infers the value of execute', () => {
    const policies = keyed(() => retry());

    expectTypeOf(policies.execute('a', async () => user)).toEqualTypeOf<Promise<User>>();
    expectTypeOf(policies.execute('a', ({ attempt }) => attempt, { signal: undefined })).toEqualTypeOf<
      Promise<number>
    >();
  });
});

describe('fallback() and fallbackChain()', () => {
  it('are policies around any call, and show what they stand in for', () => {
    const policy = fallback(async ({ error, context }: FallbackFailure) => {
      expectTypeOf(error).toEqualTypeOf<unknown>();
      expectTypeOf(context).toEqualTypeOf<CallContext>();
      return user;
    });

    expectTypeOf(policy).toEqualTypeOf<Policy<User>>();
    expectTypeOf(fallback(undefined)).toEqualTypeOf<Policy<undefined>>();
    expectTypeOf(fallback('x', { isHandled: ({ error }) => error instanceof RefusalError })).toEqualTypeOf<
      Policy<string>
    >();
    expectTypeOf(policy.execute(() => user)).toEqualTypeOf<Promise<User>>();
    expectTypeOf(fallback('x').execute(() => user)).toEqualTypeOf<Promise<User | string>>();
  });

  it('hand a chain its target and a context', () => {
    const chain = fallbackChain(['eu', 'us'], { guards: keyed(() => new CircuitBreaker()), recovery: 5 });

    expectTypeOf(chain).toEqualTypeOf<FallbackChain<'eu' | 'us'>>();
    expectTypeOf(chain.current).toEqualTypeOf<'eu' | 'us'>();
    expectTypeOf(
      chain.execute(async (target, context) => {
        expectTypeOf(target).toEqualTypeOf<'eu' | 'us'>();
        expectTypeOf(context).toEqualTypeOf<CallContext>();
        return user;
      }),
    ).toEqualTypeOf<Promise<User>>();
  });
});

describe('SubstituteOf', () => {
  it('is never without a substitute, and unknown where only its maker knows it', () => {
    interface Elsewhere {
      execute<T>(fn: (context: CallContext) => T | PromiseLike<T>): Promise<T | 'instead'>;
    }

    expectTypeOf<SubstituteOf<Policy<string>>>().toEqualTypeOf<string>();
    expectTypeOf<SubstituteOf<Policy<string> | Policy<null>>>().toEqualTypeOf<string | null>();
    expectTypeOf<SubstituteOf<Policy>>().toEqualTypeOf<never>();
    expectTypeOf<SubstituteOf<CircuitBreaker>>().toEqualTypeOf<never>();
    expectTypeOf<SubstituteOf<Elsewhere>>().toEqualTypeOf<unknown>();
  });
});

describe('hedge()', () => {
  it('takes ms, a quantile or a function for its delay', () => {
    expectTypeOf(quantile(0.95)).toEqualTypeOf<Quantile>();
    expectTypeOf(hedge({ delay: quantile(0.95, { initial: 5 }) })).toEqualTypeOf<Policy>();
    expectTypeOf(hedge({ delay: ({ attempt }) => attempt * 10, budget: new RetryBudget() })).toEqualTypeOf<Policy>();
    void hedge({ delay: 5, on: { hedge: (event) => void expectTypeOf(event).toEqualTypeOf<HedgeEvent>() } });
    expectTypeOf<HedgeOptions['delay']>().not.toExtend<undefined>();
  });
});

describe('limits', () => {
  it('are policies, and can be looked into', () => {
    expectTypeOf<Bulkhead>().toExtend<Policy>();
    expectTypeOf<RateLimiter>().toExtend<Policy>();
    expectTypeOf<AdaptiveLimiter>().toExtend<Policy>();
    expectTypeOf<AdaptiveThrottle>().toExtend<Policy>();
    expectTypeOf(new Bulkhead({ maxConcurrent: 1 }).tryAcquire()).toEqualTypeOf<Releasable | undefined>();
    expectTypeOf(new Bulkhead({ maxConcurrent: 1 }).acquire()).toEqualTypeOf<Promise<Releasable>>();
  });

  it('infer the value of a call that has a cost of its own', () => {
    const limiter = new RateLimiter({ limit: 100, interval: 1_000 });

    expectTypeOf(limiter.execute(async () => user, { cost: 5, actualCost: () => 3 })).toEqualTypeOf<Promise<User>>();
    expectTypeOf(limiter.execute(() => user, { cost: undefined, signal: undefined })).toEqualTypeOf<Promise<User>>();
    expectTypeOf(limiter.execute(() => user)).toEqualTypeOf<Promise<User>>();
    void retry().execute((context) => limiter.execute(() => user, context));
    void retry().execute((context) => limiter.execute(() => user, { context, actualCost: ({ value }) => value.id }));
    expectTypeOf(limiter.tryAcquire(5)).toEqualTypeOf<boolean>();
    expectTypeOf<RateLimiterOptions>().toHaveProperty('calls');
  });
});

describe('standard() and explain()', () => {
  it('take options, policies or false for each part', () => {
    const options: StandardOptions<number> = {
      fallback: fallback(1),
      retry: { maxAttempts: 2 },
      hedge: { delay: 5 },
      breaker: new CircuitBreaker(),
      bulkhead: { maxConcurrent: 5 },
      rateLimiter: false,
      on: { rejected: ({ error }) => void expectTypeOf(error).toEqualTypeOf<RefusalError>() },
    };

    expectTypeOf(standard()).toEqualTypeOf<Policy>();
    expectTypeOf(standard(options).execute(() => user)).toEqualTypeOf<Promise<User | number>>();
  });

  it('give an explanation to read', () => {
    const explanation = explain(standard());

    expectTypeOf(explanation).toEqualTypeOf<Explanation>();
    expectTypeOf(explanation.policies).toEqualTypeOf<readonly ExplainedPolicy[]>();
    expectTypeOf(explanation.worstCase).toEqualTypeOf<{ readonly time: number; readonly calls: number }>();
  });
});

describe('errors', () => {
  it('say by their code which refusal they are', () => {
    const say = (error: BulkheadFullError | RateLimitedError | ThrottledError): number => {
      switch (error.code) {
        case 'ERR_BULKHEAD_FULL':
          expectTypeOf(error).toEqualTypeOf<BulkheadFullError>();
          expectTypeOf(error.retryAfter).toEqualTypeOf<undefined>();
          return error.running + error.queued;
        case 'ERR_RATE_LIMITED':
          return error.retryAfter;
        case 'ERR_THROTTLED':
          return error.probability;
      }
    };

    expectTypeOf(say).returns.toEqualTypeOf<number>();
    expectTypeOf<RefusalError['retryAfter']>().toEqualTypeOf<number | undefined>();
  });

  it('have literal codes and names, to switch on', () => {
    const say = (error: TimeoutError | CircuitOpenError): number | undefined => {
      switch (error.code) {
        case 'ERR_TIMEOUT':
          expectTypeOf(error).toEqualTypeOf<TimeoutError>();
          return error.timeout;
        case 'ERR_CIRCUIT_OPEN':
          expectTypeOf(error).toEqualTypeOf<CircuitOpenError>();
          return error.retryAfter;
      }
    };

    expectTypeOf(say).returns.toEqualTypeOf<number | undefined>();
    expectTypeOf<HoldfastError['code']>().toEqualTypeOf<HoldfastErrorCode>();
    expectTypeOf<TimeoutError['name']>().toEqualTypeOf<'TimeoutError'>();
    expectTypeOf<TimeoutError>().toExtend<Error>();
    expectTypeOf<CircuitOpenError['name']>().toEqualTypeOf<'CircuitOpenError'>();
    expectTypeOf(giveUpReport).parameter(0).toEqualTypeOf<unknown>();
    expectTypeOf(giveUpReport(1)).toEqualTypeOf<GiveUpReport | undefined>();
  });
});

describe('Clock, Sleeper and Backoff', () => {
  it('are structural: what has the shape will do', () => {
    const clock = { now: () => 0, setTimer: (_ms: number, _wake: () => void) => () => {}, extra: true };
    const sleep = async (): Promise<void> => {};
    const backoff = ({ attempt }: { attempt: number }): number => attempt;

    expectTypeOf(clock).toExtend<Clock>();
    expectTypeOf(sleep).toExtend<Sleeper>();
    expectTypeOf(backoff).toExtend<Backoff>();
    expectTypeOf(retryCall(() => user, 3, 1, { clock, sleep, backoff, random: Math.random })).toEqualTypeOf<
      Promise<RetryResult<User>>
    >();
    expectTypeOf(sleeperOf(clock)).toEqualTypeOf<Sleeper>();
    expectTypeOf(clock.setTimer(1, () => {})).toExtend<CancelTimer>();
    expectTypeOf(schedule(backoff, { baseDelay: 1, retries: 2 })).toEqualTypeOf<number[]>();
    expectTypeOf(constant()).parameter(0).toEqualTypeOf<BackoffStep>();
  });
});

describe('holdfast/testing', () => {
  it('fits in where time, chance and functions go', () => {
    expectTypeOf<VirtualClock>().toExtend<Clock>();
    expectTypeOf(recordingSleeper()).toExtend<Sleeper>();
    expectTypeOf(recordingSleeper().delays).toEqualTypeOf<number[]>();
    expectTypeOf(seededRandom(1)).toEqualTypeOf<() => number>();
    expectTypeOf(scriptedCall<User>([])).toEqualTypeOf<ScriptedCall<User>>();
    expectTypeOf(retryCall(scriptedCall<User>([]), 3, 1)).toEqualTypeOf<Promise<RetryResult<User>>>();
  });
});

describe('guardStream()', () => {
  it('gives the events of its source, and no undefined beside those of a web stream', () => {
    expectTypeOf(guardStream(new NodeStream<number>())).toEqualTypeOf<AsyncIterable<number>>();
    expectTypeOf(guardStream(new ReadableStream<number>())).toEqualTypeOf<AsyncIterable<number>>();
    expectTypeOf(guardStream({} as StreamSource<number>)).toEqualTypeOf<AsyncIterable<number>>();
    expectTypeOf(guardStream({} as AsyncGenerator<string>, { isComplete: ({ event }) => event === '' })).toEqualTypeOf<
      AsyncIterable<string>
    >();
  });
});
