import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import {
  Bulkhead,
  CircuitBreaker,
  CircuitOpenError,
  consecutiveFailures,
  fallbackChain,
  giveUpReport,
  keyed,
  onObserverError,
  pipeline,
  retry,
  sleeperOf,
  timeout,
  TimeoutError,
  type CallContext,
  type FallbackChain,
  type FallbackChainOptions,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { rejection, turns } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const errors = Object.fromEntries(
  ['eu', 'us', 'asia'].map((target) => [target, new Error(`${target} down`)]),
) as Record<string, Error>;
const never = (): Promise<never> => new Promise(() => {});

interface Made {
  clock: VirtualClock;
  chain: FallbackChain;
  down: Set<string>;
  log: string[];
  ask(target: string): Promise<string>;
}

/** A chain, and targets of which some are down. */
function made(targets: readonly string[], options: FallbackChainOptions = {}): Made {
  const clock = new VirtualClock();
  const down = new Set<string>();
  const log: string[] = [];
  const ask = async (target: string): Promise<string> => {
    log.push(target);
    if (down.has(target)) throw errors[target]!;
    return target;
  };
  return { clock, chain: fallbackChain(targets, { clock, ...options }), down, log, ask };
}

describe('fallbackChain()', () => {
  describe('given a first target that works', () => {
    it('asks it alone', async () => {
      const { chain, ask, log } = made(['eu', 'us']);

      const values = [await chain.execute(ask), await chain.execute(ask)];

      expect([values, log, chain.current]).toEqual([['eu', 'eu'], ['eu', 'eu'], 'eu']);
    });

    it('gives its value, whatever that is', async () => {
      const { chain } = made(['eu']);

      const values = await Promise.all([undefined, null, 0, errors].map((value) => chain.execute(() => value)));

      expect(values).toEqual([undefined, null, 0, errors]);
    });
  });

  describe('given a first target that is down', () => {
    it('goes on to the next one, and stays there', async () => {
      const { chain, ask, log, down } = made(['eu', 'us', 'asia']);
      down.add('eu');

      const values = [await chain.execute(ask), await chain.execute(ask)];

      expect([values, log, chain.current]).toEqual([['us', 'us'], ['eu', 'us', 'us'], 'us']);
    });

    it('goes on from one that works no more to the others, the best one first', async () => {
      const { chain, ask, log, down } = made(['eu', 'us', 'asia']);
      down.add('eu').add('us');
      await chain.execute(ask);
      log.length = 0;
      down.delete('us');
      down.add('asia');

      const value = await chain.execute(ask);

      expect([value, log, chain.current]).toEqual(['us', ['asia', 'eu', 'us'], 'us']);
    });

    it('takes a synchronous throw, a rejection and a thenable for the same', async () => {
      // oxlint-disable-next-line unicorn/no-thenable -- what this test is about
      const thenable = { then: (_: unknown, reject: (error: unknown) => void): void => reject(errors['asia']) };
      const { chain } = made(['eu', 'us', 'asia', 'africa']);
      const fn = (target: string): unknown => {
        if (target === 'eu') throw errors['eu']!;
        if (target === 'us') return Promise.reject(errors['us']!);
        return target === 'asia' ? thenable : target;
      };

      expect(await chain.execute(fn)).toBe('africa');
    });
  });

  describe('given targets that are all down', () => {
    it('rejects with all errors, in the order in which they were tried, and stays where it is', async () => {
      const { chain, ask, down } = made(['eu', 'us', 'asia']);
      down.add('eu').add('us').add('asia');

      const error = (await rejection(chain.execute(ask))) as AggregateError;

      expect(error).toBeInstanceOf(AggregateError);
      expect([error.message, error.errors, chain.current]).toEqual([
        `All 3 targets failed, the last with: ${errors['asia']!.message}`,
        [errors['eu'], errors['us'], errors['asia']],
        'eu',
      ]);
    });

    it('rejects with the error itself where there is only one target', async () => {
      const { chain, ask, down } = made(['eu']);
      down.add('eu');

      expect(await rejection(chain.execute(ask))).toBe(errors['eu']);
    });
  });

  describe('recovery', () => {
    it('has one call try the first again after 30 s, and stay if that works', async () => {
      const { chain, ask, log, down, clock } = made(['eu', 'us']);
      down.add('eu');
      await chain.execute(ask);
      down.delete('eu');
      log.length = 0;

      await clock.advance(29_999);
      await chain.execute(ask);
      await clock.advance(1);
      await chain.execute(ask);
      await chain.execute(ask);

      expect([log, chain.current]).toEqual([['us', 'eu', 'eu'], 'eu']);
    });

    it('has only one of many calls try it, and goes on where that fails', async () => {
      const { chain, ask, log, down, clock } = made(['eu', 'us', 'asia'], { recovery: 100 });
      down.add('eu').add('us');
      await chain.execute(ask);
      log.length = 0;
      await clock.advance(100);

      const values = await Promise.all([1, 2, 3].map(() => chain.execute(ask)));
      const first = [...log];
      await clock.advance(99);
      await chain.execute(ask);

      expect(values).toEqual(['asia', 'asia', 'asia']);
      expect(first.toSorted()).toEqual(['asia', 'asia', 'asia', 'eu']);
      expect([log.slice(4), chain.current]).toEqual([['asia'], 'asia']);
    });

    it('of 0 tries the first with every call', async () => {
      const { chain, ask, log, down } = made(['eu', 'us'], { recovery: 0 });
      down.add('eu');

      await chain.execute(ask);
      await chain.execute(ask);

      expect(log).toEqual(['eu', 'us', 'eu', 'us']);
    });

    it('of Infinity never does', async () => {
      const { chain, ask, log, down, clock } = made(['eu', 'us'], { recovery: Infinity });
      down.add('eu');
      await chain.execute(ask);
      log.length = 0;
      await clock.advance(1e12);

      await chain.execute(ask);

      expect(log).toEqual(['us']);
    });

    it('counts no time where the clock goes back', async () => {
      const { chain, ask, log, down, clock } = made(['eu', 'us'], { recovery: 100 });
      down.add('eu');
      await chain.execute(ask);
      log.length = 0;

      clock.jump(-10_000);
      await chain.execute(ask);
      await clock.advance(100);
      await chain.execute(ask);

      expect(log).toEqual(['us', 'eu', 'us']);
    });

    it('counts from when the chain has turned to another target', async () => {
      const { chain, clock } = made(['eu', 'us'], { recovery: 100 });
      const log: unknown[] = [];
      const fn = async (target: string): Promise<string> => {
        log.push([clock.now(), target]);
        if (target === 'us') return target;
        await sleeperOf(clock)(150);
        throw errors['eu']!;
      };

      const first = chain.execute(fn);
      await clock.runAll();
      const second = chain.execute(fn);
      await clock.runAll();

      expect(await Promise.all([first, second])).toEqual(['us', 'us']);
      expect(log).toEqual([
        [0, 'eu'],
        [150, 'us'],
        [150, 'us'],
      ]);
    });
  });

  describe('a slow late success', () => {
    it('of another target does not turn back a chain that has recovered', async () => {
      const { chain, clock, down, ask } = made(['eu', 'us'], { recovery: 100 });
      down.add('eu');
      await chain.execute(ask);

      const slow = chain.execute(async (target) => {
        await sleeperOf(clock)(500);
        return target;
      });
      await clock.advance(100);
      down.delete('eu');
      await chain.execute(ask);
      const recovered = chain.current;
      await clock.runAll();

      expect([await slow, recovered, chain.current]).toEqual(['us', 'eu', 'eu']);
    });

    it('after a failure of the first does not turn a chain whose first target has worked since', async () => {
      const { chain, clock, down, ask } = made(['eu', 'us']);
      down.add('eu');
      const slow = chain.execute(async (target) => {
        if (target === 'eu') throw errors['eu']!;
        await sleeperOf(clock)(500);
        return target;
      });
      await turns();

      down.delete('eu');
      const values = [await chain.execute(ask), await chain.execute(ask)];
      await clock.runAll();

      expect([await slow, values, chain.current]).toEqual(['us', ['eu', 'eu'], 'eu']);
    });
  });

  describe('isHandled', () => {
    it('that says no ends the call with the error itself', async () => {
      const seen: unknown[] = [];
      const isHandled = (failure: { error: unknown }): boolean => {
        seen.push(failure);
        return failure.error !== errors['us'];
      };
      const { chain, ask, down, log } = made(['eu', 'us', 'asia'], { isHandled });
      down.add('eu').add('us');

      expect(await rejection(chain.execute(ask))).toBe(errors['us']);
      expect([log, seen]).toEqual([
        ['eu', 'us'],
        [{ error: errors['eu'] }, { error: errors['us'] }],
      ]);
    });

    it('by default says no to wrong arguments', async () => {
      const { chain } = made(['eu', 'us']);
      const wrong = await rejection(timeout(5).execute('fn' as never));
      const log: string[] = [];

      const outcome = rejection(chain.execute((target) => (log.push(target), Promise.reject(wrong as Error))));

      expect([await outcome, log]).toEqual([wrong, ['eu']]);
    });

    it('that throws ends the call with its error, which carries that of the target', async () => {
      const broken = new Error('broken predicate');
      const isHandled = (): never => {
        throw broken;
      };
      const { chain, ask, down } = made(['eu', 'us'], { isHandled });
      down.add('eu');

      expect(await rejection(chain.execute(ask))).toBe(broken);
      expect(broken.cause).toBe(errors['eu']);
    });

    it('that gives a promise ends the call with an error that says so', async () => {
      const { chain, ask, down } = made(['eu', 'us'], { isHandled: (async () => true) as never });
      down.add('eu');

      const error = (await rejection(chain.execute(ask))) as Error;

      expect([error.message, error.cause]).toEqual([
        'Cannot decide: expected isHandled to return true or false, got a value of type object',
        errors['eu'],
      ]);
    });
  });

  describe('guards', () => {
    it('are one policy for each target: an open breaker is skipped without a call', async () => {
      const clock = new VirtualClock();
      const guards = keyed(() => new CircuitBreaker({ clock, trip: consecutiveFailures(1) }));
      const { chain, ask, down, log } = made(['eu', 'us'], { guards, recovery: 0 });
      down.add('eu');

      const values = [await chain.execute(ask), await chain.execute(ask)];

      expect([values, log]).toEqual([
        ['us', 'us'],
        ['eu', 'us', 'us'],
      ]);
      expect(['eu', 'us'].map((target) => guards.get(target).state)).toEqual(['open', 'closed']);
    });

    it('that all refuse have their refusals come out', async () => {
      const guards = keyed(() => new CircuitBreaker());
      for (const target of ['eu', 'us']) guards.get(target).isolate();
      const { chain, ask, log } = made(['eu', 'us'], { guards });

      const error = (await rejection(chain.execute(ask))) as AggregateError;

      expect(error.errors.map((each) => each instanceof CircuitOpenError)).toEqual([true, true]);
      expect(log).toEqual([]);
    });

    it('share the deadline and the abort of the call', async () => {
      const clock = new VirtualClock();
      const guards = keyed(() => timeout(100, { clock }));
      const { chain } = made(['eu', 'us'], { guards });
      const seen: unknown[] = [];
      const outer = timeout(150, { clock });

      const outcome = rejection(
        outer.execute((context) =>
          chain.execute((target, inner) => {
            seen.push([target, inner.remaining, inner.attempt]);
            return never();
          }, context),
        ),
      );
      await clock.runAll();

      expect([await outcome, seen, clock.pending]).toEqual([
        new TimeoutError(150),
        [
          ['eu', 100, 1],
          ['us', 50, 1],
        ],
        0,
      ]);
    });

    it('that cannot be made count as a failure of that target', async () => {
      const guards = keyed((target) => {
        if (target === 'eu') throw errors['eu']!;
        return timeout(100);
      });
      const { chain, ask } = made(['eu', 'us'], { guards });

      expect(await chain.execute(ask)).toBe('us');
    });
  });

  describe('an abort', () => {
    it('before the call means that fn is never called', async () => {
      const { chain, ask, log } = made(['eu', 'us']);

      const error = await rejection(chain.execute(ask, { signal: AbortSignal.abort('stop') }));

      expect([error, log]).toEqual(['stop', []]);
    });

    it('in a call ends it at once, and no other target is asked', async () => {
      const { chain } = made(['eu', 'us']);
      const controller = new AbortController();
      const log: string[] = [];
      const fn = (target: string, { signal }: CallContext): Promise<never> => {
        log.push(target);
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(errors['eu']!)));
      };

      const outcome = rejection(chain.execute(fn, { signal: controller.signal }));
      controller.abort('stop');
      await turns();

      expect([await outcome, log]).toEqual(['stop', ['eu']]);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    it.each(['isHandled', 'observer'])('from within %s ends it, too', async (where) => {
      const controller = new AbortController();
      const abort = (): boolean => {
        controller.abort('stop');
        return true;
      };
      const options = where === 'observer' ? { on: { fallback: abort } } : { isHandled: abort };
      const { chain, ask, down, log } = made(['eu', 'us'], options);
      down.add('eu');

      const error = await rejection(chain.execute(ask, { signal: controller.signal }));
      await turns();

      expect([error, log]).toEqual(['stop', ['eu']]);
    });

    it('leaves nothing unhandled of an fn that ignores it', async () => {
      const unhandled = vi.fn();
      process.on('unhandledRejection', unhandled);
      const { chain, clock } = made(['eu', 'us']);
      const controller = new AbortController();
      const log: string[] = [];
      const fn = async (target: string): Promise<never> => {
        log.push(target);
        await sleeperOf(clock)(100);
        throw errors['eu']!;
      };

      const outcome = rejection(chain.execute(fn, { signal: controller.signal }));
      controller.abort('stop');
      const error = await outcome;
      await clock.runAll();
      process.off('unhandledRejection', unhandled);

      expect([error, log, unhandled.mock.calls]).toEqual(['stop', ['eu'], []]);
    });
  });

  describe('observers', () => {
    it('are told of each step to another target', async () => {
      const told: unknown[] = [];
      const on = { fallback: (event: object) => told.push(event) };
      const { chain, ask, down } = made(['eu', 'us', 'asia'], { on });
      down.add('eu').add('us').add('asia');

      await rejection(chain.execute(ask));

      expect(told).toEqual([
        { error: errors['eu'], from: 'eu', to: 'us' },
        { error: errors['us'], from: 'us', to: 'asia' },
      ]);
    });

    it('that throw change nothing', async () => {
      const broken = new Error('broken observer');
      const reported = vi.fn();
      onObserverError(reported);
      const on = {
        fallback() {
          throw broken;
        },
      };
      const { chain, ask, down } = made(['eu', 'us'], { on });
      down.add('eu');

      const value = await chain.execute(ask);
      onObserverError(undefined);

      expect([value, reported.mock.calls]).toEqual(['us', [[broken, 'fallback']]]);
    });
  });

  describe('the async context', () => {
    it('of every target is that of the call', async () => {
      const storage = new AsyncLocalStorage<string>();
      const clock = new VirtualClock();
      const { chain } = made(['eu', 'us'], { guards: keyed(() => timeout(100, { clock })) });
      const seen: unknown[] = [];

      const calls = ['one', 'two'].map((name) =>
        storage.run(name, () =>
          chain.execute(async (target) => {
            seen.push([name, storage.getStore()]);
            return target === 'eu' ? never() : target;
          }),
        ),
      );
      await storage.run('whoever moves the clock', () => clock.runAll());
      await Promise.all(calls);

      expect(seen).toEqual(['one', 'two', 'one', 'two'].map((name) => [name, name]));
    });
  });

  describe('the list of targets', () => {
    it('is read once', async () => {
      const targets = ['eu', 'us'];
      const { chain, ask } = made(targets);

      targets[0] = 'changed';

      expect(await chain.execute(ask)).toBe('eu');
    });
  });

  describe('wrong arguments', () => {
    const list = 'expected targets to be a list of different names, at least one, none of them empty';
    it.each([
      [[undefined], TypeError, `${list}, got undefined`],
      [[null], TypeError, `${list}, got null`],
      [['eu'], TypeError, `${list}, got "eu"`],
      [[[]], TypeError, `${list}, got a value of type object`],
      [[['eu', 'eu']], TypeError, `${list}, got a value of type object`],
      [[['eu', '']], TypeError, `${list}, got a value of type object`],
      [[Object.assign(['eu'], { 2: 'us' })], TypeError, `${list}, got a value of type object`],
      [[[1, 2]], TypeError, `${list}, got a value of type object`],
      [[['eu'], null], TypeError, 'expected options to be an object, got null'],
      [[['eu'], { guards: timeout(5) }], TypeError, 'expected guards to be a keyed policy, got a value of type object'],
      [[['eu'], { guards: null }], TypeError, 'expected guards to be a keyed policy, got null'],
      [[['eu'], { isHandled: 1 }], TypeError, 'expected isHandled to be a function, got 1'],
      [[['eu'], { recovery: -1 }], RangeError, 'expected recovery to be a number of ms ≥ 0, or Infinity, got -1'],
      [[['eu'], { recovery: NaN }], RangeError, 'expected recovery to be a number of ms ≥ 0, or Infinity, got NaN'],
      [[['eu'], { recovery: '1' }], TypeError, 'expected recovery to be a number of ms ≥ 0, or Infinity, got "1"'],
      [[['eu'], { clock: 1 }], TypeError, 'expected clock to be a Clock, got 1'],
      [[['eu'], { on: { retry: () => {} } }], TypeError, 'expected a known option (fallback), got "on.retry"'],
      [[['eu'], { guard: 1 }], TypeError, 'expected a known option (did you mean guards?), got "guard"'],
    ])('are refused (%#)', (parameters, Class, message) => {
      const make = (): unknown => (fallbackChain as (...all: unknown[]) => unknown)(...parameters);

      expect(make).toThrow(wrongArgument(Class, `Cannot make a fallback chain: ${message}`));
      expect(make).toThrow(Class);
    });

    it('of the call come out as a rejection', async () => {
      const { chain } = made(['eu']);

      const error = await rejection(chain.execute('fn' as never));

      expect(error).toEqual(wrongArgument(TypeError, 'Cannot execute a call: expected fn to be a function, got "fn"'));
    });
  });

  it('is a refusal where all targets refuse: no failure for a breaker, nothing to try again at once', async () => {
    const clock = new VirtualClock();
    const guards = keyed(() => new Bulkhead({ maxConcurrent: 1 }));
    for (const target of ['eu', 'us']) guards.get(target).tryAcquire();
    const chain = fallbackChain(['eu', 'us'], { guards, clock });
    const breaker = new CircuitBreaker({ trip: consecutiveFailures(1), clock });

    const call = pipeline(retry({ clock }), breaker).execute((context) => chain.execute(() => 'up', context));
    const error = await rejection(call);

    expect([(error as Error).name, breaker.state, giveUpReport(error)?.reason]).toEqual([
      'AggregateError',
      'closed',
      'not-retryable',
    ]);
  });
});
