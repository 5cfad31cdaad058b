import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  giveUpReport,
  hedge,
  pipeline,
  retry,
  RetryBudget,
  timeout,
  type CallContext,
  type Clock,
  type Policy,
  type TimeoutError,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { rejection, turns } from '../rejection.ts';

const down = new Error('down');
const failing = (): Promise<never> => Promise.reject(down);
const never = (): Promise<never> => new Promise(() => {});

/** A clock that stands still, whose timers are rung by the test, however often, and cannot be cancelled. */
function byHand(): Clock & { readonly rings: (() => void)[] } {
  const rings: (() => void)[] = [];
  return { rings, now: () => 0, setTimer: (_, ring) => (rings.push(ring), () => {}) };
}

describe('timers that are numbers, and that want no `this` but that of the runtime', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it.each(['timeout', 'standard'] as const)('let a call under %s() come out, as in a browser', async (name) => {
    const timers = new Map<number, NodeJS.Timeout>();
    const { setTimeout: set, clearTimeout: clear } = globalThis;
    const illegal = (self: unknown): void => {
      if (self !== undefined && self !== globalThis) throw new TypeError('Illegal invocation');
    };
    vi.stubGlobal('setTimeout', function (this: unknown, ring: () => void, ms: number) {
      illegal(this);
      timers.set(timers.size + 1, set(ring, ms));
      return timers.size;
    });
    vi.stubGlobal('clearTimeout', function (this: unknown, timer: number) {
      illegal(this);
      clear(timers.get(timer));
    });
    vi.resetModules();
    const fresh = await import('../../src/index.ts');
    const policy = name === 'timeout' ? fresh.timeout(1_000) : fresh.standard();

    const values = [];
    for (let call = 0; call < 12; call++) values.push(await policy.execute(async () => call));

    expect(values).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });
});

describe('a timer that rings though it was cancelled', () => {
  it('starts no attempt of the run that took the place of its own', async () => {
    const [clock, waits] = [new VirtualClock(), byHand()];
    const inner = retry({ maxAttempts: 3, baseDelay: 1, clock: waits, allowNestedRetry: true });
    const policy = pipeline(retry({ maxAttempts: 2, baseDelay: 0, clock }), timeout(50, { clock }), inner);
    const fn = vi.fn(failing);
    const outcome = rejection(policy.execute(fn));
    await turns();
    await clock.advance(50);
    await clock.advance(0);
    const calls = [fn.mock.calls.length, waits.rings.length];

    waits.rings[0]!();
    await turns();

    expect([calls, fn.mock.calls.length]).toEqual([[2, 2], 2]);
    await clock.advance(50);
    expect(await outcome).toMatchObject({ code: 'ERR_TIMEOUT' });
  });
});

describe('a clock that sets a timer and throws all the same', () => {
  it('ends the call, and its ring finds nothing to go on with', async () => {
    const broken = new Error('broken');
    const clock = byHand();
    const setTimer: Clock['setTimer'] = (_, ring) => {
      clock.rings.push(ring);
      throw broken;
    };
    const fn = vi.fn(failing);

    const error = await rejection(retry({ clock: { ...clock, setTimer } }).execute(fn));
    clock.rings.forEach((ring) => ring());
    await turns();

    expect(error).toBe(broken);
    expect(fn).toHaveBeenCalledTimes(1);
  });
});

describe('a clock that once cannot set a timer', () => {
  it('still ends the calls that come afterwards', async () => {
    const clock = new VirtualClock();
    let works = true;
    const setTimer: Clock['setTimer'] = (ms, ring) => {
      if (works) return clock.setTimer(ms, ring);
      works = true;
      throw new Error('broken');
    };
    const policy = timeout(20, { clock: { now: clock.now, setTimer } });
    const first = rejection(policy.execute(never));
    await clock.advance(10);
    const second = rejection(policy.execute(never));
    works = false;
    await clock.advance(10).catch(() => {});

    const third = rejection(policy.execute(never));
    await clock.advance(20);

    for (const each of [first, second, third]) expect(await each).toMatchObject({ code: 'ERR_TIMEOUT' });
  });
});

describe('a clock that ends the call when it is read', () => {
  it('makes no attempt for it', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    let ends = false;
    const now = (): number => {
      if (ends) controller.abort('stop');
      return clock.now();
    };
    const on = { retry: () => void (ends = true) };
    const fn = vi.fn(failing);
    const policy = retry({ clock: { now, setTimer: clock.setTimer }, maxElapsed: 1e6, on });

    const outcome = rejection(policy.execute(fn, { signal: controller.signal }));
    await clock.runAll();

    expect(await outcome).toBe('stop');
    expect(fn).toHaveBeenCalledTimes(1);
  });
});

describe('a timer whose cancel throws', () => {
  it('gives a paid retry back, and reports', async () => {
    const clock = new VirtualClock();
    const setTimer: Clock['setTimer'] = (ms, ring) => {
      const cancel = clock.setTimer(ms, ring);
      return () => {
        cancel();
        throw new Error('broken');
      };
    };
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const budget = new RetryBudget({ ratio: 0, burst: 2 });
    const controller = new AbortController();
    const reason = new Error('stop');
    const policy = retry({ clock: { now: clock.now, setTimer }, budget });

    const outcome = rejection(policy.execute(failing, { signal: controller.signal }));
    await turns();
    const paid = budget.available;
    controller.abort(reason);

    expect(await outcome).toBe(reason);
    expect([paid, budget.available]).toEqual([1, 2]);
    expect(giveUpReport(reason)).toEqual({ attempts: 1, delays: [], reason: 'aborted' });
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });
});

describe('a hedge on a clock that throws when a timer is cancelled before it has rung', () => {
  const broken = new Error('broken');
  const made = (): { clock: VirtualClock; policy: Policy; contexts: CallContext[] } => {
    const clock = new VirtualClock();
    const setTimer: Clock['setTimer'] = (ms, ring) => {
      let waits = true;
      const cancel = clock.setTimer(ms, () => {
        waits = false;
        ring();
      });
      return () => {
        cancel();
        if (waits) throw broken;
      };
    };
    return { clock, policy: hedge({ delay: 10, maxHedges: 2, clock: { now: clock.now, setTimer } }), contexts: [] };
  };

  it('ends its first attempt where the second one wins', async () => {
    const { clock, policy, contexts } = made();
    const fn = (context: CallContext): Promise<string> => {
      contexts.push(context);
      return context.attempt === 1 ? never() : Promise.resolve('second');
    };

    const outcome = rejection(policy.execute(fn));
    await clock.advance(10);

    expect(await outcome).toBe(broken);
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  });

  it('ends all attempts where the caller gives the call up', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { clock, policy, contexts } = made();
    const controller = new AbortController();

    const outcome = rejection(
      policy.execute((context) => (contexts.push(context), never()), { signal: controller.signal }),
    );
    await clock.advance(10);
    controller.abort('stop');

    expect(await outcome).toBe('stop');
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(warn.mock.calls.map(([, error]) => error as unknown)).toEqual([broken]);
    warn.mockRestore();
  });
});

describe('a clock that rings a timer at once, while it is set, and stands still', () => {
  const atOnce: Clock = { now: () => 0, setTimer: (_, ring) => (ring(), () => {}) };

  it('ends every call under a timeout, of which it has rung', async () => {
    const policy = timeout(100, { clock: atOnce });

    const errors = [];
    for (let call = 0; call < 3; call++) errors.push(await rejection(policy.execute(never)));
    const together = await Promise.all([1, 2].map(() => rejection(policy.execute(never))));

    expect([...errors, ...together].map((error) => (error as TimeoutError).code)).toEqual(
      Array.from({ length: 5 }, () => 'ERR_TIMEOUT'),
    );
  });

  it('ends also a call whose function comes out at once, since it has rung before', async () => {
    const error = await rejection(timeout(100, { clock: atOnce }).execute(() => 'up'));

    expect(error).toMatchObject({ code: 'ERR_TIMEOUT' });
  });

  it('ends the call with the error of its own that it throws besides', async () => {
    const broken = new Error('broken');
    const setTimer: Clock['setTimer'] = (_, ring) => {
      ring();
      throw broken;
    };

    expect(await rejection(timeout(100, { clock: { ...atOnce, setTimer } }).execute(never))).toBe(broken);
  });

  it('lets each attempt of a retry around it time out', async () => {
    const fn = vi.fn(never);

    const error = await rejection(
      pipeline(retry({ maxAttempts: 3, clock: atOnce }), timeout(100, { clock: atOnce })).execute(fn),
    );

    expect(error).toMatchObject({ code: 'ERR_TIMEOUT' });
    expect(fn).toHaveBeenCalledTimes(3);
  });
});

describe('a quantile that cannot be written to', () => {
  it('ends a hedged call with that', async () => {
    const clock = new VirtualClock();
    const delay = Object.freeze({ q: 0.9, estimate: 5 });

    const outcome = rejection(hedge({ delay, clock } as never).execute(never));
    await clock.advance(5);

    expect(await outcome).toBeInstanceOf(TypeError);
  });
});
