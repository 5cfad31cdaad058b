import { describe, expect, it } from 'vitest';
import {
  Bulkhead,
  BulkheadFullError,
  CircuitBreaker,
  CircuitOpenError,
  consecutiveFailures,
  explain,
  fallback,
  giveUpReport,
  hedge,
  pipeline,
  RateLimitedError,
  RateLimiter,
  retry,
  RetryBudget,
  standard,
  timeout,
  TimeoutError,
  type Policy,
  type StandardOptions,
} from 'holdfast';
import { scriptedCall, VirtualClock } from 'holdfast/testing';
import { rejection } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');
const fails = (): Promise<never> => Promise.reject(down);
const never = (): Promise<never> => new Promise(() => {});
const kinds = (policy: Policy<unknown>): string[] => explain(policy).policies.map((each) => each.policy);

function made(options: StandardOptions<string> = {}): { clock: VirtualClock; policy: Policy<string> } {
  const clock = new VirtualClock();
  return { clock, policy: standard({ clock, random: () => 0, ...options }) };
}

describe('standard()', () => {
  describe('given no options', () => {
    it('is a timeout, a retry, a breaker and a timeout for each attempt', () => {
      const { policies, worstCase, warnings } = explain(standard());

      expect(policies).toEqual([
        { policy: 'timeout', timeout: 30_000 },
        {
          policy: 'retry',
          maxAttempts: 3,
          baseDelay: 50,
          maxRetryAfter: 60_000,
          maxElapsed: Infinity,
          delays: '0–50 → 0–100 ms',
        },
        {
          policy: 'circuit-breaker',
          required: 3,
          concurrent: 1,
          probeTimeout: 30_000,
          slowCallDuration: Infinity,
          trips: '3 in a row or 8 of 16 failed in 10000 ms',
          openDuration: '2500–5000 → 5000–10000 → 10000–20000 → 20000–40000 → … ms',
        },
        { policy: 'timeout', timeout: 10_000 },
      ]);
      expect([worstCase, warnings]).toEqual([{ time: 30_000, calls: 3 }, []]);
    });

    it('takes undefined for every option', () => {
      const parts = ['fallback', 'timeout', 'retry', 'hedge', 'rateLimiter', 'breaker', 'bulkhead', 'attemptTimeout'];
      const rest = ['isTransient', 'retryAfter', 'name', 'clock', 'random', 'on'];
      const options = Object.fromEntries([...parts, ...rest].map((name) => [name, undefined]));

      expect(explain(standard(options)).text).toBe(explain(standard()).text);
    });

    it('gives the value of a call', async () => {
      expect(await standard().execute(() => 'up')).toBe('up');
    });

    it('tries a call three times, and trips after three straight failures', async () => {
      const { clock, policy } = made();
      const fn = scriptedCall([{ throws: down }, { throws: down }, { throws: down }, { returns: 'up' }], { clock });

      const outcome = rejection(policy.execute(fn));
      await clock.runAll();
      const error = await outcome;
      const refusal = await rejection(policy.execute(fn));
      await clock.advance(2_500);
      const next = policy.execute(fn);

      expect(error).toBe(down);
      expect(giveUpReport(error)).toEqual({ attempts: 3, delays: [0, 0], reason: 'attempts' });
      // The open time of 5 s, with equal jitter at its lowest.
      expect(refusal).toMatchObject({ code: 'ERR_CIRCUIT_OPEN', retryAfter: 2_500 });
      expect([await next, fn.log.map(({ at }) => at), clock.pending]).toEqual(['up', [0, 0, 0, 2_500], 0]);
    });

    it('ends an attempt that hangs after 10 s, and the call after 30 s', async () => {
      const { clock, policy } = made({ breaker: false });
      const fn = scriptedCall([{ stalls: true }, { stalls: true }, { stalls: true }], { clock });

      const outcome = rejection(policy.execute(fn));
      await clock.runAll();

      expect(await outcome).toBeInstanceOf(TimeoutError);
      expect([fn.log.map(({ at }) => at), clock.now(), clock.pending]).toEqual([[0, 10_000, 20_000], 30_000, 0]);
    });

    it('bounds its retries by a budget of its own: two, and one for ten calls', async () => {
      const { clock, policy } = made({ breaker: false });
      let calls = 0;
      const fn = (): Promise<never> => (calls++, fails());

      for (let call = 0; call < 100; call++) {
        const outcome = rejection(policy.execute(fn));
        await clock.runAll();
        await outcome;
      }

      expect(calls).toBe(100 + 2 + 9);
    });
  });

  describe('given every part', () => {
    const every = (clock: VirtualClock): StandardOptions<string> => ({
      clock,
      fallback: fallback('instead'),
      hedge: { delay: 100 },
      rateLimiter: { limit: 10, interval: 1_000 },
      bulkhead: { maxConcurrent: 5 },
    });

    it('puts them into the recommended order, outermost first', () => {
      expect(kinds(standard(every(new VirtualClock())))).toEqual([
        'fallback',
        'timeout',
        'retry',
        'hedge',
        'rate-limiter',
        'circuit-breaker',
        'bulkhead',
        'timeout',
      ]);
    });

    it('puts policies that are given into the same places', () => {
      const policy = standard({
        bulkhead: new Bulkhead({ maxConcurrent: 1 }),
        breaker: new CircuitBreaker(),
        rateLimiter: new RateLimiter({ limit: 1, interval: 1 }),
        hedge: hedge({ delay: 1 }),
        retry: retry(),
        fallback: fallback(1),
      });

      expect(kinds(policy)).toEqual(kinds(standard(every(new VirtualClock()))));
    });

    it('leaves out what is false', () => {
      const none = {
        fallback: false,
        retry: false,
        hedge: false,
        rateLimiter: false,
        breaker: false,
        bulkhead: false,
      } as const;

      expect(kinds(standard(none))).toEqual(['timeout', 'timeout']);
    });

    it('leaves no timer and nothing taken after a call', async () => {
      const clock = new VirtualClock();
      const bulkhead = new Bulkhead({ maxConcurrent: 5, clock });
      const policy = standard({ ...every(clock), bulkhead });

      const values = Promise.all([policy.execute(() => 'up'), policy.execute<unknown>(fails)]);
      await clock.runAll();

      expect([await values, clock.pending, bulkhead.running]).toEqual([['up', 'instead'], 0, 0]);
    });
  });

  describe('a part given as a policy', () => {
    it('is that very one: to look into it, and to share it', async () => {
      const breaker = new CircuitBreaker({ trip: consecutiveFailures(1) });
      const [one, other] = [1, 2].map(() => standard({ breaker, retry: false }));

      await rejection(one!.execute(fails));

      expect(breaker.state).toBe('open');
      expect(await rejection(other!.execute(() => 1))).toBeInstanceOf(CircuitOpenError);
    });

    it('may be made elsewhere', async () => {
      const foreign: Policy = { execute: async (fn, options) => fn(options as never) };

      expect(await standard({ bulkhead: foreign }).execute(({ attempt }) => attempt)).toBe(1);
    });
  });

  describe('a part given as options', () => {
    it('keeps the defaults of the others', async () => {
      const { clock, policy } = made({
        retry: { maxAttempts: 2, baseDelay: undefined },
        breaker: { trip: consecutiveFailures(9) },
      });
      const fn = scriptedCall([{ throws: down }, { throws: down }], { clock });

      const outcome = rejection(policy.execute(fn));
      await clock.runAll();

      expect([await outcome, explain(policy).policies[1]]).toMatchObject([down, { maxAttempts: 2, baseDelay: 50 }]);
    });

    it('goes before what is said for all', async () => {
      const { policy } = made({
        name: 'all',
        breaker: { name: 'own', trip: consecutiveFailures(1) },
        retry: false,
      });
      await rejection(policy.execute(fails));

      expect(await rejection(policy.execute(fails))).toMatchObject({
        message: 'Refused by circuit breaker own (open): next probe in 2500 ms',
      });
    });

    it('of a retry with a budget shares that with the hedge', async () => {
      const budget = new RetryBudget({ ratio: 0, burst: 1 });
      const { clock, policy } = made({ retry: { budget, maxAttempts: 2 }, hedge: { delay: 100 }, breaker: false });
      const fn = scriptedCall([{ stalls: true }, { throws: down }, { throws: down }], { clock });

      const outcome = rejection(policy.execute(fn));
      await clock.advance(100);
      const left = budget.available;
      await clock.runAll();

      expect(await outcome).toMatchObject({ errors: [new TimeoutError(10_000), down] });
      expect([left, fn.log.length]).toEqual([0, 2]);
    });

    it('of a hedge with a budget keeps that', async () => {
      const budget = new RetryBudget({ ratio: 0, burst: 1 });
      const { clock, policy } = made({ hedge: { delay: 100, budget }, breaker: false });
      const fn = scriptedCall([{ stalls: true }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await clock.advance(100);

      expect([await value, budget.available]).toEqual(['up', 0]);
    });

    it('of a hedge beside no retry has a budget of two', async () => {
      const { clock, policy } = made({
        retry: false,
        breaker: false,
        hedge: { delay: 0, maxHedges: 50 },
        attemptTimeout: Infinity,
      });
      let calls = 0;

      const outcome = rejection(policy.execute(() => (calls++, never())));
      await clock.runAll();

      expect([await outcome, calls]).toEqual([new TimeoutError(30_000), 3]);
    });
  });

  describe('what is said for all parts', () => {
    it('is the name, in the errors of refusals', async () => {
      const clock = new VirtualClock();
      const messages: string[] = [];
      const on = { rejected: ({ error }: { error: Error }) => messages.push(error.message) };
      const common = { name: 'api', clock, random: () => 0, retry: false, on } as const;

      const limited = standard({ ...common, rateLimiter: { limit: 1, interval: 1_000 } });
      await limited.execute(() => 1);
      const errors = [await rejection(limited.execute(() => 1))];
      const full = standard({ ...common, bulkhead: { maxConcurrent: 1 } });
      void rejection(full.execute(never));
      errors.push(await rejection(full.execute(() => 1)));
      const open = standard({ ...common, breaker: { trip: consecutiveFailures(1) } });
      await rejection(open.execute(fails));
      errors.push(await rejection(open.execute(() => 1)));
      await clock.runAll();

      expect(errors).toEqual([
        new RateLimitedError('rate limiter api', 1_000),
        new BulkheadFullError('bulkhead api', 1, 0),
        new CircuitOpenError('circuit breaker api (open)', 2_500),
      ]);
      expect(messages).toEqual(errors.map((error) => (error as Error).message));
    });

    it('is the chance: of the delays and of the open time', async () => {
      const { clock, policy } = made({
        random: () => 0.5,
        breaker: { trip: consecutiveFailures(3) },
        retry: { maxRetryAfter: 0 },
      });

      const outcome = rejection(policy.execute(fails));
      await clock.runAll();
      const refused = await rejection(policy.execute(fails));

      expect([await outcome, giveUpReport(down)]).toEqual([
        down,
        { attempts: 3, delays: [25, 50], reason: 'attempts' },
      ]);
      expect(refused).toEqual(new CircuitOpenError('circuit breaker (open)', 3_750));
    });

    it('are the observers', async () => {
      const seen: string[] = [];
      const note = (name: string) => () => seen.push(name);
      const { clock, policy } = made({
        breaker: { trip: consecutiveFailures(1), openDuration: 90_000 },
        attemptTimeout: 100,
        on: {
          retry: note('retry'),
          giveUp: note('giveUp'),
          stateChange: note('stateChange'),
          rejected: note('rejected'),
          timeout: note('timeout'),
        },
      });

      const outcome = rejection(policy.execute(never));
      await clock.runAll();

      expect(await outcome).toBeInstanceOf(CircuitOpenError);
      expect(seen).toEqual(['stateChange', 'retry', 'timeout', 'rejected', 'giveUp']);
    });

    it('is isTransient: what is not is neither tried again nor counted', async () => {
      const breaker = { trip: consecutiveFailures(1) };
      const isTransient = ({ error }: { error: unknown }): boolean => error !== down;
      const { clock, policy } = made({ breaker, isTransient });
      const fn = scriptedCall([{ throws: down }, { returns: 'up' }], { clock });

      const error = await rejection(policy.execute(fn));

      expect([error, await policy.execute(fn)]).toEqual([down, 'up']);
    });

    it('is isTransient, which is not asked about timeouts of ours: those are tried again, and counted', async () => {
      const asked: unknown[] = [];
      const isTransient = ({ error }: { error: unknown }): boolean => asked.push(error) < 0;
      const breaker = new CircuitBreaker({ trip: consecutiveFailures(2) });
      const counted = made({
        isTransient,
        attemptTimeout: 100,
        breaker: { trip: consecutiveFailures(1) },
        retry: false,
      });
      const { clock, policy } = made({ isTransient, attemptTimeout: 100, breaker });
      const fn = scriptedCall([{ stalls: true }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await clock.runAll();
      const timedOut = rejection(counted.policy.execute(never));
      await counted.clock.runAll();

      expect([await value, await timedOut]).toEqual(['up', new TimeoutError(100)]);
      expect(await rejection(counted.policy.execute(never))).toBeInstanceOf(CircuitOpenError);
      expect(asked).toEqual([]);
    });

    it('is isTransient, which is not asked about refusals: those that say when to come back are tried again', async () => {
      const isTransient = (): never => {
        throw new Error('asked');
      };
      const { clock, policy } = made({ isTransient, rateLimiter: { limit: 1, interval: 1_000 } });
      const full = made({ isTransient, bulkhead: { maxConcurrent: 1 } });

      const values = [policy.execute(() => clock.now()), policy.execute(() => clock.now())];
      await clock.runAll();
      void rejection(full.policy.execute(never));
      const refused = await rejection(full.policy.execute(() => 1));
      await full.clock.runAll();

      expect(await Promise.all(values)).toEqual([0, 1_000]);
      expect(refused).toEqual(new BulkheadFullError('bulkhead', 1, 0));
    });

    it('are the observers, of which one of a part takes the place', async () => {
      const seen: string[] = [];
      const note = (name: string) => () => seen.push(name);
      const { clock, policy } = made({
        on: { retry: note('common retry'), giveUp: note('common giveUp') },
        retry: { maxAttempts: 2, on: { retry: note('own retry') } },
      });

      const outcome = rejection(policy.execute(fails));
      await clock.runAll();

      expect([await outcome, seen]).toEqual([down, ['own retry', 'common giveUp']]);
    });

    it('are the observers, also where a part says undefined in their place', async () => {
      const seen: string[] = [];
      const note = (name: string) => () => seen.push(name);
      const { clock, policy } = made({
        on: { retry: note('common retry') },
        retry: { maxAttempts: 2, on: { retry: undefined, giveUp: note('own giveUp') } },
      });

      const outcome = rejection(policy.execute(fails));
      await clock.runAll();

      expect([await outcome, seen]).toEqual([down, ['common retry', 'own giveUp']]);
    });

    it('is retryAfter, a hint for the retry', async () => {
      const { clock, policy } = made({ retryAfter: () => 1_000 });
      const fn = scriptedCall([{ throws: down }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await clock.runAll();

      expect([await value, fn.log.map(({ at }) => at)]).toEqual(['up', [0, 1_000]]);
    });

    it('is isTransient, for the hedge too', async () => {
      const { clock, policy } = made({ hedge: { delay: 100 }, isTransient: () => false });
      const fn = scriptedCall([{ throws: down }, { throws: down }], { clock });

      const outcome = rejection(policy.execute(fn));
      await clock.runAll();

      expect([await outcome, fn.log.length]).toEqual([down, 1]);
    });
  });

  describe('the limits', () => {
    it.each([Infinity, 0, 0.5])('may be %d ms', (ms) => {
      const policies = explain(standard({ timeout: ms, attemptTimeout: ms })).policies;

      expect([policies.at(0), policies.at(-1)]).toEqual([
        { policy: 'timeout', timeout: ms },
        { policy: 'timeout', timeout: ms },
      ]);
    });

    it('do not end the work of a fallback, which is outside', async () => {
      const { clock, policy } = made({ fallback: fallback(() => 'instead'), timeout: 50, attemptTimeout: 50 });

      const value = policy.execute<unknown>(never);
      await clock.runAll();

      expect([await value, clock.now()]).toEqual(['instead', 50]);
    });
  });

  describe('wrong arguments', () => {
    const part = 'to be options, a policy or false';
    it.each([
      [null, 'make a standard policy', TypeError, 'expected options to be an object, got null'],
      [{ fallback: 'x' }, 'make a standard policy', TypeError, 'expected fallback to be a policy or false, got "x"'],
      [
        { fallback: {} },
        'make a standard policy',
        TypeError,
        'expected fallback to be a policy or false, got a value of type object',
      ],
      [{ retry: true }, 'make a standard policy', TypeError, `expected retry ${part}, got true`],
      [{ retry: 3 }, 'make a standard policy', TypeError, `expected retry ${part}, got 3`],
      [{ hedge: null }, 'make a standard policy', TypeError, `expected hedge ${part}, got null`],
      [
        { breaker: () => {} },
        'make a standard policy',
        TypeError,
        `expected breaker ${part}, got a value of type function`,
      ],
      [
        { timeout: NaN },
        'make a standard policy',
        RangeError,
        'expected timeout to be a number of ms ≥ 0, or Infinity, got NaN',
      ],
      [
        { timeout: '5' },
        'make a standard policy',
        TypeError,
        'expected timeout to be a number of ms ≥ 0, or Infinity, got "5"',
      ],
      [
        { attemptTimeout: -1 },
        'make a standard policy',
        RangeError,
        'expected attemptTimeout to be a number of ms ≥ 0, or Infinity, got -1',
      ],
      [{ name: 5 }, 'make a standard policy', TypeError, 'expected name to be a string, got 5'],
      [{ random: 5 }, 'make a standard policy', TypeError, 'expected random to be a function, got 5'],
      [
        { brekaer: {} },
        'make a standard policy',
        TypeError,
        'expected a known option (did you mean breaker?), got "brekaer"',
      ],
      [
        { on: { hedge: () => {} } },
        'make a standard policy',
        TypeError,
        'expected a known option (retry, giveUp, stateChange, rejected, timeout), got "on.hedge"',
      ],
      [
        { retry: { attempts: 3 } },
        'make a retry',
        TypeError,
        'expected a known option (did you mean maxAttempts?), got "attempts"',
      ],
      [{ bulkhead: {} }, 'make a bulkhead', TypeError, 'expected maxConcurrent to be an integer ≥ 1, got undefined'],
      [
        { hedge: {} },
        'make a hedge',
        TypeError,
        'expected delay to be a finite number of ms ≥ 0, a quantile or a function, got undefined',
      ],
    ])('are refused (%#)', (options, action, Class, message) => {
      const make = (): unknown => standard(options as never);

      expect(make).toThrow(wrongArgument(Class, `Cannot ${action}: ${message}`));
      expect(make).toThrow(Class);
    });

    it.each([[[]], [new AbortController().signal], [Promise.resolve(retry())]])(
      'are refused: what is no options, in place of a part (%#)',
      (wrong) => {
        expect(() => standard({ retry: wrong as never })).toThrow(TypeError);
      },
    );

    it('are refused: no observers in place of those of a part', () => {
      const action = 'Cannot make a retry: expected on to be an object, got';

      expect(() => standard({ retry: { on: null as never } })).toThrow(wrongArgument(TypeError, `${action} null`));
    });

    it('are refused: a number in place of the observers of a part', () => {
      expect(() => standard({ retry: { on: 5 as never } })).toThrow(TypeError);
    });

    it('is a second retry in place of another part', () => {
      expect(() => standard({ breaker: pipeline(timeout(5), retry()) })).toThrow(TypeError);
    });
  });

  describe('given a burst that its own bulkhead cannot take in time', () => {
    it('does not blame the dependency: the breaker stays closed', async () => {
      const clock = new VirtualClock();
      const breaker = new CircuitBreaker({ trip: consecutiveFailures(3), clock });
      const bulkhead = { maxConcurrent: 1, maxQueued: 100 };
      const policy = standard({ clock, timeout: 1_000, retry: false, breaker, bulkhead, attemptTimeout: 500 });
      let calls = 0;
      const work = (): Promise<void> => {
        calls++;
        return new Promise((resolve) => void clock.setTimer(300, resolve));
      };

      const outcomes = Array.from({ length: 20 }, () =>
        policy.execute(work).then(String, (error: Error) => error.name),
      );
      await clock.runAll();

      const names = await Promise.all(outcomes);
      expect([calls, names.filter((name) => name === 'TimeoutError').length, breaker.state]).toEqual([4, 17, 'closed']);
    });
  });

  describe('given a hedge and isTransient', () => {
    class Busy extends Error {}
    const isTransient = ({ error }: { error: unknown }): boolean => error instanceof Busy;

    it('retries as it would without the hedge', async () => {
      const retries = { budget: new RetryBudget() };
      const { clock, policy } = made({ isTransient, breaker: false, retry: retries, hedge: { delay: 10_000 } });
      let calls = 0;

      const error = rejection(policy.execute(() => Promise.reject(new Busy(`${++calls}`))));
      await clock.runAll();

      expect(((await error) as AggregateError).errors.map(({ message }: Error) => message)).toEqual(['5', '6']);
      expect([calls, giveUpReport(await error)?.reason]).toEqual([6, 'attempts']);
    });

    it('gives the hedge the budget of a retry that was handed in', async () => {
      const budget = new RetryBudget({ burst: 0, ratio: 0 });
      const { clock, policy } = made({ retry: retry({ budget }), hedge: { delay: 10 } });
      let calls = 0;

      const error = rejection(policy.execute(() => (calls++, never())));
      await clock.runAll();

      expect([calls, ((await error) as Error).name]).toEqual([1, 'TimeoutError']);
    });
  });
});
