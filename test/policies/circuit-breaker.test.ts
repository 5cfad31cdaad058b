import { describe, expect, it } from 'vitest';
import {
  anyOf,
  CircuitBreaker,
  CircuitOpenError,
  consecutiveFailures,
  decorrelatedJitter,
  failureConfidence,
  failureRate,
  giveUpReport,
  onObserverError,
  pipeline,
  retry,
  slowCallRate,
  timeout,
  TimeoutError,
  type CircuitBreakerOptions,
  type StateChangeEvent,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';

const down = new Error('down');
const succeeds = (): string => 'up';
const fails = (): Promise<never> => Promise.reject(down);
const hangs = (): Promise<never> => new Promise(() => {});

function make(options: CircuitBreakerOptions = {}): {
  breaker: CircuitBreaker;
  clock: VirtualClock;
  changes: string[];
} {
  const clock = new VirtualClock();
  const changes: string[] = [];
  const on = {
    stateChange: ({ from, to, reason }: StateChangeEvent) => changes.push(`${from} → ${to} (${reason})`),
    ...options.on,
  };
  const breaker = new CircuitBreaker({ trip: consecutiveFailures(2), openDuration: 1_000, ...options, clock, on });
  return { breaker, clock, changes };
}

async function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error);
}

async function trip(breaker: CircuitBreaker, times = 2): Promise<void> {
  for (let call = 0; call < times; call++) await outcome(breaker.execute(fails));
}

describe('CircuitBreaker', () => {
  describe('closed', () => {
    it('lets every call through', async () => {
      const { breaker, changes } = make();

      expect(await breaker.execute(succeeds)).toBe('up');
      expect(await outcome(breaker.execute(fails))).toBe(down);
      expect(await breaker.execute(succeeds)).toBe('up');
      expect([breaker.state, changes]).toEqual(['closed', []]);
    });

    it('opens when its rule trips', async () => {
      const { breaker, changes } = make();

      await trip(breaker);

      expect(breaker.state).toBe('open');
      expect(changes).toEqual(['closed → open (tripped)']);
    });

    it('counts a value that is a failure', async () => {
      const { breaker } = make({ isFailureResult: ({ value }) => value === 503 });

      await breaker.execute(() => 503);
      await breaker.execute(() => 503);

      expect(breaker.state).toBe('open');
    });

    it('does not count errors that are no failures of the dependency, nor refusals of other policies', async () => {
      const { breaker } = make({ isFailure: ({ error }) => error !== down });
      const refusal = new CircuitOpenError('another', 5);

      await trip(breaker, 5);
      for (let call = 0; call < 5; call++) await outcome(breaker.execute(() => Promise.reject(refusal)));

      expect(breaker.state).toBe('closed');
    });

    it('does not count the abort of a caller', async () => {
      const { breaker } = make();
      for (let call = 0; call < 5; call++) {
        const controller = new AbortController();
        const pending = outcome(breaker.execute(hangs, { signal: controller.signal }));

        controller.abort('impatient');

        expect(await pending).toBe('impatient');
      }
      expect(breaker.state).toBe('closed');
    });

    it('counts the abort of a caller who has waited for too long', async () => {
      const { breaker, clock } = make({ slowCallDuration: 100 });
      for (let call = 0; call < 2; call++) {
        const controller = new AbortController();
        const pending = outcome(breaker.execute(hangs, { signal: controller.signal }));
        await clock.advance(100);
        controller.abort('patient enough');
        await pending;
      }

      expect(breaker.state).toBe('open');
    });

    it('counts a timeout of ours, inside it, around it, and around an outer call', async () => {
      for (const place of ['inside', 'around', 'outer'] as const) {
        const { breaker, clock } = make();
        const limit = timeout(50, { clock });
        const policy = place === 'inside' ? pipeline(breaker, limit) : pipeline(limit, breaker);
        for (let call = 0; call < 2; call++) {
          const pending = outcome(
            place === 'outer' ? limit.execute((context) => breaker.execute(hangs, context)) : policy.execute(hangs),
          );
          await clock.advance(50);
          expect(await pending).toBeInstanceOf(TimeoutError);
        }
        expect(breaker.state).toBe('open');
      }
    });

    it('ends a call with the error of a predicate that throws, and counts nothing', async () => {
      const broken = new Error('broken predicate');
      const isFailure = (): boolean => {
        throw broken;
      };
      const { breaker } = make({ isFailure, trip: consecutiveFailures(1) });

      expect(await outcome(breaker.execute(fails))).toBe(broken);
      expect(broken.cause).toBe(down);
      expect(breaker.state).toBe('closed');
    });
  });

  describe('open', () => {
    it('refuses without calling, and says when the next probe is allowed', async () => {
      const { breaker, clock } = make({ name: 'payments' });
      await trip(breaker);
      await clock.advance(400);
      let called = false;

      const error = await outcome(breaker.execute(() => (called = true)));

      expect(called).toBe(false);
      expect(error).toBeInstanceOf(CircuitOpenError);
      expect(error).toMatchObject({
        name: 'CircuitOpenError',
        code: 'ERR_CIRCUIT_OPEN',
        retryAfter: 600,
        message: 'Refused by circuit breaker payments (open): next probe in 600 ms',
      });
    });

    it('tells of every refusal', async () => {
      const rejected: unknown[] = [];
      const { breaker } = make({ on: { rejected: (event) => rejected.push(event) } });
      await trip(breaker);

      const error = await outcome(breaker.execute(succeeds));
      breaker.tryAcquire();

      const refusal = new CircuitOpenError('circuit breaker (open)', 1_000);
      expect(rejected).toEqual([
        { state: 'open', retryAfter: 1_000, error: refusal },
        { state: 'open', retryAfter: 1_000, error: refusal },
      ]);
      expect((rejected[0] as { error: unknown }).error).toBe(error);
    });

    it('stays open until the first call after its time', async () => {
      const { breaker, clock, changes } = make({ probes: { required: 1 } });
      await trip(breaker);
      await clock.advance(5_000);
      expect(breaker.state).toBe('open');

      expect(await breaker.execute(succeeds)).toBe('up');

      expect(changes).toEqual([
        'closed → open (tripped)',
        'open → half-open (open-elapsed)',
        'half-open → closed (probes-succeeded)',
      ]);
    });

    it('is waited out by a retry around it', async () => {
      const { breaker, clock } = make({ probes: { required: 1 } });
      await trip(breaker);
      const policy = pipeline(retry({ clock, random: () => 0 }), breaker);

      const pending = policy.execute(succeeds);
      await clock.runAll();

      expect(await pending).toBe('up');
      expect(clock.now()).toBe(1_000);
    });

    it('is not waited for if that would take longer than the retry allows', async () => {
      const { breaker } = make();
      await trip(breaker);

      const error = await outcome(pipeline(retry({ maxRetryAfter: 999 }), breaker).execute(succeeds));

      expect(error).toBeInstanceOf(CircuitOpenError);
      expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'retry-after', retryAfter: 1_000 });
    });
  });

  describe('half-open', () => {
    async function halfOpen(options: CircuitBreakerOptions = {}): Promise<ReturnType<typeof make>> {
      const made = make(options);
      await trip(made.breaker);
      await made.clock.advance(1_000);
      return made;
    }

    it('lets as many probes through as it is told, and refuses the rest at once', async () => {
      const { breaker } = await halfOpen({ probes: { required: 3, concurrent: 2 } });

      const probes = [breaker.tryAcquire(), breaker.tryAcquire()];
      const refused = await outcome(breaker.execute(succeeds));

      expect(probes.every(Boolean)).toBe(true);
      expect(refused).toMatchObject({ retryAfter: 0, message: 'Refused by circuit breaker (half-open)' });
    });

    it('closes after the required successes', async () => {
      const { breaker } = await halfOpen();

      const states = [];
      for (let probe = 0; probe < 3; probe++) {
        await breaker.execute(succeeds);
        states.push(breaker.state);
      }

      expect(states).toEqual(['half-open', 'half-open', 'closed']);
    });

    it('never lets more probes through than successes are missing', async () => {
      const { breaker } = await halfOpen({ probes: { required: 2, concurrent: 5 } });

      const probes = [breaker.tryAcquire(), breaker.tryAcquire(), breaker.tryAcquire()];

      expect(probes.map(Boolean)).toEqual([true, true, false]);
    });

    it('opens again on one failure, and takes a late result of the other probe for nothing', async () => {
      const { breaker, changes } = await halfOpen({ probes: { required: 2, concurrent: 2 } });
      const [first, second] = [breaker.tryAcquire()!, breaker.tryAcquire()!];

      first.fail();
      second.succeed();

      expect(breaker.state).toBe('open');
      expect(changes.at(-1)).toBe('half-open → open (probe-failed)');
    });

    it('gives the place of a neutral probe to the next', async () => {
      const { breaker } = await halfOpen();

      breaker.tryAcquire()!.release();

      expect(breaker.state).toBe('half-open');
      expect(breaker.tryAcquire()).toBeDefined();
    });

    it('takes a probe that never settles for failed, from the moment its lease ended', async () => {
      const { breaker, clock, changes } = await halfOpen({ probes: { timeout: 300 } });
      const stuck = breaker.tryAcquire()!;
      await clock.advance(500);

      expect(breaker.state).toBe('open');
      const error = (await outcome(breaker.execute(succeeds))) as CircuitOpenError;
      stuck.succeed();

      expect(error.retryAfter).toBe(800);
      expect(changes.at(-1)).toBe('half-open → open (probe-expired)');
      expect(breaker.state).toBe('open');
    });

    it.each([
      ['probe-failed', 150],
      ['probe-expired', 400],
    ])(
      'dates that also where nobody looks until later, and calls may be slow (%s)',
      async (reason, slowCallDuration) => {
        const { breaker, clock, changes } = await halfOpen({ probes: { required: 1, timeout: 300 }, slowCallDuration });
        const stuck = breaker.tryAcquire()!;
        await clock.advance(Math.min(slowCallDuration, 300) + 1_000);

        expect(await breaker.execute(succeeds)).toBe('up');
        stuck.fail();

        expect(changes.slice(-3)).toEqual([
          `half-open → open (${reason})`,
          'open → half-open (open-elapsed)',
          'half-open → closed (probes-succeeded)',
        ]);
      },
    );

    it('takes a slow probe for failed, even while it is running', async () => {
      for (const settled of [true, false]) {
        const { breaker, clock } = await halfOpen({ slowCallDuration: 100 });
        const probe = breaker.tryAcquire()!;
        await clock.advance(100);
        if (settled) probe.succeed();

        expect(breaker.state).toBe('open');
      }
    });
  });

  describe('the open duration', () => {
    it('doubles from 5 s up to 60 s while probes keep failing, half of it by chance', async () => {
      const { breaker, clock } = make({ openDuration: undefined, random: () => 0, trip: consecutiveFailures(1) });
      const waits: unknown[] = [];

      for (let opening = 0; opening < 6; opening++) {
        await trip(breaker, 1);
        const { retryAfter } = (await outcome(breaker.execute(succeeds))) as CircuitOpenError;
        waits.push(retryAfter);
        await clock.advance(retryAfter!);
      }

      expect(waits).toEqual([2_500, 5_000, 10_000, 20_000, 30_000, 30_000]);
    });

    it('starts over once the breaker has been closed for one window', async () => {
      for (const [closedFor, expected] of [
        [9_999, 200],
        [10_000, 100],
      ]) {
        const openDuration = ({ attempt }: { attempt: number }): number => attempt * 100;
        const { breaker, clock } = make({ openDuration, probes: { required: 1 } });
        await trip(breaker);
        await outcome(breaker.execute(succeeds));
        await clock.advance(100);
        await breaker.execute(succeeds);
        await clock.advance(closedFor!);

        await trip(breaker);

        expect(await outcome(breaker.execute(succeeds))).toMatchObject({ retryAfter: expected });
      }
    });

    it('tells its strategy the openings in a row, and the durations before', async () => {
      const steps: unknown[] = [];
      const random = (): number => 0;
      const openDuration = (step: object): number => steps.push(step) * 10;
      const { breaker, clock } = make({ openDuration, random, trip: consecutiveFailures(1) });

      for (let opening = 0; opening < 3; opening++) {
        await trip(breaker, 1);
        void breaker.state;
        await clock.advance(1_000);
      }

      expect(steps).toEqual([
        { attempt: 1, baseDelay: 5_000, previousDelay: 5_000, totalDelay: 0, random },
        { attempt: 2, baseDelay: 5_000, previousDelay: 10, totalDelay: 10, random },
        { attempt: 3, baseDelay: 5_000, previousDelay: 20, totalDelay: 30, random },
      ]);
    });

    it('that is no duration is 5 s, and the error of its strategy is reported, not thrown at whoever comes by', async () => {
      const errors: unknown[] = [];
      onObserverError((error, event) => errors.push([String(error), event]));
      const { breaker } = make({ openDuration: () => NaN, probes: { required: 1 } });
      const early = breaker.tryAcquire()!;
      await trip(breaker);

      expect(breaker.state).toBe('open');
      early.succeed();
      expect(await outcome(breaker.execute(succeeds))).toMatchObject({ retryAfter: 5_000 });
      onObserverError(undefined);

      const said = 'RangeError: Cannot wait: expected backoff to return a finite number of ms ≥ 0, got NaN';
      expect(errors).toEqual([[said, 'openDuration']]);
    });
  });

  describe('results from before a change of state', () => {
    it('change nothing', async () => {
      const { breaker, clock } = make({ probes: { required: 1 } });
      const late = [breaker.tryAcquire()!, breaker.tryAcquire()!, breaker.tryAcquire()!];
      await trip(breaker);
      late[0]!.succeed();
      expect(breaker.state).toBe('open');
      await clock.advance(1_000);
      const probe = breaker.tryAcquire()!;

      late[1]!.fail();

      expect(breaker.state).toBe('half-open');
      probe.succeed();
      late[2]!.fail();
      expect(breaker.state).toBe('closed');
    });
  });

  describe('trip rules', () => {
    it('by default trip on three straight failures, and on sixteen calls at 50 %, but never on 20 %', async () => {
      const straight = make({ trip: undefined });
      const half = make({ trip: undefined });
      const fifth = make({ trip: failureConfidence({ window: { calls: 100 } }) });

      await trip(straight.breaker, 2);
      expect(straight.breaker.state).toBe('closed');
      await trip(straight.breaker, 1);
      for (let call = 1; half.breaker.state === 'closed'; call++) {
        await outcome(half.breaker.execute(call % 2 ? succeeds : fails));
        expect(call).toBeLessThanOrEqual(16);
        if (call < 16) expect(half.breaker.state).toBe('closed');
      }
      for (let call = 0; call < 1_000; call++) await outcome(fifth.breaker.execute(call % 5 === 4 ? fails : succeeds));

      expect([straight.breaker.state, half.breaker.state, fifth.breaker.state]).toEqual(['open', 'open', 'closed']);
    });

    it('forget what is older than their window', async () => {
      const { breaker, clock } = make({ trip: failureRate({ threshold: 0.5, minimumCalls: 4, window: 1_000 }) });
      await trip(breaker, 3);
      await clock.advance(1_000);

      await trip(breaker, 3);

      expect(breaker.state).toBe('closed');
      await trip(breaker, 1);
      expect(breaker.state).toBe('open');
    });

    it('can be joined', async () => {
      const rule = anyOf(
        consecutiveFailures(5),
        anyOf(failureRate({ threshold: 0.5, minimumCalls: 6, window: { calls: 6 } })),
      );
      const { breaker } = make({ trip: rule });
      for (let call = 0; call < 6; call++) await outcome(breaker.execute(call % 2 ? fails : succeeds));

      expect(breaker.state).toBe('open');
    });

    it('can look at slow calls, running ones too', async () => {
      const trip = slowCallRate({ threshold: 0.5, minimumCalls: 2, window: 10_000 });
      const { breaker, clock } = make({ trip, slowCallDuration: 100 });
      const [fast, slow, running] = [breaker.tryAcquire()!, breaker.tryAcquire()!, breaker.tryAcquire()!];
      fast.succeed();
      await clock.advance(99);
      expect(breaker.state).toBe('closed');

      await clock.advance(1);

      expect(breaker.state).toBe('open');
      slow.succeed();
      running.fail();
    });

    it('can be made by hand', async () => {
      const counts: unknown[] = [];
      const trip = { window: { duration: 1_000 }, trips: (seen: object) => counts.push(seen) === 2 };
      const { breaker } = make({ trip });

      await outcome(breaker.execute(succeeds));
      await outcome(breaker.execute(fails));

      expect(breaker.state).toBe('open');
      expect(counts).toEqual([
        { calls: 1, failures: 0, slow: 0, consecutiveFailures: 0 },
        { calls: 2, failures: 1, slow: 0, consecutiveFailures: 1 },
      ]);
    });
  });

  describe('isolate()', () => {
    it('refuses until every handle is released, whatever happens meanwhile', async () => {
      const { breaker, changes } = make();
      const late = breaker.tryAcquire()!;
      const [first, second] = [breaker.isolate(), breaker.isolate()];

      late.fail();
      breaker.reset();
      first.release();
      first.release();

      expect(breaker.state).toBe('isolated');
      expect(await outcome(breaker.execute(succeeds))).toMatchObject({
        retryAfter: undefined,
        message: 'Refused by circuit breaker (isolated)',
      });
      second[Symbol.dispose]();
      expect(await breaker.execute(succeeds)).toBe('up');
      expect(changes).toEqual(['closed → isolated (isolated)', 'isolated → closed (released)']);
    });

    it('goes on where it was: an open breaker is still open', async () => {
      const { breaker, clock } = make();
      await trip(breaker);
      const isolation = breaker.isolate();
      await clock.advance(600);

      isolation.release();

      expect(await outcome(breaker.execute(succeeds))).toMatchObject({ retryAfter: 400 });
    });
  });

  describe('reset()', () => {
    it('closes the breaker and forgets what it has seen', async () => {
      const { breaker, changes } = make();
      await trip(breaker);

      breaker.reset();
      await trip(breaker, 1);

      expect(breaker.state).toBe('closed');
      expect(changes.at(-1)).toBe('open → closed (reset)');
    });
  });

  describe('tryAcquire()', () => {
    it('gives a permit that answers once', () => {
      const { breaker } = make({ trip: consecutiveFailures(2) });
      const permit = breaker.tryAcquire()!;

      permit.fail();
      permit.fail();
      permit.succeed();
      permit.release();
      permit[Symbol.dispose]();

      expect(breaker.state).toBe('closed');
      breaker.tryAcquire()!.fail();
      expect(breaker.state).toBe('open');
      expect(breaker.tryAcquire()).toBeUndefined();
    });

    it('asks isFailure about an error', () => {
      const { breaker } = make({ trip: consecutiveFailures(1), isFailure: ({ error }) => error === down });

      breaker.tryAcquire()!.fail(new Error('not theirs'));
      expect(breaker.state).toBe('closed');
      breaker.tryAcquire()!.fail(down);

      expect(breaker.state).toBe('open');
    });
  });

  describe('an asynchronous predicate', () => {
    it('ends the call with an error that says so, since a promise would always mean yes', async () => {
      const isFailureResult = (async () => false) as unknown as () => boolean;
      const { breaker } = make({ isFailureResult, trip: consecutiveFailures(1) });

      const error = await outcome(breaker.execute(succeeds));

      expect(String(error)).toMatch('expected isFailureResult to return true or false, got a value of type object');
      expect(breaker.state).toBe('closed');
    });
  });

  describe('execute()', () => {
    it('can be taken off its breaker, and never throws', async () => {
      const { execute } = make().breaker;

      expect(await execute(succeeds)).toBe('up');
      expect(await outcome(execute(5 as never))).toBeInstanceOf(TypeError);
    });
  });

  describe('re-entrance', () => {
    it('from the rejected observer, which lets a timeout around it fire, refuses once', async () => {
      const clock = new VirtualClock();
      const retries: unknown[] = [];
      let ring = (): void => {};
      const bells = {
        now: clock.now,
        setTimer: (delay: number, callback: () => void) => {
          if (delay === 10) ring = callback;
          return clock.setTimer(delay, callback);
        },
      };
      const breaker = new CircuitBreaker({ clock, on: { rejected: () => ring() } });
      breaker.isolate();
      const retrying = retry({
        clock,
        maxAttempts: 2,
        baseDelay: 1_000,
        on: { retry: (event) => retries.push(event) },
      });

      const pending = outcome(pipeline(retrying, timeout(10, { clock: bells }), breaker).execute(succeeds));
      await clock.runAll();

      expect(await pending).toBeInstanceOf(TimeoutError);
      expect(retries).toHaveLength(1);
    });

    it('from an observer sees the new state', async () => {
      const seen: unknown[] = [];
      const clock = new VirtualClock();
      const breaker: CircuitBreaker = new CircuitBreaker({
        clock,
        trip: consecutiveFailures(1),
        on: { stateChange: ({ to }) => seen.push([to, breaker.state, breaker.tryAcquire()]) },
      });

      await trip(breaker, 1);

      expect(seen).toEqual([['open', 'open', undefined]]);
    });

    it('from an observer that aborts the call gives its probe back', async () => {
      const controller = new AbortController();
      const { breaker, clock } = make({
        on: { stateChange: ({ to }) => to === 'half-open' && controller.abort('stop') },
      });
      await trip(breaker);
      await clock.advance(1_000);
      let called = false;

      const error = await outcome(breaker.execute(() => (called = true), { signal: controller.signal }));

      expect([error, called]).toEqual(['stop', false]);
      expect(breaker.tryAcquire()).toBeDefined();
    });
  });

  describe('snapshot() and restore()', () => {
    it('go on where the other process stopped, the time between included', async () => {
      const { breaker, clock } = make();
      await trip(breaker);
      await clock.advance(300);
      const json = JSON.stringify(breaker.snapshot(1_000_000));
      const options = { trip: consecutiveFailures(2), openDuration: 1_000, clock: new VirtualClock(77) };

      const restored = CircuitBreaker.restore(JSON.parse(json), options, 1_000_250);

      expect(restored.state).toBe('open');
      expect(await outcome(restored.execute(succeeds))).toMatchObject({ retryAfter: 450 });
    });

    it('keep what the next open duration grows from', async () => {
      const options = {
        openDuration: decorrelatedJitter(),
        probes: { required: 1 },
        trip: consecutiveFailures(1),
        random: () => 0.9,
      };
      const { breaker, clock } = make(options);
      const fail = (each: CircuitBreaker): void => each.tryAcquire()!.fail();
      const rest = async (each: CircuitBreaker): Promise<unknown> =>
        ((await outcome(each.execute(succeeds))) as CircuitOpenError).retryAfter;
      for (let opening = 0; opening < 3; opening++) {
        fail(breaker);
        clock.jump((await rest(breaker)) as number);
      }

      const json = JSON.stringify(breaker.snapshot(0));
      const restored = CircuitBreaker.restore(JSON.parse(json), { ...options, clock }, 0);
      fail(breaker);
      fail(restored);

      expect(await rest(restored)).toBe(await rest(breaker));
      expect(await rest(restored)).toBeGreaterThan(100_000);
    });

    it('take the wall clock by default', () => {
      const { breaker } = make();

      const snapshot = breaker.snapshot();

      expect(Math.abs(snapshot.takenAt - Date.now())).toBeLessThan(60_000);
      expect(CircuitBreaker.restore(snapshot, { trip: consecutiveFailures(2) }).state).toBe('closed');
    });

    it('count on in the windows', async () => {
      const trip3 = failureRate({ threshold: 0.5, minimumCalls: 3, window: 10_000 });
      const { breaker } = make({ trip: trip3 });
      await trip(breaker, 2);

      const restored = CircuitBreaker.restore(breaker.snapshot(0), { trip: trip3, clock: new VirtualClock() }, 5_000);
      await trip(restored, 1);

      expect(restored.state).toBe('open');
    });
  });

  describe('wrong options', () => {
    it.each([
      [
        { trip: 5 },
        'Cannot make a circuit breaker: expected trip to be a trip rule, such as consecutiveFailures(5), got 5',
      ],
      ...[10_000, '10s', null, {}, { duration: null }, { duration: { calls: 5 } }, { calls: 0 }].map(
        (window): [object, string] => [
          { trip: { window, trips: () => false } },
          'Cannot make a circuit breaker: expected trip to be a trip rule, such as consecutiveFailures(5), got a value of type object',
        ],
      ),
      [
        { openDuration: -1 },
        'Cannot make a circuit breaker: expected openDuration to be a finite number of ms ≥ 0, got -1',
      ],
      [
        { probes: { required: 0 } },
        'Cannot make a circuit breaker: expected probes.required to be an integer ≥ 1, got 0',
      ],
      [
        { probes: { concurent: 1 } },
        'Cannot make a circuit breaker: expected a known option (did you mean probes.concurrent?), got "probes.concurent"',
      ],
      [
        { openDuraton: 1 },
        'Cannot make a circuit breaker: expected a known option (did you mean openDuration?), got "openDuraton"',
      ],
      [{ name: 5 }, 'Cannot make a circuit breaker: expected name to be a string, got 5'],
      [
        { trip: slowCallRate({ threshold: 0.5 }) },
        'Cannot make a circuit breaker: expected slowCallDuration beside slowCallRate(), got undefined',
      ],
    ])('are refused (%#)', (options, message) => {
      expect(() => new CircuitBreaker(options as CircuitBreakerOptions)).toThrow(message);
    });
  });
});
