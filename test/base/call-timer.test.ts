import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, vi } from 'vitest';
import { systemClock, type CancelTimer, type Clock } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { Call, cut } from '../../src/base/call.ts';
import { callTimer } from '../../src/base/call-timer.ts';
import { turns } from '../rejection.ts';

const call = (): Call => new Call([], () => {}, {});

/** A clock whose timers are rung by the test. */
function byHand(): Clock & { readonly rings: (() => void)[] } {
  const rings: (() => void)[] = [];
  return { rings, now: () => 0, setTimer: (_, ring) => (rings.push(ring), () => {}) };
}

/** How many timers keep the process alive. */
const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

const nextTurn = (waiting: Call, at: number, next: () => void): CancelTimer =>
  callTimer(waiting, at, systemClock, 0, next);

/** One that waits for the next turn itself, and whose wait is over last of all that have begun one by then. */
const begun = (): Promise<void> => new Promise((resolve) => nextTurn(call(), 0, () => resolve()));

describe('callTimer()', () => {
  it('goes on when the time is over, with the call and the place of the layer', async () => {
    const clock = new VirtualClock();
    const next = vi.fn();
    const waiting = call();

    callTimer(waiting, 3, clock, 10, next);
    await clock.advance(9);
    const before = next.mock.calls.length;
    await clock.advance(1);

    expect(before).toBe(0);
    expect(next.mock.calls).toEqual([[waiting, 3]]);
  });

  it('does not go on once it is cancelled, and leaves no timer', async () => {
    const clock = new VirtualClock();
    const next = vi.fn();

    callTimer(call(), 0, clock, 10, next)();
    await clock.advance(20);

    expect(next).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  it('goes on once, and a turn later, however often the clock rings', async () => {
    const clock = byHand();
    const next = vi.fn();

    callTimer(call(), 0, clock, 10, next);
    clock.rings[0]!();
    clock.rings[0]!();
    const before = next.mock.calls.length;
    await turns();
    clock.rings[0]!();
    await turns();

    expect([before, next.mock.calls.length]).toEqual([0, 1]);
  });

  it('takes a clock that gives nothing to cancel by in good part', async () => {
    const clock = new VirtualClock();
    const next = vi.fn();

    callTimer(call(), 0, { now: clock.now, setTimer: (...all) => void clock.setTimer(...all) as never }, 10, next)();
    await clock.advance(10);

    expect(next).not.toHaveBeenCalled();
  });

  it('does not go on once the memory of the layer is another one', async () => {
    const clock = new VirtualClock();
    const next = vi.fn();
    const waiting = call();

    callTimer(waiting, 0, clock, 10, next);
    waiting.slots[0] = 'another';
    await clock.advance(10);

    expect(next).not.toHaveBeenCalled();
  });

  it('does not go on then on the clock of the machine either', async () => {
    const next = vi.fn();
    const waiting = call();

    callTimer(waiting, 0, systemClock, 1, next);
    waiting.slots[0] = 'another';
    // Timers of the same time ring in the order of being set.
    await new Promise<void>((resolve) => callTimer(call(), 0, systemClock, 1, () => resolve()));

    expect(next).not.toHaveBeenCalled();
  });

  it('ends the call with what it throws when it goes on', async () => {
    const clock = new VirtualClock();
    const down = new Error('down');
    const rejected = vi.fn();
    const waiting = new Call([], () => {}, {}, vi.fn(), rejected);

    callTimer(waiting, 0, clock, 10, () => {
      throw down;
    });
    await clock.advance(10);

    expect(rejected.mock.calls).toEqual([[down]]);
  });

  it('goes on with a call that was cut, where the layer has kept its memory', async () => {
    const clock = byHand();
    const next = vi.fn();
    const waiting = call();

    callTimer(waiting, 0, clock, 10, next);
    cut(waiting, -1, 'stop', true);
    clock.rings[0]!();
    await turns();

    expect(next).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['one that keeps no async context', byHand, 0],
    ['the one of the machine', () => systemClock, 1],
    ['the one of the machine, with no time to wait', () => systemClock, 0],
  ])('goes on in the async context in which it was set: %s', async (_, make, ms) => {
    const storage = new AsyncLocalStorage<string>();
    const clock: Partial<ReturnType<typeof byHand>> & Clock = make();

    const seen = new Promise((resolve) => {
      storage.run('own', () => callTimer(call(), 0, clock, ms, () => resolve(storage.getStore())));
    });
    storage.run('other', () => clock.rings?.[0]!());

    expect(await seen).toBe('own');
  });

  it('has one timer of the machine for all that have no time to wait, and one each where timers are faked', () => {
    const before = timers();
    const cancel = [0, 0].map((ms) => callTimer(call(), 0, systemClock, ms, vi.fn()));
    const shared = timers() - before;
    cancel.forEach((each) => each());

    vi.useFakeTimers();
    [0, 0].forEach((ms) => callTimer(call(), 0, systemClock, ms, vi.fn()));
    const faked = vi.getTimerCount();
    vi.useRealTimers();

    expect([shared, timers() - before, faked]).toEqual([1, 0, 2]);
  });
});

describe('callTimer() of the machine, with no time to wait', () => {
  it('goes on with the call and the place of the layer, and not before the event loop has had its turn', async () => {
    const next = vi.fn();
    const waiting = call();

    nextTurn(waiting, 3, next);
    await turns();
    const before = next.mock.calls.length;
    await begun();

    expect(before).toBe(0);
    expect(next.mock.calls).toEqual([[waiting, 3]]);
  });

  it('has one timer for all that wait, and none afterwards', async () => {
    const before = timers();
    const order: number[] = [];

    for (const each of [1, 2, 3]) nextTurn(call(), 0, () => order.push(each));
    const waiting = timers();
    await begun();

    expect([waiting - before, timers() - before, order]).toEqual([1, 0, [1, 2, 3]]);
  });

  it('has another timer for who comes later, so that one that never rings holds up nobody else', async () => {
    const before = timers();
    const cancel = [nextTurn(call(), 0, vi.fn()), nextTurn(call(), 0, vi.fn())];
    const one = timers();
    await turns();

    cancel.push(nextTurn(call(), 0, vi.fn()));
    const two = timers();
    cancel.forEach((each) => each());

    expect([one - before, two - before, timers() - before]).toEqual([1, 2, 0]);
  });

  it('loaded under faked timers, is held up by none that were forgotten', async () => {
    vi.useFakeTimers();
    vi.resetModules();
    const fresh = await import('../../src/base/call-timer.ts');
    const clock = await import('../../src/base/clock.ts');
    const next = vi.fn();

    fresh.callTimer(call(), 0, clock.systemClock, 0, next);
    vi.clearAllTimers();
    await turns();
    fresh.callTimer(call(), 0, clock.systemClock, 0, next);
    await vi.advanceTimersByTimeAsync(1);
    vi.useRealTimers();

    expect(next).toHaveBeenCalledTimes(1);
  });

  it('has another timer for who comes when the turn has begun', async () => {
    let more = 0;
    const next = vi.fn();

    await new Promise<void>((resolve) => {
      nextTurn(call(), 0, () => {
        const before = timers();
        nextTurn(call(), 0, next);
        more = timers() - before;
        resolve();
      });
    });
    const early = next.mock.calls.length;
    await begun();

    expect([more, early, next.mock.calls.length]).toEqual([1, 0, 1]);
  });

  it('does not go on with one that has left, and stops the timer with the last of them', async () => {
    const before = timers();
    const next = vi.fn();

    const leave = [nextTurn(call(), 0, next), nextTurn(call(), 0, next)] as const;
    leave[0]();
    leave[0]();
    const one = timers();
    leave[1]();
    const none = timers();
    await begun();

    expect([one - before, none - before]).toEqual([1, 0]);
    expect(next).not.toHaveBeenCalled();
  });

  it('lets nobody who left too late take the timer of others away', async () => {
    const next = vi.fn();
    const leave = nextTurn(call(), 0, () => {});
    await begun();

    nextTurn(call(), 0, next);
    leave();
    await begun();

    expect(next).toHaveBeenCalledTimes(1);
  });

  it('does not go on with one that leaves when the turn has begun, nor where the layer has another memory', async () => {
    const next = vi.fn();
    const replaced = call();

    nextTurn(call(), 0, () => leave());
    const leave = nextTurn(call(), 0, next);
    nextTurn(replaced, 0, next);
    replaced.slots[0] = 'another';
    await begun();

    expect(next).not.toHaveBeenCalled();
  });

  it('goes on with a call that was cut, where the layer has kept its memory', async () => {
    const next = vi.fn();
    const waiting = call();

    nextTurn(waiting, 0, next);
    cut(waiting, -1, 'stop', true);
    await begun();

    expect(next).toHaveBeenCalledTimes(1);
  });

  it('goes on with each call in its own async context', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];

    for (const name of ['first', 'second']) {
      storage.run(name, () => nextTurn(call(), 0, () => seen.push(storage.getStore())));
    }
    await begun();

    expect(seen).toEqual(['first', 'second']);
  });

  it('ends a call with what it throws when it goes on, and no other', async () => {
    const down = new Error('down');
    const rejected = vi.fn();
    const next = vi.fn();

    nextTurn(new Call([], () => {}, {}, vi.fn(), rejected), 0, () => {
      throw down;
    });
    nextTurn(call(), 0, next);
    await begun();

    expect(rejected.mock.calls).toEqual([[down]]);
    expect(next).toHaveBeenCalledTimes(1);
  });
});
