import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import {
  Bulkhead,
  BulkheadFullError,
  CircuitBreaker,
  CircuitOpenError,
  consecutiveFailures,
  constant,
  hedge,
  onObserverError,
  pipeline,
  quantile,
  retry,
  RetryBudget,
  sleeperOf,
  timeout,
  TimeoutError,
  type CallContext,
  type Clock,
  type HedgeEvent,
  type HedgeOptions,
  type Policy,
} from 'holdfast';
import { scriptedCall, seededRandom, VirtualClock, type ScriptedCall, type ScriptStep } from 'holdfast/testing';
import { rejection, turns } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');
const [first, second, third] = ['first', 'second', 'third'].map((name) => new Error(name)) as [Error, Error, Error];
const never = (): Promise<never> => new Promise(() => {});

function made(options: Partial<HedgeOptions> = {}): { clock: VirtualClock; policy: Policy } {
  const clock = new VirtualClock();
  return { clock, policy: hedge({ delay: 100, clock, ...options }) };
}

/** When each attempt was made, and its number. */
function starts({ log }: ScriptedCall<unknown>): unknown[] {
  return log.map(({ at, attempt }) => [at, attempt]);
}

describe('hedge()', () => {
  describe('given an attempt that succeeds before the delay', () => {
    it('gives its value, makes no other and leaves no timer', async () => {
      const { clock, policy } = made();
      const fn = scriptedCall([{ returns: 'up', after: 99 }], { clock });

      const value = policy.execute(fn);
      await clock.advance(99);

      expect(await value).toBe('up');
      expect([starts(fn), clock.pending]).toEqual([[[0, 1]], 0]);
      expect(fn.log[0]!.context.signal.aborted).toBe(false);
    });
  });

  describe('given an attempt that is slow', () => {
    it('makes another one beside it at the delay, and gives the first success', async () => {
      const { clock, policy } = made();
      const fn = scriptedCall([{ stalls: true }, { returns: 'second', after: 30 }], { clock });

      const value = policy.execute(fn);
      await clock.runAll();

      expect(await value).toBe('second');
      expect([starts(fn), clock.now(), clock.pending]).toEqual([
        [
          [0, 1],
          [100, 2],
        ],
        130,
        0,
      ]);
    });

    it('gives the value of the first one where that is there earlier', async () => {
      const { clock, policy } = made();
      const fn = scriptedCall(
        [
          { returns: 'first', after: 120 },
          { returns: 'second', after: 30 },
        ],
        { clock },
      );

      const value = policy.execute(fn);
      await clock.advance(120);

      expect(await value).toBe('first');
      expect(fn.log.map(({ context }) => context.signal.aborted)).toEqual([false, true]);
    });

    it('aborts the losers in the same turn, does not wait for them, and drops what they do', async () => {
      const unhandled = vi.fn();
      process.on('unhandledRejection', unhandled);
      const { clock, policy } = made({ maxHedges: 2 });
      let win!: (value: string) => void;
      const signals: AbortSignal[] = [];
      const fn = ({ attempt, signal }: CallContext): Promise<string> => {
        signals.push(signal);
        if (attempt === 2) return new Promise((resolve) => (win = resolve));
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      };
      const order: string[] = [];

      const value = policy.execute(fn);
      await clock.advance(200);
      signals[0]!.addEventListener('abort', () => order.push('first aborted'));
      signals[2]!.addEventListener('abort', () => order.push('third aborted'));
      void value.then(() => order.push('settled'));
      win('up');
      await turns();
      process.off('unhandledRejection', unhandled);

      expect(order).toEqual(['first aborted', 'third aborted', 'settled']);
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, false, true]);
      expect(signals[0]!.reason).toMatchObject({
        name: 'AbortError',
        message: 'Another attempt has settled the call',
      });
      expect([clock.pending, unhandled.mock.calls]).toEqual([0, []]);
    });

    it('makes as many as it may, each a delay after the one before, and no more', async () => {
      const { clock, policy } = made({ maxHedges: 3 });
      const controller = new AbortController();
      const fn = scriptedCall(
        Array.from({ length: 4 }, () => ({ stalls: true }) as const),
        { clock },
      );

      const outcome = rejection(policy.execute(fn, { signal: controller.signal }));
      await clock.advance(10_000);
      controller.abort('enough');

      expect(starts(fn)).toEqual([
        [0, 1],
        [100, 2],
        [200, 3],
        [300, 4],
      ]);
      expect([await outcome, clock.pending]).toEqual(['enough', 0]);
    });

    it('takes late values and errors of losers for nothing', async () => {
      const { clock, policy } = made({ maxHedges: 2 });
      const fn = scriptedCall(
        [
          { throws: first, after: 500 },
          { returns: 'late', after: 500 },
          { returns: 'up', after: 10 },
        ],
        { clock },
      );

      const value = policy.execute(fn);
      await clock.runAll();

      expect(await value).toBe('up');
      expect([starts(fn).length, clock.now()]).toEqual([3, 600]);
    });
  });

  describe('given an attempt that fails', () => {
    it('makes another one at once, and counts the delay from there', async () => {
      const { clock, policy } = made({ maxHedges: 2 });
      const fn = scriptedCall([{ throws: first, after: 40 }, { stalls: true }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await clock.runAll();

      expect(await value).toBe('up');
      expect(starts(fn)).toEqual([
        [0, 1],
        [40, 2],
        [140, 3],
      ]);
    });

    it('leaves it to those that run where it may make no more', async () => {
      const { clock, policy } = made();
      const fn = scriptedCall([{ returns: 'up', after: 300 }, { throws: second }], { clock });

      const value = policy.execute(fn);
      await clock.runAll();

      expect(await value).toBe('up');
      expect(starts(fn)).toEqual([
        [0, 1],
        [100, 2],
      ]);
    });

    it('takes a synchronous throw, a rejection and a thenable for the same', async () => {
      // oxlint-disable-next-line unicorn/no-thenable -- what this test is about
      const thenable = { then: (_: unknown, reject: (error: unknown) => void): void => reject(third) };
      const fn = ({ attempt }: CallContext): unknown => {
        if (attempt === 1) throw first;
        if (attempt === 2) return Promise.reject(second);
        return attempt === 3 ? thenable : 'up';
      };
      const { clock, policy } = made({ maxHedges: 3 });

      expect(await policy.execute(fn)).toBe('up');
      expect(clock.pending).toBe(0);
    });
  });

  describe('given attempts that all fail', () => {
    it('rejects with all errors, in the order in which the attempts were made', async () => {
      const { clock, policy } = made({ maxHedges: 2 });
      const fn = scriptedCall(
        [
          { throws: first, after: 250 },
          { throws: second, after: 140 },
          { throws: third, after: 5 },
        ],
        { clock },
      );

      const outcome = rejection(policy.execute(fn));
      await clock.runAll();
      const error = (await outcome) as AggregateError;

      expect(error).toBeInstanceOf(AggregateError);
      expect([error.message, error.errors, clock.now()]).toEqual([
        `All 3 attempts failed, the last with: ${third.message}`,
        [first, second, third],
        250,
      ]);
    });

    it('rejects with the error itself where there was only one', async () => {
      const budget = new RetryBudget({ ratio: 0, burst: 0 });
      const { clock, policy } = made({ budget });

      expect(await rejection(policy.execute(() => Promise.reject(down)))).toBe(down);
      expect(clock.pending).toBe(0);
    });

    it.each([undefined, null, 0, 'text'])('counts a failure with %s, too', async (thrown) => {
      const { policy } = made();

      const error = (await rejection(policy.execute(() => Promise.reject(thrown)))) as AggregateError;

      expect(error.errors).toEqual([thrown, thrown]);
    });
  });

  describe('isHedgeable', () => {
    it('that says no has the error end the call, though others run', async () => {
      const seen: unknown[] = [];
      const isHedgeable = (failure: { error: unknown; attempt: number }): boolean => {
        seen.push(failure);
        return failure.error !== second;
      };
      const { clock, policy } = made({ maxHedges: 2, isHedgeable });
      const fn = scriptedCall([{ throws: first }, { stalls: true }, { throws: second }], { clock });

      const outcome = rejection(policy.execute(fn));
      await clock.advance(100);

      expect(await outcome).toBe(second);
      expect(seen).toEqual([
        { error: first, attempt: 1 },
        { error: second, attempt: 3 },
      ]);
      expect([fn.log[1]!.context.signal.aborted, clock.pending]).toEqual([true, 0]);
    });

    it('that throws ends the call with its error, which carries that of the attempt', async () => {
      const broken = new Error('broken predicate');
      const isHedgeable = (): never => {
        throw broken;
      };
      const { clock, policy } = made({ isHedgeable });

      expect(await rejection(policy.execute(() => Promise.reject(down)))).toBe(broken);
      expect([broken.cause, clock.pending]).toEqual([down, 0]);
    });

    it('that gives a promise ends the call with an error that says so', async () => {
      const { policy } = made({ isHedgeable: (async () => false) as never });

      const error = (await rejection(policy.execute(() => Promise.reject(down)))) as Error;

      expect([error.message, error.cause]).toEqual([
        'Cannot decide: expected isHedgeable to return true or false, got a value of type object',
        down,
      ]);
    });

    it.each([true, false])('that aborts the call and says %s ends it with the reason alone', async (verdict) => {
      const controller = new AbortController();
      const isHedgeable = (): boolean => {
        controller.abort('stop');
        return verdict;
      };
      const { clock, policy } = made({ isHedgeable });
      const fn = scriptedCall([{ throws: down }], { clock });

      expect(await rejection(policy.execute(fn, { signal: controller.signal }))).toBe('stop');
      expect([fn.log.length, clock.pending]).toEqual([1, 0]);
    });
  });

  describe('isHedgeable that aborts the call and throws', () => {
    it('ends it with the reason alone', async () => {
      const controller = new AbortController();
      const isHedgeable = (): never => {
        controller.abort('stop');
        throw new Error('broken predicate');
      };
      const { clock, policy } = made({ isHedgeable });

      const outcome = rejection(policy.execute(() => Promise.reject(down), { signal: controller.signal }));

      expect([await outcome, clock.pending]).toEqual(['stop', 0]);
    });
  });

  describe('a refusal', () => {
    it('does not start another attempt at once, and comes out where nothing runs', async () => {
      const { clock, policy } = made({ maxHedges: 5 });
      const refusal = new CircuitOpenError('circuit breaker (open)', 50);
      const fn = scriptedCall([{ throws: refusal }], { clock });

      expect(await rejection(policy.execute(fn))).toBe(refusal);
      expect([starts(fn), clock.pending]).toEqual([[[0, 1]], 0]);
    });

    it('of a hedge leaves it to the one that runs, and the next hedge to its delay', async () => {
      const { clock, policy } = made({ maxHedges: 2 });
      const refusal = new BulkheadFullError('bulkhead', 1, 0);
      const fn = scriptedCall([{ stalls: true }, { throws: refusal, after: 10 }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await clock.runAll();

      expect(await value).toBe('up');
      expect(starts(fn)).toEqual([
        [0, 1],
        [100, 2],
        [200, 3],
      ]);
    });
  });

  describe('delay', () => {
    it('of 0 makes the hedge in a later turn, by a timer', async () => {
      const { clock, policy } = made({ delay: 0 });
      const fn = scriptedCall([{ stalls: true }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await turns();
      const before = starts(fn);
      await clock.advance(0);

      expect([await value, before, starts(fn)]).toEqual([
        'up',
        [[0, 1]],
        [
          [0, 1],
          [0, 2],
        ],
      ]);
    });

    it('as a function is asked for every attempt to come', async () => {
      const asked: unknown[] = [];
      const delay = (next: { attempt: number }): number => {
        asked.push(next);
        return next.attempt * 10;
      };
      const { clock, policy } = made({ delay, maxHedges: 2 });
      const fn = scriptedCall([{ stalls: true }, { stalls: true }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await clock.runAll();

      expect([await value, asked]).toEqual(['up', [{ attempt: 2 }, { attempt: 3 }]]);
      expect(starts(fn)).toEqual([
        [0, 1],
        [20, 2],
        [50, 3],
      ]);
    });

    it.each([NaN, -1, Infinity])('as a function that returns %d ends the call with a RangeError', async (delay) => {
      const { clock, policy } = made({ delay: () => delay });
      const fn = scriptedCall([{ returns: 'up' }], { clock });

      const error = (await rejection(policy.execute(fn))) as Error;

      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
      expect([fn.log, clock.pending]).toEqual([[], 0]);
    });

    it('as a function that returns no number of ms says so in a sentence', async () => {
      const { policy } = made({ delay: () => '5' as never });

      expect(await rejection(policy.execute(never))).toEqual(
        wrongArgument(RangeError, 'Cannot hedge: expected delay to return a finite number of ms ≥ 0, got "5"'),
      );
    });

    it('as a function that fails in the middle ends the call with its error, which carries that of the attempt', async () => {
      const broken = new Error('broken delay');
      const delay = ({ attempt }: { attempt: number }): number => {
        if (attempt === 2) return 100;
        throw broken;
      };
      const { clock, policy } = made({ delay, maxHedges: 2 });
      const fn = scriptedCall([{ throws: first, after: 5 }], { clock });

      const outcome = rejection(policy.execute(fn));
      await clock.runAll();

      expect([await outcome, broken.cause, starts(fn), clock.pending]).toEqual([broken, first, [[0, 1]], 0]);
    });

    it('as a function that fails when an attempt is slow ends the call with its error alone', async () => {
      const broken = new Error('broken delay');
      const delay = ({ attempt }: { attempt: number }): number => {
        if (attempt === 2) return 100;
        throw broken;
      };
      const { clock, policy } = made({ delay, maxHedges: 2 });
      const fn = scriptedCall([{ stalls: true }], { clock });

      const outcome = rejection(policy.execute(fn));
      await clock.runAll();

      expect([await outcome, 'cause' in broken, clock.pending]).toEqual([broken, false, 0]);
      expect(fn.log[0]!.context.signal.aborted).toBe(true);
    });

    it('as a function that aborts the call has no attempt made, and leaves no timer', async () => {
      const controller = new AbortController();
      const delay = (): number => {
        controller.abort('stop');
        return 10;
      };
      const { clock, policy } = made({ delay });
      const fn = scriptedCall([{ stalls: true }], { clock });

      const error = await rejection(policy.execute(fn, { signal: controller.signal }));

      expect(error).toBe('stop');
      expect([fn.log.length, clock.pending]).toEqual([0, 0]);
    });

    it('as a function that aborts the call before a hedge has none made, and it is refunded', async () => {
      const controller = new AbortController();
      const delay = ({ attempt }: { attempt: number }): number => {
        if (attempt > 2) controller.abort('stop');
        return 10;
      };
      const budget = new RetryBudget({ ratio: 0, burst: 3 });
      const { clock, policy } = made({ delay, budget, maxHedges: 2 });
      const fn = scriptedCall([{ stalls: true }, { stalls: true }], { clock });

      const outcome = rejection(policy.execute(fn, { signal: controller.signal }));
      await clock.advance(10);

      expect(await outcome).toBe('stop');
      expect([fn.log.length, clock.pending, budget.available]).toEqual([1, 0, 3]);
    });

    it('as a function that throws in the middle leaves the budget as it was', async () => {
      const budget = new RetryBudget({ ratio: 0, burst: 3 });
      const delay = ({ attempt }: { attempt: number }): number => (attempt === 2 ? 100 : NaN);
      const { clock, policy } = made({ delay, budget, maxHedges: 2 });
      const fn = scriptedCall([{ throws: first }], { clock });

      await rejection(policy.execute(fn));

      expect([fn.log.length, budget.available]).toEqual([1, 3]);
    });
  });

  describe('a quantile', () => {
    it('is the delay, and goes down with a first attempt that is quicker', async () => {
      const delay = quantile(0.9, { initial: 200 });
      const { clock, policy } = made({ delay });

      await policy.execute(() => 'up');

      expect([delay.estimate, clock.pending]).toEqual([200 * Math.exp(-0.01), 0]);
    });

    it('goes up with a first attempt that is still running, once, whatever comes of it', async () => {
      for (const step of [{ returns: 'first', after: 400 }, { throws: first, after: 400 }, { stalls: true } as const]) {
        const delay = quantile(0.9, { initial: 200 });
        const { clock, policy } = made({ delay, maxHedges: 3 });
        const steps: ScriptStep[] = [
          step,
          { throws: second, after: 1 },
          { stalls: true },
          { returns: 'up', after: 500 },
        ];
        const fn = scriptedCall(steps, { clock });

        const value = policy.execute(fn);
        await clock.runAll();
        await value;

        expect(delay.estimate).toBe(200 * Math.exp(0.1 * 0.9));
        expect(fn.log[1]!.at).toBe(200);
      }
    });

    it('says nothing of hedges, nor of a first attempt that fails', async () => {
      const delay = quantile(0.9, { initial: 200 });
      const { clock, policy } = made({ delay });
      const fn = scriptedCall(
        [
          { throws: first, after: 5 },
          { returns: 'up', after: 5 },
        ],
        { clock },
      );

      const value = policy.execute(fn);
      await clock.runAll();

      expect([await value, delay.estimate]).toEqual(['up', 200]);
    });

    it('says nothing of a first attempt that failed before, when a later one is slow', async () => {
      const delay = quantile(0.9, { initial: 200 });
      const { clock, policy } = made({ delay, maxHedges: 2 });
      const fn = scriptedCall([{ throws: first, after: 5 }, { stalls: true }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await clock.runAll();

      expect([await value, delay.estimate]).toEqual(['up', 200]);
    });

    it('says nothing of a call that is aborted before', async () => {
      const delay = quantile(0.9, { initial: 200 });
      const controller = new AbortController();
      const { clock, policy } = made({ delay });

      const outcome = rejection(policy.execute(never, { signal: controller.signal }));
      await clock.advance(199);
      controller.abort('stop');

      expect([await outcome, delay.estimate, clock.pending]).toEqual(['stop', 200, 0]);
    });

    it('hedges about 1 − q of the calls, within one percentage point of 1 000', async () => {
      const random = seededRandom(11);
      for (const q of [0.5, 0.9, 0.95]) {
        const delay = quantile(q);
        const { clock, policy } = made({ delay });
        const latency = (): number =>
          40 * Math.exp(0.5 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
        let hedges = 0;
        const fn = ({ attempt }: CallContext): Promise<void> => {
          hedges += attempt - 1;
          return sleeperOf(clock)(latency());
        };
        const call = async (): Promise<void> => {
          const settled = policy.execute(fn);
          await clock.runAll();
          await settled;
        };

        for (let settling = 0; settling < 300; settling++) await call();
        hedges = 0;
        for (let measured = 0; measured < 1_000; measured++) await call();

        expect(Math.abs(hedges / 1_000 - (1 - q))).toBeLessThanOrEqual(0.01);
      }
    });
  });

  describe('a budget', () => {
    it('is credited for each call, and pays for each hedge', async () => {
      const budget = new RetryBudget({ ratio: 0.5, burst: 2 });
      budget.tryWithdraw();
      const { clock, policy } = made({ budget });
      const fn = scriptedCall([{ stalls: true }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      const credited = budget.available;
      await clock.runAll();

      expect([await value, credited, budget.available]).toEqual(['up', 1.5, 0.5]);
    });

    it('that is empty has the call wait for the attempts under way', async () => {
      const budget = new RetryBudget({ ratio: 0, burst: 1 });
      const { clock, policy } = made({ budget, maxHedges: 5 });
      const fn = scriptedCall(
        [
          { returns: 'up', after: 1_000 },
          { throws: second, after: 10 },
        ],
        { clock },
      );

      const value = policy.execute(fn);
      await clock.runAll();

      expect([await value, budget.available, clock.now()]).toEqual(['up', 0, 1_000]);
      expect(starts(fn)).toEqual([
        [0, 1],
        [100, 2],
      ]);
    });

    it('bounds the hedges over any run: at most burst + ratio · calls', async () => {
      const budget = new RetryBudget({ ratio: 0.1, burst: 3 });
      const { clock, policy } = made({ budget });
      let hedges = 0;
      const fn = ({ attempt }: CallContext): Promise<void> => {
        hedges += attempt - 1;
        return sleeperOf(clock)(150);
      };

      const calls = Array.from({ length: 100 }, () => policy.execute(fn));
      await clock.runAll();
      await Promise.all(calls);

      // The first deposits run over the full bucket, since all calls begin at once.
      expect(hedges).toBe(3);
    });

    it('is that of a retry around it, which alone is credited', async () => {
      const clock = new VirtualClock();
      const budget = new RetryBudget({ ratio: 0.5, burst: 3 });
      for (let token = 0; token < 3; token++) budget.tryWithdraw();
      const policy = pipeline(retry({ clock, budget }), hedge({ delay: 100, clock }));
      const fn = scriptedCall([{ throws: first, after: 10 }], { clock });

      const outcome = rejection(policy.execute(fn));
      await clock.runAll();

      expect([await outcome, starts(fn), budget.available]).toEqual([first, [[0, 1]], 0.5]);
    });

    it('of its own beside that of a retry around it pays for the hedges', async () => {
      const clock = new VirtualClock();
      const [outer, own] = [new RetryBudget({ ratio: 0, burst: 5 }), new RetryBudget({ ratio: 0, burst: 5 })];
      const policy = pipeline(
        retry({ clock, budget: outer, maxAttempts: 1 }),
        hedge({ delay: 100, clock, budget: own }),
      );

      await rejection(policy.execute(() => Promise.reject(down)));

      expect([outer.available, own.available]).toEqual([5, 4]);
    });

    it('shared with a retry inside is credited once for each call', async () => {
      const clock = new VirtualClock();
      const budget = new RetryBudget({ ratio: 0.1, burst: 3 });
      for (let token = 0; token < 2; token++) budget.tryWithdraw();
      const policy = pipeline(hedge({ delay: 100, clock, budget }), retry({ clock, budget, maxAttempts: 1 }));
      const fn = scriptedCall([{ stalls: true }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await clock.runAll();

      expect([await value, budget.available]).toEqual(['up', 0.1]);
    });
  });

  describe('a budget shared by hedges in each other', () => {
    const shared = (budget: RetryBudget, clock: VirtualClock): Policy[] =>
      [100, 100].map((delay) => hedge({ delay, clock, budget }));

    it.each([
      ['in one pipeline', ([outer, inner]: Policy[]) => pipeline(outer!, inner!)],
      ['with a retry between them', ([outer, inner]: Policy[]) => pipeline(outer!, retry({ maxAttempts: 1 }), inner!)],
    ])('is credited once for each call, %s', async (_, compose) => {
      const clock = new VirtualClock();
      const budget = new RetryBudget({ ratio: 0.1, burst: 1 });
      budget.tryWithdraw();

      await compose(shared(budget, clock)).execute(() => 'up');

      expect(budget.available).toBe(0.1);
    });

    it('is credited once where the context is handed on', async () => {
      const clock = new VirtualClock();
      const budget = new RetryBudget({ ratio: 0.1, burst: 1 });
      budget.tryWithdraw();
      const [outer, inner] = shared(budget, clock);

      await outer!.execute((context) => inner!.execute(() => 'up', context));

      expect(budget.available).toBe(0.1);
    });
  });

  describe('observers', () => {
    it('are told of each hedge before it is made, with the error if that is why', async () => {
      const told: unknown[] = [];
      const on = { hedge: (event: HedgeEvent) => told.push([clock.now(), fn.log.length, event]) };
      const { clock, policy } = made({ maxHedges: 2, on });
      const fn: ScriptedCall<unknown> = scriptedCall(
        [{ stalls: true }, { throws: second, after: 20 }, { returns: 'up' }],
        { clock },
      );

      const value = policy.execute(fn);
      await clock.runAll();

      expect([await value, told]).toEqual([
        'up',
        [
          [100, 1, { attempt: 2 }],
          [120, 2, { attempt: 3, error: second }],
        ],
      ]);
    });

    it('that throw change nothing', async () => {
      const broken = new Error('broken observer');
      const reported = vi.fn();
      onObserverError(reported);
      const on = {
        hedge() {
          throw broken;
        },
      };
      const { clock, policy } = made({ on });
      const fn = scriptedCall([{ stalls: true }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await clock.runAll();
      onObserverError(undefined);

      expect([await value, reported.mock.calls]).toEqual(['up', [[broken, 'hedge']]]);
    });

    it('that abort the call have the hedge not made, and it is refunded', async () => {
      const controller = new AbortController();
      const budget = new RetryBudget({ ratio: 0, burst: 1 });
      const { clock, policy } = made({ budget, on: { hedge: () => controller.abort('stop') } });
      const fn = scriptedCall([{ stalls: true }], { clock });

      const outcome = rejection(policy.execute(fn, { signal: controller.signal }));
      await clock.advance(100);

      expect([await outcome, fn.log.length, budget.available, clock.pending]).toEqual(['stop', 1, 1, 0]);
    });

    it('that abort the call where an attempt has failed do so, too', async () => {
      const controller = new AbortController();
      const { clock, policy } = made({ on: { hedge: () => controller.abort('stop') } });
      const fn = scriptedCall([{ throws: first }], { clock });

      const outcome = rejection(policy.execute(fn, { signal: controller.signal }));
      await clock.runAll();

      expect([await outcome, fn.log.length, clock.pending]).toEqual(['stop', 1, 0]);
    });

    it('may use the policy themselves', async () => {
      let inner: Promise<unknown> | undefined;
      const on = { hedge: () => (inner ??= policy.execute(() => 'inner')) };
      const { clock, policy } = made({ on });
      const fn = scriptedCall([{ stalls: true }, { returns: 'outer' }], { clock });

      const outer = policy.execute(fn);
      await clock.runAll();

      expect([await outer, await inner, clock.pending]).toEqual(['outer', 'inner', 0]);
    });
  });

  describe('an abort', () => {
    it('before the call means that fn is never called', async () => {
      const { clock, policy } = made({ delay: quantile(0.5) });
      const fn = scriptedCall([], { clock });

      const error = await rejection(policy.execute(fn, { signal: AbortSignal.abort('stop') }));

      expect([error, fn.log, clock.pending]).toEqual(['stop', [], 0]);
    });

    it('aborts all attempts with its reason, and leaves no timer and no listener', async () => {
      const controller = new AbortController();
      const { clock, policy } = made({ maxHedges: 3 });
      const fn = scriptedCall([{ stalls: true }, { stalls: true }], { clock });
      const reason = new Error('reason');

      const outcome = rejection(policy.execute(fn, { signal: controller.signal }));
      await clock.advance(150);
      const signals = fn.log.map(({ context }) => context.signal);
      controller.abort(reason);

      expect(await outcome).toBe(reason);
      expect(signals.map((signal) => signal.reason as unknown)).toEqual([reason, reason]);
      expect([clock.pending, getEventListeners(controller.signal, 'abort')]).toEqual([0, []]);
    });

    it('by fn itself, in the first attempt or in a hedge, ends the call', async () => {
      for (const at of [1, 2]) {
        const controller = new AbortController();
        const { clock, policy } = made({ maxHedges: 2 });
        let calls = 0;
        const fn = ({ attempt }: CallContext): Promise<never> => {
          calls++;
          if (attempt === at) controller.abort('stop');
          return never();
        };

        const outcome = rejection(policy.execute(fn, { signal: controller.signal }));
        await clock.advance(1_000);

        expect([await outcome, calls, clock.pending]).toEqual(['stop', at, 0]);
      }
    });

    it('by a loser that is being aborted comes first, as the word of the caller', async () => {
      const controller = new AbortController();
      const { clock, policy } = made();
      const fn = ({ attempt, signal }: CallContext): Promise<string> => {
        if (attempt === 2) return Promise.resolve('up');
        signal.addEventListener('abort', () => controller.abort('stop'));
        return never();
      };

      const outcome = rejection(policy.execute(fn, { signal: controller.signal }));
      await clock.runAll();

      expect([await outcome, clock.pending, getEventListeners(controller.signal, 'abort')]).toEqual(['stop', 0, []]);
    });

    it('after the call has settled changes nothing', async () => {
      const controller = new AbortController();
      const { clock, policy } = made();
      const fn = scriptedCall([{ returns: 'up' }], { clock });

      const value = await policy.execute(fn, { signal: controller.signal });
      controller.abort();

      expect([value, fn.log[0]!.context.signal.aborted]).toEqual(['up', false]);
    });
  });

  describe('the context of an attempt', () => {
    it('has its own number and signal, and the deadline around the hedge', async () => {
      const clock = new VirtualClock();
      const seen: unknown[] = [];
      const signals = new Set<AbortSignal>();
      const fn = ({ attempt, remaining, signal }: CallContext): Promise<never> => {
        seen.push([attempt, remaining]);
        signals.add(signal);
        return never();
      };

      const policy = pipeline(timeout(250, { clock }), hedge({ delay: 100, maxHedges: 2, clock }));
      const outcome = rejection(policy.execute(fn));
      await clock.runAll();

      expect(seen).toEqual([
        [1, 250],
        [2, 150],
        [3, 50],
      ]);
      expect([await outcome, signals.size]).toEqual([new TimeoutError(250), 3]);
    });

    it('goes on from the number of the attempt of a retry around it', async () => {
      const clock = new VirtualClock();
      const policy = pipeline(
        retry({ clock, baseDelay: 10, backoff: constant(), maxAttempts: 2 }),
        hedge({ delay: 100, clock }),
      );
      const fn = scriptedCall([{ throws: first }, { throws: second }, { throws: third }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await clock.runAll();

      expect(await value).toBe('up');
      expect(starts(fn)).toEqual([
        [0, 1],
        [0, 2],
        [10, 2],
        [10, 3],
      ]);
    });
  });

  describe('beside other policies', () => {
    it('inside a retry has all its attempts fail before that tries again', async () => {
      const clock = new VirtualClock();
      const errors: unknown[] = [];
      const on = { retry: ({ error }: { error: unknown }) => errors.push((error as AggregateError).errors) };
      const policy = pipeline(
        retry({ clock, baseDelay: 10, backoff: constant(), maxAttempts: 2, on }),
        hedge({ delay: 100, clock }),
      );
      const fn = scriptedCall([{ throws: first, after: 150 }, { throws: second, after: 100 }, { returns: 'up' }], {
        clock,
      });

      const value = policy.execute(fn);
      await clock.runAll();

      expect([await value, errors, clock.now(), clock.pending]).toEqual(['up', [[first, second]], 210, 0]);
    });

    it('outside a retry races whole series of attempts, and ends that of the loser in its wait', async () => {
      const clock = new VirtualClock();
      const gaveUp = vi.fn();
      const policy = pipeline(
        hedge({ delay: 100, clock }),
        retry({ clock, baseDelay: 80, backoff: constant(), maxAttempts: 5, on: { giveUp: gaveUp } }),
      );
      const fn = scriptedCall(
        [{ throws: first }, { throws: first }, { throws: second }, { throws: first }, { returns: 'up' }],
        { clock },
      );

      const value = policy.execute(fn);
      await clock.runAll();

      expect([await value, fn.log.map(({ at }) => at), clock.pending]).toEqual(['up', [0, 80, 100, 160, 180], 0]);
      expect(gaveUp.mock.calls.map(([event]: { reason: string; attempts: number }[]) => event)).toMatchObject([
        { reason: 'aborted', attempts: 3 },
      ]);
    });

    it('inside a breaker is one call to it; outside, each attempt is one, and a loser is neutral', async () => {
      const clock = new VirtualClock();
      const [around, within] = [1, 2].map(() => new CircuitBreaker({ clock, trip: consecutiveFailures(2) })) as [
        CircuitBreaker,
        CircuitBreaker,
      ];

      await rejection(pipeline(around, hedge({ delay: 100, clock })).execute(() => Promise.reject(down)));
      const error = await rejection(pipeline(hedge({ delay: 100, clock }), within).execute(() => Promise.reject(down)));
      const loser = new CircuitBreaker({ clock, trip: consecutiveFailures(1) });
      const value = pipeline(hedge({ delay: 100, clock }), loser).execute(
        scriptedCall([{ stalls: true }, { returns: 'up' }], { clock }),
      );
      await clock.runAll();

      expect([around.state, within.state, (error as AggregateError).errors]).toEqual(['closed', 'open', [down, down]]);
      expect([await value, loser.state]).toEqual(['up', 'closed']);
    });

    it('inside another one is at work, as all that is around them can tell', async () => {
      const clock = new VirtualClock();
      const breaker = new CircuitBreaker({ clock, trip: consecutiveFailures(1) });
      const race = (): Policy => hedge({ delay: 1, clock });

      const outcome = rejection(pipeline(timeout(10, { clock }), breaker, race(), race()).execute(never));
      await clock.runAll();

      expect([await outcome, breaker.state]).toEqual([new TimeoutError(10), 'open']);
    });

    it('outside an open breaker is refused once, with its error', async () => {
      const clock = new VirtualClock();
      const rejected = vi.fn();
      const breaker = new CircuitBreaker({ clock, on: { rejected } });
      breaker.isolate();

      const error = await rejection(pipeline(hedge({ delay: 100, clock }), breaker).execute(never));
      await clock.advance(1_000);

      expect(error).toBeInstanceOf(CircuitOpenError);
      expect([rejected.mock.calls.length, clock.pending]).toEqual([1, 0]);
    });

    it('outside a bulkhead takes a slot for each attempt, and the loser gives its own back when it has settled', async () => {
      const clock = new VirtualClock();
      const bulkhead = new Bulkhead({ maxConcurrent: 2, clock });
      const fn = scriptedCall(
        [
          { returns: 'late', after: 500 },
          { returns: 'up', after: 10 },
        ],
        { clock },
      );

      const value = pipeline(hedge({ delay: 100, clock }), bulkhead).execute(fn);
      await clock.advance(100);
      const both = bulkhead.running;
      await clock.advance(10);
      const settled = await value;
      const loser = bulkhead.running;
      await clock.runAll();

      expect([settled, both, loser, bulkhead.running, clock.now()]).toEqual(['up', 2, 1, 0, 500]);
    });

    it('outside a bulkhead that is full leaves it to the attempt that runs', async () => {
      const clock = new VirtualClock();
      const bulkhead = new Bulkhead({ maxConcurrent: 1, clock });
      const fn = scriptedCall([{ returns: 'up', after: 500 }], { clock });

      const value = pipeline(hedge({ delay: 100, clock }), bulkhead).execute(fn);
      await clock.runAll();

      expect([await value, fn.log.length, bulkhead.running]).toEqual(['up', 1, 0]);
    });

    it('takes its loser out of the line of a bulkhead inside it', async () => {
      const clock = new VirtualClock();
      const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueued: 5, clock });
      const fn = scriptedCall([{ returns: 'up', after: 500 }], { clock });

      const value = pipeline(hedge({ delay: 100, clock }), bulkhead).execute(fn);
      await clock.advance(100);
      const { queued } = bulkhead;
      await clock.runAll();

      expect([await value, queued, bulkhead.queued, bulkhead.running, fn.log.length]).toEqual(['up', 1, 0, 0, 1]);
    });

    it.each(['settle', 'timeout'] as const)(
      'inside a bulkhead that releases on %s takes one slot for all its attempts',
      async (releaseOn) => {
        const clock = new VirtualClock();
        const bulkhead = new Bulkhead({ maxConcurrent: 1, clock, releaseOn });
        const fn = scriptedCall(
          [
            { returns: 'late', after: 500 },
            { throws: second, after: 450 },
            { returns: 'up', after: 10 },
          ],
          { clock },
        );

        const value = pipeline(bulkhead, hedge({ delay: 100, maxHedges: 2, clock })).execute(fn);
        await clock.advance(210);
        const settled = await value;
        const readings = [bulkhead.running];
        for (const ms of [289, 1, 49, 1]) {
          await clock.advance(ms);
          readings.push(bulkhead.running);
        }

        // Losers settle at 500 and at 550.
        expect([settled, readings]).toEqual(['up', releaseOn === 'settle' ? [1, 1, 1, 1, 0] : [0, 0, 0, 0, 0]]);
      },
    );

    it('inside a timeout is cut with all its attempts, by the very error', async () => {
      const clock = new VirtualClock();
      const fn = scriptedCall([{ stalls: true }, { stalls: true }], { clock });

      const outcome = rejection(pipeline(timeout(150, { clock }), hedge({ delay: 100, clock })).execute(fn));
      await clock.advance(120);
      const signals = fn.log.map(({ context }) => context.signal);
      await clock.advance(30);
      const error = await outcome;

      expect([error, clock.pending]).toEqual([new TimeoutError(150), 0]);
      expect(signals.map((signal) => signal.reason === error)).toEqual([true, true]);
    });

    it('outside a timeout makes another attempt when one times out', async () => {
      const clock = new VirtualClock();
      const fn = scriptedCall([{ stalls: true }, { returns: 'up', after: 20 }], { clock });

      const value = pipeline(hedge({ delay: 100, clock }), timeout(60, { clock })).execute(fn);
      await clock.runAll();

      expect([await value, starts(fn), clock.pending]).toEqual([
        'up',
        [
          [0, 1],
          [60, 2],
        ],
        0,
      ]);
    });

    it('in another hedge makes attempts of attempts', async () => {
      const clock = new VirtualClock();
      const policy = pipeline(hedge({ delay: 150, clock }), hedge({ delay: 100, clock }));
      const controller = new AbortController();
      const at: number[] = [];

      const outcome = rejection(policy.execute(() => (at.push(clock.now()), never()), { signal: controller.signal }));
      await clock.advance(1_000);
      controller.abort('stop');

      expect([await outcome, at, clock.pending]).toEqual(['stop', [0, 100, 150, 250], 0]);
    });
  });

  describe('given a failure and the delay in the same turn', () => {
    it('makes no other one where the hedge has let the call out already', async () => {
      const rings: (() => void)[] = [];
      const clock: Clock = { now: () => 0, setTimer: (_, ring) => (rings.push(ring), () => {}) };
      const controller = new AbortController();
      let fail!: (error: Error) => void;
      let calls = 0;
      const fn = (): Promise<never> => {
        calls++;
        return new Promise((_, reject) => (fail = reject));
      };
      const policy = pipeline(retry({ clock }), hedge({ delay: 100, clock, isHedgeable: () => false }));

      const outcome = rejection(policy.execute(fn, { signal: controller.signal }));
      fail(first);
      rings[0]!();
      await turns();
      const made = calls;
      controller.abort('stop');

      expect([await outcome, made]).toEqual(['stop', 1]);
    });

    it('makes one more attempt, not two', async () => {
      const rings: (() => void)[] = [];
      const clock: Clock = { now: () => 0, setTimer: (_, ring) => (rings.push(ring), () => {}) };
      const controller = new AbortController();
      let fail!: (error: Error) => void;
      let calls = 0;
      const fn = (): Promise<never> => {
        calls++;
        return new Promise((_, reject) => (fail = reject));
      };

      const outcome = rejection(hedge({ delay: 100, maxHedges: 2, clock }).execute(fn, { signal: controller.signal }));
      // As fake timers do that fire all that is due before any reaction runs.
      fail(first);
      rings[0]!();
      await turns();
      const made = calls;
      controller.abort('stop');
      await outcome;

      expect(made).toBe(2);
    });
  });

  describe('the async context', () => {
    it('of each attempt, each observer and each abort is that of its call', async () => {
      const storage = new AsyncLocalStorage<string>();
      const virtual = new VirtualClock();
      const clock: Clock = {
        now: virtual.now,
        setTimer: (ms, ring) => virtual.setTimer(ms, AsyncResource.bind(ring)),
      };
      const seen: unknown[] = [];
      const on = { hedge: () => seen.push(['hedge', storage.getStore()]) };
      const policy = hedge({ delay: 100, clock, on });
      const call = (name: string): Promise<void> =>
        storage.run(name, async () => {
          await policy.execute(async ({ attempt, signal }) => {
            seen.push([attempt, storage.getStore()]);
            signal.addEventListener('abort', () => seen.push(['aborted', storage.getStore()]));
            if (attempt === 1) await never();
            await sleeperOf(clock)(10);
          });
          seen.push(['settled', storage.getStore()]);
        });

      const calls = ['one', 'two'].map(call);
      await storage.run('whoever moves the clock', () => virtual.runAll());
      await Promise.all(calls);

      for (const name of ['one', 'two']) {
        expect(seen.filter((entry) => (entry as unknown[])[1] === name)).toEqual([
          [1, name],
          ['hedge', name],
          [2, name],
          ['aborted', name],
          ['settled', name],
        ]);
      }
      expect(seen).toHaveLength(10);
    });
  });

  describe('given many calls at once', () => {
    it('keeps them apart', async () => {
      const { clock, policy } = made({ maxHedges: 2 });

      const calls = Array.from({ length: 100 }, (_, call) =>
        policy.execute(async ({ attempt }) => {
          if (attempt <= call % 3) await never();
          return [call, attempt];
        }),
      );
      await clock.runAll();

      expect(await Promise.all(calls)).toEqual(Array.from({ length: 100 }, (_, call) => [call, (call % 3) + 1]));
      expect([clock.now(), clock.pending]).toEqual([200, 0]);
    });
  });

  describe('wrong arguments', () => {
    const delays = 'expected delay to be a finite number of ms ≥ 0, a quantile or a function';
    it.each([
      [undefined, TypeError, `${delays}, got undefined`],
      [null, TypeError, 'expected options to be an object, got null'],
      [100, TypeError, 'expected options to be an object, got 100'],
      [{}, TypeError, `${delays}, got undefined`],
      [{ delay: undefined }, TypeError, `${delays}, got undefined`],
      [{ delay: null }, TypeError, `${delays}, got null`],
      [{ delay: '100' }, TypeError, `${delays}, got "100"`],
      [{ delay: {} }, TypeError, `${delays}, got a value of type object`],
      [{ delay: -1 }, RangeError, 'expected delay to be a finite number of ms ≥ 0, got -1'],
      [{ delay: NaN }, RangeError, 'expected delay to be a finite number of ms ≥ 0, got NaN'],
      [{ delay: Infinity }, RangeError, 'expected delay to be a finite number of ms ≥ 0, got Infinity'],
      [{ delay: 1, maxHedges: 0 }, RangeError, 'expected maxHedges to be an integer ≥ 1, got 0'],
      [{ delay: 1, maxHedges: 1.5 }, RangeError, 'expected maxHedges to be an integer ≥ 1, got 1.5'],
      [{ delay: 1, maxHedges: Infinity }, RangeError, 'expected maxHedges to be an integer ≥ 1, got Infinity'],
      [{ delay: 1, maxHedges: '2' }, TypeError, 'expected maxHedges to be an integer ≥ 1, got "2"'],
      [{ delay: 1, budget: {} }, TypeError, 'expected budget to be a RetryBudget, got a value of type object'],
      [{ delay: 1, isHedgeable: true }, TypeError, 'expected isHedgeable to be a function, got true'],
      [{ delay: 1, clock: {} }, TypeError, 'expected clock to be a Clock, got a value of type object'],
      [
        { delay: 1, on: { hedged: () => {} } },
        TypeError,
        'expected a known option (did you mean on.hedge?), got "on.hedged"',
      ],
      [{ delay: 1, maxHedge: 2 }, TypeError, 'expected a known option (did you mean maxHedges?), got "maxHedge"'],
    ])('are refused (%#)', (options, Class, message) => {
      const make = (): unknown => hedge(options as never);

      expect(make).toThrow(wrongArgument(Class, `Cannot make a hedge: ${message}`));
      expect(make).toThrow(Class);
    });

    it('are refused: a quantile without its q', () => {
      expect(() => hedge({ delay: { estimate: 100 } as never })).toThrow(TypeError);
    });

    it('of the call come out as a rejection, and set no timer', async () => {
      const { clock, policy } = made();

      const error = await rejection(policy.execute('fn' as never));

      expect(error).toEqual(wrongArgument(TypeError, 'Cannot execute a call: expected fn to be a function, got "fn"'));
      expect(clock.pending).toBe(0);
    });
  });

  describe('given a budget made by hand that fails', () => {
    it('ends the call with its error, and leaves nothing behind', async () => {
      const broken = new Error('the store is down');
      const handMade = {
        deposit: () => undefined,
        refund: () => undefined,
        tryWithdraw: (): never => {
          throw broken;
        },
      };
      const { clock, policy } = made({ budget: handMade as unknown as RetryBudget });

      const error = rejection(policy.execute(never));
      await clock.runAll();

      expect([await error, clock.pending]).toEqual([broken, 0]);
    });
  });

  it('leaves alone what stays as it is: an abort of the work itself, and a wrong argument', async () => {
    const { policy } = made();
    const abort = new DOMException('no', 'AbortError');
    let calls = 0;

    const error = await rejection(policy.execute(() => (calls++, Promise.reject(abort))));

    expect([error, calls]).toEqual([abort, 1]);
  });
});
