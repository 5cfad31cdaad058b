import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  CircuitBreaker,
  consecutiveFailures,
  constant,
  onObserverError,
  pipeline,
  retry,
  timeout,
  TimeoutError,
  type CallContext,
  type Clock,
} from 'holdfast';
import { scriptedCall, VirtualClock } from 'holdfast/testing';
import { rejection, turns } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');
const never = (): Promise<never> => new Promise(() => {});

describe('timeout()', () => {
  describe('given a call that takes too long', () => {
    it('rejects at the limit with a TimeoutError, though fn does not listen', async () => {
      const clock = new VirtualClock();
      let error: unknown;

      void rejection(timeout(100, { clock }).execute(never)).then((reason) => (error = reason));
      await clock.advance(99);
      const before = error;
      await clock.advance(1);

      expect(before).toBeUndefined();
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({
        name: 'TimeoutError',
        code: 'ERR_TIMEOUT',
        timeout: 100,
        message: 'Timed out after 100 ms',
      });
    });

    it('aborts the signal of the attempt with the very error', async () => {
      const clock = new VirtualClock();
      const signals: AbortSignal[] = [];
      const fn = ({ signal }: CallContext): Promise<never> => {
        signals.push(signal);
        return never();
      };

      const outcome = rejection(timeout(100, { clock }).execute(fn));
      await clock.advance(100);

      expect(signals.map(({ aborted, reason }) => [aborted, reason as unknown])).toEqual([[true, await outcome]]);
      expect(signals[0]!.reason).toBe(await outcome);
    });

    it('gives the TimeoutError also where fn listens and rejects with something of its own', async () => {
      const clock = new VirtualClock();
      const fn = ({ signal }: CallContext): Promise<never> =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(down)));

      const outcome = rejection(timeout(100, { clock }).execute(fn));
      await clock.advance(100);

      expect(await outcome).toBeInstanceOf(TimeoutError);
    });

    it('drops its late value and its late error, and nothing is left unhandled', async () => {
      const clock = new VirtualClock();
      const unhandled = vi.fn();
      process.on('unhandledRejection', unhandled);
      const policy = timeout(100, { clock });

      const late = [
        rejection(policy.execute(scriptedCall([{ returns: 'late', after: 150 }], { clock }))),
        rejection(policy.execute(scriptedCall([{ throws: down, after: 150 }], { clock }))),
      ];
      await clock.runAll();
      const errors = await Promise.all(late);
      process.off('unhandledRejection', unhandled);

      expect(errors).toEqual([new TimeoutError(100), new TimeoutError(100)]);
      expect(unhandled).not.toHaveBeenCalled();
    });
  });

  describe('given a call that settles in time', () => {
    it('gives its value, and does not abort its signal', async () => {
      const clock = new VirtualClock();
      const fn = scriptedCall([{ returns: 'up', after: 99 }], { clock });

      const value = timeout(100, { clock }).execute(fn);
      await clock.runAll();
      await clock.advance(1_000);

      expect(await value).toBe('up');
      expect(fn.log[0]!.context.signal.aborted).toBe(false);
    });

    it('gives its error', async () => {
      const clock = new VirtualClock();

      expect(await rejection(timeout(100, { clock }).execute(() => Promise.reject(down)))).toBe(down);
      expect(clock.pending).toBe(0);
    });
  });

  describe('context.remaining', () => {
    it('counts down to the limit', async () => {
      const clock = new VirtualClock();
      const readings: number[] = [];
      const fn = (context: CallContext): Promise<never> => {
        readings.push(context.remaining);
        clock.setTimer(30, () => readings.push(context.remaining));
        clock.setTimer(150, () => readings.push(context.remaining));
        return never();
      };

      const outcome = rejection(timeout(100, { clock }).execute(fn));
      await clock.runAll();
      await outcome;

      // Once the attempt has been given up, no time is left.
      expect(readings).toEqual([100, 70, 0]);
    });

    it('is that of the nearest of two', async () => {
      const clock = new VirtualClock();
      const policy = pipeline(timeout(50, { clock }), timeout(100, { clock }));

      expect(await policy.execute(({ remaining }) => remaining)).toBe(50);
    });
  });

  describe('a limit of 0', () => {
    it('ends every call that does not settle at once, in a later turn', async () => {
      const clock = new VirtualClock();
      const policy = timeout(0, { clock });

      const slow = rejection(policy.execute(never));
      const quick = policy.execute(() => 'up');
      const value = await quick;
      await clock.advance(0);

      expect(value).toBe('up');
      expect(await slow).toEqual(new TimeoutError(0));
    });
  });

  describe('a limit of Infinity', () => {
    it('never ends a call', async () => {
      const clock = new VirtualClock();
      const fn = scriptedCall([{ returns: 'up', after: 1e9 }], { clock });

      const value = timeout(Infinity, { clock }).execute(fn);
      await clock.advance(1e9);

      expect(await value).toBe('up');
    });

    it('says so in the context', async () => {
      expect(await timeout(Infinity).execute(({ remaining }) => remaining)).toBe(Infinity);
    });

    it('sets no timer', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();

      const outcome = rejection(timeout(Infinity, { clock }).execute(never, { signal: controller.signal }));
      const { pending } = clock;
      controller.abort('stop');
      await outcome;

      expect(pending).toBe(0);
    });
  });

  describe('given many calls at once', () => {
    it('ends each at its own deadline, with one timer for all', async () => {
      const clock = new VirtualClock();
      const policy = timeout(100, { clock });
      const ends: unknown[] = [];
      const pending: number[] = [];

      for (let call = 0; call < 5; call++) {
        void rejection(policy.execute(never)).then(() => ends.push([call, clock.now()]));
        await clock.advance(10);
        pending.push(clock.pending);
      }
      await clock.runAll();

      expect(pending).toEqual([1, 1, 1, 1, 1]);
      expect(ends).toEqual([
        [0, 100],
        [1, 110],
        [2, 120],
        [3, 130],
        [4, 140],
      ]);
    });

    it('ends those that began at the same time in the order in which they began', async () => {
      const clock = new VirtualClock();
      const policy = timeout(100, { clock });
      const ends: number[] = [];

      for (let call = 0; call < 1_000; call++) void rejection(policy.execute(never)).then(() => ends.push(call));
      const { pending } = clock;
      await clock.advance(100);

      expect(pending).toBe(1);
      expect(ends).toEqual(Array.from({ length: 1_000 }, (_, call) => call));
      expect(clock.pending).toBe(0);
    });

    it('keeps the timer while one is in the line, and cancels it when the last has left', async () => {
      const clock = new VirtualClock();
      const policy = timeout(100, { clock });

      const calls = [30, 60].map((after) => policy.execute(scriptedCall([{ returns: after, after }], { clock })));
      await clock.advance(30);
      const withOne = clock.pending;
      await clock.advance(30);

      expect(await Promise.all(calls)).toEqual([30, 60]);
      // Of the script one timer waits at 30 ms besides, and none at 60 ms.
      expect([withOne, clock.pending]).toEqual([2, 0]);
    });

    it('skips those that have left, and goes on to the next deadline', async () => {
      const clock = new VirtualClock();
      const policy = timeout(100, { clock });
      const ends: unknown[] = [];

      const quick = policy.execute(scriptedCall([{ returns: 'up', after: 20 }], { clock }));
      await clock.advance(50);
      void rejection(policy.execute(never)).then(() => ends.push(clock.now()));
      await clock.runAll();

      expect(await quick).toBe('up');
      expect(ends).toEqual([150]);
    });

    it('can be used again when the line has been empty', async () => {
      const clock = new VirtualClock();
      const policy = timeout(100, { clock });
      await policy.execute(() => 'up');
      await clock.advance(1_000);

      const outcome = rejection(policy.execute(never));
      await clock.advance(100);

      expect(await outcome).toEqual(new TimeoutError(100));
      expect(clock.now()).toBe(1_100);
    });
  });

  describe('an abort', () => {
    it('is not taken for a timeout, and takes the call out of the line', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const onTimeout = vi.fn();

      const outcome = rejection(
        timeout(100, { clock, on: { timeout: onTimeout } }).execute(never, { signal: controller.signal }),
      );
      controller.abort('stop');
      await clock.advance(1_000);

      expect(await outcome).toBe('stop');
      expect([clock.pending, onTimeout.mock.calls, getEventListeners(controller.signal, 'abort')]).toEqual([0, [], []]);
    });
  });

  describe('given a clock that cannot be relied on', () => {
    const readings: Clock['now'][] = [];
    const unreliable = (inner: VirtualClock): Clock => ({
      now: () => readings[0]!(),
      setTimer: inner.setTimer,
    });
    afterEach(() => readings.splice(0));

    it('ends calls by the timer alone where the reading stands still', async () => {
      const inner = new VirtualClock();
      readings.push(() => 5);
      const policy = timeout(100, { clock: unreliable(inner) });
      const ends: number[] = [];

      for (const _ of [1, 2, 3]) {
        void rejection(policy.execute(never)).then(() => ends.push(inner.now()));
        await inner.runAll();
      }

      expect(ends).toEqual([100, 200, 300]);
      expect(inner.pending).toBe(0);
    });

    it('ends calls by the timer alone where the reading is no number', async () => {
      for (const reading of [NaN, Infinity, -Infinity]) {
        const inner = new VirtualClock();
        readings[0] = () => reading;
        const policy = timeout(100, { clock: unreliable(inner) });

        const outcome = rejection(policy.execute(never));
        await inner.runAll();

        expect([await outcome, inner.now()]).toEqual([new TimeoutError(100), 100]);
      }
    });

    it('ends all that are overdue at once where the reading has jumped forward', async () => {
      const clock = new VirtualClock();
      const policy = timeout(100, { clock });
      const ends: number[] = [];
      const call = async (name: number): Promise<void> => {
        await rejection(policy.execute(never));
        ends.push(name);
      };

      void call(1);
      await clock.advance(20);
      void call(2);
      clock.jump(1_000);
      void call(3);
      await clock.advance(0);
      const overdue = [...ends];
      await clock.advance(100);

      expect([overdue, ends, clock.pending]).toEqual([[1, 2], [1, 2, 3], 0]);
    });

    it('ends no call early where the reading has gone back', async () => {
      const inner = new VirtualClock(10_000);
      let back = 0;
      readings.push(() => inner.now() - back);
      const policy = timeout(100, { clock: unreliable(inner) });
      const ends: unknown[] = [];
      const call = async (name: number): Promise<void> => {
        await rejection(policy.execute(never));
        ends.push([name, inner.now() - 10_000]);
      };

      void call(1);
      await inner.advance(20);
      back = 5_000;
      void call(2);
      await inner.advance(40);
      void call(3);
      await inner.runAll();

      // What passed between the last reading before the step back and the first one after it counts as nothing.
      expect(ends).toEqual([
        [1, 100],
        [2, 100],
        [3, 140],
      ]);
    });
  });

  describe('given the clock of the machine and fake timers', () => {
    beforeEach(() => vi.useFakeTimers());
    afterEach(() => vi.useRealTimers());

    it('goes by the fake timers', async () => {
      const policy = timeout(1_000);
      const first = rejection(policy.execute(never));
      await vi.advanceTimersByTimeAsync(400);
      const second = rejection(policy.execute(never));

      const before = vi.getTimerCount();
      await vi.advanceTimersByTimeAsync(600);
      const between = await Promise.race([second, first]);
      await vi.advanceTimersByTimeAsync(400);

      expect(between).toBe(await first);
      expect(await second).toEqual(new TimeoutError(1_000));
      expect([before, vi.getTimerCount()]).toEqual([1, 0]);
    });

    it('goes by them also where the policy is older than they are', async () => {
      vi.useRealTimers();
      const policy = timeout(1_000);
      await policy.execute(() => 'up');
      vi.useFakeTimers();

      const outcome = rejection(policy.execute(never));
      await vi.advanceTimersByTimeAsync(1_000);

      expect(await outcome).toEqual(new TimeoutError(1_000));
    });
  });

  describe('observers', () => {
    it('are told of each timeout, after the call has been given up', async () => {
      const clock = new VirtualClock();
      const signals: AbortSignal[] = [];
      const seen: unknown[] = [];
      const on = {
        timeout: (event: { error: TimeoutError }) => seen.push([event, signals[0]!.reason === event.error]),
      };

      const outcome = rejection(
        timeout(100, { clock, on }).execute(({ signal }) => {
          signals.push(signal);
          return never();
        }),
      );
      await clock.runAll();

      expect(seen).toEqual([[{ error: await outcome }, true]]);
    });

    it('that throw change nothing', async () => {
      const clock = new VirtualClock();
      const broken = new Error('broken observer');
      const reported = vi.fn();
      const on = {
        timeout() {
          throw broken;
        },
      };
      onObserverError(reported);

      const outcome = rejection(timeout(100, { clock, on }).execute(never));
      await clock.runAll();
      onObserverError(undefined);

      expect(await outcome).toEqual(new TimeoutError(100));
      expect(reported.mock.calls).toEqual([[broken, 'timeout']]);
    });

    it('may use the policy themselves', async () => {
      const clock = new VirtualClock();
      const ends: unknown[] = [];
      let again = true;
      const call = async (name: string): Promise<void> => {
        await rejection(policy.execute(never));
        ends.push([name, clock.now()]);
      };
      const on = {
        timeout() {
          if (again) void call('from the observer');
          again = false;
        },
      };
      const policy = timeout(100, { clock, on });

      void call('first');
      await clock.runAll();

      expect(ends).toEqual([
        ['first', 100],
        ['from the observer', 200],
      ]);
      expect(clock.pending).toBe(0);
    });

    it('may use the policy while others wait', async () => {
      const clock = new VirtualClock();
      const ends: unknown[] = [];
      let again = true;
      const call = async (name: string): Promise<void> => {
        await rejection(policy.execute(never));
        ends.push([name, clock.now()]);
      };
      const on = {
        timeout() {
          if (again) void call('from the observer');
          again = false;
        },
      };
      const policy = timeout(100, { clock, on });

      void call('first');
      await clock.advance(50);
      void call('second');
      await clock.runAll();

      expect(ends).toEqual([
        ['first', 100],
        ['second', 150],
        ['from the observer', 200],
      ]);
    });
  });

  describe('a timeout inside another', () => {
    it('ends the attempt first where it is the shorter one', async () => {
      const clock = new VirtualClock();
      const policy = pipeline(timeout(100, { clock }), timeout(30, { clock }));

      const outcome = rejection(policy.execute(never));
      await clock.runAll();

      expect([await outcome, clock.now(), clock.pending]).toEqual([new TimeoutError(30), 30, 0]);
    });

    it('is cut by the outer one where that is the shorter one, and says nothing', async () => {
      const clock = new VirtualClock();
      const onTimeout = vi.fn();
      const inner = timeout(100, { clock, on: { timeout: onTimeout } });

      const outcome = rejection(timeout(30, { clock }).execute((context) => inner.execute(never, context)));
      await clock.runAll();

      expect([await outcome, clock.now(), clock.pending]).toEqual([new TimeoutError(30), 30, 0]);
      expect(onTimeout).not.toHaveBeenCalled();
    });

    it('of the same length is cut by the outer one', async () => {
      const clock = new VirtualClock();
      const [outer, inner] = [vi.fn(), vi.fn()];
      const policy = pipeline(
        timeout(50, { clock, on: { timeout: outer } }),
        timeout(50, { clock, on: { timeout: inner } }),
      );

      const outcome = rejection(policy.execute(never));
      await clock.runAll();

      expect(await outcome).toEqual(new TimeoutError(50));
      expect([outer.mock.calls.length, inner.mock.calls.length, clock.pending]).toEqual([1, 0, 0]);
    });
  });

  describe('a timeout inside a retry', () => {
    it('limits each attempt, and the retry goes on in the async context of its call', async () => {
      const clock = new VirtualClock();
      const storage = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      const observed: unknown[] = [];
      const on = { retry: () => observed.push(storage.getStore()) };
      const policy = pipeline(
        retry({ clock, maxAttempts: 2, baseDelay: 10, backoff: constant(), on }),
        timeout(100, { clock }),
      );
      const call = (name: string): Promise<unknown> =>
        storage.run(name, () =>
          rejection(
            policy.execute(({ attempt }) => {
              seen.push([storage.getStore(), attempt, clock.now()]);
              return never();
            }),
          ),
        );

      const outcomes = Promise.all([call('first'), call('second')]);
      await storage.run('whoever moves the clock', () => clock.runAll());

      expect(await outcomes).toEqual([new TimeoutError(100), new TimeoutError(100)]);
      expect(seen).toEqual([
        ['first', 1, 0],
        ['second', 1, 0],
        ['first', 2, 110],
        ['second', 2, 110],
      ]);
      expect(observed).toEqual(['first', 'second']);
    });

    it('runs the abort listeners of each call in its own context', async () => {
      const clock = new VirtualClock();
      const storage = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      const policy = timeout(100, { clock: { now: clock.now, setTimer: bound(clock) } });
      const call = (name: string): Promise<unknown> =>
        storage.run(name, () =>
          rejection(
            policy.execute(({ signal }) => {
              signal.addEventListener('abort', () => seen.push([name, storage.getStore()]));
              return never();
            }),
          ),
        );

      const outcomes = Promise.all([call('first'), call('second')]);
      await clock.runAll();
      await outcomes;

      expect(seen).toEqual([
        ['first', 'first'],
        ['second', 'second'],
      ]);
    });

    it('runs them there also where somebody else has asked for the signal first', async () => {
      const clock = new VirtualClock();
      const storage = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      const policy = timeout(100, { clock: { now: clock.now, setTimer: bound(clock) } });

      const outcome = storage.run('own', () =>
        rejection(
          policy.execute((context) => {
            storage.run('other', () => context.signal);
            context.signal.addEventListener('abort', () => seen.push(storage.getStore()));
            return never();
          }),
        ),
      );
      await clock.runAll();
      await outcome;

      expect(seen).toEqual(['own']);
    });

    it('inside a breaker counts as a failure of the dependency', async () => {
      const clock = new VirtualClock();
      const breaker = new CircuitBreaker({ clock, trip: consecutiveFailures(1) });

      const outcome = rejection(pipeline(breaker, timeout(100, { clock })).execute(never));
      await clock.runAll();

      expect([await outcome, breaker.state]).toEqual([new TimeoutError(100), 'open']);
    });
  });

  describe('given a function that ends its own call as the timeout does', () => {
    it('settles once, with the TimeoutError', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const settled = vi.fn();
      const fn = ({ signal }: CallContext): Promise<never> => {
        signal.addEventListener('abort', () => controller.abort('too late'));
        return never();
      };

      void rejection(timeout(100, { clock }).execute(fn, { signal: controller.signal })).then(settled);
      await clock.runAll();
      await turns();

      // The caller's abort comes while the timeout is on its way out, and the caller's word goes first.
      expect(settled.mock.calls).toEqual([['too late']]);
      expect([clock.pending, getEventListeners(controller.signal, 'abort')]).toEqual([0, []]);
    });
  });

  describe('wrong arguments', () => {
    it.each([
      [[-1], RangeError, 'expected ms to be a number of ms ≥ 0, or Infinity, got -1'],
      [[NaN], RangeError, 'expected ms to be a number of ms ≥ 0, or Infinity, got NaN'],
      [['100'], TypeError, 'expected ms to be a number of ms ≥ 0, or Infinity, got "100"'],
      [[], TypeError, 'expected ms to be a number of ms ≥ 0, or Infinity, got undefined'],
      [[5n], TypeError, 'expected ms to be a number of ms ≥ 0, or Infinity, got 5n'],
      [[1, null], TypeError, 'expected options to be an object, got null'],
      [[1, { clock: {} }], TypeError, 'expected clock to be a Clock, got a value of type object'],
      [
        [1, { on: { timeouts: () => {} } }],
        TypeError,
        'expected a known option (did you mean on.timeout?), got "on.timeouts"',
      ],
      [[1, { on: { timeout: 'log' } }], TypeError, 'expected on.timeout to be a function, got "log"'],
      [[1, { signal: 1 }], TypeError, 'expected a known option (clock, on), got "signal"'],
    ])('are refused (%#)', (parameters, Class, message) => {
      const make = (): unknown => (timeout as (...all: unknown[]) => unknown)(...parameters);

      expect(make).toThrow(wrongArgument(Class, `Cannot make a timeout: ${message}`));
      expect(make).toThrow(Class);
    });

    it('of the call come out as a rejection, and set no timer', async () => {
      const clock = new VirtualClock();

      const error = await rejection(timeout(100, { clock }).execute('fn' as never));

      expect(error).toEqual(wrongArgument(TypeError, 'Cannot execute a call: expected fn to be a function, got "fn"'));
      expect(clock.pending).toBe(0);
    });
  });
});

/** Timers that ring in the async context in which they were set, as those of the machine do. */
function bound(clock: VirtualClock): Clock['setTimer'] {
  return (delay, callback) => clock.setTimer(delay, AsyncResource.bind(callback));
}
