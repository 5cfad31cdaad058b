import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  CircuitBreaker,
  CircuitOpenError,
  consecutiveFailures,
  constant,
  giveUpReport,
  onObserverError,
  pipeline,
  retry,
  timeout,
  TimeoutError,
  type CallContext,
  type Guarded,
  type Policy,
} from 'holdfast';
import { scriptedCall, VirtualClock } from 'holdfast/testing';
import { rejection, turns } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');
const never = (): Promise<never> => new Promise(() => {});
const NESTED =
  'Cannot make a pipeline: expected one retry, since attempts multiply (allow it with retry({ allowNestedRetry: true })), got 2';

/** A policy made elsewhere, that hands on what it was given, and keeps a trace. */
function foreign(trace: unknown[] = [], name = 'foreign'): Policy {
  return {
    async execute<T>(fn: Guarded<T>, options?: unknown) {
      trace.push(`into ${name}`);
      try {
        return await fn(options as CallContext);
      } finally {
        trace.push(`out of ${name}`);
      }
    },
  };
}

/** A policy made elsewhere, that hands on what `context` says. */
function handing(context: unknown): Policy {
  return { execute: async (fn) => fn(context as CallContext) };
}

describe('pipeline()', () => {
  describe('given no policy', () => {
    it('calls fn and is no guard', async () => {
      const fn = vi.fn(({ attempt, remaining }: CallContext) => [attempt, remaining]);

      const value = await pipeline().execute(fn);

      expect([value, fn.mock.calls.length]).toEqual([[1, Infinity], 1]);
      expect(await rejection(pipeline().execute(() => Promise.reject(down)))).toBe(down);
    });
  });

  describe('the order of its policies', () => {
    it('is outermost first, with policies made elsewhere', async () => {
      const trace: unknown[] = [];
      const policy = pipeline(foreign(trace, 'a'), foreign(trace, 'b'));

      await policy.execute(() => trace.push('fn'));

      expect(trace).toEqual(['into a', 'into b', 'fn', 'out of b', 'out of a']);
    });

    it('is outermost first, with ours', async () => {
      const clock = new VirtualClock();
      const around = pipeline(timeout(100, { clock }), retry({ clock, baseDelay: 10, backoff: constant() }));
      const inside = pipeline(retry({ clock, baseDelay: 10, backoff: constant() }), timeout(100, { clock }));

      const [whole, each] = [rejection(around.execute(never)), rejection(inside.execute(never))];
      await clock.runAll();

      // Around the retry, one timeout is for the whole call; inside, each attempt has one of its own.
      expect([await whole, await each]).toEqual([new TimeoutError(100), new TimeoutError(100)]);
      expect([giveUpReport(await whole), giveUpReport(await each)]).toEqual([
        { attempts: 1, delays: [], reason: 'elapsed' },
        { attempts: 3, delays: [10, 10], reason: 'attempts' },
      ]);
      expect([clock.now(), clock.pending]).toEqual([320, 0]);
    });
  });

  describe('a pipeline in a pipeline', () => {
    it('does what its policies would do in its place', async () => {
      const clock = new VirtualClock();
      const parts = (): Policy[] => [
        timeout(200, { clock }),
        retry({ clock, baseDelay: 10, backoff: constant() }),
        timeout(50, { clock }),
      ];
      const [a, b, c] = parts() as [Policy, Policy, Policy];
      const nested = pipeline(pipeline(), pipeline(a, pipeline(pipeline(b))), c, pipeline());

      const outcomes = [pipeline(...parts()), nested].map((policy) => rejection(policy.execute(never)));
      await clock.runAll();
      const errors = await Promise.all(outcomes);

      expect(errors).toEqual([new TimeoutError(50), new TimeoutError(50)]);
      expect(errors.map(giveUpReport)).toEqual(
        errors.map(() => ({ attempts: 3, delays: [10, 10], reason: 'attempts' })),
      );
    });

    it('with a policy made elsewhere in it keeps its place', async () => {
      const trace: unknown[] = [];
      const inner = pipeline(foreign(trace, 'b'), foreign(trace, 'c'));

      await pipeline(foreign(trace, 'a'), inner, foreign(trace, 'd')).execute(() => trace.push('fn'));

      expect(trace).toEqual([
        'into a',
        'into b',
        'into c',
        'into d',
        'fn',
        'out of d',
        'out of c',
        'out of b',
        'out of a',
      ]);
    });
  });

  describe('one policy used twice', () => {
    it('has a memory of its own in each place', async () => {
      const clock = new VirtualClock();
      const limit = timeout(100, { clock });
      const policy = pipeline(limit, retry({ clock, baseDelay: 40, backoff: constant() }), limit);
      const fn = scriptedCall([{ throws: down, after: 50 }, { stalls: true }], { clock });

      const outcome = rejection(policy.execute(fn));
      await clock.runAll();

      expect(await outcome).toEqual(new TimeoutError(100));
      expect(giveUpReport(await outcome)).toEqual({ attempts: 2, delays: [40], reason: 'elapsed' });
      expect([clock.now(), clock.pending]).toEqual([100, 0]);
    });

    it('of a breaker counts twice', async () => {
      const breaker = new CircuitBreaker({ trip: consecutiveFailures(2) });

      await rejection(pipeline(breaker, breaker).execute(() => Promise.reject(down)));

      expect(breaker.state).toBe('open');
    });

    it('inside itself by its context settles all the same', async () => {
      const clock = new VirtualClock();
      const policy = pipeline(timeout(100, { clock }), retry({ clock, random: () => 0.5 }));

      const value = policy.execute((outer) => policy.execute(({ attempt }) => `${outer.attempt}.${attempt}`, outer));

      expect(await value).toBe('1.1');
      expect(clock.pending).toBe(0);
    });
  });

  describe('a policy made elsewhere', () => {
    const places: readonly (readonly [string, (clock: VirtualClock, policy: Policy) => Policy])[] = [
      ['outside', (clock, policy) => pipeline(policy, timeout(500, { clock }), quick(clock))],
      ['in the middle', (clock, policy) => pipeline(timeout(500, { clock }), policy, quick(clock))],
      ['inside', (clock, policy) => pipeline(timeout(500, { clock }), quick(clock), policy)],
    ];
    const contexts: readonly (readonly [string, unknown])[] = [
      ['ours', undefined],
      ['none', undefined],
      ['null', null],
      ['one without a signal', { attempt: 7 }],
      ['one with a signal of its own', { signal: new AbortController().signal, attempt: 7 }],
    ];
    const cases = places.flatMap(([place, make]) =>
      contexts.map(([what, context]) => ({ place, what, make, context })),
    );

    it.each(cases)('$place, that hands on $what, takes part', async ({ make, what, context }) => {
      const clock = new VirtualClock();
      const policy = make(clock, what === 'ours' ? foreign() : handing(context));
      const fn = scriptedCall([{ throws: down }, { throws: down }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await clock.runAll();

      expect(await value).toBe('up');
      expect(fn.log.map(({ attempt, at }) => [attempt, at])).toEqual([
        [1, 0],
        [2, 10],
        [3, 20],
      ]);
      expect(clock.pending).toBe(0);
    });

    it('that hands on a signal which is aborted already lets nothing inside begin', async () => {
      const policy = pipeline(handing({ signal: AbortSignal.abort('stop') }), quick(new VirtualClock()));
      const fn = vi.fn();

      expect(await rejection(policy.execute(fn))).toBe('stop');
      expect(fn).not.toHaveBeenCalled();
    });

    it('that hands on a signal of its own can end what is inside it', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const policy = pipeline(handing({ signal: controller.signal }), quick(clock));
      const signals: AbortSignal[] = [];

      const outcome = rejection(
        policy.execute(({ signal }) => {
          signals.push(signal);
          return never();
        }),
      );
      controller.abort('stop');

      expect(await outcome).toBe('stop');
      expect(signals.map(({ reason }) => reason as unknown)).toEqual(['stop']);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    it('that hands on a signal of its own leaves the deadline around it in sight', async () => {
      const clock = new VirtualClock();
      const policy = pipeline(timeout(70, { clock }), handing({ signal: new AbortController().signal }));

      expect(await policy.execute(({ remaining }) => remaining)).toBe(70);
    });

    it('that hands on a signal of its own is given up with all that is inside', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const mine = handing({ signal: new AbortController().signal });
      const fn = vi.fn(() => Promise.reject(down));

      const outcome = rejection(pipeline(mine, quick(clock)).execute(fn, { signal: controller.signal }));
      await clock.advance(5);
      controller.abort('stop');
      const error = await outcome;
      const { pending } = clock;
      await clock.runAll();

      expect([error, pending, fn.mock.calls.length]).toEqual(['stop', 0, 1]);
    });

    it('shares the budget and the deadline of ours through its context', async () => {
      const clock = new VirtualClock();
      const policy = pipeline(timeout(25, { clock }), foreign(), quick(clock));
      const fn = vi.fn(() => Promise.reject(down));

      const error = await settle(clock, policy.execute(fn));

      expect(error).toBe(down);
      expect(giveUpReport(error)).toEqual({ attempts: 3, delays: [10, 10], reason: 'attempts' });
      const tighter = await settle(clock, pipeline(timeout(15, { clock }), foreign(), quick(clock)).execute(fn));
      expect(giveUpReport(tighter)).toEqual({ attempts: 2, delays: [10], reason: 'elapsed' });
    });

    it('may throw synchronously', async () => {
      const broken: Policy = {
        execute() {
          throw down;
        },
      };

      expect(await rejection(pipeline(broken).execute(() => 1))).toBe(down);
      expect(await rejection(pipeline(timeout(10), broken, retry()).execute(() => 1))).toBe(down);
    });

    it('may refuse without calling what is inside', async () => {
      const refusing: Policy = { execute: () => Promise.reject(down) };
      const fn = vi.fn();

      expect(await rejection(pipeline(refusing, timeout(10)).execute(fn))).toBe(down);
      expect(fn).not.toHaveBeenCalled();
    });

    it('that hands on a signal which is none ends the call with an error that says so', async () => {
      const error = await rejection(pipeline(handing({ signal: 'stop' })).execute(() => 1));

      expect(error).toEqual(
        wrongArgument(TypeError, 'Cannot execute a call: expected signal to be an AbortSignal, got "stop"'),
      );
    });
  });

  describe('two retries', () => {
    const allowed = (): Policy => retry({ allowNestedRetry: true });
    it.each([
      ['next to each other', () => pipeline(retry(), retry())],
      ['with others between', () => pipeline(retry(), timeout(10), retry())],
      ['where only the outer one allows it', () => pipeline(allowed(), retry())],
      ['in nested pipelines', () => pipeline(pipeline(retry()), pipeline(timeout(10), pipeline(retry())))],
      ['in a pipeline inside', () => pipeline(retry(), pipeline(retry()))],
      ['with a policy made elsewhere between', () => pipeline(retry(), foreign(), retry())],
      ['inside a policy made elsewhere', () => pipeline(foreign(), retry(), retry())],
      ['with two policies made elsewhere between', () => pipeline(retry(), foreign(), foreign(), retry())],
      [
        'with a pipeline inside that begins with one made elsewhere',
        () => pipeline(retry(), pipeline(foreign(), retry())),
      ],
      [
        'with a pipeline outside that ends with one made elsewhere',
        () => pipeline(pipeline(retry(), foreign()), retry()),
      ],
    ])('are refused %s', (_, make) => {
      expect(make).toThrow(wrongArgument(TypeError, NESTED));
    });

    it('are counted in the message', () => {
      expect(() => pipeline(retry(), retry(), allowed())).toThrow(wrongArgument(TypeError, NESTED.replace('2', '3')));
    });

    it.each([
      ['where the inner one allows it', () => pipeline(retry(), allowed())],
      ['through nested pipelines', () => pipeline(pipeline(retry()), pipeline(allowed()))],
      ['with a policy made elsewhere between', () => pipeline(retry(), foreign(), allowed())],
    ])('are taken %s', async (_, make) => {
      expect(await make().execute(() => 'up')).toBe('up');
    });
  });

  describe('a timeout around a retry', () => {
    it('cuts an attempt', async () => {
      const clock = new VirtualClock();
      const fn = scriptedCall([{ throws: down }, { stalls: true }], { clock });

      const error = await settle(clock, pipeline(timeout(100, { clock }), quick(clock)).execute(fn));

      expect(error).toEqual(new TimeoutError(100));
      expect(giveUpReport(error)).toEqual({ attempts: 2, delays: [10], reason: 'elapsed' });
      expect(fn.log[1]!.context.signal.reason).toBe(error);
      expect([clock.now(), clock.pending]).toEqual([100, 0]);
    });

    it('is told of before a wait that cannot end in time, so that the real error comes out at once', async () => {
      const clock = new VirtualClock();
      const inner = retry({ clock, baseDelay: 100, backoff: constant() });

      const error = await settle(
        clock,
        pipeline(timeout(100, { clock }), inner).execute(() => Promise.reject(down)),
      );

      expect(error).toBe(down);
      expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'elapsed' });
      expect(clock.now()).toBe(0);
    });

    it('cuts a wait that takes longer than it said', async () => {
      const clock = new VirtualClock();
      const inner = retry({ clock, baseDelay: 10, sleep: never });

      const error = await settle(
        clock,
        pipeline(timeout(100, { clock }), inner).execute(() => Promise.reject(down)),
      );

      expect(error).toEqual(new TimeoutError(100));
      expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'elapsed' });
    });
  });

  describe('a breaker inside a retry', () => {
    it('has its refusals waited for, as long as it says, and is probed then', async () => {
      const clock = new VirtualClock();
      const changes: unknown[] = [];
      const breaker = new CircuitBreaker({
        clock,
        trip: consecutiveFailures(1),
        openDuration: 1_000,
        probes: { required: 1 },
        on: { stateChange: ({ to }) => changes.push([clock.now(), to]) },
      });
      const waits: unknown[] = [];
      const policy = pipeline(
        retry({
          clock,
          baseDelay: 10,
          backoff: constant(),
          random: () => 0,
          on: { retry: ({ error, delay }) => waits.push([(error as Error).name, delay]) },
        }),
        breaker,
      );
      const fn = scriptedCall([{ throws: down }, { returns: 'up' }], { clock });

      const value = policy.execute(fn);
      await clock.runAll();

      expect(await value).toBe('up');
      expect(waits).toEqual([
        ['Error', 10],
        ['CircuitOpenError', 990],
      ]);
      expect(changes).toEqual([
        [0, 'open'],
        [1_000, 'half-open'],
        [1_000, 'closed'],
      ]);
      // The attempt that was refused never reached fn.
      expect(fn.log.map(({ attempt, at }) => [attempt, at])).toEqual([
        [1, 0],
        [3, 1_000],
      ]);
    });

    it('that is isolated is not waited for', async () => {
      const breaker = new CircuitBreaker();
      breaker.isolate();

      const error = await rejection(pipeline(retry(), breaker).execute(() => 'up'));

      expect(error).toBeInstanceOf(CircuitOpenError);
      expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'not-retryable' });
    });

    it('that stays open longer than the timeout around is not waited for', async () => {
      const clock = new VirtualClock();
      const breaker = new CircuitBreaker({ clock, trip: consecutiveFailures(1), openDuration: 1_000 });
      breaker.tryAcquire()!.fail();

      const error = await rejection(pipeline(timeout(500, { clock }), retry({ clock }), breaker).execute(() => 'up'));

      expect(error).toBeInstanceOf(CircuitOpenError);
      expect(error).toMatchObject({ retryAfter: 1_000 });
      expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'elapsed' });
      expect(clock.pending).toBe(0);
    });

    it('that is half-open and busy says that it may be asked again at once, and the backoff is waited', async () => {
      const clock = new VirtualClock();
      const breaker = new CircuitBreaker({ clock, trip: consecutiveFailures(1), openDuration: 0 });
      breaker.tryAcquire()!.fail();
      const probe = breaker.tryAcquire()!;
      const fn = scriptedCall([{ returns: 'up' }], { clock });

      const value = pipeline(quick(clock), breaker).execute(fn);
      clock.setTimer(15, () => probe.succeed());
      await clock.runAll();

      expect(await value).toBe('up');
      expect(fn.log.map(({ attempt, at }) => [attempt, at])).toEqual([[3, 20]]);
    });
  });

  describe('an abort', () => {
    const clock = new VirtualClock();
    const make = (on: Partial<Record<Spot, () => unknown>> = {}): Policy =>
      pipeline(
        timeout(1_000, { clock, on: { timeout: on.timeout } }),
        retry({
          clock,
          baseDelay: 10,
          backoff: constant(),
          isRetryable: () => (on.isRetryable?.(), true),
          on: { retry: on.retry, giveUp: on.giveUp },
        }),
        new CircuitBreaker({
          clock,
          trip: consecutiveFailures(2),
          openDuration: 5,
          isFailure: () => (on.isFailure?.(), true),
          on: { stateChange: on.stateChange, rejected: on.rejected },
        }),
        timeout(100, { clock }),
      );
    type Spot = 'timeout' | 'isRetryable' | 'retry' | 'giveUp' | 'isFailure' | 'stateChange' | 'rejected';

    it('ends the call with its reason wherever the call is, and leaves nothing behind', async () => {
      for (let at = 0; at <= 130; at += 10) {
        const controller = new AbortController();
        const reason = { at };
        const fn = scriptedCall([{ throws: down, after: 30 }, { stalls: true }, { stalls: true }], { clock });

        const outcome = rejection(make().execute(fn, { signal: controller.signal }));
        await clock.advance(at);
        controller.abort(reason);
        const error = await outcome;
        await clock.advance(0);

        expect(error).toBe(reason);
        expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
        // At 30 ms the call waits: the attempt before is over, and keeps its signal.
        expect(fn.log.at(-1)!.context.signal.aborted).toBe(at !== 30);
        await clock.runAll();
        expect(clock.pending).toBe(0);
      }
    });

    it('in the same turn as the end of the attempt and a timeout gives one outcome', async () => {
      const controller = new AbortController();
      const settled = vi.fn();
      clock.setTimer(100, () => controller.abort('stop'));
      const fn = scriptedCall([{ returns: 'up', after: 100 }], { clock });

      void make().execute(fn, { signal: controller.signal }).then(settled, settled);
      await clock.runAll();

      expect(settled.mock.calls).toEqual([['stop']]);
    });

    it.each(['isRetryable', 'retry', 'giveUp', 'isFailure', 'stateChange'] as const)(
      'from within %s ends the call with its reason',
      async (spot) => {
        const controller = new AbortController();
        const policy = make({ [spot]: () => controller.abort(spot) });

        const outcome = rejection(policy.execute(() => Promise.reject(down), { signal: controller.signal }));
        await clock.runAll();

        expect(await outcome).toBe(spot);
        expect([clock.pending, getEventListeners(controller.signal, 'abort')]).toEqual([0, []]);
      },
    );

    it('from within rejected ends the call with its reason', async () => {
      const controller = new AbortController();
      const breaker = new CircuitBreaker({ clock, on: { rejected: () => controller.abort('rejected') } });
      breaker.isolate();

      const outcome = rejection(
        pipeline(timeout(10, { clock }), breaker).execute(() => 'up', { signal: controller.signal }),
      );

      expect(await outcome).toBe('rejected');
      expect([clock.pending, getEventListeners(controller.signal, 'abort')]).toEqual([0, []]);
    });

    it('from within the observer of a timeout inside a retry comes before the next attempt', async () => {
      const controller = new AbortController();
      const inner = timeout(10, { clock, on: { timeout: () => controller.abort('stop') } });
      const fn = vi.fn(never);

      const outcome = rejection(pipeline(quick(clock), inner).execute(fn, { signal: controller.signal }));
      await clock.runAll();

      expect([await outcome, fn.mock.calls.length, clock.pending]).toEqual(['stop', 1, 0]);
    });

    it('by fn itself ends the call with its reason, whatever fn does then', async () => {
      for (const then of [() => 'up', never, () => Promise.reject(down), throws]) {
        const controller = new AbortController();
        const fn = (): unknown => {
          controller.abort('stop');
          return then();
        };

        const error = await rejection(make().execute(fn, { signal: controller.signal }));
        await turns();

        expect(error).toBe('stop');
        expect([clock.pending, getEventListeners(controller.signal, 'abort')]).toEqual([0, []]);
      }
    });
  });

  describe('an observer that calls the policy', () => {
    afterEach(() => onObserverError(undefined));

    it('is served like any other caller', async () => {
      const clock = new VirtualClock();
      const spots = ['stateChange', 'rejected', 'retry', 'giveUp', 'timeout'] as const;
      for (const spot of spots) {
        const values: unknown[] = [];
        let left = 1;
        const again = (here: string) => (): void => {
          if (here !== spot || left-- <= 0) return;
          void policy
            .execute(() => 'from within')
            .then(
              (value) => values.push(value),
              (error: Error) => values.push(error.name),
            );
        };
        const breaker = new CircuitBreaker({
          clock,
          trip: consecutiveFailures(1),
          openDuration: 50,
          on: { stateChange: again('stateChange'), rejected: again('rejected') },
        });
        const policy = pipeline(
          retry({
            clock,
            maxAttempts: 3,
            baseDelay: 10,
            backoff: constant(),
            random: () => 0,
            on: { retry: again('retry'), giveUp: again('giveUp') },
          }),
          breaker,
          timeout(20, { clock, on: { timeout: again('timeout') } }),
        );

        const outcome = policy.execute(never).catch((error: Error) => error.name);
        await clock.runAll();

        expect(await outcome).toBe('TimeoutError');
        expect(values, spot).toHaveLength(1);
        expect(clock.pending).toBe(0);
      }
    });
  });

  describe('given many calls at once through the whole order', () => {
    it('leaves no timer and no listener, and settles each', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const policy = pipeline(
        timeout(400, { clock }),
        quick(clock),
        foreign(),
        new CircuitBreaker({ clock }),
        timeout(50, { clock }),
      );
      const scripts = Array.from({ length: 60 }, (_, call) =>
        scriptedCall(
          [0, 1, 2].map((step) => {
            if ((call + step) % 3 === 0) return { throws: down, after: call };
            return (call + step) % 3 === 1 ? { returns: call, after: 2 * call } : { stalls: true };
          }),
          { clock },
        ),
      );

      const outcomes = Promise.allSettled(scripts.map((fn) => policy.execute(fn, { signal: controller.signal })));
      await clock.runAll();

      expect((await outcomes).map(({ status }) => status)).toHaveLength(60);
      expect([clock.pending, getEventListeners(controller.signal, 'abort')]).toEqual([0, []]);
    });
  });

  describe('wrong arguments', () => {
    it.each([
      [[undefined], 'expected policy 1 to be a policy, got undefined'],
      [[retry(), null], 'expected policy 2 to be a policy, got null'],
      [[retry(), timeout(1), () => 1], 'expected policy 3 to be a policy, got a value of type function'],
      [[[retry()]], 'expected policy 1 to be a policy, got a value of type object'],
      [[{ execute: 'no' }], 'expected policy 1 to be a policy, got a value of type object'],
      [['retry'], 'expected policy 1 to be a policy, got "retry"'],
      // Told before the nesting of retries is.
      [[retry(), retry(), 5], 'expected policy 3 to be a policy, got 5'],
    ])('are refused (%#)', (policies, message) => {
      expect(() => pipeline(...(policies as Policy[]))).toThrow(
        wrongArgument(TypeError, `Cannot make a pipeline: ${message}`),
      );
    });

    it('of the call come out as a rejection', async () => {
      const error = await rejection(pipeline(foreign()).execute(undefined as never));

      expect(error).toEqual(
        wrongArgument(TypeError, 'Cannot execute a call: expected fn to be a function, got undefined'),
      );
    });
  });
});

function throws(): never {
  throw down;
}

/** Three attempts, 10 ms apart. */
function quick(clock: VirtualClock): Policy {
  return retry({ clock, baseDelay: 10, backoff: constant(), random: () => 0 });
}

/** Lets all time pass, and gives what a call rejects with. */
async function settle(clock: VirtualClock, call: Promise<unknown>): Promise<unknown> {
  const outcome = rejection(call);
  await clock.runAll();
  return outcome;
}
