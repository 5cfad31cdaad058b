// Checked by `tsc -p test`: a line that begins to compile is an error there. Nothing in here runs.
import { describe, it } from 'vitest';
import {
  additiveJitter,
  anyOf,
  atLeast,
  Bulkhead,
  capped,
  CircuitBreaker,
  consecutiveFailures,
  constant,
  decorrelatedJitter,
  envelope,
  exponential,
  failureRate,
  fallback,
  fallbackChain,
  fullJitter,
  hedge,
  keyed,
  linear,
  pipeline,
  proportionalJitter,
  quantile,
  RateLimiter,
  retry,
  RetryBudget,
  retryCall,
  retryCallSync,
  schedule,
  sequence,
  sleeperOf,
  standard,
  systemClock,
  timeout,
  TimeoutError,
  wrap,
  type CallContext,
  type HoldfastErrorCode,
  type Permit,
  type Policy,
} from 'holdfast';
import { guarded } from 'holdfast/stream';
import { scriptedCall, seededRandom, VirtualClock } from 'holdfast/testing';

const fn = async (): Promise<number> => 1;

describe('what does not compile', () => {
  it('is a retryCall() that does not say how often, or not in numbers', () => {
    // @ts-expect-error maxAttempts and baseDelay are missing
    void retryCall(fn);
    // @ts-expect-error baseDelay is missing
    void retryCall(fn, 3);
    // @ts-expect-error a delay is a number of ms
    void retryCall(fn, 3, '100ms');
    // @ts-expect-error a count is a number
    void retryCall(fn, '3', 100);
    // @ts-expect-error a bigint is no number of ms
    void retryCall(fn, 3, 100n);
    // @ts-expect-error fn is a function, not a promise
    void retryCall(fn(), 3, 100);
    // @ts-expect-error options come last, not in place of numbers
    void retryCall(fn, { maxAttempts: 3, baseDelay: 100 });
  });

  it('is an option that is not known, or not of its kind', () => {
    // @ts-expect-error unknown option
    void retryCall(fn, 3, 1, { retries: 3 });
    // @ts-expect-error jitter is a backoff around a backoff
    void retryCall(fn, 3, 1, { jitter: true });
    // @ts-expect-error a name of a strategy is no backoff
    void retryCall(fn, 3, 1, { backoff: 'exponential' });
    // @ts-expect-error a backoff returns a number
    void retryCall(fn, 3, 1, { backoff: () => '100' });
    // @ts-expect-error a backoff is synchronous
    void retryCall(fn, 3, 1, { backoff: async () => 100 });
    // @ts-expect-error exponential is a function that makes a backoff
    void retryCall(fn, 3, 1, { backoff: exponential });
    // @ts-expect-error a predicate is synchronous
    void retryCall(fn, 3, 1, { isRetryable: async () => true });
    // @ts-expect-error the value is a number
    void retryCall(fn, 3, 1, { isRetryableResult: ({ value }) => value.length > 0 });
    // @ts-expect-error null is no default
    void retryCall(fn, 3, 1, { signal: null });
    // @ts-expect-error a controller is no signal
    void retryCall(fn, 3, 1, { signal: new AbortController() });
    // @ts-expect-error a sleeper gives a promise
    void retryCall(fn, 3, 1, { sleep: () => {} });
    // @ts-expect-error a clock has timers
    void retryCall(fn, 3, 1, { clock: { now: () => 0 } });
    // @ts-expect-error Date is no clock
    void retryCall(fn, 3, 1, { clock: Date });
    // @ts-expect-error there is no such event
    void retryCall(fn, 3, 1, { on: { success: () => {} } });
    // @ts-expect-error a hint is in ms
    void retryCall(fn, 3, 1, { retryAfter: () => new Date() });
    // @ts-expect-error a budget is a RetryBudget
    void retryCall(fn, 3, 1, { budget: 10 });
  });

  it('is a synchronous retry that waits for promises', () => {
    // @ts-expect-error a synchronous sleeper takes the delay alone
    retryCallSync(() => 1, 3, 1, { sleep: (delay: number, signal: AbortSignal) => void [delay, signal] });
    // @ts-expect-error the result is there at once
    void retryCallSync(() => 1, 3, 1).then(() => {});
  });

  it('is a backoff made of something else', () => {
    // @ts-expect-error the cap is missing
    capped(exponential());
    // @ts-expect-error the backoff comes first
    capped(300, exponential());
    // @ts-expect-error a jitter is around a backoff
    fullJitter();
    // @ts-expect-error a jitter is around a backoff, not around its maker
    fullJitter(exponential);
    // @ts-expect-error a cap has no place here
    exponential({ maxDelay: 1 });
    // @ts-expect-error options are an object
    exponential(2);
    // @ts-expect-error constant takes the base delay of the call
    constant(100);
    // @ts-expect-error an increment is a number of ms
    linear({ increment: '1s' });
    // @ts-expect-error the ratio is missing
    proportionalJitter(constant());
    // @ts-expect-error a spread is a number of ms
    additiveJitter(constant(), '1s');
    // @ts-expect-error a floor is a number of ms
    atLeast(constant(), null);
    // @ts-expect-error delays come in a list
    sequence(10, 20);
    // @ts-expect-error delays are numbers
    sequence(['10']);
    // @ts-expect-error maxDelay is an option
    decorrelatedJitter(500);
    // @ts-expect-error retries is missing
    schedule(constant(), { baseDelay: 1 });
    // @ts-expect-error an envelope has no chance of its own
    envelope(constant(), { baseDelay: 1, retries: 1, random: Math.random });
  });

  it('is a policy that is none', () => {
    // @ts-expect-error options are an object
    retry(3);
    // @ts-expect-error unknown option
    retry({ attempts: 3 });
    // @ts-expect-error the limit is missing
    timeout();
    // @ts-expect-error a limit is a number of ms
    timeout('5s');
    // @ts-expect-error a function is no policy
    pipeline(fn);
    // @ts-expect-error a maker of policies is none
    pipeline(retry);
    // @ts-expect-error a list is no policy
    pipeline([retry()]);
    // @ts-expect-error the policy comes first
    wrap(fn, retry());
    // @ts-expect-error the parameters are those of the function
    void wrap(retry(), async (id: number) => id)('1');
    // @ts-expect-error execute takes a function
    void retry().execute(fn());
    // @ts-expect-error a signal comes in options
    void retry().execute(fn, new AbortController().signal.aborted);
    // @ts-expect-error a budget has a ratio, not a rate
    new RetryBudget({ rate: 0.1 });
  });

  it('is a hedge, a fallback or a key that is wrong', () => {
    // @ts-expect-error the delay is missing
    hedge();
    // @ts-expect-error the delay is missing
    hedge({ maxHedges: 2 });
    // @ts-expect-error the delay has no default
    hedge({ delay: undefined });
    // @ts-expect-error a delay is a number of ms
    hedge({ delay: '100ms' });
    // @ts-expect-error a predicate is synchronous
    hedge({ delay: 5, isHedgeable: async () => true });
    // @ts-expect-error a quantile has to say which
    quantile();
    // @ts-expect-error a predicate is synchronous
    fallback(1, { isHandled: async () => true });
    // @ts-expect-error the substitute is missing
    fallback();
    // @ts-expect-error targets are names
    fallbackChain([1, 2]);
    // @ts-expect-error guards are keyed
    fallbackChain(['eu'], { guards: retry() });
    // @ts-expect-error a policy is no maker of policies
    keyed(retry());
    // @ts-expect-error a maker makes a policy
    keyed(() => 5);
    // @ts-expect-error a key is a string or a number
    keyed((_key: object) => retry());
    // @ts-expect-error the keys are strings
    keyed(() => retry()).get(5);
    // @ts-expect-error the key comes first
    void keyed(() => retry()).execute(fn);
    // @ts-expect-error the keys are those of the maker
    keyed((_region: 'eu' | 'us') => retry()).get('asia');
  });

  it('is a limit or a standard policy that is made or used wrongly', () => {
    const limiter = new RateLimiter({ limit: 1, interval: 1 });
    // @ts-expect-error options are needed
    new Bulkhead();
    // @ts-expect-error a limit is needed
    new Bulkhead({ maxQueued: 5 });
    // @ts-expect-error the interval is missing
    new RateLimiter({ limit: 5 });
    // @ts-expect-error a cost is a number
    void limiter.execute(fn, { cost: '5' });
    // @ts-expect-error an actual cost is a function of the value
    void limiter.execute(fn, { actualCost: 5 });
    // @ts-expect-error only a limiter charges
    void retry().execute(fn, { cost: 5 });
    // @ts-expect-error a part is options, a policy or false
    standard({ breaker: true });
    // @ts-expect-error a fallback is given as a policy
    standard({ fallback: 'instead' });
    // @ts-expect-error a hedge needs its delay
    standard({ hedge: {} });
    // @ts-expect-error unknown option
    standard({ retries: 3 });
  });

  it('is a breaker that is made or used wrongly', () => {
    const breaker = new CircuitBreaker();
    const permit = breaker.tryAcquire();
    // @ts-expect-error a number is no trip rule
    new CircuitBreaker({ trip: 5 });
    // @ts-expect-error consecutiveFailures wants a count
    new CircuitBreaker({ trip: consecutiveFailures });
    // @ts-expect-error the threshold is missing
    failureRate({ window: 1_000 });
    // @ts-expect-error a window is ms or { calls }
    failureRate({ threshold: 0.5, window: { duration: 1_000 } });
    // @ts-expect-error a rule has a window, be it undefined
    anyOf({ trips: () => true });
    // @ts-expect-error unknown option
    new CircuitBreaker({ threshold: 0.5 });
    // @ts-expect-error a permit may be refused
    permit.succeed();
    // @ts-expect-error a permit says nothing of the value
    permit?.succeed(1);
    // @ts-expect-error a permit is the breaker's to make
    permit satisfies undefined;
    // @ts-expect-error a state is only read
    breaker.state = 'closed';
    // @ts-expect-error a name is only read
    breaker.name = 'other';
    // @ts-expect-error a snapshot is needed
    CircuitBreaker.restore();
    // @ts-expect-error a handle is released, not closed
    breaker.isolate().close();
  });

  it('is a substitute that nobody is told of', () => {
    // @ts-expect-error what comes out may be a text
    const numbers: Policy<number> = fallback('none');
    // @ts-expect-error and so from within a pipeline
    const none: Policy = pipeline(retry(), fallback('none'));
    // @ts-expect-error a substitute is no stream
    guarded(fallback([]), async function* () {});
    void [numbers, none];
  });

  it('is a change to what is only to be read', () => {
    const change = (context: CallContext, error: TimeoutError, permit: Permit): void => {
      // @ts-expect-error a context is only read
      context.attempt = 2;
      // @ts-expect-error a fact is only read
      error.timeout = 2;
      // @ts-expect-error a name is only read
      error.name = 'Other';
      // @ts-expect-error a permit has no state to look at
      void permit.used;
    };
    // @ts-expect-error there is no such code
    const code: HoldfastErrorCode = 'ERR_NONE';
    void [change, code];
  });

  it('is a test kit used wrongly', () => {
    // @ts-expect-error a seed is a number
    seededRandom('seed');
    // @ts-expect-error a start is a number of ms
    new VirtualClock(new Date());
    // @ts-expect-error a step returns, throws or stalls
    scriptedCall([{ resolves: 1 }]);
    // @ts-expect-error a step that stalls says true
    scriptedCall([{ stalls: false }]);
    // @ts-expect-error a clock is no option of a clock
    sleeperOf({ clock: systemClock });
  });
});
