import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  AdaptiveLimiter,
  BulkheadFullError,
  CircuitOpenError,
  onObserverError,
  pipeline,
  timeout,
  TimeoutError,
  type AdaptiveLimiterOptions,
} from 'holdfast';
import { scriptedCall, VirtualClock } from 'holdfast/testing';
import { rejection, turns } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');
const succeeds = (): string => 'up';
const fails = (): Promise<never> => Promise.reject(down);
const never = (): Promise<never> => new Promise(() => {});

function make(options: AdaptiveLimiterOptions = {}): {
  limiter: AdaptiveLimiter;
  clock: VirtualClock;
  changes: string[];
} {
  const clock = new VirtualClock();
  const changes: string[] = [];
  const on = {
    limitChange: ({ from, to }: { from: number; to: number }) => changes.push(`${from} → ${to}`),
    ...options.on,
  };
  return { limiter: new AdaptiveLimiter({ clock, ...options, on }), clock, changes };
}

const counts = ({ limit, running, queued }: AdaptiveLimiter): number[] => [limit, running, queued];
const refusal = (error: unknown): unknown => error instanceof BulkheadFullError && [error.running, error.queued];

/** Makes so many calls at once, and waits for them. */
async function burst(limiter: AdaptiveLimiter, calls: number, fn: () => unknown = succeeds): Promise<void> {
  await Promise.allSettled(Array.from({ length: calls }, () => limiter.execute(async () => fn())));
}

/** Work that ends when it is told to. */
function gate(): { fn: () => Promise<string>; end: () => void } {
  let end!: () => void;
  const promise = new Promise<string>((resolve) => (end = () => resolve('done')));
  return { fn: () => promise, end };
}

describe('AdaptiveLimiter', () => {
  it('shows what it is', () => {
    const { limiter } = make({ name: 'model' });

    expect([limiter.name, ...counts(limiter)]).toEqual(['model', 2, 0, 0]);
    expect(new AdaptiveLimiter().name).toBeUndefined();
  });

  it('refuses a call that waits for the last slot while it has it itself, as after a failure of another one', async () => {
    const { limiter } = make({ maxQueued: 1 });
    let fail!: (error: Error) => void;
    const other = limiter.execute(() => new Promise((_, reject) => (fail = reject)));
    const inner = limiter.execute((context) => limiter.execute(succeeds, context));

    fail(down);
    const errors = [await rejection(other), refusal(await rejection(inner))];

    expect(errors).toEqual([down, [1, 0]]);
    expect(counts(limiter)).toEqual([1, 0, 0]);
  });

  describe('at the beginning', () => {
    it.each([
      [{}, 2],
      [{ max: 1 }, 1],
      [{ min: 5 }, 5],
      [{ min: 2, max: 2 }, 2],
      [{ min: 500 }, 500],
      [{ min: undefined, max: undefined }, 2],
    ])('given %j lets %d calls run at once', async (options, limit) => {
      const { limiter } = make(options);

      for (let call = 0; call < limit; call++) void limiter.execute(never);
      const error = await rejection(limiter.execute(never));

      expect([limiter.limit, refusal(error)]).toEqual([limit, [limit, 0]]);
    });
  });

  describe('a success', () => {
    it('raises the limit by one after as many as it lets run', async () => {
      const { limiter, changes } = make();
      const limits: number[] = [];

      for (let round = 0; round < 4; round++) {
        await burst(limiter, limiter.limit);
        limits.push(limiter.limit);
      }

      // The last of three and the last two of four end when less than half of the limit is in use, and do not count.
      expect(limits).toEqual([3, 3, 4, 5]);
      expect(changes).toEqual(['2 → 3', '3 → 4', '4 → 5']);
    });

    it('counts while at least half of the limit is in use, itself included', async () => {
      const { limiter } = make({ min: 4 });
      for (let call = 0; call < 8; call++) await limiter.execute(succeeds);
      const alone = limiter.limit;
      const { fn, end } = gate();
      const other = limiter.execute(fn);

      const limits: number[] = [];
      for (let call = 0; call < 4; call++) {
        await limiter.execute(succeeds);
        limits.push(limiter.limit);
      }
      end();
      await other;

      expect([alone, limits]).toEqual([4, [4, 4, 4, 5]]);
    });

    it('never raises it above max', async () => {
      const { limiter, changes } = make({ max: 3 });

      for (let round = 0; round < 20; round++) await burst(limiter, 3);

      expect([limiter.limit, changes]).toEqual([3, ['2 → 3']]);
    });

    it('hands the new slot to the first in line before anybody is told', async () => {
      const seen: unknown[] = [];
      const { limiter } = make({ maxQueued: 5, on: { limitChange: () => seen.push(counts(limiter)) } });
      const gates = Array.from({ length: 5 }, gate);
      const calls = gates.map(({ fn }) => limiter.execute(fn));
      const before = counts(limiter);

      gates[0]!.end();
      await turns();
      const between = counts(limiter);
      gates[1]!.end();
      await turns();
      const after = counts(limiter);
      gates.forEach(({ end }) => end());
      await Promise.all(calls);

      expect([before, between, after]).toEqual([
        [2, 2, 3],
        [2, 2, 2],
        [3, 3, 0],
      ]);
      // The call that has raised it holds its own slot until it is out.
      expect(seen[0]).toEqual([3, 3, 1]);
    });
  });

  describe('a failure', () => {
    it('takes a tenth of the limit away, whole calls only, never below min', async () => {
      const { limiter, changes } = make({ min: 1 });

      for (let call = 0; call < 30; call++) await rejection(limiter.execute(fails));

      expect([limiter.limit, changes]).toEqual([1, ['2 → 1']]);
    });

    it.each([
      ['rejects', fails],
      [
        'throws',
        (): never => {
          throw down;
        },
      ],
    ])('is a call that %s, and the caller gets its error', async (_, fn) => {
      const { limiter } = make();

      const error = await rejection(limiter.execute(fn));

      expect([error, counts(limiter)]).toEqual([down, [1, 0, 0]]);
    });

    it('is a timeout inside, though the slot is held until the work has settled', async () => {
      const { limiter, clock } = make();
      const { fn, end } = gate();

      const outcome = rejection(pipeline(limiter, timeout(20, { clock })).execute(fn));
      await clock.advance(20);
      const held = [await outcome, counts(limiter)];
      end();
      await turns();

      expect([held, counts(limiter)]).toEqual([
        [new TimeoutError(20), [1, 1, 0]],
        [1, 0, 0],
      ]);
    });

    it('is a timeout around', async () => {
      const { limiter, clock, changes } = make();

      const outcome = rejection(pipeline(timeout(20, { clock }), limiter).execute(never));
      await clock.advance(20);

      expect([await outcome, changes]).toEqual([new TimeoutError(20), ['2 → 1']]);
    });

    it('is a value that isFailureResult says yes to', async () => {
      const { limiter } = make({ isFailureResult: ({ value }) => value === 503 });

      const value = await limiter.execute(() => 503);

      expect([value, limiter.limit]).toEqual([503, 1]);
    });

    it('does not end the calls that are beyond the new limit, and lets none begin until fewer run', async () => {
      const { limiter } = make({ maxQueued: 5 });
      const { fn, end } = gate();
      const first = limiter.execute(fn);

      const error = await rejection(limiter.execute(fails));
      const waiting = limiter.execute(succeeds);
      const before = counts(limiter);
      end();

      expect([error, before, await first, await waiting]).toEqual([down, [1, 1, 1], 'done', 'up']);
    });
  });

  describe('a call that takes longer than target', () => {
    it.each([
      [100, 2, []],
      [100.5, 1, ['2 → 1']],
    ])('lowers the limit though it succeeds: %d ms', async (after, limit, expected) => {
      const { limiter, clock, changes } = make({ target: 100 });

      const value = limiter.execute(scriptedCall([{ returns: 'late', after }], { clock }));
      await clock.runAll();

      expect([await value, limiter.limit, changes]).toEqual(['late', limit, expected]);
    });

    it('is measured from its slot on, not from its place in the line', async () => {
      const { limiter, clock, changes } = make({ target: 100, max: 1, min: 1, maxQueued: 1 });
      const script = scriptedCall(
        [
          { returns: 1, after: 90 },
          { returns: 2, after: 90 },
        ],
        { clock },
      );

      const calls = [limiter.execute(script), limiter.execute(script)];
      await clock.runAll();

      expect([await Promise.all(calls), clock.now(), changes]).toEqual([[1, 2], 180, []]);
    });

    it('counts also where its caller gives it up', async () => {
      const { limiter, clock } = make({ target: 100 });
      const controller = new AbortController();

      const outcome = rejection(limiter.execute(never, { signal: controller.signal }));
      await clock.advance(101);
      controller.abort('stop');

      expect([await outcome, limiter.limit]).toEqual(['stop', 1]);
    });

    it('does not count where it ends with an error that says nothing', async () => {
      const { limiter, clock } = make({ target: 100, isFailure: () => false });

      const outcome = rejection(limiter.execute(scriptedCall([{ throws: down, after: 200 }], { clock })));
      await clock.runAll();

      expect([await outcome, limiter.limit]).toEqual([down, 2]);
    });

    it('given a target of 0 is any that takes time', async () => {
      const { limiter, clock } = make({ target: 0 });

      await limiter.execute(succeeds);
      const before = limiter.limit;
      const slow = limiter.execute(scriptedCall([{ returns: 1, after: 0.25 }], { clock }));
      await clock.runAll();
      await slow;

      expect([before, limiter.limit]).toEqual([2, 1]);
    });
  });

  describe('what says nothing', () => {
    it.each([
      ['a refusal by another policy', new CircuitOpenError('another', 5)],
      ['an error that is no failure', 'not found'],
    ])('is %s', async (_, error) => {
      const { limiter, changes } = make({ isFailure: (failure) => failure.error !== 'not found' });

      for (let call = 0; call < 5; call++) await rejection(limiter.execute(() => Promise.reject(error)));

      expect([limiter.limit, changes]).toEqual([2, []]);
    });

    it('is an abort by the caller, running or in line', async () => {
      const { limiter, clock, changes } = make({ maxQueued: 1, maxWait: 1_000 });
      const controller = new AbortController();
      const { signal } = controller;

      const outcomes = [1, 2, 3].map(() => rejection(limiter.execute(never, { signal })));
      const before = counts(limiter);
      controller.abort('stop');

      expect([await Promise.all(outcomes), before, changes]).toEqual([['stop', 'stop', 'stop'], [2, 2, 1], []]);
      expect([limiter.queued, clock.pending, getEventListeners(signal, 'abort')]).toEqual([0, 0, []]);
    });

    it('is its own refusal', async () => {
      const { limiter, changes } = make();
      void limiter.execute(never);
      void limiter.execute(never);

      const errors = [await rejection(limiter.execute(never)), await rejection(limiter.execute(never))];

      expect([errors.map(refusal), limiter.limit, changes]).toEqual([
        [
          [2, 0],
          [2, 0],
        ],
        2,
        [],
      ]);
    });
  });

  describe('a function of the user that throws', () => {
    const broken = new Error('broken');
    const fail = (): never => {
      throw broken;
    };
    afterEach(() => void Reflect.deleteProperty(broken, 'cause'));

    it('ends the call with its error and the operation’s own as the cause, and says nothing', async () => {
      const { limiter } = make({ isFailure: fail });

      const error = await rejection(limiter.execute(fails));

      expect([error, (error as Error).cause, counts(limiter)]).toEqual([broken, down, [2, 0, 0]]);
    });

    it('ends a call that succeeded too', async () => {
      const { limiter } = make({ isFailureResult: fail });

      expect([await rejection(limiter.execute(succeeds)), counts(limiter)]).toEqual([broken, [2, 0, 0]]);
    });

    it('as does one that is asynchronous', async () => {
      const { limiter } = make({ isFailure: (() => Promise.resolve(false)) as never });

      const error = await rejection(limiter.execute(fails));

      expect(error).toEqual(
        Object.assign(
          new TypeError('Cannot decide: expected isFailure to return true or false, got a value of type object'),
          { code: 'ERR_INVALID_ARGUMENT' },
        ),
      );
      expect([(error as Error).cause, counts(limiter)]).toEqual([down, [2, 0, 0]]);
    });
  });

  describe('a function of the user that aborts the call', () => {
    it('has the abort go first, and the slot is given back once', async () => {
      const controller = new AbortController();
      const isFailure = (): boolean => {
        controller.abort('stop');
        return true;
      };
      const { limiter } = make({ isFailure });

      const error = await rejection(limiter.execute(fails, { signal: controller.signal }));

      expect([error, counts(limiter)]).toEqual(['stop', [1, 0, 0]]);
    });
  });

  describe('given a line', () => {
    it('is first in, first out, and ends a wait at maxWait', async () => {
      const { limiter, clock } = make({ maxQueued: 2, maxWait: 50, name: 'model' });
      const begun: number[] = [];
      const calls = Array.from({ length: 5 }, (_, call) =>
        limiter
          .execute(
            () =>
              new Promise<number>((resolve) => {
                begun.push(call);
                if (!call) clock.setTimer(20, () => resolve(call));
              }),
          )
          .catch((error: Error) => error.message),
      );

      await clock.advance(50);

      expect([begun, await calls[0], await calls[3], await calls[4]]).toEqual([
        [0, 1, 2],
        0,
        'Refused by adaptive-limiter model: 2 running, 0 queued',
        'Refused by adaptive-limiter model: 2 running, 2 queued',
      ]);
      expect(clock.pending).toBe(0);
    });

    it('goes on with each call in its own async context', async () => {
      const storage = new AsyncLocalStorage<string>();
      const { limiter } = make({ max: 1, maxQueued: 9 });
      const seen: unknown[] = [];

      const calls = ['a', 'b', 'c'].map((name) =>
        storage.run(name, () => limiter.execute(async () => seen.push(storage.getStore()))),
      );
      await Promise.all(calls);

      expect(seen).toEqual(['a', 'b', 'c']);
    });
  });

  describe('observers', () => {
    afterEach(() => onObserverError(undefined));

    it('are told of every refusal, also of a wait that is over', async () => {
      const rejected = vi.fn();
      const { limiter, clock } = make({ max: 1, maxQueued: 1, maxWait: 10, on: { rejected } });
      void limiter.execute(never);

      const waiting = rejection(limiter.execute(never));
      const refused = await rejection(limiter.execute(never));
      await clock.advance(10);

      expect(rejected.mock.calls).toEqual([[{ error: refused }], [{ error: await waiting }]]);
    });

    it('that throw change nothing', async () => {
      const reported = vi.fn();
      onObserverError(reported);
      const limitChange = vi.fn().mockThrow(down);
      const { limiter } = make({ on: { limitChange } });

      await burst(limiter, 2);

      expect([counts(limiter), limitChange.mock.calls, reported.mock.calls]).toEqual([
        [3, 0, 0],
        [[{ from: 2, to: 3 }]],
        [[down, 'limitChange']],
      ]);
    });

    it('may use the limiter themselves', async () => {
      let inner: Promise<string> | undefined;
      const { limiter } = make({ on: { limitChange: () => void (inner ??= limiter.execute(succeeds)) } });

      await burst(limiter, 2);

      expect([await inner, counts(limiter)]).toEqual(['up', [3, 0, 0]]);
    });

    it('may abort the very call that has changed the limit', async () => {
      const controller = new AbortController();
      const { limiter } = make({ on: { limitChange: () => controller.abort('observer') } });

      const error = await rejection(limiter.execute(fails, { signal: controller.signal }));

      expect([error, counts(limiter)]).toEqual(['observer', [1, 0, 0]]);
    });

    it('may abort it as a timeout around gives it up', async () => {
      const controller = new AbortController();
      const { limiter, clock } = make({ on: { limitChange: () => controller.abort('observer') } });
      const { fn, end } = gate();

      const policy = pipeline(timeout(20, { clock }), limiter);
      const outcome = rejection(policy.execute(fn, { signal: controller.signal }));
      await clock.advance(20);
      const held = counts(limiter);
      end();
      await turns();

      expect([await outcome, held, counts(limiter)]).toEqual(['observer', [1, 1, 0], [1, 0, 0]]);
    });
  });

  it('finds the capacity of a dependency that fails beyond ten at once, and tries more only now and then', async () => {
    const { limiter, clock } = make({ max: 100, maxQueued: 1_000 });
    let atOnce = 0;
    let most = 0;
    let failures = 0;
    const serve = async (): Promise<void> => {
      const crowded = ++atOnce > 10;
      most = Math.max(most, atOnce);
      await new Promise<void>((resolve) => clock.setTimer(10, resolve));
      atOnce--;
      if (crowded) throw down;
    };

    const calls = Array.from({ length: 1_000 }, () => limiter.execute(serve).catch(() => failures++));
    await clock.runAll();
    await Promise.all(calls);

    // Thirteen times one too many: each time all eleven that run then find ten others beside them.
    expect([most, failures]).toEqual([11, 143]);
    expect([limiter.running, limiter.queued, clock.pending]).toEqual([0, 0, 0]);
  });

  describe('wrong arguments', () => {
    it.each([
      [null, TypeError, 'options to be an object, got null'],
      [{ min: 0 }, RangeError, 'min to be an integer ≥ 1, got 0'],
      [{ min: 1.5 }, RangeError, 'min to be an integer ≥ 1, got 1.5'],
      [{ max: Infinity }, RangeError, 'max to be an integer ≥ 1, got Infinity'],
      [{ max: '9' }, TypeError, 'max to be an integer ≥ 1, got "9"'],
      [{ min: 5, max: 4 }, RangeError, 'max to be at least min (5), got 4'],
      [{ target: NaN }, RangeError, 'target to be a number of ms ≥ 0, or Infinity, got NaN'],
      [{ target: -1 }, RangeError, 'target to be a number of ms ≥ 0, or Infinity, got -1'],
      [{ isFailure: true }, TypeError, 'isFailure to be a function, got true'],
      [{ isFailureResult: 503 }, TypeError, 'isFailureResult to be a function, got 503'],
      [{ maxQueued: 0.5 }, RangeError, 'maxQueued to be an integer from 0 to 100000, got 0.5'],
      [{ maxWait: 'long' }, TypeError, 'maxWait to be a number of ms ≥ 0, or Infinity, got "long"'],
      [{ name: 1 }, TypeError, 'name to be a string, got 1'],
      [{ on: { limit: never } }, TypeError, 'a known option (rejected, limitChange), got "on.limit"'],
      [
        { maxConcurrent: 5 },
        TypeError,
        'a known option (min, max, target, releaseOn, isFailure, isFailureResult, name, on, maxQueued, maxWait, clock), got "maxConcurrent"',
      ],
    ])('are refused (%#)', (options, Class, message) => {
      const wrong = (): unknown => new AdaptiveLimiter(options as never);

      expect(wrong).toThrow(wrongArgument(Class, `Cannot make an adaptive limiter: expected ${message}`));
      expect(wrong).toThrow(Class);
    });

    it('of the call come out as a rejection', async () => {
      const { limiter } = make();

      const error = await rejection(limiter.execute(undefined as never));

      expect(error).toEqual(
        wrongArgument(TypeError, 'Cannot execute a call: expected fn to be a function, got undefined'),
      );
      expect(counts(limiter)).toEqual([2, 0, 0]);
    });
  });

  it('learns nothing from a call that was never made', async () => {
    const { limiter } = make({ min: 1 });
    const dead = AbortSignal.abort(new TimeoutError(5));

    for (let call = 0; call < 5; call++) await rejection(limiter.execute(() => 'up', { signal: dead }));

    expect(limiter.limit).toBe(2);
  });

  it("gives a slot of work that never settles to the next with releaseOn: 'timeout'", async () => {
    const { limiter, clock } = make({ max: 1, maxQueued: 1, releaseOn: 'timeout' });
    const limited = pipeline(limiter, timeout(10, { clock }));

    const [first, second] = [rejection(limited.execute(() => new Promise(() => {}))), limited.execute(() => 'up')];
    await clock.runAll();

    expect([((await first) as Error).name, await second, limiter.running]).toEqual(['TimeoutError', 'up', 0]);
  });
});
