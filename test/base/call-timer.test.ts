import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, vi } from 'vitest';
import { systemClock, type Clock } from 'holdfast';
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

  it('does not go on once the memory of the layer is another one', async () => {
    const clock = new VirtualClock();
    const next = vi.fn();
    const waiting = call();

    callTimer(waiting, 0, clock, 10, next);
    waiting.slots[0] = 'another';
    await clock.advance(10);

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
    ['one that keeps no async context', byHand],
    ['the one of the machine', () => ({ ...systemClock, rings: [] })],
  ])('goes on in the async context in which it was set: %s', async (_, make) => {
    const storage = new AsyncLocalStorage<string>();
    const clock = make();

    const seen = new Promise((resolve) => {
      storage.run('own', () => callTimer(call(), 0, clock, 0, () => resolve(storage.getStore())));
    });
    storage.run('other', () => clock.rings[0]?.());

    expect(await seen).toBe('own');
  });
});
