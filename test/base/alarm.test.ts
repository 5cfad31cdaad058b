import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock, type Clock } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { alarm, type Alarm } from '../../src/base/alarm.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('alarm()', () => {
  describe('on a clock of the user', () => {
    it('rings once, with the time that it was set for', async () => {
      const clock = new VirtualClock();
      const rings: number[] = [];
      const timer = alarm(clock, (due) => rings.push(due));

      timer.set(100, () => 100);
      timer.set(150, () => 150);
      await clock.runAll();

      expect([rings, clock.now()]).toEqual([[100], 100]);
    });

    it('rings at the earlier of two times', async () => {
      const clock = new VirtualClock();
      const rings: number[] = [];
      const timer = alarm(clock, (due) => rings.push(due));

      timer.set(100, () => 100);
      timer.set(60, () => 60);
      const { pending } = clock;
      await clock.runAll();

      expect([pending, rings, clock.now()]).toEqual([1, [60], 60]);
    });

    it('leaves no timer when it rests, and can be set again', async () => {
      const clock = new VirtualClock();
      const rings: number[] = [];
      const timer = alarm(clock, (due) => rings.push(due));

      timer.set(100, () => 100);
      timer.rest();
      timer.rest();
      expect(clock.pending).toBe(0);
      timer.set(300, () => 300);
      await clock.runAll();

      expect(rings).toEqual([300]);
    });

    it('can be set while it rings', async () => {
      const clock = new VirtualClock();
      const rings: number[] = [];
      const timer = alarm(clock, (due) => {
        rings.push(due);
        if (due < 300) timer.set(due + 100, () => 100);
      });

      timer.set(100, () => 100);
      await clock.runAll();

      expect(rings).toEqual([100, 200, 300]);
    });
  });

  describe('on a clock that rings while it sets the timer', () => {
    it('rings a turn later, once it is set, and can be set again', async () => {
      const rings: (number | string)[] = [];
      const timer = alarm({ now: () => 0, setTimer: (_, ring) => (ring(), () => {}) }, (due) => rings.push(due));

      timer.set(100, () => 100);
      rings.push('is set');
      await Promise.resolve();
      timer.set(200, () => 100);
      await Promise.resolve();

      expect(rings).toEqual(['is set', 100, 200]);
    });

    it('does not ring where it was put to rest in that turn, or could not be set', async () => {
      const rings: number[] = [];
      let works = true;
      const setTimer: Clock['setTimer'] = (_, ring) => {
        ring();
        if (works) return () => {};
        throw new Error('broken');
      };
      const timer = alarm({ now: () => 0, setTimer }, (due) => rings.push(due));

      timer.set(100, () => 100);
      timer.rest();
      works = false;
      expect(() => timer.set(100, () => 100)).toThrow('broken');
      await Promise.resolve();

      expect(rings).toEqual([]);
    });
  });

  describe('on the clock of the machine', () => {
    it('keeps one timer through any number of rests, which does not keep the process alive', () => {
      const before = heldBy('Timeout');
      const timer = share(alarm(systemClock, () => {}));

      for (let round = 0; round < 1_000; round++) {
        timer.set(600_000, () => 600_000);
        expect(heldBy('Timeout')).toBe(before + 1);
        timer.rest();
      }

      expect(heldBy('Timeout')).toBe(before);
    });

    it('stops the timer of an alarm that is made for a call or two, and lets that of a shared one rest', async () => {
      const timers = await liveTimers(() => {
        for (let call = 0; call < 100; call++) {
          const timer = alarm(systemClock, () => {});
          timer.set(600_000, () => 600_000);
          timer.rest();
        }
      });
      const resting = await liveTimers(() => {
        const timer = share(alarm(systemClock, () => {}));
        timer.set(60, () => 60);
        timer.rest();
      });

      expect([timers, resting]).toEqual([0, 1]);
    });

    it('does not keep the async context of who sets it', () => {
      const storage = new AsyncLocalStorage<object>();
      const timer = alarm(systemClock, () => {});
      const contexts: unknown[] = [];
      const hook = createHook({
        init: (_, type) => void (type === 'Timeout' && contexts.push(storage.getStore())),
      }).enable();

      storage.run({ request: 1 }, () => timer.set(600_000, () => 600_000));
      hook.disable();
      timer.rest();

      expect(contexts).toEqual([undefined]);
    });

    it('rings for the next who waits, though it has rested', async () => {
      const rings: number[] = [];
      await new Promise<void>((resolve) => {
        const timer = alarm(systemClock, (due) => {
          rings.push(due);
          resolve();
        });

        share(timer);
        timer.set(5, () => 5);
        timer.rest();
        timer.set(9, () => 9);
      });

      // It rang when it was set for: the one who waits looks whose time it is.
      expect(rings).toEqual([5]);
    });

    it('does not ring while it rests, and is set anew afterwards', async () => {
      const rings: number[] = [];
      await new Promise<void>((resolve) => {
        const timer = alarm(systemClock, (due) => {
          rings.push(due);
          resolve();
        });
        share(timer);
        timer.set(1, () => 1);
        timer.rest();
        // Timers of the same duration fire in order: this one comes after the one that rests.
        setTimeout(() => timer.set(7, () => 1), 1);
      });

      expect(rings).toEqual([7]);
    });

    it('drops a resting timer when timers are faked, and leaves none of the faked ones behind', () => {
      const rings: number[] = [];
      const timer = alarm(systemClock, (due) => rings.push(due));
      share(timer).set(60_000, () => 60_000);
      timer.rest();

      vi.useFakeTimers();
      timer.set(100, () => 100);
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(100);
      timer.set(200, () => 100);
      timer.rest();

      expect(rings).toEqual([100]);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('waits beyond the longest timer in full', () => {
      vi.useFakeTimers();
      const rings: number[] = [];
      const timer = alarm(systemClock, (due) => rings.push(due));

      timer.set(2 ** 32, () => 2 ** 32);
      vi.advanceTimersByTime(2 ** 32 - 1);
      expect(rings).toEqual([]);
      vi.advanceTimersByTime(1);

      expect(rings).toEqual([2 ** 32]);
    });
  });
});

/** Sets and rests an alarm so often that its timer rests from then on. */
function share(timer: Alarm): Alarm {
  for (let use = 0; use < 8; use++) {
    timer.set(1, () => 1);
    timer.rest();
  }
  return timer;
}

/** How many of a kind keep the process alive. */
function heldBy(kind: string): number {
  return process.getActiveResourcesInfo().filter((name) => name === kind).length;
}

/** How many timers of the runtime, resting ones too, are left of what runs. */
async function liveTimers(run: () => void): Promise<number> {
  const live = new Set<number>();
  const hook = createHook({
    init: (id, type) => void (type === 'Timeout' && live.add(id)),
    destroy: (id) => void live.delete(id),
  }).enable();
  run();
  // What is destroyed is told of a turn later.
  await new Promise((resolve) => setImmediate(resolve));
  hook.disable();
  return live.size;
}
