import { describe, expect, it, vi } from 'vitest';
import {
  blockingSleeper,
  CircuitOpenError,
  constant,
  giveUpReport,
  retryCallSync,
  RetryBudget,
  type CallContext,
  type GiveUpEvent,
  type RetryEvent,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { turns } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');

/** Fails so many times, then returns. */
function fails(times: number): (context: CallContext) => string {
  return vi.fn(() => {
    if (times-- > 0) throw down;
    return 'up';
  });
}

describe('retryCallSync()', () => {
  describe('given a call that never fails', () => {
    it('calls it once and reports no delays', () => {
      const fn = fails(0);
      const sleep = vi.fn();

      const result = retryCallSync(fn, 3, 100, { sleep });

      expect(result).toEqual({ value: 'up', attempts: 1, delays: [] });
      expect(fn).toHaveBeenCalledTimes(1);
      expect(sleep).not.toHaveBeenCalled();
    });
  });

  describe('given a call that fails three times', () => {
    it('returns on the fourth attempt and reports the delays that it would have waited', () => {
      const result = retryCallSync(fails(3), 4, 0.5);

      expect(result).toEqual({ value: 'up', attempts: 4, delays: [0.5, 1, 2] });
    });

    it('waits by a sleep that blocks, and between attempts only', () => {
      const trace: unknown[] = [];
      const fn = ({ attempt }: CallContext): number => {
        trace.push(`attempt ${attempt}`);
        if (attempt < 4) throw down;
        return attempt;
      };

      const result = retryCallSync(fn, 4, 100, { sleep: (delay) => trace.push(delay) });

      expect(result).toEqual({ value: 4, attempts: 4, delays: [100, 200, 400] });
      expect(trace).toEqual(['attempt 1', 100, 'attempt 2', 200, 'attempt 3', 400, 'attempt 4']);
    });

    it('takes the blocking sleeper for a sleep', () => {
      const result = retryCallSync(fails(3), 4, 0, { sleep: blockingSleeper });

      expect(result).toEqual({ value: 'up', attempts: 4, delays: [0, 0, 0] });
    });
  });

  describe('given a call that always fails', () => {
    it('throws the very error of the last attempt and files a report', () => {
      const errors = [new Error('first'), Object.freeze(new Error('last'))];
      let calls = 0;

      const error = thrown(() =>
        retryCallSync(
          () => {
            throw errors[calls++];
          },
          2,
          100,
        ),
      );

      expect(error).toBe(errors[1]);
      expect(giveUpReport(error)).toEqual({ attempts: 2, delays: [100], reason: 'attempts' });
      expect(giveUpReport(errors[0])).toBeUndefined();
    });

    it('throws whatever was thrown, objects or not', () => {
      for (const value of [null, undefined, 0, 'text']) {
        const error = thrown(() =>
          retryCallSync(
            () => {
              throw value;
            },
            2,
            0,
          ),
        );

        expect(error).toBe(value);
        expect(giveUpReport(error)).toBeUndefined();
      }
    });
  });

  describe('given no end of attempts', () => {
    it('goes on until the call succeeds', () => {
      const { attempts, delays } = retryCallSync(fails(1_000), Infinity, 1, { backoff: constant() });

      expect([attempts, delays.length]).toEqual([1_001, 1_000]);
    });
  });

  describe('the context', () => {
    it('tells the attempt, a signal that nobody aborts, and no deadline', () => {
      const seen: unknown[] = [];

      retryCallSync(
        ({ attempt, remaining, signal }) => {
          seen.push([attempt, remaining, signal.aborted]);
          if (attempt < 2) throw down;
        },
        2,
        10,
      );

      expect(seen).toEqual([
        [1, Infinity, false],
        [2, Infinity, false],
      ]);
    });

    it('shows what is left of maxElapsed', () => {
      const clock = new VirtualClock();
      const seen: number[] = [];
      const fn = ({ attempt, remaining }: CallContext): void => {
        seen.push(remaining);
        clock.jump(40);
        if (attempt < 2) throw down;
      };

      retryCallSync(fn, 2, 10, { clock, maxElapsed: 100, sleep: (delay) => clock.jump(delay) });

      expect(seen).toEqual([100, 50]);
    });

    it('never shows less than nothing', () => {
      const clock = new VirtualClock();

      const result = retryCallSync(({ remaining }) => remaining, 1, 10, { clock, maxElapsed: 0 });
      const later = retryCallSync((context) => (clock.jump(500), context.remaining), 1, 10, { clock, maxElapsed: 100 });

      expect([result.value, later.value]).toEqual([0, 0]);
    });
  });

  describe('isRetryable', () => {
    it('ends the call at once with an error that it refuses', () => {
      const isRetryable = vi.fn(({ attempt }: { attempt: number }) => attempt < 2);

      const error = thrown(() => retryCallSync(fails(9), 5, 10, { isRetryable }));

      expect(error).toBe(down);
      expect(giveUpReport(error)).toEqual({ attempts: 2, delays: [10], reason: 'not-retryable' });
      expect(isRetryable.mock.calls).toEqual([[{ error: down, attempt: 1 }], [{ error: down, attempt: 2 }]]);
    });

    it('that throws ends the call with its error, which carries that of the operation', () => {
      const broken = new Error('broken predicate');

      const error = thrown(() =>
        retryCallSync(fails(9), 5, 10, {
          isRetryable() {
            throw broken;
          },
        }),
      );

      expect(error).toBe(broken);
      expect(broken.cause).toBe(down);
    });
  });

  describe('isRetryableResult', () => {
    it('has a value tried again until it is accepted', () => {
      const isRetryableResult = ({ value }: { value: number }): boolean => value < 3;

      const result = retryCallSync(({ attempt }) => attempt, 5, 10, { isRetryableResult });

      expect(result).toEqual({ value: 3, attempts: 3, delays: [10, 20] });
    });

    it('returns the last value when attempts run out', () => {
      const giveUp = vi.fn<(event: GiveUpEvent) => void>();

      const result = retryCallSync(({ attempt }) => attempt, 2, 10, { isRetryableResult: () => true, on: { giveUp } });

      expect(result).toEqual({ value: 2, attempts: 2, delays: [10] });
      expect(giveUp.mock.calls).toEqual([
        [{ error: undefined, value: 2, attempts: 2, delays: [10], reason: 'attempts' }],
      ]);
    });

    it('that throws ends the call with its error, which has no cause', () => {
      const broken = new Error('broken predicate');

      const error = thrown(() =>
        retryCallSync(() => 1, 5, 10, {
          isRetryableResult() {
            throw broken;
          },
        }),
      );

      expect(error).toBe(broken);
      expect('cause' in broken).toBe(false);
    });
  });

  describe('retryAfter', () => {
    it('is a floor under the delay, with up to 10 % on top', () => {
      const options = { retryAfter: () => 1_000, random: () => 0.5 };

      const hinted = retryCallSync(fails(1), 2, 10, options);
      const longer = retryCallSync(fails(1), 2, 5_000, options);

      expect([hinted.delays, longer.delays]).toEqual([[1_050], [5_000]]);
    });

    it('that is too long ends the call with the error at once', () => {
      const error = thrown(() => retryCallSync(fails(9), 5, 10, { retryAfter: () => 11, maxRetryAfter: 10 }));

      expect(error).toBe(down);
      expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'retry-after', retryAfter: 11 });
    });

    it('of our own refusals is heeded without being asked for', () => {
      const fn = ({ attempt }: CallContext): number => {
        if (attempt < 2) throw new CircuitOpenError('x', 700);
        return attempt;
      };

      const result = retryCallSync(fn, 2, 10, { random: () => 0 });

      expect(result).toEqual({ value: 2, attempts: 2, delays: [700] });
    });
  });

  describe('maxElapsed', () => {
    it('never begins a wait that would use up the rest of the time', () => {
      const clock = new VirtualClock();
      const options = { clock, maxElapsed: 150, sleep: (delay: number) => clock.jump(delay) };

      const error = thrown(() => retryCallSync(fails(9), 5, 50, options));

      expect(error).toBe(down);
      expect(giveUpReport(error)).toEqual({ attempts: 2, delays: [50], reason: 'elapsed' });
      expect(clock.now()).toBe(50);
    });
  });

  describe('budget', () => {
    it('ends the call with the real error when it is empty', () => {
      const budget = new RetryBudget({ ratio: 0, burst: 2 });

      const error = thrown(() => retryCallSync(fails(9), 5, 10, { budget }));

      expect(error).toBe(down);
      expect(giveUpReport(error)).toEqual({ attempts: 3, delays: [10, 20], reason: 'budget' });
      expect(budget.available).toBe(0);
    });

    it('is refunded for an attempt that an abort during the sleep prevented', () => {
      const controller = new AbortController();
      const budget = new RetryBudget({ ratio: 0, burst: 2 });
      const sleep = (delay: number): void => {
        if (delay === 20) controller.abort('stop');
      };

      const error = thrown(() => retryCallSync(fails(9), 5, 10, { budget, sleep, signal: controller.signal }));

      expect(error).toBe('stop');
      expect(budget.available).toBe(1);
    });
  });

  describe('a sleep that throws after a value that was not accepted', () => {
    it('ends the call with its error alone', () => {
      const broken = new Error('broken sleeper');
      const sleep = (): never => {
        throw broken;
      };

      const error = thrown(() => retryCallSync(() => 1, 3, 10, { isRetryableResult: () => true, sleep }));

      expect([error, 'cause' in broken]).toEqual([broken, false]);
    });
  });

  describe('a sleep that lasted longer than it should have', () => {
    it('is not followed by an attempt that has no time left', () => {
      const clock = new VirtualClock();
      const fn = fails(9);

      const error = thrown(() =>
        retryCallSync(fn, 5, 100, { clock, maxElapsed: 1_000, sleep: () => clock.jump(5_000) }),
      );

      expect(error).toBe(down);
      expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'elapsed' });
    });
  });

  describe('signal', () => {
    it('aborted before the call means that fn is never called', () => {
      const fn = fails(0);
      const reason = new Error('reason');

      const error = thrown(() => retryCallSync(fn, 3, 10, { signal: AbortSignal.abort(reason) }));

      expect(error).toBe(reason);
      expect(fn).not.toHaveBeenCalled();
      expect(giveUpReport(error)).toEqual({ attempts: 0, delays: [], reason: 'aborted' });
    });

    it('aborted in an attempt or in a sleep prevents the next attempt', () => {
      for (const where of ['attempt', 'sleep']) {
        const controller = new AbortController();
        const reason = { where };
        const abort = (here: string): void => {
          if (here === where) controller.abort(reason);
        };
        const fn = vi.fn(() => {
          abort('attempt');
          throw down;
        });

        const error = thrown(() =>
          retryCallSync(fn, 3, 10, { signal: controller.signal, sleep: () => abort('sleep') }),
        );

        expect(error).toBe(reason);
        expect(fn).toHaveBeenCalledTimes(1);
        expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'aborted' });
      }
    });

    it('aborted in the last attempt, or in one that is not worth another, comes before that', () => {
      for (const options of [{}, { isRetryable: () => false }]) {
        const controller = new AbortController();
        const fn = (): never => {
          controller.abort('stop');
          throw down;
        };

        expect(thrown(() => retryCallSync(fn, 1, 10, { ...options, signal: controller.signal }))).toBe('stop');
      }
    });

    it('aborted by the observer of a retry ends the call without a sleep', () => {
      const controller = new AbortController();
      const sleep = vi.fn();
      const on = { retry: () => controller.abort('stop') };

      expect(thrown(() => retryCallSync(fails(9), 3, 10, { on, sleep, signal: controller.signal }))).toBe('stop');
      expect(sleep).not.toHaveBeenCalled();
    });

    it('aborted before the call deposits nothing in the budget', () => {
      const budget = new RetryBudget({ ratio: 1, burst: 1 });
      budget.tryWithdraw();

      thrown(() => retryCallSync(fails(9), 3, 10, { budget, signal: AbortSignal.abort('stop') }));

      expect(budget.available).toBe(0);
    });

    it('aborted in an attempt ends the call without a sleep', () => {
      const controller = new AbortController();
      const sleep = vi.fn();
      const fn = (): never => {
        controller.abort('stop');
        throw down;
      };

      expect(thrown(() => retryCallSync(fn, 3, 10, { signal: controller.signal, sleep }))).toBe('stop');
      expect(sleep).not.toHaveBeenCalled();
    });

    it('aborted in an attempt that succeeds changes nothing', () => {
      const controller = new AbortController();

      const result = retryCallSync(() => (controller.abort(), 'up'), 3, 10, { signal: controller.signal });

      expect(result).toEqual({ value: 'up', attempts: 1, delays: [] });
    });
  });

  describe('observers', () => {
    it('are told of each retry before its sleep, and of giving up', () => {
      const trace: unknown[] = [];
      const on = {
        retry: (event: RetryEvent) => trace.push(['retry', event]),
        giveUp: (event: GiveUpEvent) => trace.push(['giveUp', event]),
      };

      thrown(() => retryCallSync(fails(9), 3, 10, { on, sleep: (delay) => trace.push(delay) }));

      expect(trace).toEqual([
        ['retry', { error: down, attempt: 1, delay: 10 }],
        10,
        ['retry', { error: down, attempt: 2, delay: 20 }],
        20,
        ['giveUp', { error: down, attempts: 3, delays: [10, 20], reason: 'attempts' }],
      ]);
    });
  });

  describe('a backoff', () => {
    it('that returns no delay ends the call with a RangeError, which carries the error of the operation', () => {
      const error = thrown(() => retryCallSync(fails(9), 3, 10, { backoff: () => NaN }));

      expect(error).toEqual(
        wrongArgument(RangeError, 'Cannot wait: expected backoff to return a finite number of ms ≥ 0, got NaN'),
      );
      expect(error).toMatchObject({ cause: down });
    });
  });

  describe('a sleep that throws', () => {
    it('ends the call with its error', () => {
      const broken = new Error('broken sleep');

      const error = thrown(() =>
        retryCallSync(fails(9), 3, 10, {
          sleep() {
            throw broken;
          },
        }),
      );

      expect(error).toBe(broken);
    });

    it('carries the error of the operation, and the budget is refunded', () => {
      const broken = new Error('broken sleep');
      const budget = new RetryBudget({ ratio: 0, burst: 1 });
      const sleep = (): void => {
        throw broken;
      };

      thrown(() => retryCallSync(fails(9), 3, 10, { budget, sleep }));

      expect([broken.cause, budget.available]).toEqual([down, 1]);
    });
  });

  describe('given a function that returns a promise', () => {
    it('refuses it after one call, and observes its rejection', async () => {
      const fn = vi.fn(() => Promise.reject(down));

      const error = thrown(() => retryCallSync(fn, 3, 10));
      await turns();

      const message =
        'Cannot retry a synchronous call: expected fn to return its value at once (for a promise: retryCall), got a value of type object';
      expect(error).toEqual(wrongArgument(TypeError, message));
      expect(fn).toHaveBeenCalledTimes(1);
    });
  });

  describe('wrong arguments', () => {
    const fn = vi.fn();
    it.each([
      [() => retryCallSync('fn' as never, 3, 1), TypeError, 'expected fn to be a function, got "fn"'],
      [() => retryCallSync(fn, 0, 1), RangeError, 'expected maxAttempts to be an integer ≥ 1, or Infinity, got 0'],
      [
        () => retryCallSync(fn, undefined as never, 1),
        TypeError,
        'expected maxAttempts to be an integer ≥ 1, or Infinity, got undefined',
      ],
      [
        () => retryCallSync(fn, 3, Infinity),
        RangeError,
        'expected baseDelay to be a finite number of ms ≥ 0, got Infinity',
      ],
      [() => retryCallSync(fn, 3, 1, { sleep: 5 as never }), TypeError, 'expected sleep to be a function, got 5'],
      [
        () => retryCallSync(fn, 3, 1, { signal: 'stop' as never }),
        TypeError,
        'expected signal to be an AbortSignal, got "stop"',
      ],
      [
        () => retryCallSync(fn, 3, 1, { maxRetryAfter: NaN }),
        RangeError,
        'expected maxRetryAfter to be a number of ms ≥ 0, or Infinity, got NaN',
      ],
      [
        () => retryCallSync(fn, 3, 1, { clok: 1 } as never),
        TypeError,
        'expected a known option (did you mean clock?), got "clok"',
      ],
    ])('are refused before anything is called (%#)', (call, Class, message) => {
      const error = thrown(call);

      expect(error).toEqual(wrongArgument(Class, `Cannot retry a synchronous call: ${message}`));
      expect(error).toBeInstanceOf(Class);
      expect(fn).not.toHaveBeenCalled();
    });
  });
});

function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('expected a throw');
}
