import { describe, expect, it, vi } from 'vitest';
import {
  fullJitter,
  giveUpReport,
  instantSleeper,
  linear,
  pipeline,
  retry,
  RetryBudget,
  timeout,
  TimeoutError,
  type CallContext,
  type GiveUpEvent,
  type RetryEvent,
} from 'holdfast';
import { recordingSleeper, scriptedCall, VirtualClock } from 'holdfast/testing';
import { rejection } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');
const fails = (times: number): ReturnType<typeof scriptedCall<string>> =>
  scriptedCall([...Array.from({ length: times }, () => ({ throws: down })), { returns: 'up' }]);

describe('retry()', () => {
  describe('given no options but chance and time', () => {
    it('makes three attempts, from 50 ms on, with full jitter', async () => {
      const sleep = recordingSleeper();
      const fn = fails(9);

      const error = await rejection(retry({ sleep, random: () => 0.5 }).execute(fn));

      expect(error).toBe(down);
      expect(sleep.delays).toEqual([25, 50]);
      expect(giveUpReport(error)).toEqual({ attempts: 3, delays: [25, 50], reason: 'attempts' });
    });

    it('resolves to the value alone', async () => {
      const value = await retry({ sleep: instantSleeper }).execute(fails(2));

      expect(value).toBe('up');
    });

    it('draws below a cap of 20 s', async () => {
      const sleep = recordingSleeper();

      await retry({ sleep, maxAttempts: 12, random: () => 0.5 }).execute(fails(11));

      expect(sleep.delays).toEqual([25, 50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
    });
  });

  describe('given options', () => {
    it('goes by them', async () => {
      const sleep = recordingSleeper();
      const policy = retry({ sleep, maxAttempts: 4, baseDelay: 10, backoff: linear() });

      const error = await rejection(policy.execute(fails(9)));

      expect(giveUpReport(error)).toEqual({ attempts: 4, delays: [10, 20, 30], reason: 'attempts' });
    });

    it('takes undefined for the default', async () => {
      const sleep = recordingSleeper();
      const policy = retry({ sleep, random: () => 0.5, maxAttempts: undefined, baseDelay: undefined, on: undefined });

      await rejection(policy.execute(fails(9)));

      expect(sleep.delays).toEqual([25, 50]);
    });

    it('returns a value that is not accepted when attempts run out', async () => {
      const policy = retry<number>({ sleep: instantSleeper, isRetryableResult: ({ value }) => value < 9 });

      const value = await policy.execute(({ attempt }) => attempt);

      expect(value).toBe(3);
    });

    it('tells its observers', async () => {
      const events: unknown[] = [];
      const on = {
        retry: (event: RetryEvent) => events.push(event),
        giveUp: (event: GiveUpEvent) => events.push(event),
      };

      await rejection(retry({ sleep: instantSleeper, random: () => 0.5, on }).execute(fails(9)));

      expect(events).toEqual([
        { error: down, attempt: 1, delay: 25 },
        { error: down, attempt: 2, delay: 50 },
        { error: down, attempts: 3, delays: [25, 50], reason: 'attempts' },
      ]);
    });
  });

  describe('one policy and many calls at once', () => {
    it('keeps the counters of each call apart', async () => {
      const clock = new VirtualClock();
      const steps: unknown[] = [];
      const backoff = ({ attempt, totalDelay }: { attempt: number; totalDelay: number }): number => {
        steps.push([clock.now(), attempt, totalDelay]);
        return 100;
      };
      const policy = retry({ clock, backoff, maxAttempts: 3 });
      const [first, second, third] = [fails(1), fails(2), fails(3)];

      const results = Promise.allSettled([first, second, third].map((fn) => policy.execute(fn)));
      await clock.runAll();

      expect(await results).toEqual([
        { status: 'fulfilled', value: 'up' },
        { status: 'fulfilled', value: 'up' },
        { status: 'rejected', reason: down },
      ]);
      expect([first, second, third].map(({ log }) => log.map(({ attempt, at }) => [attempt, at]))).toEqual([
        [
          [1, 0],
          [2, 0],
        ],
        [
          [1, 0],
          [2, 0],
          [3, 0],
        ],
        [
          [1, 0],
          [2, 0],
          [3, 0],
        ],
      ]);
      expect(steps).toEqual([
        [0, 1, 0],
        [0, 1, 0],
        [0, 1, 0],
        [100, 2, 100],
        [100, 2, 100],
      ]);
    });
  });

  describe('context.attempt', () => {
    it('numbers the attempts from 1', async () => {
      const fn = fails(2);

      await retry({ sleep: instantSleeper }).execute(fn);

      expect(fn.log.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    });

    it('is that of the inner retry where one stands in another', async () => {
      const seen: number[] = [];
      const policy = pipeline(
        retry({ maxAttempts: 2, sleep: instantSleeper }),
        retry({ maxAttempts: 3, sleep: instantSleeper, allowNestedRetry: true }),
      );

      await rejection(
        policy.execute(({ attempt }) => {
          seen.push(attempt);
          throw down;
        }),
      );

      expect(seen).toEqual([1, 2, 3, 1, 2, 3]);
    });
  });

  describe('a retry inside the context of another', () => {
    it('draws on the outer budget', async () => {
      const budget = new RetryBudget({ ratio: 0, burst: 3 });
      const outer = retry({ budget, sleep: instantSleeper, maxAttempts: 5 });
      const inner = retry({ sleep: instantSleeper, maxAttempts: 3 });
      const fn = vi.fn(() => Promise.reject(down));
      const reports: unknown[] = [];

      const error = await rejection(
        outer.execute((context) =>
          inner.execute(fn, context).catch((failure) => {
            reports.push(giveUpReport(failure)?.reason);
            throw failure;
          }),
        ),
      );

      expect(error).toBe(down);
      // Two retries of the first inner one, one of the outer one; then the budget is empty.
      expect(fn).toHaveBeenCalledTimes(4);
      expect(reports).toEqual(['attempts', 'budget']);
      expect(giveUpReport(error)).toMatchObject({ attempts: 2, reason: 'budget' });
      expect(budget.available).toBe(0);
    });

    it('draws on its own budget if it has one', async () => {
      const outer = new RetryBudget({ ratio: 0, burst: 5 });
      const inner = new RetryBudget({ ratio: 0, burst: 1 });
      const fn = vi.fn(() => Promise.reject(down));

      await rejection(
        retry({ budget: outer, sleep: instantSleeper, maxAttempts: 1 }).execute((context) =>
          retry({ budget: inner, sleep: instantSleeper }).execute(fn, context),
        ),
      );

      expect([fn.mock.calls.length, outer.available, inner.available]).toEqual([2, 5, 0]);
    });

    it('gives up early when the outer timeout leaves too little', async () => {
      const clock = new VirtualClock();
      const inner = retry({ clock, maxAttempts: 9, baseDelay: 60, backoff: fullJitter(linear()), random: () => 0.5 });
      const fn = vi.fn(() => Promise.reject(down));

      const outcome = rejection(timeout(100, { clock }).execute((context) => inner.execute(fn, context)));
      await clock.runAll();

      // 30 have passed, a wait of 60 ends at 90, and one of 90 would end beyond 100.
      expect(await outcome).toBe(down);
      expect(giveUpReport(down)).toEqual({ attempts: 3, delays: [30, 60], reason: 'elapsed' });
      expect([clock.now(), fn.mock.calls.length]).toEqual([90, 3]);
    });

    it('gives up early when the maxElapsed of the outer retry leaves too little', async () => {
      const clock = new VirtualClock();
      const outer = retry({ clock, maxElapsed: 50, maxAttempts: 2, baseDelay: 100, random: () => 0.9 });
      const inner = retry({ clock, baseDelay: 100, random: () => 0.9 });
      const fn = vi.fn(() => Promise.reject(down));

      const error = await rejection(outer.execute((context) => inner.execute(fn, context)));

      expect([error, fn.mock.calls.length, clock.pending]).toEqual([down, 1, 0]);
      expect(giveUpReport(down)).toEqual({ attempts: 1, delays: [], reason: 'elapsed' });
    });

    it('is given up with the outer call, and its wait with it', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const fn = vi.fn(() => Promise.reject(down));
      const inner = retry({ clock, baseDelay: 100, random: () => 0.9 });

      const outcome = rejection(
        retry({ clock }).execute((context) => inner.execute(fn, context), { signal: controller.signal }),
      );
      await clock.advance(10);
      controller.abort('stop');

      expect([await outcome, clock.pending, fn.mock.calls.length]).toEqual(['stop', 0, 1]);
    });
  });

  describe('a timeout around it', () => {
    it('that cuts an attempt is reported as elapsed', async () => {
      const clock = new VirtualClock();
      const signals: AbortSignal[] = [];
      const policy = pipeline(timeout(100, { clock }), retry({ clock, random: () => 0.5 }));
      const fn = ({ attempt, signal }: CallContext): Promise<never> => {
        if (attempt === 1) throw down;
        signals.push(signal);
        return new Promise(() => {});
      };

      const outcome = rejection(policy.execute(fn));
      await clock.runAll();

      const error = await outcome;
      expect(error).toBeInstanceOf(TimeoutError);
      expect(giveUpReport(error)).toEqual({ attempts: 2, delays: [25], reason: 'elapsed' });
      expect(signals.map(({ reason }) => reason as unknown)).toEqual([error]);
      expect(clock.now()).toBe(100);
    });

    it('that cuts a wait is reported as elapsed, and the wait leaves nothing behind', async () => {
      const clock = new VirtualClock();
      const budget = new RetryBudget({ ratio: 0, burst: 1 });
      const signals: AbortSignal[] = [];
      const giveUp = vi.fn();
      const sleep = (_: number, signal?: AbortSignal): Promise<void> => {
        signals.push(signal!);
        return new Promise(() => {});
      };
      const policy = pipeline(timeout(100, { clock }), retry({ clock, budget, sleep, on: { giveUp } }));

      const outcome = rejection(policy.execute(() => Promise.reject(down)));
      await clock.runAll();

      const error = await outcome;
      expect(error).toBeInstanceOf(TimeoutError);
      expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'elapsed' });
      expect(giveUp.mock.calls).toEqual([[{ error, attempts: 1, delays: [], reason: 'elapsed' }]]);
      expect(signals.map(({ reason }) => reason as unknown)).toEqual([error]);
      expect([budget.available, clock.pending]).toEqual([1, 0]);
    });
  });

  describe('an observer that aborts the call as it is told of giving up', () => {
    it('ends it with the reason, and is told once', async () => {
      const controller = new AbortController();
      const giveUp = vi.fn(() => controller.abort('stop'));
      const policy = retry({ maxAttempts: 1, on: { giveUp } });

      const error = await rejection(policy.execute(() => Promise.reject(down), { signal: controller.signal }));

      expect(error).toBe('stop');
      expect(giveUp.mock.calls).toEqual([[{ error: down, attempts: 1, delays: [], reason: 'attempts' }]]);
    });
  });

  describe('allowNestedRetry', () => {
    it('of the inner one lets attempts multiply', async () => {
      const sleep = instantSleeper;
      const fn = vi.fn(() => Promise.reject(down));
      const policy = pipeline(retry({ sleep }), retry({ sleep, allowNestedRetry: true }));

      await rejection(policy.execute(fn));

      expect(fn).toHaveBeenCalledTimes(9);
    });

    it('shares the outer budget in a pipeline too', async () => {
      const sleep = instantSleeper;
      const fn = vi.fn(() => Promise.reject(down));
      const budget = new RetryBudget({ ratio: 0, burst: 2 });
      const policy = pipeline(retry({ sleep, budget }), retry({ sleep, allowNestedRetry: true }));

      const error = await rejection(policy.execute(fn));

      expect(fn).toHaveBeenCalledTimes(3);
      expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'budget' });
    });
  });

  describe('wrong options', () => {
    it.each([
      [{ maxAttempts: 0 }, RangeError, 'expected maxAttempts to be an integer ≥ 1, or Infinity, got 0'],
      [{ maxAttempts: '3' }, TypeError, 'expected maxAttempts to be an integer ≥ 1, or Infinity, got "3"'],
      [{ maxAttempts: null }, TypeError, 'expected maxAttempts to be an integer ≥ 1, or Infinity, got null'],
      [{ baseDelay: -1 }, RangeError, 'expected baseDelay to be a finite number of ms ≥ 0, got -1'],
      [{ baseDelay: Infinity }, RangeError, 'expected baseDelay to be a finite number of ms ≥ 0, got Infinity'],
      [{ allowNestedRetry: 1 }, TypeError, 'expected allowNestedRetry to be true or false, got 1'],
      [{ backoff: 5 }, TypeError, 'expected backoff to be a function, got 5'],
      [{ clock: Date }, TypeError, 'expected clock to be a Clock, got a value of type function'],
      [{ on: [] }, TypeError, 'expected on to be an object, got a value of type object'],
      [{ on: { retry: 1 } }, TypeError, 'expected on.retry to be a function, got 1'],
      [
        { retries: 3 },
        TypeError,
        'expected a known option (maxAttempts, baseDelay, allowNestedRetry, backoff, isRetryable, isRetryableResult, retryAfter, maxRetryAfter, maxElapsed, budget, sleep, clock, random, on), got "retries"',
      ],
      [
        { signal: 1 },
        TypeError,
        'expected a known option (maxAttempts, baseDelay, allowNestedRetry, backoff, isRetryable, isRetryableResult, retryAfter, maxRetryAfter, maxElapsed, budget, sleep, clock, random, on), got "signal"',
      ],
      ['options', TypeError, 'expected options to be an object, got "options"'],
    ])('are refused (%#)', (options, Class, message) => {
      const make = (): unknown => retry(options as never);

      expect(make).toThrow(wrongArgument(Class, `Cannot make a retry: ${message}`));
      expect(make).toThrow(Class);
    });
  });
});
