import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { blockingSleeper, instantSleeper, sleeperOf, systemClock, type Clock, type Sleeper } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { wrongArgument } from '../wrong-argument.ts';

describe('sleeperOf()', () => {
  describe('given a clock', () => {
    it.each([0, 0.5, 1, 100, 2 ** 31, Number.MAX_VALUE])('wakes after %d ms of it, and not before', async (delay) => {
      const clock = new VirtualClock();
      const trace: number[] = [];

      const slept = sleeperOf(clock)(delay).then(() => trace.push(clock.now()));
      const pending = clock.pending;
      await clock.runAll();
      await slept;

      expect(pending).toBe(1);
      expect(trace).toEqual([delay]);
      expect(clock.pending).toBe(0);
    });

    it('asks the clock for a timer only when it sleeps', () => {
      const setTimer = vi.fn(() => () => {});

      sleeperOf({ now: () => 0, setTimer });

      expect(setTimer).not.toHaveBeenCalled();
    });

    it('waits by the system clock under faked timers', async () => {
      vi.useFakeTimers();
      const woken = vi.fn();

      void sleeperOf(systemClock)(50).then(woken);
      await vi.advanceTimersByTimeAsync(49);
      const early = woken.mock.calls.length;
      await vi.advanceTimersByTimeAsync(1);
      vi.useRealTimers();

      expect(early).toBe(0);
      expect(woken).toHaveBeenCalledTimes(1);
    });
  });

  describe('given a signal', () => {
    it('rejects with the reason at once if it is aborted already, and sets no timer', async () => {
      const clock = new VirtualClock();
      const reason = { why: 'before' };
      const signal = AbortSignal.abort(reason);

      const error = await sleeperOf(clock)(100, signal).catch((error: unknown) => error);

      expect(error).toBe(reason);
      expect(clock.pending).toBe(0);
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    });

    it('rejects with the reason at once if it is aborted in the sleep, and leaves no timer and no listener', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const reason = Symbol('during');

      const slept = sleeperOf(clock)(100, controller.signal).catch((error: unknown) => error);
      await clock.advance(40);
      controller.abort(reason);

      expect(clock.pending).toBe(0);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
      expect(await slept).toBe(reason);
      expect(clock.now()).toBe(40);
    });

    it('heeds an abort after it has woken no more, and leaves no listener', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();

      const slept = sleeperOf(clock)(100, controller.signal);
      const listening = getEventListeners(controller.signal, 'abort').length;
      await clock.advance(100);
      const left = getEventListeners(controller.signal, 'abort').length;
      controller.abort('after');

      expect([listening, left]).toEqual([1, 0]);
      await expect(slept).resolves.toBeUndefined();
    });

    it('leaves no listener where the clock rings as it is set', async () => {
      const { signal } = new AbortController();
      const atOnce: Clock = { now: () => 0, setTimer: (_, callback) => (callback(), () => {}) };

      await sleeperOf(atOnce)(100, signal);

      expect(getEventListeners(signal, 'abort')).toEqual([]);
    });

    it('puts one listener on it for any number of sleepers, and wakes all of them', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const sleep = sleeperOf(clock);

      const slept = Promise.all(
        [1, 2, 3].map((delay) => sleep(delay, controller.signal).catch((error: unknown) => error)),
      );
      const listening = getEventListeners(controller.signal, 'abort').length;
      controller.abort('all');

      expect(listening).toBe(1);
      expect(await slept).toEqual(['all', 'all', 'all']);
      expect(clock.pending).toBe(0);
    });
  });

  describe('given a wrong clock', () => {
    it.each([
      [undefined, 'undefined'],
      [null, 'null'],
      ['clock', '"clock"'],
      [{}, 'a value of type object'],
      [{ now: () => 0 }, 'a value of type object'],
      [{ now: 0, setTimer: () => {} }, 'a value of type object'],
    ])('throws a TypeError (%s)', (clock, shown) => {
      const make = (): Sleeper => sleeperOf(clock as unknown as Clock);

      expect(make).toThrow(
        wrongArgument(TypeError, `Cannot make a sleeper: expected clock to be a Clock, got ${shown}`),
      );
    });
  });

  describe('given a clock that cannot set timers', () => {
    it('rejects with the error of the clock', async () => {
      const error = new Error('no timers');
      const clock: Clock = {
        now: () => 0,
        setTimer: () => {
          throw error;
        },
      };

      const slept = sleeperOf(clock)(1);

      await expect(slept).rejects.toBe(error);
    });
  });
});

describe('instantSleeper', () => {
  it('resolves at once, whatever the delay', async () => {
    const slept = await Promise.all([0, 0.5, 1e9, Infinity].map((delay) => instantSleeper(delay)));

    expect(slept).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('rejects with the reason of a signal that is aborted', async () => {
    const slept = instantSleeper(1, AbortSignal.abort('stop'));

    await expect(slept).rejects.toBe('stop');
  });

  it('puts no listener on a signal', async () => {
    const { signal } = new AbortController();

    await instantSleeper(1, signal);

    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe.each([
  ['sleeperOf()', () => sleeperOf(new VirtualClock())],
  ['instantSleeper', () => instantSleeper],
] as const)('%s', (_, make) => {
  describe('given a wrong delay', () => {
    it.each([
      [-1, RangeError, '-1'],
      [NaN, RangeError, 'NaN'],
      [-Infinity, RangeError, '-Infinity'],
      ['100', TypeError, '"100"'],
      [100n, TypeError, '100n'],
      [undefined, TypeError, 'undefined'],
      [null, TypeError, 'null'],
    ] as const)('rejects (%s)', async (delay, Class, shown) => {
      const slept = make()(delay as never);

      await expect(slept).rejects.toThrow(
        wrongArgument(Class, `Cannot sleep: expected delay to be a number of ms ≥ 0, or Infinity, got ${shown}`),
      );
    });
  });

  describe('given a wrong signal', () => {
    it.each([
      ['stop', '"stop"'],
      [{}, 'a value of type object'],
      [new AbortController(), 'a value of type object'],
    ])('rejects (%s)', async (signal, shown) => {
      const slept = make()(1, signal as never);

      await expect(slept).rejects.toThrow(
        wrongArgument(TypeError, `Cannot sleep: expected signal to be an AbortSignal, got ${shown}`),
      );
    });
  });
});

describe('blockingSleeper()', () => {
  it('blocks the thread by waiting on memory that nobody writes to', () => {
    const wait = vi.spyOn(Atomics, 'wait').mockReturnValue('timed-out');

    const result = blockingSleeper(1_500.5);
    const [memory, ...rest] = wait.mock.calls[0]! as unknown[];
    wait.mockRestore();

    expect(result).toBeUndefined();
    expect(memory).toEqual(new Int32Array([0]));
    expect(rest).toEqual([0, 0, 1_500.5]);
  });

  it('returns for a delay of 0', () => {
    const result = blockingSleeper(0);

    expect(result).toBeUndefined();
  });

  it.each([
    [-1, RangeError, '-1'],
    [NaN, RangeError, 'NaN'],
    [Infinity, RangeError, 'Infinity'],
    ['1', TypeError, '"1"'],
    [undefined, TypeError, 'undefined'],
  ] as const)('throws for a wrong delay (%s)', (delay, Class, shown) => {
    const block = (): void => blockingSleeper(delay as never);

    expect(block).toThrow(
      wrongArgument(Class, `Cannot block: expected delay to be a finite number of ms ≥ 0, got ${shown}`),
    );
  });
});
