import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, vi } from 'vitest';
import { cut, Call } from '../../src/base/call.ts';
import { park } from '../../src/base/park.ts';
import { turns } from '../rejection.ts';

const call = (): Call =>
  new Call(
    [],
    () => {},
    {},
    () => {},
    () => {},
  );

describe('park()', () => {
  it('does not go on by itself', async () => {
    const next = vi.fn();

    park(call(), 0, next);
    await turns();

    expect(next).not.toHaveBeenCalled();
  });

  it('goes on a turn later, with the call and the place of the layer', async () => {
    const next = vi.fn();
    const parked = call();
    const go = park(parked, 4, next);

    go();
    const before = next.mock.calls.length;
    await Promise.resolve();

    expect([before, next.mock.calls]).toEqual([0, [[parked, 4]]]);
  });

  it('goes on once, however often it is told to', async () => {
    const next = vi.fn();
    const go = park(call(), 0, next);

    go();
    go();
    await turns();
    go();
    await turns();

    expect(next).toHaveBeenCalledTimes(1);
  });

  it('does not go on with a call that was cut, before it was told to or after', async () => {
    const next = vi.fn();
    const [before, after] = [call(), call()];
    const [first, second] = [park(before, 0, next), park(after, 0, next)];

    cut(before, -1, 'stop', true);
    first();
    second();
    cut(after, -1, 'stop', true);
    await turns();

    expect(next).not.toHaveBeenCalled();
  });

  it('goes on in the order in which it was told to, not in that of parking', async () => {
    const seen: number[] = [];
    const goes = [0, 1, 2].map((index) => park(call(), 0, () => seen.push(index)));

    for (const index of [2, 0, 1]) goes[index]!();
    await turns();

    expect(seen).toEqual([2, 0, 1]);
  });

  it('goes on in the async context in which it was parked, not in that of whoever tells it to', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const go = storage.run('own', () => park(call(), 0, () => seen.push(storage.getStore())));

    storage.run('other', go);
    await turns();

    expect(seen).toEqual(['own']);
  });

  it('ends the call with what it throws when it goes on', async () => {
    const down = new Error('down');
    const settled: unknown[] = [];
    const parked = new Call(
      [],
      () => {},
      {},
      (value) => settled.push(['value', value]),
      (error) => settled.push(['error', error]),
    );

    park(parked, 0, () => {
      throw down;
    })();
    await turns();

    expect(settled).toEqual([['error', down]]);
  });
});
