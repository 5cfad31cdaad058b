import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { macrotask } from '../../src/base/turn.ts';

type Turn = typeof import('../../src/base/turn.ts');

describe('macrotask()', () => {
  it('resolves when all microtasks have run, also those that they set going', async () => {
    let depth = 0;
    const dig = (): void => {
      if (++depth < 1_000) queueMicrotask(dig);
    };
    queueMicrotask(dig);

    await macrotask();

    expect(depth).toBe(1_000);
  });

  it('does not wait for faked timers', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate'] });

    const done = await macrotask();
    vi.useRealTimers();

    expect(done).toBeUndefined();
  });

  describe('given a runtime without setImmediate, such as a browser', () => {
    afterEach(() => void vi.unstubAllGlobals());

    it('resolves by a timer of 0 ms', async () => {
      const setTimeout = vi.fn((callback: () => void) => callback());
      const turn = await loadedWith({ setImmediate: undefined, setTimeout });

      await turn.macrotask();

      expect(setTimeout.mock.calls).toEqual([[expect.any(Function), 0]]);
    });
  });
});

describe('watchdog()', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('barks once, when its time is over', async () => {
    const { watchdog } = await loadedWith({});
    const bark = vi.fn();
    watchdog(1_000, bark);

    vi.advanceTimersByTime(999);
    const early = bark.mock.calls.length;
    vi.advanceTimersByTime(5_000);

    expect(early).toBe(0);
    expect(bark.mock.calls).toEqual([[]]);
  });

  it('does not bark when it has been called off', async () => {
    const { watchdog } = await loadedWith({});
    const bark = vi.fn();
    const callOff = watchdog(1_000, bark);

    vi.advanceTimersByTime(500);
    callOff();
    callOff();
    vi.advanceTimersByTime(5_000);

    expect(bark).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets the process end where the runtime can say so', async () => {
    const unref = vi.fn();
    const { watchdog } = await loadedWith({ setTimeout: () => ({ unref }) });

    watchdog(1_000, () => {});

    expect(unref.mock.calls).toEqual([[]]);
  });

  it('takes the number of a browser for a timer', async () => {
    const clearTimeout = vi.fn();
    const { watchdog } = await loadedWith({ setTimeout: () => 42, clearTimeout });

    watchdog(1_000, () => {})();

    expect(clearTimeout.mock.calls).toEqual([[42]]);
  });
});

/** The module as it is when it is loaded beside these globals. */
async function loadedWith(globals: Record<string, unknown>): Promise<Turn> {
  vi.resetModules();
  const loading = import('../../src/base/turn.ts');
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
  const turn = await loading;
  vi.unstubAllGlobals();
  return turn;
}
