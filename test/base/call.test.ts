import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  Bulkhead,
  CircuitBreaker,
  consecutiveFailures,
  constant,
  onObserverError,
  pipeline,
  retry,
  RetryBudget,
  timeout,
  TimeoutError,
  type CallContext,
  type Clock,
  type Guarded,
  type Policy,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { ascend, Call, outcomeOf } from '../../src/base/call.ts';
import { wrongArgument } from '../wrong-argument.ts';

const never = (): Promise<never> => new Promise(() => {});

describe('a call', () => {
  describe('given no policy', () => {
    it('is made once, with the context of a first attempt', async () => {
      const fn = vi.fn(({ attempt, remaining, signal }: CallContext) => ({
        attempt,
        remaining,
        aborted: signal.aborted,
      }));

      const value = await pipeline().execute(fn);

      expect(value).toEqual({ attempt: 1, remaining: Infinity, aborted: false });
      expect(fn).toHaveBeenCalledTimes(1);
    });

    it('begins in the same turn', () => {
      let begun = false;

      void pipeline().execute(() => {
        begun = true;
      });

      expect(begun).toBe(true);
    });
  });

  describe('given wrong arguments', () => {
    it.each([
      [{ signals: undefined }, TypeError, 'expected a known option (did you mean signal?), got "signals"'],
      [{ signal: 'stop' }, TypeError, 'expected signal to be an AbortSignal, got "stop"'],
      [{ attempt: 0 }, RangeError, 'expected attempt to be an integer ≥ 1, got 0'],
      [{ remaining: -1 }, RangeError, 'expected remaining to be a number of ms ≥ 0, or Infinity, got -1'],
      [null, TypeError, 'expected options to be an object, got null'],
      ['signal', TypeError, 'expected options to be an object, got "signal"'],
    ] as const)('rejects and calls nothing (%#)', async (options, Class, message) => {
      const fn = vi.fn();

      const settled = pipeline().execute(fn, options as never);

      await expect(settled).rejects.toEqual(wrongArgument(Class, `Cannot execute a call: ${message}`));
      expect(fn).not.toHaveBeenCalled();
    });
  });

  describe('given a signal', () => {
    it('is not made if that is aborted already, and no listener is put on it', async () => {
      const fn = vi.fn();
      const signal = AbortSignal.abort('early');

      const error = await pipeline()
        .execute(fn, { signal })
        .catch((error: unknown) => error);

      expect(error).toBe('early');
      expect(fn).not.toHaveBeenCalled();
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    });

    it('puts one listener on it for a thousand calls, and none when they are over', async () => {
      const { signal } = new AbortController();
      const finish: ((value: number) => void)[] = [];
      const policy = pipeline();
      const calls = Array.from({ length: 1_000 }, () =>
        policy.execute(() => new Promise<number>((resolve) => finish.push(resolve)), { signal }),
      );
      const listening = getEventListeners(signal, 'abort').length;

      finish.forEach((each, index) => each(index));
      await Promise.all(calls);

      expect(listening).toBe(1);
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    });

    it('hands fn a signal of its own, that is not aborted by success', async () => {
      const { signal } = new AbortController();
      let own: AbortSignal | undefined;

      await pipeline().execute((context) => void (own = context.signal), { signal });

      expect(own).toBeInstanceOf(AbortSignal);
      expect(own).not.toBe(signal);
      expect(own!.aborted).toBe(false);
    });

    it('aborts the signal of the attempt with the same reason', async () => {
      const controller = new AbortController();
      const reason = { why: 'enough' };
      const seen: unknown[] = [];

      const settled = pipeline().execute(
        (context) => {
          context.signal.addEventListener('abort', () => seen.push(context.signal.reason));
          return never();
        },
        { signal: controller.signal },
      );
      controller.abort(reason);

      await expect(settled).rejects.toBe(reason);
      expect(seen).toEqual([reason]);
      expect(seen[0]).toBe(reason);
    });
  });
});

describe('CallContext', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it('makes its signal only when that is read, and then once', async () => {
    const Controller = vi.fn(AbortController);
    vi.stubGlobal('AbortController', Controller);

    await retry({ baseDelay: 0 }).execute(({ attempt }) => attempt);
    const unread = Controller.mock.calls.length;
    const same = await pipeline().execute((context) => context.signal === context.signal);

    expect(unread).toBe(0);
    expect(same).toBe(true);
    expect(Controller).toHaveBeenCalledTimes(1);
  });

  it('gives a signal that is aborted already where the attempt has been given up before it was read', async () => {
    const clock = new VirtualClock();
    let context: CallContext | undefined;

    const settled = timeout(10, { clock })
      .execute((given) => ((context = given), never()))
      .catch((error: unknown) => error);
    await clock.advance(10);
    const error = await settled;

    expect(error).toEqual(new TimeoutError(10));
    expect(context!.signal.aborted).toBe(true);
    expect(context!.signal.reason).toBe(error);
    expect(context!.signal).toBe(context!.signal);
  });

  it('says how long is left, by the nearest deadline, and never less than 0', async () => {
    const clock = new VirtualClock(1_000);
    const policy = pipeline(timeout(100, { clock }), retry({ clock, maxElapsed: 500 }), timeout(60, { clock }));
    let context: CallContext | undefined;

    const settled = policy.execute((given) => ((context = given), never())).catch(() => 'over');
    const left = [context!.remaining];
    await clock.advance(25);
    left.push(context!.remaining);
    clock.jump(500);
    left.push(context!.remaining);
    await clock.runAll();

    expect(left).toEqual([60, 35, 0]);
    expect(await settled).toBe('over');
  });

  it('says Infinity where there is no deadline', async () => {
    const left = await pipeline(retry(), new CircuitBreaker()).execute(({ remaining }) => remaining);

    expect(left).toBe(Infinity);
  });
});

describe('a context that is handed on', () => {
  it('gives the inner policy its signal', async () => {
    const clock = new VirtualClock();
    const outer = timeout(10, { clock });
    const inner = retry({ clock });
    const seen: unknown[] = [];

    const settled = outer
      .execute((context) =>
        inner.execute((own) => {
          own.signal.addEventListener('abort', () => seen.push(own.signal.reason));
          return never();
        }, context),
      )
      .catch((error: unknown) => error);
    await clock.runAll();

    expect(await settled).toEqual(new TimeoutError(10));
    expect(seen).toEqual([await settled]);
    expect(clock.pending).toBe(0);
  });

  it('gives the inner policy its deadline: no wait begins that cannot end in time', async () => {
    const clock = new VirtualClock();
    let calls = 0;
    const fail = (): Promise<never> => Promise.reject(new Error(`down ${++calls}`));
    const inner = retry({ clock, backoff: constant(), baseDelay: 40, maxAttempts: 9 });

    const settled = timeout(100, { clock })
      .execute((context) => inner.execute(fail, context))
      .catch((error: Error) => error.message);
    await clock.runAll();

    expect(await settled).toBe('down 3');
    expect(clock.now()).toBe(80);
  });

  it('gives the inner retry its budget', async () => {
    const clock = new VirtualClock();
    const budget = new RetryBudget({ ratio: 0, burst: 1 });
    let calls = 0;
    const fail = (): Promise<never> => Promise.reject(new Error(`down ${++calls}`));

    const settled = retry({ clock, budget, maxAttempts: 3 })
      .execute((context) => retry({ clock, maxAttempts: 3 }).execute(fail, context))
      .catch((error: Error) => error.message);
    await clock.runAll();

    expect(await settled).toBe('down 2');
    expect(budget.available).toBe(0);
  });

  it('gives its attempt to what does not count attempts of its own', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];

    const settled = retry({ clock, random: () => 0 }).execute((context) =>
      timeout(5, { clock }).execute(({ attempt }) => {
        seen.push(attempt);
        if (attempt < 3) throw new Error('busy');
        return 'ok';
      }, context),
    );
    await clock.runAll();

    expect(await settled).toBe('ok');
    expect(seen).toEqual([1, 2, 3]);
  });

  it('may be made by hand', async () => {
    const { signal } = new AbortController();

    const seen = await pipeline().execute(({ attempt, remaining }) => ({ attempt, remaining }), {
      attempt: 4,
      remaining: 250,
      signal,
    });

    expect(seen).toEqual({ attempt: 4, remaining: 250 });
  });
});

describe('a layer that fails', () => {
  const down = new Error('down');
  const fail: Guarded<never> = () => Promise.reject(down);
  const broken = new Error('broken');
  const breakerThatFailsToOpen = (): CircuitBreaker =>
    new CircuitBreaker({
      trip: consecutiveFailures(1),
      openDuration: () => {
        throw broken;
      },
    });
  const clockThatCannot = (what: 'set' | 'cancel'): Clock => ({
    now: () => 0,
    setTimer: () => {
      if (what === 'set') throw broken;
      return () => {
        throw broken;
      };
    },
  });
  afterEach(() => onObserverError(undefined));

  it('on the way in, gives its own error', async () => {
    const policy = pipeline(retry({ maxAttempts: 1 }), timeout(5, { clock: clockThatCannot('set') }));
    const fn = vi.fn();

    const settled = policy.execute(fn);

    await expect(settled).rejects.toBe(broken);
    expect(fn).not.toHaveBeenCalled();
  });

  it('on the way out of a success, gives its own error', async () => {
    const policy = timeout(5, { clock: clockThatCannot('cancel') });

    const settled = policy.execute(() => 'ok');

    await expect(settled).rejects.toBe(broken);
    expect('cause' in broken).toBe(false);
  });

  it('on the way out of a failure, gives its own error with that of the operation as its cause', async () => {
    const error = await retry({
      isRetryable: () => {
        throw new Error('predicate');
      },
    })
      .execute(fail)
      .catch((error: unknown) => error);

    expect(error).toEqual(new Error('predicate', { cause: down }));
    expect((error as Error).cause).toBe(down);
  });

  it('on the way in after it was cut, changes nothing', async () => {
    const controller = new AbortController();
    const clock: Clock = {
      now: () => 0,
      setTimer: () => {
        controller.abort('enough');
        throw broken;
      },
    };

    const settled = timeout(5, { clock }).execute(() => 'ok', { signal: controller.signal });

    await expect(settled).rejects.toBe('enough');
  });

  it('as it is cut, is reported out of band, and the others are cut all the same', async () => {
    const reporter = vi.fn();
    onObserverError(reporter);
    const controller = new AbortController();
    const inner = new VirtualClock();
    const policy = pipeline(timeout(5, { clock: clockThatCannot('cancel') }), timeout(9, { clock: inner }));

    const settled = policy.execute(never, { signal: controller.signal });
    controller.abort('enough');

    await expect(settled).rejects.toBe('enough');
    expect(reporter.mock.calls).toEqual([[broken, 'cut']]);
    expect(inner.pending).toBe(0);
    Reflect.deleteProperty(broken, 'cause');
  });

  it('in a breaker, does not lose the operation', async () => {
    const settled = breakerThatFailsToOpen().execute(fail);

    const error = await settled.catch((error: unknown) => error);

    expect([broken, down]).toContain(error);
  });
});

describe('a call that is cut from within', () => {
  it('is over where an observer aborts it as it is refused', async () => {
    const controller = new AbortController();
    const clock = new VirtualClock();
    const breaker = new CircuitBreaker({
      clock,
      trip: consecutiveFailures(1),
      on: { rejected: () => controller.abort('observer') },
    });
    breaker.tryAcquire()!.fail();

    const settled = pipeline(retry({ clock }), breaker)
      .execute(() => 'ok', { signal: controller.signal })
      .catch((error: unknown) => error);
    await clock.runAll();

    expect(await settled).toBe('observer');
  });

  it('is over where an observer aborts it as it is let in', async () => {
    const controller = new AbortController();
    const clock = new VirtualClock();
    const fn = vi.fn();
    const breaker = new CircuitBreaker({
      clock,
      random: () => 0,
      openDuration: 10,
      trip: consecutiveFailures(1),
      on: { stateChange: ({ to }) => to === 'half-open' && controller.abort('observer') },
    });
    breaker.tryAcquire()!.fail();
    await clock.advance(10);

    const settled = breaker.execute(fn, { signal: controller.signal });

    await expect(settled).rejects.toBe('observer');
    expect(fn).not.toHaveBeenCalled();
  });

  it('is over where an observer aborts it on its way out', async () => {
    const controller = new AbortController();
    const breaker = new CircuitBreaker({
      trip: consecutiveFailures(1),
      on: { stateChange: () => controller.abort('observer') },
    });

    const settled = breaker.execute(() => Promise.reject(new Error('down')), { signal: controller.signal });

    await expect(settled).rejects.toBe('observer');
  });

  it('is over where its caller aborts it in the turn in which it is refused', async () => {
    const controller = new AbortController();
    const breaker = new CircuitBreaker({ trip: consecutiveFailures(1) });
    breaker.tryAcquire()!.fail();

    const settled = breaker.execute(() => 'ok', { signal: controller.signal });
    controller.abort('caller');

    await expect(settled).rejects.toBe('caller');
  });

  it('is over with the reason of its caller where its own signal, as it is aborted, makes the caller abort', async () => {
    const controller = new AbortController();
    const clock = new VirtualClock();
    const fn: Guarded<never> = ({ signal }) => {
      signal.addEventListener('abort', () => controller.abort('caller'));
      return never();
    };

    const settled = timeout(10, { clock })
      .execute(fn, { signal: controller.signal })
      .catch((error: unknown) => error);
    await clock.runAll();

    expect(await settled).toBe('caller');
    expect(clock.pending).toBe(0);
  });

  it('was at work for all of its layers, where an observer of one of them aborts it as well', async () => {
    const controller = new AbortController();
    const clock = new VirtualClock();
    const [around, within] = [{}, { stateChange: () => controller.abort('observer') }].map(
      (on) => new CircuitBreaker({ clock, trip: consecutiveFailures(1), on }),
    ) as [CircuitBreaker, CircuitBreaker];

    const settled = pipeline(timeout(10, { clock }), around, within)
      .execute(never, { signal: controller.signal })
      .catch((error: unknown) => error);
    await clock.runAll();

    expect([await settled, around.state, within.state]).toEqual(['observer', 'open', 'open']);
  });

  it('is over where fn of a foreign policy never comes back', async () => {
    const clock = new VirtualClock();
    const stuck: Policy = { execute: never };

    const settled = pipeline(timeout(10, { clock }), stuck).execute(() => 'ok');
    settled.catch(() => {});
    await clock.runAll();

    await expect(settled).rejects.toEqual(new TimeoutError(10));
  });
});

describe('an attempt that was given up', () => {
  it.each([
    ['a value', (): unknown => 'late'],
    [
      'an error',
      (): unknown => {
        throw new Error('late');
      },
    ],
  ])('changes nothing when it comes back with %s', async (_, ending) => {
    const clock = new VirtualClock();
    const late: Guarded<unknown> = () => new Promise<void>((resolve) => clock.setTimer(50, resolve)).then(ending);

    const settled = timeout(10, { clock })
      .execute(late)
      .catch((error: unknown) => error);
    await clock.runAll();

    expect(await settled).toEqual(new TimeoutError(10));
    expect(clock.now()).toBe(50);
  });
});

describe('a promise whose own `then` answers twice', () => {
  it('counts once for a slot that is held until work has settled', async () => {
    const bulkhead = new Bulkhead({ maxConcurrent: 1 });
    const inner = pipeline();
    const twice = (): Promise<number> =>
      Object.assign(Promise.resolve(1), {
        // oxlint-disable-next-line unicorn/no-thenable -- that is what the test is about
        then: (answer: (value: number) => void) => (answer(1), answer(1)),
      }) as never;

    const value = await bulkhead.execute((context) => inner.execute(twice, context));

    expect([value, bulkhead.running]).toEqual([1, 0]);
  });
});

describe('outcomeOf()', () => {
  const down = new Error('down');
  const make = (): Call => new Call([], never, {});

  it('gives the value of a call that has come out at once, and throws its error', () => {
    const [up, failed] = [make(), make()];

    ascend(up, -1, true, 7);
    ascend(failed, -1, false, down);

    expect(outcomeOf(up)).toBe(7);
    expect(() => outcomeOf(failed)).toThrow(down);
  });

  it.each([
    ['before', 0],
    ['in', 1],
    ['after', 2],
  ] as const)('lets a promise come out as the call does, if that is %s the turn that it takes', async (_, turn) => {
    const [up, failed] = [make(), make()];
    const settle = (): void => {
      ascend(up, -1, true, 7);
      ascend(failed, -1, false, down);
    };

    const outcomes = Promise.allSettled([up, failed].map((each) => Promise.resolve().then(() => outcomeOf(each))));
    for (let passed = 0; passed < turn; passed++) await undefined;
    settle();

    expect(await outcomes).toEqual([
      { status: 'fulfilled', value: 7 },
      { status: 'rejected', reason: down },
    ]);
  });
});
