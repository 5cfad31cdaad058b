import { afterAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
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
  type BackoffStep,
  type Random,
} from 'holdfast';
import { seededRandom } from 'holdfast/testing';

/** One strategy, and what it promises beyond what all do. */
interface Strategy {
  readonly name: string;
  readonly backoff: Backoff;
  /** It never falls from one attempt to the next. */
  readonly grows?: true;
  /** The documented interval of its delay. */
  readonly interval?: (step: Asked) => readonly [low: number, high: number];
}

type Asked = Omit<BackoffStep, 'random'>;

const doubling = ({ attempt, baseDelay }: Asked): number => (baseDelay ? bounded(baseDelay * 2 ** (attempt - 1)) : 0);

// A new strategy is one more line here, and inherits every law.
const STRATEGIES: readonly Strategy[] = [
  { name: 'constant()', backoff: constant(), grows: true, interval: ({ baseDelay }) => [baseDelay, baseDelay] },
  { name: 'linear()', backoff: linear(), grows: true },
  { name: 'linear({ increment })', backoff: linear({ increment: 0.5 }), grows: true },
  { name: 'exponential()', backoff: exponential(), grows: true, interval: (step) => [doubling(step), doubling(step)] },
  { name: 'exponential({ factor: 1 })', backoff: exponential({ factor: 1 }), grows: true },
  { name: 'exponential({ factor: 1.5 })', backoff: exponential({ factor: 1.5 }), grows: true },
  { name: 'exponential({ factor: 1e300 })', backoff: exponential({ factor: 1e300 }), grows: true },
  { name: 'fibonacci()', backoff: fibonacci(), grows: true },
  { name: 'sequence()', backoff: sequence([3, 0, 250.5]), interval: () => [0, 250.5] },
  { name: 'capped()', backoff: capped(exponential(), 2_000), grows: true, interval: () => [0, 2_000] },
  { name: 'atLeast()', backoff: atLeast(linear(), 250), grows: true, interval: () => [250, Number.MAX_VALUE] },
  { name: 'fullJitter()', backoff: fullJitter(exponential()), interval: (step) => [0, doubling(step)] },
  {
    name: 'equalJitter()',
    backoff: equalJitter(exponential()),
    interval: (step) => [doubling(step) / 2, doubling(step)],
  },
  {
    name: 'additiveJitter()',
    backoff: additiveJitter(exponential()),
    interval: (step) => [doubling(step), bounded(doubling(step) + step.baseDelay)],
  },
  {
    name: 'additiveJitter(spread)',
    backoff: additiveJitter(constant(), 50),
    interval: ({ baseDelay }) => [baseDelay, bounded(baseDelay + 50)],
  },
  {
    name: 'proportionalJitter()',
    backoff: proportionalJitter(exponential(), 0.25),
    interval: (step) => [doubling(step) * 0.75, bounded(doubling(step) * 1.25)],
  },
  {
    name: 'proportionalJitter(1)',
    backoff: proportionalJitter(constant(), 1),
    interval: ({ baseDelay }) => [0, bounded(baseDelay * 2)],
  },
  {
    name: 'decorrelatedJitter()',
    backoff: decorrelatedJitter(),
    interval: ({ baseDelay, previousDelay }) => [baseDelay, Math.max(baseDelay, bounded(3 * previousDelay))],
  },
  {
    name: 'decorrelatedJitter({ maxDelay })',
    backoff: decorrelatedJitter({ maxDelay: 2_000 }),
    interval: ({ baseDelay }) => [Math.min(baseDelay, 2_000), 2_000],
  },
  {
    name: 'smoothJitter()',
    backoff: smoothJitter(),
    interval: (step) => [smoothBound(step, -1), smoothBound(step, 0)],
  },
  { name: 'capped(smoothJitter())', backoff: capped(smoothJitter(), 2_000), interval: () => [0, 2_000] },
  { name: 'fullJitter(capped())', backoff: fullJitter(capped(exponential(), 20_000)), interval: () => [0, 20_000] },
  { name: 'capped(fullJitter())', backoff: capped(fullJitter(exponential()), 20_000), interval: () => [0, 20_000] },
  {
    name: 'atLeast(fullJitter(capped()))',
    backoff: atLeast(fullJitter(capped(fibonacci(), 900)), 30),
    interval: () => [30, 900],
  },
  { name: 'equalJitter(additiveJitter())', backoff: equalJitter(additiveJitter(linear(), 10)) },
];

const RUNS = 10_000;
const done = { laws: new Set<string>(), runs: 0 };

afterAll(() => {
  console.log(`backoff laws: ${STRATEGIES.length} strategies, ${done.laws.size} laws, ${done.runs} property runs`);
});

/** Chance as nobody should make it. */
const HOSTILE = [
  1,
  2,
  -1,
  -0,
  NaN,
  Infinity,
  -Infinity,
  undefined,
  null,
  '0.5',
  'x',
  5n,
  {},
  true,
] as unknown as number[];

const duration = fc.oneof(
  { weight: 4, arbitrary: fc.nat(60_000) },
  { weight: 2, arbitrary: fc.double({ min: 0, max: 1e6, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 5e-324, 0.5, 1e300, Number.MAX_VALUE) },
);
const attempt = fc.oneof(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 10_000 }));
const asked = fc
  .tuple(attempt, duration, duration, duration)
  .map(([attempt, baseDelay, previousDelay, totalDelay]): Asked => ({ attempt, baseDelay, previousDelay, totalDelay }));
const seed = fc.nat(0xffffffff);
const chance = fc.oneof(
  { weight: 3, arbitrary: seed.map((seed) => () => seededRandom(seed)) },
  { weight: 1, arbitrary: fc.constantFrom(...HOSTILE, 0, 0.5, 0.9999999999999999).map((value) => () => () => value) },
) as fc.Arbitrary<() => Random>;

describe.each(STRATEGIES)('$name', ({ backoff, grows, interval }) => {
  it('gives finite delays of at least 0 for attempts 1 to 10 000, whatever chance does', () => {
    law('finite for 10 000 attempts', asked, chance, (step, random) => {
      expectDelay(backoff({ ...step, random: random() }));
    });
  });

  it('gives finite delays of at least 0 for attempts up to 2³¹', () => {
    const far = fc
      .tuple(asked, fc.oneof(fc.integer({ min: 1, max: 2 ** 31 }), fc.constant(2 ** 31)))
      .map(([step, attempt]) => ({ ...step, attempt }));

    law('finite up to 2^31', far, chance, (step, random) => {
      expectDelay(backoff({ ...step, random: random() }));
    });
  });

  it('gives equal delays for equal steps and equal chance', () => {
    law('deterministic', asked, chance, (step, random) => {
      const first = backoff({ ...step, random: random() });
      const again = backoff({ ...step, random: random() });

      if (!Object.is(first, again)) throw new Error(`${first}, then ${again}`);
    });
  });

  it('uses nothing but its step, and does not change it', () => {
    law('pure', asked, seed, (step, seed) => {
      const frozen = Object.freeze({ ...step, random: seededRandom(seed) });
      const restore = forbidClockAndChance();
      try {
        backoff(frozen);
      } finally {
        restore();
      }
    });
  });

  if (grows) {
    it('never falls from one attempt to the next', () => {
      law('growing', asked, fc.integer({ min: 1, max: 5_000 }), (step, further) => {
        const random = (): number => 0.5;
        const delay = backoff({ ...step, random });
        const next = backoff({ ...step, attempt: step.attempt + 1, random });
        const later = backoff({ ...step, attempt: step.attempt + further, random });

        if (next < delay || later < next) throw new Error(`${delay}, then ${next}, later ${later}`);
      });
    });
  }

  if (interval) {
    it('stays in its documented interval, whatever chance does', () => {
      law('inside its interval', asked, chance, (step, random) => {
        const [low, high] = interval(step);

        const delay = backoff({ ...step, random: random() });

        if (!(delay >= low && delay <= high)) throw new Error(`${delay} is not in [${low}, ${high}]`);
      });
    });
  }

  it('never exceeds a cap around it, nor the lower of two', () => {
    law('capped', asked, fc.tuple(chance, duration, duration), (step, [random, cap, other]) => {
      const once = capped(backoff, cap)({ ...step, random: random() });
      const twice = capped(capped(backoff, cap), other)({ ...step, random: random() });
      const inside = fullJitter(capped(backoff, cap))({ ...step, random: random() });

      expectDelay(once);
      if (once > cap || inside > cap || twice > Math.min(cap, other)) throw new Error(`${once}, ${twice}, ${inside}`);
    });
  });

  it('lies in its envelope with every schedule', () => {
    const cases = [
      { baseDelay: 100, retries: 12 },
      { baseDelay: 0.3, retries: 8 },
      { baseDelay: 0, retries: 3 },
      { baseDelay: 1e306, retries: 6 },
    ].map((options) => ({ options, bounds: envelope(backoff, options) }));

    law('inside its envelope', fc.constantFrom(...cases), chance, ({ options, bounds }, random) => {
      const delays = schedule(backoff, { ...options, random: random() });

      delays.forEach((delay, index) => {
        const { min, max } = bounds[index]!;
        if (!(delay >= min && delay <= max)) throw new Error(`delay ${index + 1}: ${delay} is not in [${min}, ${max}]`);
      });
    });
  });
});

describe('smoothJitter()', () => {
  it('telescopes: the sum of its delays after n attempts lies between f(n − 1) and f(n)', () => {
    law(
      'telescoping',
      fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(60_000)),
      chance,
      ([retries, baseDelay], random) => {
        const total = schedule(smoothJitter(), { baseDelay, retries, random: random() }).reduce((a, b) => a + b, 0);
        const low = polly(retries - 1, baseDelay) * (1 - 1e-12);
        const high = polly(retries, baseDelay) * (1 + 1e-12);

        if (!(total >= low && total <= high)) throw new Error(`${total} is not in [${low}, ${high}]`);
      },
    );
  });
});

function law<Given, Chance>(
  name: string,
  given: fc.Arbitrary<Given>,
  chance: fc.Arbitrary<Chance>,
  holds: (given: Given, chance: Chance) => void,
): void {
  let runs = 0;
  fc.assert(
    fc.property(given, chance, (given, chance) => {
      runs++;
      holds(given, chance);
    }),
    { numRuns: RUNS },
  );
  expect(runs).toBe(RUNS);
  done.laws.add(name);
  done.runs += runs;
}

function expectDelay(delay: unknown): void {
  if (!(typeof delay === 'number' && Number.isFinite(delay) && delay >= 0)) throw new Error(`${delay} is no delay`);
}

/** Makes the clocks and the chance of the machine throw until restored. */
function forbidClockAndChance(): () => void {
  const { random } = Math;
  const { now } = Date;
  const own = Object.getOwnPropertyDescriptor(performance, 'now');
  const forbidden = (): never => {
    throw new Error('A backoff has only its step');
  };
  Math.random = forbidden;
  Date.now = forbidden;
  Object.defineProperty(performance, 'now', { value: forbidden, configurable: true });
  return () => {
    Math.random = random;
    Date.now = now;
    if (own) Object.defineProperty(performance, 'now', own);
    else Reflect.deleteProperty(performance, 'now');
  };
}

function bounded(delay: number): number {
  return Math.min(delay, Number.MAX_VALUE);
}

/** Polly's curve at t, in ms: 2^t · tanh(√(4t)) · baseDelay / 1.4. */
function polly(t: number, baseDelay: number): number {
  return baseDelay ? bounded((2 ** t * Math.tanh(Math.sqrt(4 * t)) * baseDelay) / 1.4) : 0;
}

/** What the curve says at the end of attempt n (0) or at the end of the one before (−1), less what has been waited. */
function smoothBound({ attempt, baseDelay, totalDelay }: Asked, end: -1 | 0): number {
  return Math.max(0, polly(attempt + end, baseDelay) - Math.min(totalDelay, polly(attempt - 1, baseDelay)));
}
