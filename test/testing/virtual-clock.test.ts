import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { retryCall, sleeperOf, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { wrongArgument } from '../wrong-argument.ts';

describe('VirtualClock', () => {
  describe('given a start', () => {
    it.each([
      [undefined, 0],
      [0, 0],
      [0.5, 0.5],
      [1e15, 1e15],
    ])('reads it (%s)', (start, reading) => {
      const clock = new VirtualClock(start);

      expect(clock.now()).toBe(reading);
      expect(clock.pending).toBe(0);
    });

    it.each([
      [-1, RangeError, '-1'],
      [NaN, RangeError, 'NaN'],
      [Infinity, RangeError, 'Infinity'],
      ['now', TypeError, '"now"'],
      [null, TypeError, 'null'],
    ] as const)('refuses one that is no time (%s)', (start, Class, shown) => {
      const make = (): VirtualClock => new VirtualClock(start as never);

      expect(make).toThrow(
        wrongArgument(
          Class,
          `Cannot make a virtual clock: expected start to be a finite number of ms ≥ 0, got ${shown}`,
        ),
      );
    });
  });

  describe('given timers', () => {
    it('fires them in order of time, and of being set, each at its own time', async () => {
      const clock = new VirtualClock(1_000);
      const trace: string[] = [];
      const set = (name: string, delay: number): unknown =>
        clock.setTimer(delay, () => trace.push(`${name} ${clock.now()}`));
      set('c', 30);
      set('a', 10);
      set('b1', 20);
      set('b2', 20);
      set('zero', 0);
      set('half', 0.5);

      await clock.advance(30);

      expect(trace).toEqual(['zero 1000', 'half 1000.5', 'a 1010', 'b1 1020', 'b2 1020', 'c 1030']);
      expect(clock.now()).toBe(1_030);
      expect(clock.pending).toBe(0);
    });

    it('fires none before its time', async () => {
      const clock = new VirtualClock();
      const fired = vi.fn();
      clock.setTimer(10, fired);

      await clock.advance(9.999);
      const early = fired.mock.calls.length;
      await clock.advance(0.001);

      expect(early).toBe(0);
      expect(fired.mock.calls).toEqual([[]]);
    });

    it('lets everything that a timer sets going run before the next one', async () => {
      const clock = new VirtualClock();
      const trace: string[] = [];
      clock.setTimer(1, () => {
        void Promise.resolve()
          .then(() => {})
          .then(() => trace.push('promise'));
        queueMicrotask(() => clock.setTimer(0, () => trace.push('timer of the first')));
      });
      clock.setTimer(1, () => trace.push('second'));

      await clock.advance(1);

      expect(trace).toEqual(['promise', 'second', 'timer of the first']);
    });

    it('lets what is ready run before time passes', async () => {
      const clock = new VirtualClock();
      let at = -1;
      void Promise.resolve().then(() => clock.setTimer(5, () => (at = clock.now())));

      await clock.advance(5);

      expect(at).toBe(5);
    });

    it('fires timers that are set on the way, if they come due', async () => {
      const clock = new VirtualClock();
      const times: number[] = [];
      const again = (): void => {
        times.push(clock.now());
        clock.setTimer(10, again);
      };
      clock.setTimer(10, again);

      await clock.advance(35);

      expect(times).toEqual([10, 20, 30]);
      expect(clock.now()).toBe(35);
      expect(clock.pending).toBe(1);
    });

    it('fires none that is cancelled, not even by one of the same time', async () => {
      const clock = new VirtualClock();
      const fired: string[] = [];
      clock.setTimer(5, () => (fired.push('first'), cancelSecond()));
      const cancelSecond = clock.setTimer(5, () => fired.push('second'));
      const cancelThird = clock.setTimer(1, () => fired.push('third'));

      cancelThird();
      cancelThird();
      await clock.advance(10);
      cancelSecond();

      expect(fired).toEqual(['first']);
      expect(clock.pending).toBe(0);
    });

    it('passes on what a timer throws, and can go on afterwards', async () => {
      const clock = new VirtualClock();
      const error = new Error('timer');
      const fired = vi.fn();
      clock.setTimer(5, () => {
        throw error;
      });
      clock.setTimer(6, fired);

      const advanced = clock.advance(10);

      await expect(advanced).rejects.toBe(error);
      expect([clock.now(), clock.pending]).toEqual([5, 1]);
      await clock.advance(1);
      expect(fired).toHaveBeenCalledTimes(1);
    });

    it('counts those that are never to fire among the pending, until they are cancelled', async () => {
      const clock = new VirtualClock();
      const cancel = clock.setTimer(Infinity, () => {});
      clock.setTimer(Infinity, () => {});
      clock.setTimer(1, () => {});

      await clock.runAll();
      const { pending } = clock;
      cancel();

      expect([pending, clock.pending]).toEqual([2, 1]);
    });

    it('fires those that are set after a jump backwards before those set for later', async () => {
      const clock = new VirtualClock(100);
      const fired: string[] = [];
      clock.setTimer(10, () => fired.push('at 110'));
      clock.jump(-50);
      clock.setTimer(60, () => fired.push('at 110, set later'));
      clock.setTimer(10, () => fired.push('at 60'));

      await clock.runAll();

      expect([fired, clock.now()]).toEqual([['at 60', 'at 110', 'at 110, set later'], 110]);
    });

    it('can be handed on without the clock around them', () => {
      const { now, setTimer } = new VirtualClock(7);

      const cancel = setTimer(1, () => {});

      expect(now()).toBe(7);
      expect(cancel).toBeInstanceOf(Function);
      cancel();
    });
  });

  describe('advance()', () => {
    it('moves the reading where nothing waits', async () => {
      const clock = new VirtualClock();

      await clock.advance(0);
      await clock.advance(1.5);
      await clock.advance(2 ** 40);

      expect(clock.now()).toBe(1.5 + 2 ** 40);
    });

    it.each([
      [-1, RangeError, '-1'],
      [NaN, RangeError, 'NaN'],
      [Infinity, RangeError, 'Infinity'],
      [undefined, TypeError, 'undefined'],
      ['5', TypeError, '"5"'],
    ] as const)('rejects for a wrong time (%s)', async (ms, Class, shown) => {
      const advanced = new VirtualClock().advance(ms as never);

      await expect(advanced).rejects.toThrow(
        wrongArgument(
          Class,
          `Cannot advance a virtual clock: expected ms to be a finite number of ms ≥ 0, got ${shown}`,
        ),
      );
    });
  });

  describe('runAll()', () => {
    it('lets time pass until no timer waits', async () => {
      const clock = new VirtualClock();
      let calls = 0;

      const settled = retryCall(() => (++calls < 4 ? Promise.reject(new Error('busy')) : 'ok'), 9, 1_000, { clock });
      await clock.runAll();

      expect(await settled).toEqual({ value: 'ok', attempts: 4, delays: [1_000, 2_000, 4_000] });
      expect(clock.now()).toBe(7_000);
      expect(clock.pending).toBe(0);
    });

    it('does nothing where none waits', async () => {
      const clock = new VirtualClock(3);

      await clock.runAll();

      expect(clock.now()).toBe(3);
    });

    it('gives up after 100 000 timers', async () => {
      const clock = new VirtualClock();
      let fired = 0;
      const again = (): void => {
        fired++;
        clock.setTimer(1, again);
      };
      again();

      const run = clock.runAll();

      await expect(run).rejects.toThrow(
        wrongArgument(RangeError, 'Cannot run all timers: expected at most 100000 of them, got 1'),
      );
      expect(fired).toBe(100_001);
      expect(clock.now()).toBe(100_000);
    });

    it('leaves a timer alone that is never to fire', async () => {
      const clock = new VirtualClock();
      const fired = vi.fn();
      void sleeperOf(clock)(Infinity).then(fired);
      clock.setTimer(5, () => {});

      await clock.runAll();

      expect(fired).not.toHaveBeenCalled();
      expect(clock.now()).toBe(5);
    });
  });

  describe('jump()', () => {
    it('moves the reading without firing anything', () => {
      const clock = new VirtualClock(100);
      const fired = vi.fn();
      clock.setTimer(10, fired);

      clock.jump(1_000);
      const forward = clock.now();
      clock.jump(-1_050);

      expect([forward, clock.now()]).toEqual([1_100, 50]);
      expect(fired).not.toHaveBeenCalled();
      expect(clock.pending).toBe(1);
    });

    it('makes timers late that have come due by then, as after a machine has slept', async () => {
      const clock = new VirtualClock();
      const times: number[] = [];
      clock.setTimer(10, () => times.push(clock.now()));
      clock.setTimer(20, () => times.push(clock.now()));

      clock.jump(15);
      await clock.advance(0);
      await clock.runAll();

      expect(times).toEqual([15, 20]);
    });

    it.each([
      [NaN, RangeError, 'NaN'],
      [-Infinity, RangeError, '-Infinity'],
      ['5', TypeError, '"5"'],
      [undefined, TypeError, 'undefined'],
    ] as const)('throws for a wrong time, and stays where it is (%s)', (ms, Class, shown) => {
      const clock = new VirtualClock(100);

      expect(() => clock.jump(ms as never)).toThrow(
        wrongArgument(Class, `Cannot jump: expected ms to be a finite number of ms, got ${shown}`),
      );
      expect(clock.now()).toBe(100);
    });

    it('backwards, changes nothing for a policy', async () => {
      const clock = new VirtualClock(1_000);

      const settled = timeout(100, { clock })
        .execute(() => new Promise(() => {}))
        .catch((error: Error) => error.message);
      clock.jump(-900);
      await clock.runAll();

      expect(await settled).toBe('Timed out after 100 ms');
    });
  });

  describe('given a test that waits on time which nobody moves', () => {
    let warn: MockInstance<typeof console.warn>;
    beforeEach(() => {
      warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    });
    afterEach(() => {
      vi.useRealTimers();
      vi.resetModules();
      warn.mockRestore();
    });

    it('warns after a second of real time, once', async () => {
      const clock = await clockOnFakedTimers();
      clock.setTimer(10, () => {});
      clock.setTimer(20, () => {});

      vi.advanceTimersByTime(999);
      const early = warn.mock.calls.length;
      vi.advanceTimersByTime(60_000);

      expect(early).toBe(0);
      expect(warn.mock.calls).toEqual([
        ['VirtualClock: 2 timer(s) have been waiting for 1 s; nothing happens until you await advance() or runAll().'],
      ]);
    });

    it('does not warn where the timers are cancelled or fired', async () => {
      const clock = await clockOnFakedTimers();
      clock.setTimer(10, () => {})();
      clock.setTimer(10, () => {});
      await clock.runAll();

      vi.advanceTimersByTime(60_000);

      expect(warn).not.toHaveBeenCalled();
      expect(vi.getTimerCount()).toBe(0);
    });

    it('warns again of timers that are left when time was moved', async () => {
      const clock = await clockOnFakedTimers();
      clock.setTimer(10, () => {});
      clock.setTimer(99, () => {});

      await clock.advance(10);
      vi.advanceTimersByTime(1_000);

      expect(warn.mock.calls).toEqual([
        ['VirtualClock: 1 timer(s) have been waiting for 1 s; nothing happens until you await advance() or runAll().'],
      ]);
    });

    it('does not warn where the timers that fired have set others, which have fired too', async () => {
      const clock = await clockOnFakedTimers();
      clock.setTimer(1, () => clock.setTimer(1, () => {}));
      await clock.runAll();

      vi.advanceTimersByTime(60_000);

      expect(warn).not.toHaveBeenCalled();
    });
  });
});

/** A clock whose watchdog was loaded when timers were faked, so that its second of real time can be moved too. */
async function clockOnFakedTimers(): Promise<VirtualClock> {
  vi.resetModules();
  const { VirtualClock: Fresh } = await import('../../src/testing/virtual-clock.ts');
  return new Fresh();
}
