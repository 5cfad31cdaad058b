import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import {
  Bulkhead,
  CircuitBreaker,
  CircuitOpenError,
  consecutiveFailures,
  constant,
  fallback,
  hedge,
  onObserverError,
  pipeline,
  retry,
  sleeperOf,
  timeout,
  TimeoutError,
  type CallContext,
  type FallbackFailure,
  type Policy,
} from 'holdfast';
import { scriptedCall, VirtualClock } from 'holdfast/testing';
import { rejection, turns } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');
const fails = (): Promise<never> => Promise.reject(down);
const never = (): Promise<never> => new Promise(() => {});

describe('fallback()', () => {
  describe('given a call that succeeds', () => {
    it('gives its value, whatever that is, and does not make the substitute', async () => {
      const substitute = vi.fn();
      const values = ['up', undefined, null, 0, false, down];

      const outcomes = await Promise.all(values.map((value) => fallback(substitute).execute(() => value)));

      expect(outcomes).toEqual(values);
      expect(substitute).not.toHaveBeenCalled();
    });
  });

  describe('given a call that fails', () => {
    it.each(['unknown', 0, false, null, undefined, { cached: true }, down])(
      'gives a value instead (%s)',
      async (value) => {
        expect(await fallback(value).execute(fails)).toBe(value);
      },
    );

    it('gives what a function makes of the failure: at once, by a promise, or by a thenable', async () => {
      // oxlint-disable-next-line unicorn/no-thenable -- what this test is about
      const thenable = { then: (resolve: (value: string) => void) => resolve('thenable') } as PromiseLike<string>;
      const substitutes = [() => 'value', async () => 'promise', () => thenable];

      const values = await Promise.all(substitutes.map((make) => fallback(make).execute(fails)));

      expect(values).toEqual(['value', 'promise', 'thenable']);
    });

    it('hands the function the very error, and a context of the call', async () => {
      const clock = new VirtualClock();
      const failures: FallbackFailure[] = [];
      const policy = pipeline(
        timeout(100, { clock }),
        fallback((failure) => failures.push(failure)),
      );

      const value = policy.execute(scriptedCall([{ throws: down, after: 30 }], { clock }));
      await clock.advance(30);

      expect(await value).toBe(1);
      expect(failures).toEqual([{ error: down, context: expect.anything() as unknown }]);
      expect(failures[0]!.error).toBe(down);
      expect([failures[0]!.context.attempt, failures[0]!.context.signal.aborted]).toEqual([1, false]);
    });

    it('lets the function see the time that is left around it', async () => {
      const clock = new VirtualClock();
      const policy = pipeline(
        timeout(100, { clock }),
        fallback(({ context }: FallbackFailure) => context.remaining),
        timeout(30, { clock }),
      );

      const value = policy.execute(never);
      await clock.advance(30);

      expect(await value).toBe(70);
    });

    it.each([undefined, null, 0, 'text'])('stands in for %s, too', async (thrown) => {
      const failures: unknown[] = [];
      const substitute = ({ error }: FallbackFailure): string => (failures.push(error), 'instead');

      expect(await fallback(substitute).execute(() => Promise.reject(thrown))).toBe('instead');
      expect(failures).toEqual([thrown]);
    });

    it('stands in for a synchronous throw', async () => {
      const fn = (): never => {
        throw down;
      };

      expect(await fallback('instead').execute<unknown>(fn)).toBe('instead');
    });
  });

  describe('given a substitute that fails', () => {
    it.each([
      [
        'throws',
        (broken: Error) => {
          throw broken;
        },
      ],
      ['rejects', (broken: Error) => Promise.reject(broken)],
    ])('and %s rejects with its error, which carries the original one', async (_, fail) => {
      const broken = new Error('broken substitute');

      expect(await rejection(fallback(() => fail(broken)).execute(fails))).toBe(broken);
      expect(broken.cause).toBe(down);
    });

    it('with the original error itself rejects with that, and makes it no cause of its own', async () => {
      const error = await rejection(
        fallback(({ error: original }: FallbackFailure) => Promise.reject(original as Error)).execute(fails),
      );

      expect(error).toBe(down);
      expect('cause' in down).toBe(false);
    });

    it('does not stand in for itself', async () => {
      const substitute = vi.fn(() => Promise.reject(new Error('broken substitute')));

      await rejection(fallback(substitute).execute(fails));

      expect(substitute).toHaveBeenCalledTimes(1);
    });

    it('is stood in for by another one around it', async () => {
      const policy = pipeline(
        fallback('last resort'),
        fallback(() => Promise.reject(new Error('broken substitute'))),
      );

      expect(await policy.execute<unknown>(fails)).toBe('last resort');
    });
  });

  describe('isHandled', () => {
    it('that says no lets the error out', async () => {
      const substitute = vi.fn();
      const seen: unknown[] = [];
      const isHandled = (failure: { error: unknown }): boolean => seen.push(failure) < 1;

      expect(await rejection(fallback(substitute, { isHandled }).execute(fails))).toBe(down);
      expect([seen, substitute.mock.calls]).toEqual([[{ error: down }], []]);
    });

    it('by default says no to wrong arguments, and to nothing else', async () => {
      const policy = fallback('instead');
      const wrong = await rejection(timeout(5).execute('fn' as never));
      const others = [
        new TypeError('x'),
        new CircuitOpenError('x', 1),
        new DOMException('x', 'AbortError'),
        { code: 'ERR_INVALID_ARGUMENT' },
      ];

      const values = await Promise.all(
        others.map((error) => policy.execute<unknown>(() => Promise.reject(error as Error))),
      );

      expect(await rejection(policy.execute(() => Promise.reject(wrong as Error)))).toBe(wrong);
      expect(await rejection(policy.execute('fn' as never))).toEqual(
        wrongArgument(TypeError, 'Cannot execute a call: expected fn to be a function, got "fn"'),
      );
      expect(values).toEqual(others.map(() => 'instead'));
    });

    it('that throws ends the call with its error, which carries that of the call', async () => {
      const broken = new Error('broken predicate');
      const isHandled = (): never => {
        throw broken;
      };

      expect(await rejection(fallback('instead', { isHandled }).execute(fails))).toBe(broken);
      expect(broken.cause).toBe(down);
    });

    it('that gives a promise ends the call with an error that says so', async () => {
      const isHandled = (async () => true) as never;

      const error = (await rejection(fallback('instead', { isHandled }).execute(fails))) as Error;

      expect([error.message, error.cause]).toEqual([
        'Cannot decide: expected isHandled to return true or false, got a value of type object',
        down,
      ]);
    });

    it.each([true, false])('that aborts the call and says %s ends it with the reason', async (handled) => {
      const controller = new AbortController();
      const substitute = vi.fn();
      const on = { fallback: vi.fn() };
      const isHandled = (): boolean => {
        controller.abort('stop');
        return handled;
      };

      const outcome = rejection(fallback(substitute, { isHandled, on }).execute(fails, { signal: controller.signal }));

      expect(await outcome).toBe('stop');
      expect([substitute.mock.calls, on.fallback.mock.calls]).toEqual([[], []]);
    });
  });

  describe('an abort by the caller', () => {
    it.each(['before', 'during'] as const)('%s the call is never stood in for', async (when) => {
      const controller = new AbortController();
      const substitute = vi.fn();
      if (when === 'before') controller.abort('stop');

      const outcome = rejection(fallback(substitute).execute(never, { signal: controller.signal }));
      controller.abort('stop');

      expect([await outcome, substitute.mock.calls]).toEqual(['stop', []]);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    it('is not stood in for where fn listens and fails with something of its own', async () => {
      const controller = new AbortController();
      const fn = ({ signal }: CallContext): Promise<never> =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(down)));

      const outcome = rejection(fallback('instead').execute<unknown>(fn, { signal: controller.signal }));
      controller.abort('stop');

      expect(await outcome).toBe('stop');
    });

    it('of an outer call whose context was handed on is not stood in for, either', async () => {
      const clock = new VirtualClock();
      const substitute = vi.fn();

      const outcome = rejection(
        timeout(50, { clock }).execute((context) => fallback(substitute).execute(never, context)),
      );
      await clock.advance(50);
      await turns();

      expect([await outcome, substitute.mock.calls]).toEqual([new TimeoutError(50), []]);
    });

    it('aborts the work of the substitute, does not wait for it, and drops what it does', async () => {
      const unhandled = vi.fn();
      process.on('unhandledRejection', unhandled);
      const controller = new AbortController();
      const signals: AbortSignal[] = [];
      const substitute = ({ context }: FallbackFailure): Promise<never> => {
        signals.push(context.signal);
        return new Promise((_, reject) => context.signal.addEventListener('abort', () => reject(down)));
      };

      const outcome = rejection(fallback(substitute).execute(fails, { signal: controller.signal }));
      await turns();
      controller.abort('stop');
      const error = await outcome;
      await new Promise((resolve) => setImmediate(resolve));
      process.off('unhandledRejection', unhandled);

      expect([error, signals.map(({ reason }) => reason as unknown)]).toEqual(['stop', ['stop']]);
      expect([getEventListeners(controller.signal, 'abort'), unhandled.mock.calls]).toEqual([[], []]);
    });

    it('by the substitute itself ends the call', async () => {
      const controller = new AbortController();
      const substitute = (): string => {
        controller.abort('stop');
        return 'instead';
      };

      expect(await rejection(fallback(substitute).execute(fails, { signal: controller.signal }))).toBe('stop');
    });
  });

  describe('observers', () => {
    it('are told of each failure that is stood in for, before that', async () => {
      const order: unknown[] = [];
      const on = { fallback: (event: object) => order.push(event) };
      const policy = fallback(() => order.push('substitute'), { on });

      await policy.execute(fails);
      await policy.execute(() => 'up');

      expect(order).toEqual([{ error: down }, 'substitute']);
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

      const value = await fallback('instead', { on }).execute<unknown>(fails);
      onObserverError(undefined);

      expect([value, reported.mock.calls]).toEqual(['instead', [[broken, 'fallback']]]);
    });

    it('that abort the call have no substitute made', async () => {
      const controller = new AbortController();
      const substitute = vi.fn();
      const on = { fallback: () => controller.abort('stop') };

      const outcome = rejection(fallback(substitute, { on }).execute(fails, { signal: controller.signal }));

      expect([await outcome, substitute.mock.calls]).toEqual(['stop', []]);
    });

    it('may use the policy themselves', async () => {
      const inner: Promise<unknown>[] = [];
      const on = { fallback: (): unknown => inner.length || inner.push(policy.execute(fails)) };
      const policy: Policy<string> = fallback('instead', { on });

      expect([await policy.execute<unknown>(fails), await inner[0]]).toEqual(['instead', 'instead']);
    });
  });

  describe('beside other policies', () => {
    it('inside a retry has that see a success', async () => {
      const clock = new VirtualClock();
      const fn = scriptedCall([{ throws: down }], { clock });

      expect(await pipeline(retry({ clock }), fallback('instead')).execute(fn)).toBe('instead');
      expect(fn.log).toHaveLength(1);
    });

    it('inside a retry is made again for each attempt where it fails', async () => {
      const clock = new VirtualClock();
      const substitute = vi.fn(({ context }: FallbackFailure) => {
        throw new Error(`substitute ${context.attempt}`);
      });
      const policy = pipeline(retry({ clock, baseDelay: 10, backoff: constant() }), fallback(substitute));
      const fn = scriptedCall([{ throws: down }, { throws: down }, { throws: down }], { clock });

      const outcome = rejection(policy.execute(fn));
      await clock.runAll();

      expect([await outcome, clock.now()]).toEqual([new Error('substitute 3'), 20]);
      expect(substitute).toHaveBeenCalledTimes(3);
    });

    it('outside a retry stands in for its last error', async () => {
      const clock = new VirtualClock();
      const substitute = ({ error }: FallbackFailure): unknown => error;
      const last = new Error('last');
      const fn = scriptedCall([{ throws: down }, { throws: down }, { throws: last }], { clock });

      const value = pipeline(fallback(substitute), retry({ clock })).execute(fn);
      await clock.runAll();

      expect(await value).toBe(last);
    });

    it('outside a timeout stands in for it; inside, is cut by it', async () => {
      const clock = new VirtualClock();

      const outside = pipeline(fallback('instead'), timeout(100, { clock })).execute<unknown>(never);
      const inside = rejection(pipeline(timeout(100, { clock }), fallback('instead')).execute(never));
      await clock.advance(100);

      expect([await outside, await inside, clock.pending]).toEqual(['instead', new TimeoutError(100), 0]);
    });

    it('that takes too long is cut by a timeout around it', async () => {
      const clock = new VirtualClock();
      const signals: AbortSignal[] = [];
      const policy = pipeline(
        timeout(100, { clock }),
        fallback(({ context }: FallbackFailure) => (signals.push(context.signal), never())),
      );

      const outcome = rejection(policy.execute(fails));
      await clock.advance(100);
      const error = await outcome;

      expect([error, clock.pending]).toEqual([new TimeoutError(100), 0]);
      expect(signals[0]!.reason).toBe(error);
    });

    it('that takes too long is a failure for a breaker around it, also in a hedge', async () => {
      for (const more of [[], [hedge({ delay: 1_000 })]]) {
        const clock = new VirtualClock();
        const breaker = new CircuitBreaker({ clock, trip: consecutiveFailures(1) });
        const policy = pipeline(timeout(100, { clock }), breaker, ...more, fallback(never));

        const outcome = rejection(policy.execute(fails));
        await clock.runAll();

        expect([await outcome, breaker.state]).toEqual([new TimeoutError(100), 'open']);
      }
    });

    it('stands in for a refusal, and a breaker inside it has not counted that', async () => {
      const breaker = new CircuitBreaker({ trip: consecutiveFailures(1) });
      const policy = pipeline(fallback('instead'), breaker);

      const values = [await policy.execute<unknown>(fails), await policy.execute<unknown>(fails)];

      expect([values, breaker.state]).toEqual([['instead', 'instead'], 'open']);
    });

    it('holds the slot of a bulkhead around it, and not that of one inside it', async () => {
      const clock = new VirtualClock();
      const [around, within] = [1, 2].map(() => new Bulkhead({ maxConcurrent: 1, clock })) as [Bulkhead, Bulkhead];
      const policy = pipeline(
        around,
        fallback(() => sleeperOf(clock)(50)),
        within,
      );

      const value = policy.execute(fails);
      await clock.advance(10);
      const during = [around.running, within.running];
      await clock.runAll();
      await value;

      expect([during, around.running, within.running]).toEqual([[1, 0], 0, 0]);
    });
  });

  describe('the async context', () => {
    it('of the substitute and of the observer is that of the call', async () => {
      const storage = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      const clock = new VirtualClock();
      const policy = pipeline(
        fallback(() => seen.push(storage.getStore()), { on: { fallback: () => seen.push(storage.getStore()) } }),
        timeout(100, { clock }),
      );

      const calls = ['one', 'two'].map((name) => storage.run(name, () => policy.execute<unknown>(never)));
      await storage.run('whoever moves the clock', () => clock.runAll());
      await Promise.all(calls);

      expect(seen.toSorted()).toEqual(['one', 'one', 'two', 'two']);
    });
  });

  describe('wrong arguments', () => {
    it.each([
      [null, 'expected options to be an object, got null'],
      [() => true, 'expected options to be an object, got a value of type function'],
      [{ isHandled: true }, 'expected isHandled to be a function, got true'],
      [{ isHandeled: () => true }, 'expected a known option (did you mean isHandled?), got "isHandeled"'],
      [{ on: { fallback: 1 } }, 'expected on.fallback to be a function, got 1'],
      [{ on: { failure: () => {} } }, 'expected a known option (fallback), got "on.failure"'],
    ])('are refused (%#)', (options, message) => {
      expect(() => fallback('instead', options as never)).toThrow(
        wrongArgument(TypeError, `Cannot make a fallback: ${message}`),
      );
    });
  });
});
