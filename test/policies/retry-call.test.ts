import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  CircuitOpenError,
  giveUpReport,
  instantSleeper,
  onObserverError,
  pipeline,
  retry,
  retryCall,
  RetryBudget,
  sleeperOf,
  timeout,
  TimeoutError,
  type CallContext,
  type GiveUpEvent,
  type RetryEvent,
} from 'holdfast';
import { recordingSleeper, scriptedCall, VirtualClock } from 'holdfast/testing';
import { rejection, turns } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');
const fails = (times: number): ReturnType<typeof scriptedCall<string>> =>
  scriptedCall([...Array.from({ length: times }, () => ({ throws: down })), { returns: 'up' }]);

describe('retryCall()', () => {
  describe('given a call that never fails', () => {
    it('calls it once and reports no delays', async () => {
      const fn = fails(0);

      const result = await retryCall(fn, 3, 100);

      expect(result).toEqual({ value: 'up', attempts: 1, delays: [] });
      expect(fn.log).toHaveLength(1);
    });
  });

  describe('given a call that fails twice', () => {
    it('resolves on the third attempt and reports both delays', async () => {
      const sleep = recordingSleeper();

      const result = await retryCall(fails(2), 3, 100, { sleep });

      expect(result).toEqual({ value: 'up', attempts: 3, delays: [100, 200] });
      expect(sleep.delays).toEqual([100, 200]);
    });

    it('waits for the delays by its clock', async () => {
      const clock = new VirtualClock();
      const fn = scriptedCall([{ throws: down }, { throws: down }, { returns: 'up' }], { clock });

      const result = retryCall(fn, 3, 100, { clock });
      await clock.runAll();

      expect(await result).toEqual({ value: 'up', attempts: 3, delays: [100, 200] });
      expect(fn.log.map(({ at }) => at)).toEqual([0, 100, 300]);
    });

    it('doubles fractions exactly', async () => {
      const result = await retryCall(fails(4), 5, 0.5, { sleep: instantSleeper });

      expect(result.delays).toEqual([0.5, 1, 2, 4]);
    });

    it('takes a synchronous throw, a rejection and a thenable for the same', async () => {
      let calls = 0;
      const then = (_: unknown, reject: (error: unknown) => void): void => reject(down);
      // oxlint-disable-next-line unicorn/no-thenable -- what this test is about
      const thenable = { then };
      const fn = (): unknown => {
        calls++;
        if (calls === 1) throw down;
        if (calls === 2) return Promise.reject(down);
        return calls === 3 ? thenable : 'up';
      };

      const result = await retryCall(fn, 4, 1, { sleep: instantSleeper });

      expect(result).toEqual({ value: 'up', attempts: 4, delays: [1, 2, 4] });
    });

    it('tells each attempt its number', async () => {
      const fn = fails(2);

      await retryCall(fn, 3, 1, { sleep: instantSleeper });

      expect(fn.log.map(({ attempt, context }) => [attempt, context.attempt])).toEqual([
        [1, 1],
        [2, 2],
        [3, 3],
      ]);
    });
  });

  describe('given a call that always fails', () => {
    it('rejects with the very error of the last attempt and files a report', async () => {
      const errors = [new Error('first'), new Error('second'), Object.freeze(new Error('last'))];
      const fn = scriptedCall(errors.map((error) => ({ throws: error })));

      const error = await rejection(retryCall(fn, 3, 100, { sleep: instantSleeper }));

      expect(error).toBe(errors[2]);
      expect(giveUpReport(error)).toEqual({ attempts: 3, delays: [100, 200], reason: 'attempts' });
      expect(giveUpReport(errors[0])).toBeUndefined();
    });

    it('rejects with whatever was thrown, objects or not', async () => {
      for (const thrown of [null, undefined, 0, 'text', Symbol('s')]) {
        const error = await rejection(retryCall(() => Promise.reject(thrown), 1, 0));

        expect(error).toBe(thrown);
        expect(giveUpReport(error)).toBeUndefined();
      }
    });

    it('retries without end if told so', async () => {
      const result = await retryCall(fails(50), Infinity, 0, { sleep: instantSleeper });

      expect(result.attempts).toBe(51);
    });
  });

  describe('isRetryable', () => {
    it('ends the call at once with an error that it refuses', async () => {
      const seen: unknown[] = [];
      const isRetryable = (failure: { error: unknown; attempt: number }): boolean => {
        seen.push(failure);
        return failure.attempt < 2;
      };

      const error = await rejection(retryCall(fails(9), 5, 10, { isRetryable, sleep: instantSleeper }));

      expect(error).toBe(down);
      expect(giveUpReport(error)).toEqual({ attempts: 2, delays: [10], reason: 'not-retryable' });
      expect(seen).toEqual([
        { error: down, attempt: 1 },
        { error: down, attempt: 2 },
      ]);
    });

    it('by default refuses aborts, our own argument errors and refusals that do not say when to come back', async () => {
      const abort = new DOMException('stop', 'AbortError');
      const argument = await rejection(retryCall(() => 1, 0, 0));
      const isolated = new CircuitOpenError('x', undefined);

      for (const error of [abort, argument, isolated]) {
        const out = await rejection(retryCall(() => Promise.reject(error), 3, 0, { sleep: instantSleeper }));
        expect(out).toBe(error);
        expect(giveUpReport(out)?.reason).toBe('not-retryable');
      }
    });

    it('by default retries any other error, a TypeError and a TimeoutError among them', async () => {
      for (const error of [new TypeError('fetch failed'), new TimeoutError(5), 'text', null]) {
        const fn = scriptedCall([{ throws: error }, { returns: 'up' }]);

        expect(await retryCall(fn, 2, 0, { sleep: instantSleeper })).toMatchObject({ value: 'up', attempts: 2 });
      }
    });

    it('that throws ends the call with its error, which carries that of the operation', async () => {
      const broken = new Error('broken predicate');
      const isRetryable = (): boolean => {
        throw broken;
      };

      const error = await rejection(retryCall(fails(9), 5, 10, { isRetryable }));

      expect(error).toBe(broken);
      expect(broken.cause).toBe(down);
    });
  });

  describe('isRetryableResult', () => {
    it('has a value tried again, and returns the last one when attempts run out', async () => {
      const events: GiveUpEvent[] = [];
      const fn = scriptedCall<number>([{ returns: 1 }, { returns: 2 }]);
      const options = {
        isRetryableResult: () => true,
        sleep: instantSleeper,
        on: { giveUp: (e: GiveUpEvent) => events.push(e) },
      };

      const result = await retryCall(fn, 2, 10, options);

      expect(result).toEqual({ value: 2, attempts: 2, delays: [10] });
      expect(events).toEqual([{ error: undefined, value: 2, attempts: 2, delays: [10], reason: 'attempts' }]);
    });

    it('that throws ends the call with its error', async () => {
      const broken = new Error('broken predicate');
      const isRetryableResult = (): boolean => {
        throw broken;
      };

      expect(await rejection(retryCall(() => 1, 5, 10, { isRetryableResult }))).toBe(broken);
    });
  });

  describe('retryAfter', () => {
    it('is a floor under the delay, with up to 10 % on top', async () => {
      const options = { retryAfter: () => 1_000, sleep: instantSleeper };

      const lowest = await retryCall(fails(1), 2, 10, { ...options, random: () => 0 });
      const middle = await retryCall(fails(1), 2, 10, { ...options, random: () => 0.5 });
      const longer = await retryCall(fails(1), 2, 5_000, { ...options, random: () => 0.5 });

      expect([lowest.delays, middle.delays, longer.delays]).toEqual([[1_000], [1_050], [5_000]]);
    });

    it('is asked about values that are to be tried again, and one that is too long is in their report', async () => {
      const asked: unknown[] = [];
      const busy = { status: 429, after: [2_000, 60_001] };
      const { value, delays } = await retryCall(() => busy, 5, 10, {
        sleep: instantSleeper,
        random: () => 0,
        isRetryableResult: () => true,
        retryAfter: (failure) => {
          asked.push(failure);
          return busy.after.shift();
        },
      });

      expect(value).toBe(busy);
      expect(delays).toEqual([2_000]);
      expect(asked).toEqual([
        { error: undefined, value: busy },
        { error: undefined, value: busy },
      ]);
      expect(giveUpReport(busy)).toEqual({ attempts: 2, delays: [2_000], reason: 'retry-after', retryAfter: 60_001 });
    });

    it('that is too long ends the call with the error at once', async () => {
      const error = await rejection(retryCall(fails(9), 5, 10, { retryAfter: () => 60_001 }));

      expect(error).toBe(down);
      expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'retry-after', retryAfter: 60_001 });
    });

    it('of our own refusals is heeded without being asked for', async () => {
      const fn = scriptedCall([{ throws: new CircuitOpenError('x', 700) }, { returns: 'up' }]);

      const result = await retryCall(fn, 2, 10, { sleep: instantSleeper, random: () => 0 });

      expect(result.delays).toEqual([700]);
    });

    it('that is no number of ms ends the call with a RangeError, which carries the error of the operation', async () => {
      for (const hint of [NaN, -1, '5']) {
        const error = (await rejection(retryCall(fails(9), 5, 10, { retryAfter: () => hint as number }))) as Error;

        expect(error).toBeInstanceOf(RangeError);
        expect(error.cause).toBe(down);
      }
    });
  });

  describe('maxElapsed', () => {
    it('never begins a wait that would use up the rest of the time', async () => {
      const clock = new VirtualClock();
      const fn = scriptedCall([{ throws: down, after: 30 }, { throws: down, after: 30 }, { returns: 'up' }], { clock });

      const outcome = rejection(retryCall(fn, 5, 50, { clock, maxElapsed: 210 }));
      await clock.runAll();

      // 30 + 50 + 30 have passed: a wait of 100 would end at 210.
      expect(await outcome).toBe(down);
      expect(giveUpReport(down)).toEqual({ attempts: 2, delays: [50], reason: 'elapsed' });
      expect(clock.now()).toBe(110);
    });

    it('lets a wait begin that ends before', async () => {
      const clock = new VirtualClock();

      const result = retryCall(fails(2), 5, 50, { clock, maxElapsed: 151 });
      await clock.runAll();

      expect(await result).toMatchObject({ attempts: 3, delays: [50, 100] });
    });

    it('shows what is left of it in the context', async () => {
      const clock = new VirtualClock();
      const fn = scriptedCall([{ throws: down, after: 40 }, { returns: 'up' }], { clock });

      const result = retryCall(
        ({ remaining, ...context }) => fn({ ...context, attempt: remaining, remaining } as never),
        2,
        10,
        {
          clock,
          maxElapsed: 100,
        },
      );
      await clock.runAll();
      await result;

      expect(fn.log.map(({ attempt }) => attempt)).toEqual([100, 50]);
    });
  });

  describe('budget', () => {
    it('ends the call with the real error when it is empty', async () => {
      const budget = new RetryBudget({ ratio: 0, burst: 1 });

      const error = await rejection(retryCall(fails(9), 5, 10, { budget, sleep: instantSleeper }));

      expect(error).toBe(down);
      expect(giveUpReport(error)).toEqual({ attempts: 2, delays: [10], reason: 'budget' });
      expect(budget.available).toBe(0);
    });

    it('is refunded for an attempt that never began', async () => {
      const clock = new VirtualClock();
      const budget = new RetryBudget({ ratio: 0, burst: 3 });
      const controller = new AbortController();

      const outcome = rejection(retryCall(fails(9), 5, 100, { budget, clock, signal: controller.signal }));
      await clock.advance(150);
      expect(budget.available).toBe(1);
      controller.abort('stop');

      expect(await outcome).toBe('stop');
      expect(budget.available).toBe(2);
    });

    it('is refunded when the sleeper fails', async () => {
      const budget = new RetryBudget({ ratio: 0, burst: 1 });
      const broken = new Error('broken sleeper');

      const error = await rejection(retryCall(fails(9), 5, 100, { budget, sleep: () => Promise.reject(broken) }));

      expect(error).toBe(broken);
      expect(broken.cause).toBe(down);
      expect(budget.available).toBe(1);
    });

    it('is refunded when the sleeper throws', async () => {
      const budget = new RetryBudget({ ratio: 0, burst: 1 });
      const broken = new Error('broken sleeper');
      const sleep = (): Promise<void> => {
        throw broken;
      };

      expect(await rejection(retryCall(fails(9), 5, 100, { budget, sleep }))).toBe(broken);
      expect(budget.available).toBe(1);
    });
  });

  describe('context', () => {
    it('shares the deadline of the outer call', async () => {
      const clock = new VirtualClock();
      const remaining: number[] = [];
      const fn = (context: CallContext): Promise<never> => {
        remaining.push(context.remaining);
        return Promise.reject(down);
      };

      const outcome = rejection(
        timeout(250, { clock }).execute((context) => retryCall(fn, 5, 100, { context, clock })),
      );
      await clock.runAll();

      // A second wait, of 200 ms, would end at 300 ms.
      expect([await outcome, remaining, clock.now()]).toEqual([down, [250, 150], 100]);
      expect(giveUpReport(down)).toEqual({ attempts: 2, delays: [100], reason: 'elapsed' });
    });

    it('shares the signal of the outer call', async () => {
      const clock = new VirtualClock();
      const signals: AbortSignal[] = [];
      const inner: unknown[] = [];
      const outer = timeout(50, { clock });

      const outcome = rejection(
        outer.execute((context) => {
          signals.push(context.signal);
          const settled = retryCall(() => new Promise(() => {}), 5, 100, { context, clock });
          settled.catch((error: unknown) => inner.push(error));
          return settled;
        }),
      );
      await clock.advance(50);
      const error = await outcome;

      expect([error, inner]).toEqual([new TimeoutError(50), [error]]);
      expect([getEventListeners(signals[0]!, 'abort'), clock.pending]).toEqual([[], 0]);
    });

    it('shares the budget of a retry around it, which alone is credited', async () => {
      const budget = new RetryBudget({ ratio: 0.5, burst: 3 });
      for (let token = 0; token < 2; token++) budget.tryWithdraw();
      const fn = fails(9);

      const error = await rejection(
        retry({ budget, maxAttempts: 1 }).execute((context) =>
          retryCall(fn, 5, 10, { context, sleep: instantSleeper }),
        ),
      );

      expect([error, fn.log.length, budget.available]).toEqual([down, 2, 0.5]);
    });

    it('may be one made by hand', async () => {
      const { signal } = new AbortController();
      const remaining: number[] = [];

      const context = { attempt: 7, signal, remaining: 1_000 };
      const result = await retryCall((inner) => remaining.push(inner.remaining), 3, 100, { context });

      expect([result.attempts, remaining]).toEqual([1, [1_000]]);
    });

    it('that is aborted already means that fn is never called', async () => {
      const fn = fails(0);
      const context = { attempt: 1, signal: AbortSignal.abort('stop'), remaining: 5 };

      expect(await rejection(retryCall(fn, 3, 100, { context }))).toBe('stop');
      expect(fn.log).toEqual([]);
    });

    it('beside a signal is refused, before anything is called', async () => {
      const fn = fails(0);
      const { signal } = new AbortController();

      const error = await rejection(retryCall(fn, 3, 100, { signal, context: { attempt: 1, signal, remaining: 5 } }));

      expect(error).toEqual(
        wrongArgument(TypeError, 'Cannot retry a call: expected a context or a signal, got "both"'),
      );
      expect(fn.log).toEqual([]);
    });

    it.each([null, 5, 'context'])('that is none (%s) is refused', async (context) => {
      const error = (await rejection(retryCall(fails(0), 3, 100, { context: context as never }))) as Error;

      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(/^Cannot retry a call: expected context to be a CallContext, got /);
    });
  });

  describe('given retries inside retries', () => {
    /** Three retries of four attempts around a function that always fails; how often it is called. */
    async function nested(options: readonly { budget?: RetryBudget }[] = [{}, {}, {}]): Promise<number> {
      let calls = 0;
      const [outer, middle, inner] = options.map((option) => ({ ...option, sleep: instantSleeper }));
      await rejection(
        retryCall(
          (one) =>
            retryCall(
              (two) => retryCall(() => (calls++, Promise.reject(down)), 4, 1, { ...inner, context: two }),
              4,
              1,
              { ...middle, context: one },
            ),
          4,
          1,
          outer,
        ),
      );
      return calls;
    }

    it('bounds the amplification of three nested retries', async () => {
      // Without a bound, 4 · 4 · 4 = 64; with it, the outermost makes four, and those inside ten more, all together.
      expect(await nested()).toBe(4 + 10);
    });

    it('bounds that of a pipeline, too', async () => {
      const layer = { maxAttempts: 4, sleep: instantSleeper, allowNestedRetry: true };
      let calls = 0;

      await rejection(
        pipeline(retry(layer), retry(layer), retry(layer)).execute(() => (calls++, Promise.reject(down))),
      );

      expect(calls).toBe(4 + 10);
    });

    it('bounds each outermost call on its own', async () => {
      expect(await Promise.all([nested(), nested(), nested()])).toEqual([14, 14, 14]);
    });

    it('goes by a budget that anybody gives, instead: one around all of them', async () => {
      const budget = new RetryBudget({ ratio: 0, burst: 5 });

      expect(await nested([{ budget }, {}, {}])).toBe(1 + 5);
      expect(budget.available).toBe(0);
    });

    it('goes by a budget that anybody gives, instead: one of their own, large enough for all', async () => {
      const budget = new RetryBudget({ ratio: 0, burst: 1_000 });

      expect(await nested([{ budget }, { budget }, { budget }])).toBe(64);
      expect(await nested([{}, { budget }, {}])).toBe(64);
    });

    it('makes 64 of them where the contexts are not handed on', async () => {
      let calls = 0;
      const options = { sleep: instantSleeper };
      const fn = (): Promise<never> => (calls++, Promise.reject(down));

      await rejection(retryCall(() => retryCall(() => retryCall(fn, 4, 1, options), 4, 1, options), 4, 1, options));

      expect(calls).toBe(64);
    });
  });

  describe('an abort', () => {
    it('before the call means that fn is never called', async () => {
      const fn = fails(0);
      const reason = new Error('reason');

      const error = await rejection(retryCall(fn, 3, 100, { signal: AbortSignal.abort(reason) }));

      expect(error).toBe(reason);
      expect(fn.log).toEqual([]);
      expect(giveUpReport(error)).toEqual({ attempts: 0, delays: [], reason: 'aborted' });
    });

    it('in an attempt ends the call at once, though fn does not listen, and aborts its signal', async () => {
      const controller = new AbortController();
      const fn = scriptedCall([{ stalls: true }]);
      const reason = { why: 'enough' };

      const outcome = rejection(retryCall(fn, 3, 100, { signal: controller.signal }));
      const { signal } = fn.log[0]!.context;
      controller.abort(reason);

      expect(await outcome).toBe(reason);
      expect([signal.aborted, signal.reason]).toEqual([true, reason]);
      expect(giveUpReport(reason)).toEqual({ attempts: 1, delays: [], reason: 'aborted' });
    });

    it('in a wait ends the call at once and leaves no timer', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const fn = fails(9);

      const outcome = rejection(retryCall(fn, 3, 100, { clock, signal: controller.signal }));
      await clock.advance(50);
      controller.abort('stop');

      expect(await outcome).toBe('stop');
      expect(clock.pending).toBe(0);
      expect(fn.log).toHaveLength(1);
    });

    it('in a wait of a sleeper of the user aborts that sleeper, and does not wait for it', async () => {
      const controller = new AbortController();
      const signals: AbortSignal[] = [];
      let wake = (): void => {};
      const sleep = (_: number, signal?: AbortSignal): Promise<void> => {
        signals.push(signal!);
        return new Promise((resolve) => (wake = resolve));
      };
      const fn = fails(9);

      const outcome = rejection(retryCall(fn, 3, 100, { sleep, signal: controller.signal }));
      await turns();
      controller.abort('stop');

      expect(await outcome).toBe('stop');
      expect(signals.map(({ reason }) => reason)).toEqual(['stop']);
      wake();
      await turns();
      expect(fn.log).toHaveLength(1);
    });

    it('from within the predicate or an observer ends the call, and refunds the budget', async () => {
      for (const where of ['isRetryable', 'retry'] as const) {
        const controller = new AbortController();
        const budget = new RetryBudget({ ratio: 0, burst: 1 });
        const abort = (): boolean => {
          controller.abort(where);
          return true;
        };
        const clock = new VirtualClock();
        const options = where === 'retry' ? { on: { retry: abort } } : { isRetryable: abort };

        const error = await rejection(
          retryCall(fails(9), 3, 100, { ...options, clock, budget, signal: controller.signal }),
        );

        expect(error).toBe(where);
        expect([clock.pending, budget.available]).toEqual([0, 1]);
      }
    });

    it('from within the result predicate ends the call', async () => {
      const controller = new AbortController();
      const isRetryableResult = (): boolean => {
        controller.abort('stop');
        return false;
      };

      expect(await rejection(retryCall(() => 1, 3, 100, { isRetryableResult, signal: controller.signal }))).toBe(
        'stop',
      );
    });

    it('from within the giveUp observer ends the call with the reason', async () => {
      const controller = new AbortController();
      const reason = { stop: true };
      const on = { giveUp: () => controller.abort(reason) };

      expect(await rejection(retryCall(fails(9), 1, 100, { on, signal: controller.signal }))).toBe(reason);
    });

    it('of a signal made by hand, which does not say so, is seen before the next wait', async () => {
      const signal = { aborted: false, reason: 'stop', addEventListener() {}, removeEventListener() {} };
      const fn = (): never => {
        signal.aborted = true;
        throw down;
      };

      const error = await rejection(retryCall(fn, 3, 100, { signal: signal as unknown as AbortSignal }));

      expect(error).toBe('stop');
    });

    it('after the call has settled changes nothing', async () => {
      const controller = new AbortController();
      const fn = fails(0);

      const result = await retryCall(fn, 3, 100, { signal: controller.signal });
      controller.abort();

      expect(result.value).toBe('up');
      expect(fn.log[0]!.context.signal.aborted).toBe(false);
    });
  });

  describe('a wait that lasted longer than it should have', () => {
    it('is not followed by an attempt that has no time left', async () => {
      const clock = new VirtualClock();
      const budget = new RetryBudget({ ratio: 0, burst: 1 });
      const fn = fails(9);

      const outcome = rejection(retryCall(fn, 5, 100, { clock, budget, maxElapsed: 1_000 }));
      await clock.advance(50);
      clock.jump(5_000);
      await clock.runAll();

      expect(await outcome).toBe(down);
      expect(fn.log).toHaveLength(1);
      expect(giveUpReport(down)).toEqual({ attempts: 1, delays: [], reason: 'elapsed' });
      expect(budget.available).toBe(1);
    });

    it('after a value that was not accepted lets that value out', async () => {
      const clock = new VirtualClock();

      const result = retryCall(() => 7, 5, 100, { clock, maxElapsed: 1_000, isRetryableResult: () => true });
      await clock.advance(50);
      clock.jump(5_000);
      await clock.runAll();

      expect(await result).toEqual({ value: 7, attempts: 1, delays: [] });
    });
  });

  describe('a sleeper that fails after a value that was not accepted', () => {
    it('ends the call with its error alone', async () => {
      const broken = new Error('broken sleeper');
      const options = { isRetryableResult: () => true, sleep: () => Promise.reject(broken) };

      expect(await rejection(retryCall(() => 1, 3, 1, options))).toBe(broken);
      expect('cause' in broken).toBe(false);
    });
  });

  describe('an asynchronous predicate', () => {
    it('ends the call with an error that says so, since a promise would always mean yes', async () => {
      const yes = (async () => false) as unknown as () => boolean;

      const first = (await rejection(retryCall(fails(9), 3, 1, { isRetryable: yes }))) as Error;
      const second = (await rejection(retryCall(fails(0), 3, 1, { isRetryableResult: yes }))) as Error;

      expect(first.message).toBe(
        'Cannot decide: expected isRetryable to return true or false, got a value of type object',
      );
      expect(first.cause).toBe(down);
      expect(second.message).toMatch('expected isRetryableResult to return true or false');
    });
  });

  describe('hostile things', () => {
    it('end the call: a proxy of an error that does not let itself be looked at', async () => {
      const error = new Proxy(new Error('proxy'), {
        has: () => {
          throw new Error('has');
        },
      });
      const isRetryable = (): never => {
        throw error;
      };

      expect(await rejection(retryCall(fails(9), 3, 1, { isRetryable }))).toBe(error);
    });

    it('do not keep others waiting: one of two calls on a signal whose clock cannot cancel', async () => {
      const errors: unknown[] = [];
      onObserverError((error) => errors.push(error));
      const controller = new AbortController();
      const { signal } = controller;
      const broken = new Error('cannot cancel');
      const cancel = (): never => {
        throw broken;
      };
      const clock = { now: () => 0, setTimer: () => cancel };

      const first = rejection(sleeperOf(clock)(10, signal));
      const second = rejection(retryCall(fails(9), 3, 100, { signal, clock: new VirtualClock() }));
      controller.abort('stop');

      expect(await Promise.all([first, second])).toEqual(['stop', 'stop']);
      expect(errors).toEqual([broken]);
      onObserverError(undefined);
    });

    it('are refused: a signal in place of the options', async () => {
      const { signal } = new AbortController();

      const error = await rejection(retryCall(fails(9), 3, 1, signal as never));

      expect(String(error)).toMatch('expected options to be an object, got');
    });
  });

  describe('observers', () => {
    it('are told of each retry before its wait, and of giving up', async () => {
      const events: unknown[] = [];
      const on = {
        retry: (event: RetryEvent) => events.push(['retry', event]),
        giveUp: (event: GiveUpEvent) => events.push(['giveUp', event]),
      };

      await rejection(retryCall(fails(9), 3, 10, { on, sleep: instantSleeper }));

      expect(events).toEqual([
        ['retry', { error: down, attempt: 1, delay: 10 }],
        ['retry', { error: down, attempt: 2, delay: 20 }],
        ['giveUp', { error: down, attempts: 3, delays: [10, 20], reason: 'attempts' }],
      ]);
    });
  });

  describe('a backoff', () => {
    it('is asked with the steps of this call alone', async () => {
      const steps: unknown[] = [];
      const random = (): number => 0.25;
      const backoff = (step: object): number => steps.push(step) * 5;

      await retryCall(fails(2), 3, 10, { backoff, random, sleep: instantSleeper });

      expect(steps).toEqual([
        { attempt: 1, baseDelay: 10, previousDelay: 10, totalDelay: 0, random },
        { attempt: 2, baseDelay: 10, previousDelay: 5, totalDelay: 5, random },
      ]);
    });

    it('that returns no delay ends the call with a RangeError, which carries the error of the operation', async () => {
      for (const delay of [NaN, -1, Infinity, '1', undefined]) {
        const error = (await rejection(retryCall(fails(9), 3, 10, { backoff: () => delay as number }))) as Error;

        expect(error).toBeInstanceOf(RangeError);
        expect(error.message).toMatch(/^Cannot wait: expected backoff to return a finite number of ms ≥ 0, got /);
        expect(error.cause).toBe(down);
      }
    });
  });

  describe('wrong arguments', () => {
    it.each([
      [() => retryCall(5 as never, 3, 100), TypeError, 'Cannot retry a call: expected fn to be a function, got 5'],
      [
        () => retryCall(fails(0), 0, 100),
        RangeError,
        'Cannot retry a call: expected maxAttempts to be an integer ≥ 1, or Infinity, got 0',
      ],
      [
        () => retryCall(fails(0), 1.5, 100),
        RangeError,
        'Cannot retry a call: expected maxAttempts to be an integer ≥ 1, or Infinity, got 1.5',
      ],
      [
        () => retryCall(fails(0), '3' as never, 100),
        TypeError,
        'Cannot retry a call: expected maxAttempts to be an integer ≥ 1, or Infinity, got "3"',
      ],
      [
        () => retryCall(fails(0), 3, NaN),
        RangeError,
        'Cannot retry a call: expected baseDelay to be a finite number of ms ≥ 0, got NaN',
      ],
      [
        () => retryCall(fails(0), 3, -1),
        RangeError,
        'Cannot retry a call: expected baseDelay to be a finite number of ms ≥ 0, got -1',
      ],
      [
        () => retryCall(fails(0), 3, 10n as never),
        TypeError,
        'Cannot retry a call: expected baseDelay to be a finite number of ms ≥ 0, got 10n',
      ],
      [
        () => retryCall(fails(0), 3, 1, { maxAtempts: 3 } as never),
        TypeError,
        'Cannot retry a call: expected a known option (signal, context, backoff, isRetryable, isRetryableResult, retryAfter, maxRetryAfter, maxElapsed, budget, sleep, clock, random, on), got "maxAtempts"',
      ],
      [
        () => retryCall(fails(0), 3, 1, { sleeep: instantSleeper } as never),
        TypeError,
        'Cannot retry a call: expected a known option (did you mean sleep?), got "sleeep"',
      ],
      [
        () => retryCall(fails(0), 3, 1, { on: { retri: () => {} } } as never),
        TypeError,
        'Cannot retry a call: expected a known option (retry, giveUp), got "on.retri"',
      ],
      [
        () => retryCall(fails(0), 3, 1, { signal: {} } as never),
        TypeError,
        'Cannot retry a call: expected signal to be an AbortSignal, got a value of type object',
      ],
      [
        () => retryCall(fails(0), 3, 1, { maxElapsed: -1 }),
        RangeError,
        'Cannot retry a call: expected maxElapsed to be a number of ms ≥ 0, or Infinity, got -1',
      ],
      [
        () => retryCall(fails(0), 3, 1, { budget: {} } as never),
        TypeError,
        'Cannot retry a call: expected budget to be a RetryBudget, got a value of type object',
      ],
      [
        () => retryCall(fails(0), 3, 1, null as never),
        TypeError,
        'Cannot retry a call: expected options to be an object, got null',
      ],
    ])('are refused before anything is called (%#)', async (call, Class, message) => {
      const error = (await rejection(call())) as Error;

      expect(error).toBeInstanceOf(Class);
      expect(error.message).toBe(message);
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    });
  });
});
