import { describe, expect, it, vi } from 'vitest';
import {
  AdaptiveThrottle,
  CircuitOpenError,
  HoldfastError,
  onObserverError,
  pipeline,
  RefusalError,
  retry,
  ThrottledError,
  timeout,
  TimeoutError,
  type AdaptiveThrottleOptions,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { layersOf } from '../../src/base/layers.ts';
import { rejection } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');
const succeeds = (): string => 'up';
const fails = (): Promise<never> => Promise.reject(down);
const never = (): Promise<never> => new Promise(() => {});

/** A throttle that holds back whatever may be held back. */
function make(options: AdaptiveThrottleOptions = {}): { throttle: AdaptiveThrottle; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { throttle: new AdaptiveThrottle({ clock, random: () => 0, ...options }), clock };
}

/** A throttle that has seen so many calls succeed and fail. */
async function after(
  successes: number,
  failures: number,
  options: AdaptiveThrottleOptions = {},
): Promise<ReturnType<typeof make>> {
  const chance = vi.fn(() => 1);
  const made = make({ random: chance, ...options });
  for (let call = 0; call < successes; call++) await made.throttle.execute(succeeds);
  for (let call = 0; call < failures; call++) await rejection(made.throttle.execute(fails));
  chance.mockImplementation(() => 0);
  return made;
}

describe('AdaptiveThrottle', () => {
  describe('probability', () => {
    it.each([
      [0, 0, 0],
      [1, 0, 0],
      [1, 1, 0],
      [1, 2, 1 / 4],
      [0, 1, 1 / 2],
      [0, 9, 9 / 10],
      [4, 4, 0],
      [4, 5, 1 / 10],
      [10, 89, 79 / 100],
    ])('after %d successes and %d failures is %d', async (successes, failures, probability) => {
      const { throttle } = await after(successes, failures);

      expect(throttle.probability).toBe(probability);
    });

    it.each([
      [1, 9 / 20],
      [1.1, (19 - 11) / 20],
      [1.5, (19 - 15) / 20],
      [2, 0],
      [1e9, 0],
    ])('goes by k: %d', async (k, probability) => {
      const { throttle } = await after(10, 9, { k });

      expect(throttle.probability).toBe(probability);
    });

    it('is forgotten with the window, a tenth of it at a time', async () => {
      const { throttle, clock } = await after(0, 3, { window: 100 });
      await clock.advance(50);
      await rejection(throttle.execute(fails)).catch(() => {});

      const readings = [];
      for (const ms of [49, 1, 49, 1]) {
        await clock.advance(ms);
        readings.push(throttle.probability);
      }

      expect(readings).toEqual([4 / 5, 1 / 2, 1 / 2, 0]);
    });

    it('looks back 30 s where nothing else is said', async () => {
      const { throttle, clock } = await after(0, 3);

      await clock.advance(29_999);
      const before = throttle.probability;
      await clock.advance(1);

      expect([before, throttle.probability]).toEqual([3 / 4, 0]);
    });
  });

  describe('given a dependency that turns calls down', () => {
    it('holds calls back with the probability, without calling', async () => {
      const { throttle } = await after(0, 9, { name: 'payments' });
      const fn = vi.fn(succeeds);

      const error = await rejection(throttle.execute(fn));

      expect(fn).not.toHaveBeenCalled();
      expect(error).toBeInstanceOf(ThrottledError);
      expect(error).toBeInstanceOf(RefusalError);
      expect(error).toBeInstanceOf(HoldfastError);
      expect(error).toMatchObject({
        name: 'ThrottledError',
        code: 'ERR_THROTTLED',
        probability: 0.9,
        message: 'Refused by adaptive throttle payments, with a probability of 0.90',
      });
      expect((error as ThrottledError).retryAfter).toBeUndefined();
      expect(throttle.name).toBe('payments');
    });

    it('lets a call through where chance is at the probability or above', async () => {
      for (const [chance, held] of [
        [0, true],
        [0.4999, true],
        [0.5, false],
        [0.9999, false],
        [1, false],
        [NaN, true],
        [-1, true],
      ] as const) {
        const { throttle } = make({ random: () => chance });
        await rejection(throttle.execute(fails));

        const outcome = await throttle.execute(succeeds).catch((error: unknown) => error);

        expect([chance, outcome]).toEqual([chance, held ? new ThrottledError('adaptive throttle', 0.5) : 'up']);
      }
    });

    it('counts a call that it holds back as a request', async () => {
      const { throttle } = await after(1, 2);
      const probabilities = [throttle.probability];

      for (let call = 0; call < 3; call++) {
        await rejection(throttle.execute(succeeds));
        probabilities.push(throttle.probability);
      }

      expect(probabilities).toEqual([1 / 4, 2 / 5, 3 / 6, 4 / 7]);
    });

    it('lets one call a second through, whatever the probability is', async () => {
      const { throttle, clock } = await after(0, 100, { window: 1e6 });
      const passed: number[] = [];

      for (let call = 0; call < 50; call++) {
        await clock.advance(100);
        await rejection(throttle.execute(() => Promise.reject(void passed.push(clock.now()))));
      }

      expect(passed).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
    });

    it('lets the second pass since the last call that passed, by chance too', async () => {
      const random = vi.fn(() => 1);
      const { throttle, clock } = make({ random });
      const passed: number[] = [];
      const call = (): Promise<unknown> =>
        throttle.execute(() => Promise.reject(void passed.push(clock.now()))).catch(() => {});
      await call();
      await clock.advance(900);
      await call();
      random.mockImplementation(() => 0);

      for (const ms of [100, 899, 1]) {
        await clock.advance(ms);
        await call();
      }

      expect(passed).toEqual([0, 900, 1_900]);
    });

    it('lets a hanging call through once a second too', async () => {
      const { throttle, clock } = await after(0, 5);
      const fn = vi.fn(never);

      await clock.advance(1_000);
      void throttle.execute(fn);
      const error = await rejection(throttle.execute(fn));

      expect([fn.mock.calls.length, error]).toEqual([1, new ThrottledError('adaptive throttle', 5 / 6)]);
    });

    it('is no matter for a retry around it, which cannot know when to come back', async () => {
      const { throttle, clock } = await after(0, 1);
      const fn = vi.fn(succeeds);

      const error = await rejection(pipeline(retry({ clock }), throttle).execute(fn));

      expect([error, fn.mock.calls, clock.pending]).toEqual([new ThrottledError('adaptive throttle', 0.5), [], 0]);
    });
  });

  describe('what counts against the dependency', () => {
    it('is every error, at first, thrown or rejected with', async () => {
      const { throttle } = make();

      await rejection(
        throttle.execute(() => {
          throw down;
        }),
      );

      expect(throttle.probability).toBe(1 / 2);
    });

    it('is not an error for which isFailure is false, nor does that count for it', async () => {
      const { throttle } = await after(0, 3, { isFailure: ({ error }) => error !== down });

      expect([throttle.probability, layersOf(throttle)![0]!.weight!()]).toEqual([0, 0]);
    });

    it('is a value for which isFailureResult is true', async () => {
      const { throttle } = make({ isFailureResult: ({ value }) => value === 503 });

      const value = await throttle.execute(() => 503);

      expect([value, throttle.probability]).toEqual([503, 1 / 2]);
    });

    it('is not a refusal of another policy', async () => {
      const { throttle } = make();

      for (let call = 0; call < 3; call++) {
        await rejection(throttle.execute(() => Promise.reject(new CircuitOpenError('breaker', 5))));
      }

      expect(throttle.probability).toBe(0);
    });

    it('is not a call that its caller has aborted, before, during or after', async () => {
      const { throttle } = make();
      const controller = new AbortController();

      const before = await rejection(throttle.execute(never, { signal: AbortSignal.abort('stop') }));
      const during = rejection(throttle.execute(never, { signal: controller.signal }));
      controller.abort('stop');

      expect([before, await during, throttle.probability]).toEqual(['stop', 'stop', 0]);
    });

    it('is a timeout of ours, inside it, around it, and around an outer call', async () => {
      for (const place of ['inside', 'around', 'outer'] as const) {
        const { throttle, clock } = make();
        const limit = timeout(50, { clock });
        const policy = place === 'inside' ? pipeline(throttle, limit) : pipeline(limit, throttle);

        const outcome = rejection(
          place === 'outer' ? limit.execute((context) => throttle.execute(never, context)) : policy.execute(never),
        );
        await clock.advance(50);

        expect([place, await outcome, throttle.probability]).toEqual([place, new TimeoutError(50), 1 / 2]);
      }
    });

    it('is counted once: what comes after an abort is not', async () => {
      const { throttle, clock } = make();
      const controller = new AbortController();

      const outcome = rejection(
        throttle.execute(() => new Promise((_, reject) => clock.setTimer(10, () => reject(down))), {
          signal: controller.signal,
        }),
      );
      controller.abort('stop');
      await clock.runAll();

      expect([await outcome, throttle.probability]).toEqual(['stop', 0]);
    });

    it.each(['isFailure', 'isFailureResult'] as const)(
      'is nothing where %s throws, whose error comes out',
      async (name) => {
        const broken = new Error('broken');
        const { throttle } = make({
          [name]: () => {
            throw broken;
          },
        });

        const error = await rejection(throttle.execute(name === 'isFailure' ? fails : succeeds));

        expect([error, broken.cause, throttle.probability]).toEqual([
          broken,
          name === 'isFailure' ? down : undefined,
          0,
        ]);
      },
    );

    it('is nothing where isFailure gives a promise', async () => {
      const { throttle } = make({ isFailure: (() => Promise.resolve(false)) as never });

      const error = await rejection(throttle.execute(fails));

      const message = 'Cannot decide: expected isFailure to return true or false, got a value of type object';
      expect(error).toMatchObject({ message, code: 'ERR_INVALID_ARGUMENT', cause: down });
      expect([error instanceof TypeError, throttle.probability]).toEqual([true, 0]);
    });
  });

  describe('observers', () => {
    it('are told of every call that is held back, after it has been counted', async () => {
      const seen: unknown[] = [];
      const on = { rejected: (event: object) => seen.push([event, made.throttle.probability]) };
      const made = await after(0, 1, { on });

      const error = await rejection(made.throttle.execute(succeeds));

      expect(seen).toEqual([[{ error }, 2 / 3]]);
    });

    it('that throw change nothing', async () => {
      const broken = new Error('broken observer');
      const reported = vi.fn();
      onObserverError(reported);
      const on = {
        rejected() {
          throw broken;
        },
      };
      const { throttle } = await after(0, 1, { on });

      const error = await rejection(throttle.execute(succeeds));
      onObserverError(undefined);

      expect(error).toEqual(new ThrottledError('adaptive throttle', 1 / 2));
      expect(reported.mock.calls).toEqual([[broken, 'rejected']]);
    });

    it('may use the throttle, or abort the call', async () => {
      const controller = new AbortController();
      const inner: Promise<unknown>[] = [];
      let again = true;
      const on = {
        rejected: () => {
          if (!again) return;
          again = false;
          inner.push(rejection(throttle.execute(succeeds)));
          controller.abort('stop');
        },
      };
      const { throttle } = await after(0, 1, { on });

      const outcome = await rejection(throttle.execute(succeeds, { signal: controller.signal }));

      expect([outcome, await inner[0], throttle.probability]).toEqual([
        'stop',
        new ThrottledError('adaptive throttle', 2 / 3),
        3 / 4,
      ]);
    });
  });

  describe('given a clock that goes back', () => {
    it('forgets nothing, and lets nothing more through', async () => {
      const { throttle, clock } = await after(0, 3);

      clock.jump(-1e6);
      const error = await rejection(throttle.execute(succeeds));
      await clock.advance(1_000);

      expect(error).toEqual(new ThrottledError('adaptive throttle', 3 / 4));
      expect(await throttle.execute(succeeds)).toBe('up');
    });
  });

  describe('the layer', () => {
    it('says what it goes by', () => {
      const { throttle } = make({ k: 1.5, name: 'payments' });
      const [layer] = layersOf(throttle)!;

      expect([layer!.kind, layer!.facts]).toEqual(['adaptive-throttle', { k: 1.5, window: 30_000, name: 'payments' }]);
    });

    it('weighs something while calls are held back', async () => {
      const { throttle, clock } = await after(0, 1);
      const [layer] = layersOf(throttle)!;

      const before = layer!.weight!();
      await clock.advance(30_000);

      expect([before, layer!.weight!()]).toEqual([1, 0]);
    });

    it('makes no timers, and can be taken off its throttle', async () => {
      const { throttle, clock } = make();
      const { execute } = throttle;

      expect([await execute(succeeds), clock.pending]).toEqual(['up', 0]);
    });
  });

  describe('defaults', () => {
    it('are a clock and chance of the machine', async () => {
      const throttle = new AdaptiveThrottle();

      expect([await throttle.execute(succeeds), throttle.probability, throttle.name]).toEqual(['up', 0, undefined]);
    });

    it('hold where an option is undefined', async () => {
      const { throttle } = make({ k: undefined, window: undefined, isFailure: undefined, name: undefined });

      await rejection(throttle.execute(fails));

      expect(throttle.probability).toBe(1 / 2);
    });
  });

  describe('wrong arguments', () => {
    const factor = 'k to be a finite number ≥ 1';
    const span = 'window to be a finite number of ms ≥ 1';
    it.each([
      [null, TypeError, 'options to be an object, got null'],
      [2, TypeError, 'options to be an object, got 2'],
      [{ k: 0.99 }, RangeError, `${factor}, got 0.99`],
      [{ k: Infinity }, RangeError, `${factor}, got Infinity`],
      [{ k: NaN }, RangeError, `${factor}, got NaN`],
      [{ k: '2' }, TypeError, `${factor}, got "2"`],
      [{ window: 0 }, RangeError, `${span}, got 0`],
      [{ window: 0.5 }, RangeError, `${span}, got 0.5`],
      [{ window: Infinity }, RangeError, `${span}, got Infinity`],
      [{ window: null }, TypeError, `${span}, got null`],
      [{ isFailure: true }, TypeError, 'isFailure to be a function, got true'],
      [{ isFailureResult: 1 }, TypeError, 'isFailureResult to be a function, got 1'],
      [{ name: 5 }, TypeError, 'name to be a string, got 5'],
      [{ clock: {} }, TypeError, 'clock to be a Clock, got a value of type object'],
      [{ random: 0.5 }, TypeError, 'random to be a function, got 0.5'],
      [{ on: { rejected: 1 } }, TypeError, 'on.rejected to be a function, got 1'],
      [{ on: { throttled: 1 } }, TypeError, 'a known option (rejected), got "on.throttled"'],
      [{ K: 2 }, TypeError, 'a known option (k, window, isFailure, isFailureResult, name, clock, random, on), got "K"'],
    ])('are refused (%#)', (options, Class, message) => {
      const make = (): unknown => new AdaptiveThrottle(options as never);

      expect(make).toThrow(wrongArgument(Class, `Cannot make an adaptive throttle: expected ${message}`));
      expect(make).toThrow(Class);
    });

    it('of a call come out as a rejection, and count as nothing', async () => {
      const { throttle } = make();

      const error = await rejection(throttle.execute('fn' as never));

      expect(error).toEqual(wrongArgument(TypeError, 'Cannot execute a call: expected fn to be a function, got "fn"'));
      expect(throttle.probability).toBe(0);
    });
  });
});
