import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  additiveJitter,
  atLeast,
  capped,
  constant,
  decorrelatedJitter,
  envelope,
  equalJitter,
  exponential,
  fibonacci,
  fullJitter,
  linear,
  proportionalJitter,
  schedule,
  sequence,
  smoothJitter,
  type Backoff,
} from 'holdfast';
import {
  pgBossRetry,
  restateRetryPolicy,
  stepFunctionsRetry,
  temporalRetryPolicy,
  type Expressed,
  type QueueRetryOptions,
} from 'holdfast/queues';

/** A backoff with the length of its delays. */
interface Given {
  readonly backoff: Backoff;
  readonly baseDelay: number;
}

/** Settings for an engine, and the formula by which it waits, as documented: ms before a retry from 1, for one draw. */
interface Engine {
  readonly name: string;
  /** The unit of its durations in ms. */
  readonly unit: number;
  readonly express: (backoff: Backoff, options: QueueRetryOptions) => Expressed<object>;
  readonly waits: (settings: never, retry: number, drawn: number) => number;
  /** What it can say in full, for so many retries. */
  readonly says: fc.Arbitrary<Given>;
  readonly retries: number;
}

/** Exponentials in whole units, capped in whole units. */
const cappedExponential = (unit: number, ...jitters: ((inner: Backoff) => Backoff)[]): fc.Arbitrary<Given> =>
  fc
    .record({
      baseDelay: fc.integer({ min: 1, max: 3_600 }).map((units) => units * unit),
      factor: fc.integer({ min: 10, max: 40 }).map((tenths) => tenths / 10),
      cap: fc.nat(86_400).map((units) => units * unit),
      jitter: fc.constantFrom((inner: Backoff) => inner, ...jitters),
    })
    .map(({ baseDelay, factor, cap, jitter }) => ({
      baseDelay,
      backoff: jitter(capped(exponential({ factor }), baseDelay + cap)),
    }));

/** Doublings that end before pg-boss doubles no more, and constants. */
const doubling: fc.Arbitrary<Given> = fc.record({
  baseDelay: fc.integer({ min: 1, max: 240 }).map((units) => units * 2_000),
  backoff: fc.constantFrom(equalJitter(exponential()), constant()),
});

// A new engine is one more entry here, and inherits every law.
const ENGINES: readonly Engine[] = [
  {
    name: 'temporalRetryPolicy',
    unit: 1,
    express: temporalRetryPolicy,
    says: cappedExponential(1),
    retries: 50,
    waits: (settings: ReturnType<typeof temporalRetryPolicy>['settings'], retry) =>
      Math.min(settings.maximumInterval, settings.initialInterval * settings.backoffCoefficient ** (retry - 1)),
  },
  {
    name: 'restateRetryPolicy',
    unit: 1,
    express: restateRetryPolicy,
    says: cappedExponential(1),
    retries: 50,
    waits: (settings: ReturnType<typeof restateRetryPolicy>['settings'], retry) =>
      Math.min(settings.maxRetryInterval, settings.initialRetryInterval * settings.retryIntervalFactor ** (retry - 1)),
  },
  {
    name: 'stepFunctionsRetry',
    unit: 1_000,
    express: stepFunctionsRetry,
    says: cappedExponential(1_000, fullJitter),
    retries: 50,
    waits: (settings: ReturnType<typeof stepFunctionsRetry>['settings'], retry, drawn) =>
      Math.min(settings.MaxDelaySeconds ?? Infinity, settings.IntervalSeconds * settings.BackoffRate ** (retry - 1)) *
      1_000 *
      (settings.JitterStrategy === 'FULL' ? drawn : 1),
  },
  {
    name: 'pgBossRetry',
    unit: 1_000,
    express: pgBossRetry,
    says: doubling,
    retries: 16,
    waits: ({ retryDelay, retryBackoff, retryDelayMax }: ReturnType<typeof pgBossRetry>['settings'], retry, drawn) => {
      const half = 2 ** Math.min(16, retry) / 2;
      return (
        1_000 * (retryBackoff ? Math.min(retryDelayMax!, Math.max(1, retryDelay) * (half + half * drawn)) : retryDelay)
      );
    },
  },
];

/** Any backoff, in fractions of units too. */
const any = (unit: number) =>
  fc.record({
    baseDelay: fc.oneof(
      fc.integer({ min: 0, max: 20 }).map((units) => units * unit),
      fc.double({ min: 1e-3, max: 1e5, noNaN: true }),
    ),
    backoff: fc.oneof(
      fc.constantFrom(
        constant(),
        linear(),
        exponential(),
        fibonacci(),
        sequence([0, 7, 3]),
        capped(exponential({ factor: 3 }), 60_000),
        atLeast(exponential(), 5_000),
        fullJitter(exponential()),
        equalJitter(fibonacci()),
        additiveJitter(linear()),
        proportionalJitter(exponential(), 0.5),
        decorrelatedJitter({ maxDelay: 60_000 }),
        capped(smoothJitter(), 60_000),
      ),
      fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 12 }).map(sequence),
    ),
  });

const near = (one: number, other: number): boolean => Math.abs(one - other) <= 1e-8 * Math.max(one, other);

describe.each(ENGINES)('$name()', ({ unit, express, waits, says, retries: most }) => {
  const wait = waits as (settings: object, retry: number, drawn: number) => number;
  /** Whether the engine waits what the backoff waits, for the same draws. */
  const agrees = ({ backoff, baseDelay }: Given, settings: object): boolean =>
    [0, 0.3, 0.999].every((drawn) =>
      schedule(backoff, { baseDelay, retries: most, random: () => drawn }).every((delay, index) =>
        near(delay, wait(settings, index + 1, drawn)),
      ),
    );

  it('says what it can say, and waits exactly that', () => {
    fc.assert(
      fc.property(says, (given) => {
        const { backoff, baseDelay } = given;
        const { settings, notExpressed } = express(backoff, { baseDelay, maxAttempts: most + 1 });

        expect(notExpressed).toEqual([]);
        expect(agrees(given, settings)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('has something to say where it does not wait exactly what the backoff waits', () => {
    fc.assert(
      fc.property(any(unit), (given) => {
        const { backoff, baseDelay } = given;
        const { settings, notExpressed } = express(backoff, { baseDelay, maxAttempts: most + 1 });

        expect(agrees(given, settings) || notExpressed.length > 0).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('waits at no retry less than the backoff could: neither at least nor at most, but for a year', () => {
    fc.assert(
      fc.property(any(unit), fc.integer({ min: 1, max: 16 }), ({ backoff, baseDelay }, retries) => {
        const { settings } = express(backoff, { baseDelay, maxAttempts: retries + 1 });

        envelope(backoff, { baseDelay, retries }).forEach(({ min, max }, index) => {
          const [least, most] = [0, 1].map((drawn) => wait(settings, index + 1, drawn)) as [number, number];
          expect(least >= Math.min(min, 31_536e6) || near(least, min)).toBe(true);
          expect(most >= Math.min(max, 31_536e6) || near(most, max)).toBe(true);
        });
      }),
      { numRuns: 15 },
    );
  });
});
