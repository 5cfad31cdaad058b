import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { retryCall, sleeperOf } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { watch } from '../../src/base/abort.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('watch()', () => {
  describe('given one watcher', () => {
    it('wakes it once, with the reason', () => {
      const controller = new AbortController();
      const wake = vi.fn();
      watch(controller.signal, wake);

      controller.abort('reason');
      controller.abort('another');

      expect(wake.mock.calls).toEqual([['reason']]);
    });

    it('holds on to nothing of it after it has left, however long the signal lives', async () => {
      const { signal } = new AbortController();
      const first = (): WeakRef<object> => {
        const large = { reached: false };
        watch(signal, () => (large.reached = true))();
        return new WeakRef(large);
      };

      const large = first();
      watch(signal, () => {});
      for (let tries = 0; tries < 50 && large.deref(); tries++) {
        // What a reference has given cannot go before the turn is over.
        await new Promise((resolve) => setTimeout(resolve, 1));
        collect();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }

      expect([large.deref(), signal.aborted]).toEqual([undefined, false]);
    });

    it('does not wake it after it has left, and leaves nothing on the signal', () => {
      const controller = new AbortController();
      const wake = vi.fn();
      const leave = watch(controller.signal, wake);

      leave();
      leave();
      const left = getEventListeners(controller.signal, 'abort').length;
      controller.abort();

      expect(left).toBe(0);
      expect(wake).not.toHaveBeenCalled();
    });
  });

  describe('given many watchers of one signal', () => {
    it('has one listener for all, until the last one leaves', () => {
      const { signal } = new AbortController();
      const listeners = (): number => getEventListeners(signal, 'abort').length;

      const leaving = Array.from({ length: 1_000 }, () => watch(signal, () => {}));
      const counts = leaving.map((leave) => (leave(), listeners()));

      expect(counts.slice(0, 999)).toEqual(Array.from({ length: 999 }, () => 1));
      expect(counts[999]).toBe(0);
    });

    it('wakes them in the order in which they came', () => {
      const controller = new AbortController();
      const woken: string[] = [];
      for (const name of ['one', 'two', 'three']) watch(controller.signal, (reason) => woken.push(`${name} ${reason}`));

      controller.abort('now');

      expect(woken).toEqual(['one now', 'two now', 'three now']);
    });

    it('does not wake one that another has taken away', () => {
      const controller = new AbortController();
      const woken: string[] = [];
      watch(controller.signal, () => (woken.push('one'), leaveSecond()));
      const leaveSecond = watch(controller.signal, () => woken.push('two'));
      watch(controller.signal, () => woken.push('three'));

      controller.abort();

      expect(woken).toEqual(['one', 'three']);
    });

    it('leaves no listener behind when all leave as they are woken', () => {
      const controller = new AbortController();
      for (let index = 0; index < 3; index++) {
        const leave = watch(controller.signal, () => leave());
      }

      controller.abort();

      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    it('takes the same function twice for two watchers only where it is two', () => {
      const controller = new AbortController();
      const wake = vi.fn();
      const leaveOne = watch(controller.signal, () => wake('one'));
      watch(controller.signal, () => wake('two'));

      leaveOne();
      controller.abort();

      expect(wake.mock.calls).toEqual([['two']]);
    });
  });

  describe('given a signal that is watched again after all have left', () => {
    it('listens again', () => {
      const controller = new AbortController();
      const wake = vi.fn();
      watch(controller.signal, () => {})();

      watch(controller.signal, wake);
      const listening = getEventListeners(controller.signal, 'abort').length;
      controller.abort('later');

      expect(listening).toBe(1);
      expect(wake.mock.calls).toEqual([['later']]);
    });
  });

  describe('given two signals', () => {
    it('keeps them apart', () => {
      const [one, other] = [new AbortController(), new AbortController()];
      const woken: string[] = [];
      watch(one.signal, () => woken.push('one'));
      watch(other.signal, () => woken.push('other'));

      other.abort();

      expect(woken).toEqual(['other']);
    });
  });

  describe('given a signal made by hand', () => {
    it('is woken by its listener, with the reason that it then has', async () => {
      const { signal, abort } = signalByHand();
      const clock = new VirtualClock();

      const slept = sleeperOf(clock)(100, signal).catch((error: unknown) => error);
      abort('by hand');

      expect(await slept).toBe('by hand');
      expect(clock.pending).toBe(0);
    });
  });

  describe('given a signal of another realm', () => {
    it('is heeded like one of this realm', async () => {
      const { signal, abort, listeners } = runInNewContext(`(${signalByHand})()`) as ReturnType<typeof signalByHand>;
      const clock = new VirtualClock();
      let calls = 0;
      const fail = (): Promise<never> => Promise.reject(new Error(`down ${++calls}`));

      const settled = retryCall(fail, 3, 100, { clock, signal }).catch((error: unknown) => error);
      await clock.advance(50);
      const listening = listeners.size;
      abort('elsewhere');

      expect(signal).not.toBeInstanceOf(Object);
      expect(await settled).toBe('elsewhere');
      expect([calls, listening, listeners.size, clock.pending]).toEqual([1, 1, 0, 0]);
    });
  });
});

function signalByHand(): { signal: AbortSignal; abort: (reason: unknown) => void; listeners: Set<() => void> } {
  const listeners = new Set<() => void>();
  const signal = {
    aborted: false,
    reason: undefined as unknown,
    addEventListener: (_: string, listener: () => void) => listeners.add(listener),
    removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
  };
  const abort = (reason: unknown): void => {
    signal.aborted = true;
    signal.reason = reason;
    for (const listener of listeners) listener();
  };
  return { signal: signal as unknown as AbortSignal, abort, listeners };
}
