import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { retryCall, systemClock, timeout } from 'holdfast';
import { elapsedBy, isGenuine, wallTime } from '../../src/base/clock.ts';

const LONGEST_TIMER = 2 ** 31 - 1;

describe('systemClock', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  describe('given timers that were faked after it was loaded', () => {
    it('reads the faked time', () => {
      const before = systemClock.now();

      vi.advanceTimersByTime(1_234);

      expect(systemClock.now() - before).toBe(1_234);
    });

    it.each([['Date'], ['setTimeout']] as const)('reads it also where only %s is faked besides', (besides) => {
      vi.useRealTimers();
      vi.useFakeTimers({ toFake: ['performance', besides] });
      const before = systemClock.now();

      vi.advanceTimersByTime(1_234);

      expect(systemClock.now() - before).toBe(1_234);
    });

    it('fires at its delay, once, and not before', () => {
      const fired = vi.fn();
      systemClock.setTimer(100, fired);

      vi.advanceTimersByTime(99);
      const early = fired.mock.calls.length;
      vi.advanceTimersByTime(1);
      vi.advanceTimersByTime(10_000);

      expect(early).toBe(0);
      expect(fired.mock.calls).toEqual([[]]);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('drives a retry and a timeout unmodified', async () => {
      let calls = 0;
      const retried = retryCall(() => (++calls < 3 ? Promise.reject(new Error('busy')) : 'ok'), 3, 100);
      const timed = timeout(250).execute(() => new Promise(() => {}));
      const settled = Promise.allSettled([retried, timed]);

      await vi.advanceTimersByTimeAsync(300);

      expect(await settled).toEqual([
        { status: 'fulfilled', value: { value: 'ok', attempts: 3, delays: [100, 200] } },
        { status: 'rejected', reason: expect.objectContaining({ code: 'ERR_TIMEOUT', timeout: 250 }) },
      ]);
    });
  });

  describe('given a delay of 0', () => {
    it('fires on the next turn, not in this one', () => {
      const fired = vi.fn();

      systemClock.setTimer(0, fired);
      const atOnce = fired.mock.calls.length;
      vi.advanceTimersByTime(0);

      expect(atOnce).toBe(0);
      expect(fired).toHaveBeenCalledTimes(1);
    });
  });

  describe('given fractions', () => {
    it.each([
      [0.001, 1],
      [0.5, 1],
      [1, 1],
      [1.5, 2],
      [99.999, 100],
      [2 ** 31 - 1.5, 2 ** 31 - 1],
    ])('waits for %d ms by a timer of %d ms', (delay, whole) => {
      const set = vi.spyOn(globalThis, 'setTimeout');

      systemClock.setTimer(delay, () => {});

      expect(set.mock.calls.map(([, ms]) => ms)).toEqual([whole]);
    });
  });

  describe('given delays beyond 2³¹−1', () => {
    it.each([
      [LONGEST_TIMER, [LONGEST_TIMER]],
      [LONGEST_TIMER + 1, [LONGEST_TIMER, 1]],
      [LONGEST_TIMER + 0.5, [LONGEST_TIMER, 1]],
      [2 * LONGEST_TIMER, [LONGEST_TIMER, LONGEST_TIMER]],
      [2 * LONGEST_TIMER + 7, [LONGEST_TIMER, LONGEST_TIMER, 7]],
      [3 * LONGEST_TIMER, [LONGEST_TIMER, LONGEST_TIMER, LONGEST_TIMER]],
    ])('waits for %d ms in full, in slices', (delay, slices) => {
      const fired = vi.fn();
      const set = vi.spyOn(globalThis, 'setTimeout');
      systemClock.setTimer(delay, fired);

      vi.advanceTimersByTime(Math.ceil(delay) - 1);
      const early = fired.mock.calls.length;
      vi.advanceTimersByTime(1);

      expect(early).toBe(0);
      expect(fired).toHaveBeenCalledTimes(1);
      expect(set.mock.calls.map(([, ms]) => ms)).toEqual(slices);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('waits for ever where the delay is Infinity', () => {
      const fired = vi.fn();
      systemClock.setTimer(Infinity, fired);

      for (let slice = 0; slice < 5; slice++) vi.advanceTimersByTime(LONGEST_TIMER);

      expect(fired).not.toHaveBeenCalled();
      expect(vi.getTimerCount()).toBe(1);
    });

    it.each([0, 1, 2, 3])('is cancelled in slice %d as well as in any', (slice) => {
      const fired = vi.fn();
      const cancel = systemClock.setTimer(4 * LONGEST_TIMER, fired);
      vi.advanceTimersByTime(slice * LONGEST_TIMER + 5);

      cancel();
      const left = vi.getTimerCount();
      vi.advanceTimersByTime(5 * LONGEST_TIMER);

      expect(left).toBe(0);
      expect(fired).not.toHaveBeenCalled();
    });
  });

  describe('given a timer that is cancelled', () => {
    it('never fires, however often it is cancelled', () => {
      const fired = vi.fn();
      const cancel = systemClock.setTimer(10, fired);

      cancel();
      cancel();
      vi.advanceTimersByTime(20);

      expect(fired).not.toHaveBeenCalled();
    });

    it('does nothing where it has fired already, also to a later timer', () => {
      const first = vi.fn();
      const second = vi.fn();
      const cancel = systemClock.setTimer(10, first);
      vi.advanceTimersByTime(10);
      systemClock.setTimer(10, second);

      cancel();
      vi.advanceTimersByTime(10);

      expect(first).toHaveBeenCalledTimes(1);
      expect(second).toHaveBeenCalledTimes(1);
    });
  });

  describe('given a process with nothing else to do', () => {
    it('keeps it alive while a timer is pending, and no longer', async () => {
      const pending = await runInProcess(`
        systemClock.setTimer(20, () => console.log('fired'));
        process.on('exit', () => console.log('exit'));
      `);
      const cancelled = await runInProcess(`
        const cancel = systemClock.setTimer(2 ** 40, () => console.log('fired'));
        process.on('exit', () => console.log('exit'));
        setImmediate(cancel);
      `);
      const never = await runInProcess(`process.on('exit', () => console.log('exit'));`);

      expect([pending, cancelled, never]).toEqual(['fired\nexit\n', 'exit\n', 'exit\n']);
    });
  });
});

describe('isGenuine()', () => {
  afterEach(() => void vi.useRealTimers());

  it('holds for the clock of the machine, unless its timers are faked', () => {
    const genuine = isGenuine(systemClock);
    vi.useFakeTimers();
    const faked = isGenuine(systemClock);
    vi.useRealTimers();

    expect([genuine, faked, isGenuine(systemClock), isGenuine({ ...systemClock })]).toEqual([true, false, true, false]);
  });
});

describe('elapsedBy()', () => {
  describe('given readings that go forward', () => {
    it.each([0, 5, -1_000, 1e15])('counts from 0, whatever the first reading is (%d)', (start) => {
      const elapsed = elapsedBy(readings(start, start, start + 10, start + 10, start + 25));

      const counted = [elapsed(), elapsed(), elapsed(), elapsed()];

      expect(counted).toEqual([0, 10, 10, 25]);
    });
  });

  describe('given a reading that goes back', () => {
    it('counts no time as passed, and goes on from there', () => {
      const elapsed = elapsedBy(readings(100, 150, 20, 30));

      const counted = [elapsed(), elapsed(), elapsed()];

      expect(counted).toEqual([50, 50, 60]);
    });
  });

  describe('given readings that are no time', () => {
    it('counts no time as passed, and measures from the last good one', () => {
      const elapsed = elapsedBy(readings(100, NaN, Infinity, -Infinity, 'x' as never, undefined as never, 130));

      const counted = [elapsed(), elapsed(), elapsed(), elapsed(), elapsed(), elapsed()];

      expect(counted).toEqual([0, 0, 0, 0, 0, 30]);
    });
  });
});

describe('wallTime()', () => {
  afterEach(() => void vi.useRealTimers());

  it('is ms since 1970, by the clock on the wall', () => {
    vi.useFakeTimers();
    vi.setSystemTime(1_700_000_000_123);

    const time = wallTime();

    expect(time).toBe(1_700_000_000_123);
  });
});

function readings(...values: number[]): typeof systemClock {
  return { now: () => values.shift()!, setTimer: () => () => {} };
}

/** What a Node process prints that runs `code` beside the clock. It ends by itself, or the test fails. */
async function runInProcess(code: string): Promise<string> {
  vi.useRealTimers();
  const source = await readFile(new URL('../../src/base/clock.ts', import.meta.url), 'utf8');
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const clock = ts.transpileModule(source, { compilerOptions: options }).outputText;
  const run = promisify(execFile);
  return (await run(process.execPath, ['--input-type=module', '-e', `${clock}\n${code}`], { timeout: 180_000 })).stdout;
}
