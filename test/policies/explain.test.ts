import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AdaptiveLimiter,
  AdaptiveThrottle,
  anyOf,
  Bulkhead,
  capped,
  CircuitBreaker,
  consecutiveFailures,
  constant,
  decorrelatedJitter,
  equalJitter,
  explain,
  exponential,
  fallback,
  fullJitter,
  hedge,
  linear,
  pipeline,
  quantile,
  RateLimiter,
  retry,
  RetryBudget,
  schedule,
  slowCallRate,
  standard,
  timeout,
  type Backoff,
  type CircuitBreakerOptions,
  type Clock,
  type Policy,
  type Random,
} from 'holdfast';
import { seededRandom, VirtualClock } from 'holdfast/testing';
import { wrongArgument } from '../wrong-argument.ts';

const UNLIMITED = 'Nothing limits the time of a call. Put a timeout around it, or into it.';
const FOREIGN = 'A policy made elsewhere is part of it; what that does is not known here.';
const UNBUDGETED =
  'A hedge without a budget: when the service is slow, every call is made more than once. Give it a RetryBudget.';
const INSIDE_BREAKER =
  'A retry inside a circuit breaker: the breaker counts a whole series of attempts as one failure. Put the retry outside.';
const PILE = 'Jitter inside a cap: late delays pile up at the cap. Put the cap inside the jitter.';
const budget = new RetryBudget();
const steady = { backoff: constant(), baseDelay: 100 };

describe('explain()', () => {
  describe('given the standard policy', () => {
    it('says the order, the worst case, and no warning', () => {
      expect(explain(standard({ name: 'users', bulkhead: { maxConcurrent: 20 } }))).toEqual({
        policies: [
          { policy: 'timeout', timeout: 30_000 },
          {
            policy: 'retry',
            maxAttempts: 3,
            baseDelay: 50,
            maxRetryAfter: 60_000,
            maxElapsed: Infinity,
            delays: '0–50 → 0–100 ms',
          },
          {
            policy: 'circuit-breaker',
            name: 'users',
            required: 3,
            concurrent: 1,
            probeTimeout: 30_000,
            slowCallDuration: Infinity,
            trips: '3 in a row or 8 of 16 failed in 10000 ms',
            openDuration: '2500–5000 → 5000–10000 → 10000–20000 → 20000–40000 → … ms',
          },
          {
            policy: 'bulkhead',
            maxConcurrent: 20,
            releaseOn: 'settle',
            maxQueued: 0,
            maxWait: Infinity,
            name: 'users',
          },
          { policy: 'timeout', timeout: 10_000 },
        ],
        worstCase: { time: 30_000, calls: 3 },
        warnings: [],
        text: [
          '1. timeout: timeout 30000 ms',
          '2. retry: maxRetryAfter 60000 ms, maxAttempts 3, baseDelay 50 ms, delays 0–50 → 0–100 ms',
          '3. circuit-breaker: name users, required 3, concurrent 1, probeTimeout 30000 ms, trips 3 in a row or 8 of 16 failed in 10000 ms, openDuration 2500–5000 → 5000–10000 → 10000–20000 → 20000–40000 → … ms',
          '4. bulkhead: maxConcurrent 20, releaseOn settle, maxQueued 0, name users',
          '5. timeout: timeout 10000 ms',
          'At worst 3 calls, and 30000 ms.',
        ].join('\n'),
      });
    });
  });

  describe('given a hedge', () => {
    it.each([
      [5, 5],
      [quantile(0.9), 'quantile 0.9'],
      [() => 5, 'a function'],
    ])('shows its delay (%#)', (delay, shown) => {
      expect(explain(hedge({ delay })).policies).toEqual([{ policy: 'hedge', delay: shown, maxHedges: 1 }]);
    });
  });

  describe('given rules and durations of all kinds', () => {
    it.each<[options: CircuitBreakerOptions, shown: object]>([
      [
        { trip: consecutiveFailures(4), openDuration: 9_000 },
        { trips: '4 in a row failed', openDuration: 9_000 },
      ],
      [
        {
          trip: anyOf(consecutiveFailures(5), slowCallRate({ threshold: 0.5, window: { calls: 20 } })),
          slowCallDuration: 100,
          openDuration: constant(),
        },
        {
          trips: '5 in a row failed; or 10 in a row or 5 of 10 slow of the last 20',
          openDuration: '5000 → 5000 → 5000 → 5000 → … ms',
        },
      ],
    ])('says in words when a breaker opens, and for how long (%#)', (options, shown) => {
      expect(explain(new CircuitBreaker(options)).policies[0]).toMatchObject(shown);
    });

    it('shows no delays of a retry that waits for nothing', () => {
      expect(explain(retry({ maxAttempts: 1 })).policies[0]).not.toHaveProperty('delays');
    });

    it('gives the unit of durations, and only of these', () => {
      const policy = pipeline(
        new RateLimiter({ limit: 5, interval: 1_000, maxQueued: 1, maxWait: 50 }),
        new AdaptiveLimiter({ target: 20 }),
        new AdaptiveThrottle({ window: 5_000 }),
      );

      const [limiter, adaptive, throttle] = explain(policy).text.split('\n');

      expect([limiter, adaptive, throttle]).toEqual([
        '1. rate-limiter: limit 5, interval 1000 ms, burst 5, maxQueued 1, maxWait 50 ms, cost 1',
        '2. adaptive-limiter: min 1, max 200, target 20 ms, releaseOn settle, maxQueued 0',
        '3. adaptive-throttle: k 2, window 5000 ms',
      ]);
    });
  });

  describe('given nothing that limits', () => {
    it('says so', () => {
      expect(explain(pipeline())).toEqual({
        policies: [],
        worstCase: { time: Infinity, calls: 1 },
        warnings: [UNLIMITED],
        text: `At worst 1 call, and any number of ms.\n${UNLIMITED}`,
      });
    });

    it('shows delays of less than a ms to three digits', () => {
      const { text } = explain(pipeline(timeout(100), retry({ baseDelay: 0.4, maxAttempts: 4 })));

      expect(text).toContain('baseDelay 0.4 ms, delays 0–0.4 → 0–0.8 → 0–2 ms');
    });

    it('leaves what is without a limit out of the text', () => {
      const { text } = explain(pipeline(retry({ maxAttempts: Infinity }), timeout(Infinity)));

      expect(text).toBe(
        [
          '1. retry: maxRetryAfter 60000 ms, baseDelay 50 ms, delays 0–50 → 0–100 → 0–200 → 0–400 → … ms',
          '2. timeout',
          'At worst any number of calls, and any number of ms.',
          UNLIMITED,
        ].join('\n'),
      );
    });
  });

  describe('the worst case', () => {
    it.each<[name: string, policy: Policy<unknown>, time: number, calls: number]>([
      ['a timeout', timeout(100), 100, 1],
      ['two timeouts', pipeline(timeout(100), timeout(30)), 30, 1],
      ['a retry around a timeout', pipeline(retry(steady), timeout(30)), 290, 3],
      ['a retry of one attempt', pipeline(retry({ ...steady, maxAttempts: 1 }), timeout(30)), 30, 1],
      ['a retry with jitter', pipeline(retry({ baseDelay: 100 }), timeout(30)), 390, 3],
      ['a retry in a timeout', pipeline(timeout(200), retry(), timeout(30)), 200, 3],
      ['a retry with maxElapsed', pipeline(retry({ ...steady, maxElapsed: 150 }), timeout(30)), 180, 3],
      [
        'a retry with hints',
        pipeline(retry({ ...steady, retryAfter: () => 5, maxRetryAfter: 200 }), timeout(30)),
        530,
        3,
      ],
      [
        'a retry around a breaker',
        pipeline(retry({ ...steady, maxRetryAfter: 200 }), new CircuitBreaker(), timeout(30)),
        530,
        3,
      ],
      [
        'a retry without end, with maxElapsed',
        pipeline(retry({ ...steady, maxAttempts: Infinity, maxElapsed: 500 }), timeout(30)),
        530,
        Infinity,
      ],
      [
        'a retry of 150 attempts',
        pipeline(retry({ ...steady, maxAttempts: 150 }), timeout(30)),
        150 * 30 + 14_900,
        150,
      ],
      ['two retries', pipeline(retry(steady), retry({ ...steady, allowNestedRetry: true }), timeout(10)), 890, 9],
      ['a hedge', pipeline(hedge({ delay: 20, budget }), timeout(100)), 120, 2],
      ['hedges', pipeline(hedge({ delay: 20, maxHedges: 3, budget }), timeout(100)), 160, 4],
      ['a hedge that is later than a timeout', pipeline(hedge({ delay: 500, budget }), timeout(100)), 200, 2],
      ['a hedge with a quantile', pipeline(hedge({ delay: quantile(0.9), budget }), timeout(100)), 200, 2],
      ['a hedge with a function', pipeline(hedge({ delay: () => 1, budget }), timeout(100)), 200, 2],
      ['a hedge in a retry', pipeline(retry(steady), hedge({ delay: 20, budget }), timeout(30)), 350, 6],
      ['a value as a fallback', pipeline(fallback(1), timeout(100)), 100, 1],
      ['a bulkhead without a line', pipeline(new Bulkhead({ maxConcurrent: 1 }), timeout(100)), 100, 1],
      [
        'a bulkhead with a line',
        pipeline(new Bulkhead({ maxConcurrent: 1, maxQueued: 1, maxWait: 50 }), timeout(100)),
        150,
        1,
      ],
      [
        'an adaptive limiter with a line',
        pipeline(new AdaptiveLimiter({ maxQueued: 1, maxWait: 50 }), timeout(100)),
        150,
        1,
      ],
      [
        'a rate limiter with a line',
        pipeline(new RateLimiter({ limit: 1, interval: 1, maxQueued: 1, maxWait: 50 }), timeout(100)),
        150,
        1,
      ],
      ['an adaptive throttle', pipeline(new AdaptiveThrottle(), timeout(100)), 100, 1],
    ])('of %s is its time and its calls', (_, policy, time, calls) => {
      const { worstCase, warnings } = explain(policy);

      expect({ ...worstCase, time: Math.round(worstCase.time * 1e6) / 1e6 }).toEqual({ time, calls });
      expect(warnings).toEqual([]);
    });

    it.each<[name: string, policy: Policy<unknown>, calls: number]>([
      ['a retry alone', retry(), 3],
      ['a breaker', new CircuitBreaker(), 1],
      ['a bulkhead with a line', pipeline(timeout(Infinity), new Bulkhead({ maxConcurrent: 1, maxQueued: 1 })), 1],
      ['a line without a limit of time', pipeline(new Bulkhead({ maxConcurrent: 1, maxQueued: 1 }), timeout(5)), 1],
      [
        'a function as a fallback',
        pipeline(
          fallback(() => 1),
          timeout(5),
        ),
        1,
      ],
      ['a retry without end', pipeline(retry({ maxAttempts: Infinity }), timeout(5)), Infinity],
    ])('of %s is without a limit', (_, policy, calls) => {
      const { worstCase, warnings } = explain(policy);

      expect([worstCase, warnings]).toEqual([{ time: Infinity, calls }, [UNLIMITED]]);
    });

    it.each<[policy: Policy<unknown>, time: number]>([
      [pipeline(timeout(1_000), retry({ maxAttempts: Infinity, baseDelay: 0 }), timeout(5)), 1_000],
      [pipeline(retry({ maxAttempts: Infinity, baseDelay: 0, maxElapsed: 500 }), timeout(5)), 505],
      [pipeline(timeout(1_000), retry({ maxAttempts: Infinity }), timeout(0)), 1_000],
    ])('of endless retries without a delay, or of nothing, is that of what is around them (%#)', (policy, time) => {
      expect(explain(policy).worstCase).toEqual({ time, calls: Infinity });
    });

    it('of more than a thousand delays takes those after them to be as long as the last', () => {
      const wait = (backoff: Backoff): number => {
        const policy = pipeline(retry({ maxAttempts: 1_201, baseDelay: 1, backoff }), timeout(0));
        return explain(policy).worstCase.time;
      };

      expect([wait(constant()), wait(linear())]).toEqual([1_200, (1_000 * 1_001) / 2 + 200 * 1_200]);
      expect(wait(fullJitter(constant()))).toBeCloseTo(1_200);
    });

    it('of more than a hundred delays that still grow is their sum', () => {
      const policy = pipeline(retry({ maxAttempts: 151, baseDelay: 10, backoff: linear() }), timeout(0));
      const waits = schedule(linear(), { baseDelay: 10, retries: 150 }).reduce((sum, delay) => sum + delay, 0);

      expect(explain(policy).worstCase).toEqual({ time: waits, calls: 151 });
    });
  });

  describe('warnings', () => {
    it.each<[name: string, policy: Policy<unknown>, warnings: string[]]>([
      [
        'a retry inside a breaker',
        pipeline(timeout(5_000), new CircuitBreaker(), retry(), timeout(10)),
        [INSIDE_BREAKER],
      ],
      ['a retry outside a breaker', pipeline(timeout(5_000), retry(), new CircuitBreaker(), timeout(10)), []],
      [
        'attempts that do not fit',
        pipeline(timeout(100), retry({ maxAttempts: 4 }), timeout(30)),
        [
          'A timeout of 100 ms has no room for 4 attempts of 30 ms each. Make fewer attempts, shorten them, or give the whole more time.',
        ],
      ],
      ['attempts that just fit', pipeline(timeout(120), retry({ maxAttempts: 4 }), timeout(30)), []],
      ['attempts without a limit', pipeline(timeout(120), retry()), []],
      ['attempts without end', pipeline(timeout(120), retry({ maxAttempts: Infinity }), timeout(30)), []],
      ['a hedge without a budget', pipeline(timeout(5), hedge({ delay: 1 })), [UNBUDGETED]],
      ['jitter inside a cap', pipeline(timeout(5), retry({ backoff: capped(fullJitter(exponential()), 500) })), [PILE]],
      ['jitter around a cap', pipeline(timeout(5), retry({ backoff: fullJitter(capped(exponential(), 500)) })), []],
      [
        'half a jitter around a cap',
        pipeline(timeout(5), retry({ backoff: equalJitter(capped(exponential(), 500)) })),
        [],
      ],
      [
        'a jitter that has no room',
        pipeline(timeout(5), retry({ backoff: decorrelatedJitter({ maxDelay: 100 }) })),
        [PILE],
      ],
      [
        'a jitter that has room',
        pipeline(timeout(5), retry({ backoff: decorrelatedJitter({ maxDelay: 10_000 }) })),
        [],
      ],
      ['no jitter', pipeline(timeout(5), retry({ backoff: capped(exponential(), 500) })), []],
    ])('are right for %s', (_, policy, warnings) => {
      const { warnings: given, text } = explain(policy);

      expect(given).toEqual(warnings);
      expect(text.split('\n').slice(-warnings.length || Infinity)).toEqual(warnings);
    });

    it('say where a policy made elsewhere takes part', () => {
      const foreign: Policy = { execute: async (fn, options) => fn(options as never) };

      const alone = explain(foreign);
      const among = explain(pipeline(timeout(100), foreign, retry()));

      expect([alone.policies, alone.warnings]).toEqual([[{ policy: 'made elsewhere' }], [FOREIGN, UNLIMITED]]);
      expect(among.policies.map(({ policy }) => policy)).toEqual(['timeout', 'made elsewhere', 'retry']);
      expect([among.worstCase, among.warnings]).toEqual([{ time: 100, calls: Infinity }, [FOREIGN]]);
    });

    it('do not speak of a hedge that is paid for by the budget of a retry around it', () => {
      expect(explain(pipeline(timeout(5_000), retry({ budget }), hedge({ delay: 1 }), timeout(10))).warnings).toEqual(
        [],
      );
    });
  });

  describe('a real run', () => {
    interface Made {
      policy: Policy;
      show: string;
    }
    interface Setting {
      clock: Clock;
      random: Random;
    }
    type Part = { show: string; make(setting: Setting): Policy };

    const backoffs: readonly (readonly [string, Backoff])[] = [
      ['constant', constant()],
      ['exponential', exponential()],
      ['linear', linear()],
      ['full', fullJitter(exponential())],
      ['capped full', capped(fullJitter(exponential()), 60)],
      ['decorrelated', decorrelatedJitter({ maxDelay: 100 })],
    ];
    const retries: fc.Arbitrary<Part> = fc
      .record({
        maxAttempts: fc.integer({ min: 1, max: 4 }),
        baseDelay: fc.nat(60),
        backoff: fc.constantFrom(...backoffs),
        maxElapsed: fc.option(fc.nat(300), { nil: undefined, freq: 2 }),
        hint: fc.option(fc.nat(120), { nil: undefined, freq: 3 }),
      })
      .map(({ backoff: [name, backoff], hint, ...given }) => ({
        show: `retry ${JSON.stringify({ ...given, name, hint })}`,
        make: (setting) =>
          retry({
            ...given,
            ...setting,
            backoff,
            allowNestedRetry: true,
            ...(hint !== undefined && { retryAfter: () => hint, maxRetryAfter: 100 }),
          }),
      }));
    const timeouts: fc.Arbitrary<Part> = fc
      .nat(300)
      .map((ms) => ({ show: `timeout ${ms}`, make: ({ clock }) => timeout(ms, { clock }) }));
    const hedges: fc.Arbitrary<Part> = fc
      .record({ delay: fc.nat(120), maxHedges: fc.integer({ min: 1, max: 2 }), kind: fc.nat(2) })
      .map(({ delay, maxHedges, kind }) => ({
        show: `hedge ${delay} ${maxHedges} ${kind}`,
        make: ({ clock }) =>
          hedge({
            maxHedges,
            clock,
            delay: kind === 0 ? delay : kind === 1 ? () => delay : quantile(0.5, { initial: delay + 1 }),
          }),
      }));

    it('never takes longer, nor makes more calls, than is said, in 500 pipelines whose attempts hang or fail late', async () => {
      const parts = fc.array(fc.oneof(retries, timeouts, hedges), { minLength: 1, maxLength: 4 });
      const late = fc.array(fc.oneof(fc.constant(Infinity), fc.nat(320)), { minLength: 1, maxLength: 6 });
      let reached = 0;

      await fc.assert(
        fc.asyncProperty(parts, late, fc.nat(), fc.nat(300), async (chosen, lasts, seed, limit) => {
          const clock = new VirtualClock();
          const random = seededRandom(seed);
          // The innermost limit keeps every attempt from hanging for ever.
          const all = [...chosen, { show: '', make: () => timeout(limit, { clock }) }];
          const made: Made = {
            policy: pipeline(...all.map(({ make }) => make({ clock, random }))),
            show: chosen.map(({ show }) => show).join(', '),
          };
          const { worstCase } = explain(made.policy);
          let calls = 0;
          let end = Infinity;
          const fn = (): Promise<never> => {
            const last = lasts[calls++ % lasts.length]!;
            return new Promise((_, reject) => {
              if (last < Infinity) clock.setTimer(last, () => reject(new Error('late')));
            });
          };

          void made.policy.execute(fn).catch(() => (end = clock.now()));
          await clock.runAll();

          const context = `${made.show}: ${end} ms and ${calls} calls, said ${JSON.stringify(worstCase)}`;
          expect(end, context).toBeLessThanOrEqual(worstCase.time + 1e-6);
          expect(calls, context).toBeLessThanOrEqual(worstCase.calls);
          if (end >= worstCase.time - 1e-6 && calls === worstCase.calls) reached++;
        }),
        { numRuns: 500 },
      );

      // A bound that nothing ever comes near would say little.
      expect(reached).toBeGreaterThan(50);
    });

    it.each<[name: string, make: (clock: Clock) => Policy]>([
      ['a retry', (clock) => pipeline(retry({ clock, ...steady }), timeout(30, { clock }))],
      ['a retry with jitter', (clock) => pipeline(retry({ clock, random: () => 1 }), timeout(30, { clock }))],
      ['a hedge', (clock) => pipeline(hedge({ clock, delay: 20, maxHedges: 3 }), timeout(100, { clock }))],
      ['a hedge that comes late', (clock) => pipeline(hedge({ clock, delay: 500 }), timeout(100, { clock }))],
    ])('takes just as long as is said, for %s whose attempts all hang', async (_, make) => {
      const clock = new VirtualClock();
      const policy = make(clock);
      let calls = 0;

      const settled = policy.execute(() => (calls++, new Promise(() => {}))).catch(() => clock.now());
      await clock.runAll();

      const { worstCase } = explain(policy);
      expect(calls).toBe(worstCase.calls);
      expect((await settled) as number).toBeCloseTo(worstCase.time, 6);
    });
  });

  describe('wrong arguments', () => {
    it.each([
      [undefined, 'undefined'],
      [null, 'null'],
      [{}, 'a value of type object'],
      [retry, 'a value of type function'],
      ['retry', '"retry"'],
    ])('are refused (%#)', (wrong, shown) => {
      expect(() => explain(wrong as never)).toThrow(
        wrongArgument(TypeError, `Cannot explain: expected policy to be a policy, got ${shown}`),
      );
    });
  });
});
