import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CancelTimer, Clock } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { ownTimer, OWN_TIMERS } from '../../src/base/own-timer.ts';
import { rejection } from '../rejection.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** The library as it is in a Cloudflare Worker. */
async function inWorker(): Promise<typeof import('../../src/index.ts') & { ownTimer: typeof ownTimer }> {
  vi.resetModules();
  vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
  vi.stubGlobal('WebSocketPair', class {});
  const [library, timers] = await Promise.all([import('../../src/index.ts'), import('../../src/base/own-timer.ts')]);
  return { ...library, ...timers };
}

/** A clock whose timers belong to the request that sets them, and end with it. */
class RequestClock implements Clock {
  readonly time = new VirtualClock();
  readonly #timers = new Map<string, Set<CancelTimer>>();
  #request = '';

  now = (): number => this.time.now();

  setTimer = (delay: number, callback: () => void): CancelTimer => {
    const request = this.#request;
    const timers = this.#timers.get(request) ?? new Set();
    const end = this.time.setTimer(delay, () => {
      timers.delete(end);
      this.in(request, callback);
    });
    this.#timers.set(request, timers.add(end));
    return () => {
      timers.delete(end);
      end();
    };
  };

  /** Does something as a request. */
  in<T>(request: string, act: () => T): T {
    const before = this.#request;
    this.#request = request;
    try {
      return act();
    } finally {
      this.#request = before;
    }
  }

  /** How many timers a request has: one that waits without any is ended by the runtime. */
  timersOf(request: string): number {
    return this.#timers.get(request)?.size ?? 0;
  }

  end(request: string): void {
    for (const cancel of this.#timers.get(request) ?? []) cancel();
    this.#timers.delete(request);
  }
}

const never = (): Promise<never> => new Promise(() => {});
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await undefined;
};

describe('OWN_TIMERS', () => {
  it('is set in Cloudflare Workers alone', async () => {
    const { OWN_TIMERS: there } = await inWorker().then(() => import('../../src/base/own-timer.ts'));

    expect([OWN_TIMERS, there]).toEqual([false, true]);
  });

  it('is not set in another runtime that has their WebSocketPair', async () => {
    vi.resetModules();
    vi.stubGlobal('navigator', undefined);
    vi.stubGlobal('WebSocketPair', class {});
    const { OWN_TIMERS: there } = await import('../../src/base/own-timer.ts');

    expect(there).toBe(false);
  });
});

describe('ownTimer()', () => {
  it('sets no timer where timers belong to nobody', () => {
    const clock = new VirtualClock();

    const stop = ownTimer(clock, () => 10, never);

    expect([stop, clock.pending]).toEqual([undefined, 0]);
  });

  it('looks again and again, until it is stopped', async () => {
    const clock = new VirtualClock();
    const { ownTimer: own } = await inWorker();
    const looked: number[] = [];

    const stop = own(
      clock,
      () => 10 + looked.length,
      () => void looked.push(clock.now()),
    );
    await clock.advance(32);
    stop!();
    await clock.advance(100);

    expect([looked, clock.pending]).toEqual([[10, 21], 0]);
  });

  it('is not set again where the look has stopped it', async () => {
    const clock = new VirtualClock();
    const { ownTimer: own } = await inWorker();

    const stop = own(
      clock,
      () => 10,
      () => stop!(),
    );
    await clock.advance(10);

    expect(clock.pending).toBe(0);
  });
});

describe('a policy that requests of a Cloudflare Worker share', () => {
  it('ends the call of a request by its own timer, when that of the first has gone with it', async () => {
    const { timeout } = await inWorker();
    const clock = new RequestClock();
    const policy = timeout(100, { clock });
    const first = clock.in('first', () => policy.execute(() => 'answer'));
    void clock.in('gone', () => policy.execute(never)).catch(() => {});
    const second = rejection(clock.in('second', () => policy.execute(never)));

    clock.end('gone');
    await clock.time.advance(100);

    expect([await first, await second]).toMatchObject(['answer', { name: 'TimeoutError' }]);
    expect([clock.timersOf('first'), clock.timersOf('second'), clock.time.pending]).toEqual([0, 0, 0]);
  });

  it('keeps a request alive that waits in the line of a bulkhead, and leaves no timer with it', async () => {
    const { Bulkhead } = await inWorker();
    const clock = new RequestClock();
    const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueued: 1, clock });
    let finish!: () => void;
    const first = clock.in('first', () => bulkhead.execute(() => new Promise<void>((resolve) => (finish = resolve))));
    const second = clock.in('second', () => bulkhead.execute(() => 'answer'));

    const waiting = clock.timersOf('second');
    finish();
    await first;

    expect([waiting, await second, clock.time.pending]).toEqual([1, 'answer', 0]);
  });

  it('serves the line of a rate limiter when those in front have gone', async () => {
    const { RateLimiter } = await inWorker();
    const clock = new RequestClock();
    const limiter = new RateLimiter({ limit: 1, interval: 100, burst: 1, maxQueued: 10, clock });
    const calls = ['a', 'b', 'c', 'd'].map((request) =>
      clock.in(request, () => limiter.execute(() => [request, clock.now()])),
    );
    await turns();

    const waiting = ['a', 'b', 'c', 'd'].map((request) => clock.timersOf(request) > 0);
    clock.end('b');
    await clock.time.advance(1_000);

    expect(waiting).toEqual([false, true, true, true]);
    const served = await Promise.all(calls.filter((_, index) => index !== 1));
    expect(served.map((answer) => answer[0])).toEqual(['a', 'c', 'd']);
    expect([limiter.queued, clock.time.pending]).toEqual([0, 0]);
  });
});
