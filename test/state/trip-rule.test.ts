import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anyOf,
  CircuitBreaker,
  consecutiveFailures,
  failureConfidence,
  failureRate,
  slowCallRate,
  type TripCounts,
  type TripRule,
} from 'holdfast';
import { rulesOf } from '../../src/state/trip-rule.ts';
import { wrongArgument } from '../wrong-argument.ts';

const NOTHING: TripCounts = { calls: 0, failures: 0, slow: 0, consecutiveFailures: 0 };
const SPAN = 'expected window to be ms ≥ 1, or { calls }, got';

describe('failureConfidence()', () => {
  it('looks at 10 s unless told otherwise', () => {
    const windows = [
      failureConfidence(),
      failureConfidence({ window: 500 }),
      failureConfidence({ window: { calls: 20 } }),
    ];

    expect(windows.map(({ window }) => window)).toEqual([{ duration: 10_000 }, { duration: 500 }, { calls: 20 }]);
  });

  it.each([
    [2, 2, false],
    [3, 3, true],
    [15, 8, true],
    [16, 7, false],
    [16, 8, true],
    [143, 43, true],
    [144, 43, false],
    [144, 44, true],
    [1_000, 200, false],
    [100_000, 20_000, false],
    [1, 0, false],
    [0, 0, false],
  ])('by default, of %d calls with %d failures says %s', (calls, failures, trips) => {
    const said = failureConfidence().trips({ ...NOTHING, calls, failures });

    expect(said).toBe(trips);
  });

  it('says that the lower bound of the Wilson interval is at least the threshold', () => {
    const counts = fc.nat(2_000).chain((calls) => fc.tuple(fc.constant(calls), fc.nat(calls)));
    const threshold = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    const confidence = fc.double({ min: 0.1, max: 5, noNaN: true });

    const law = fc.property(counts, threshold, confidence, ([calls, failures], threshold, confidence) => {
      const bound = wilson(failures, calls, confidence);
      if (!calls || Math.abs(bound - threshold) < 1e-9) return true;
      const rule = failureConfidence({ threshold, confidence });
      return rule.trips({ ...NOTHING, calls, failures }) === bound > threshold;
    });

    fc.assert(law, { numRuns: 10_000 });
  });

  it.each([
    [{ threshold: 0 }, 1, 1, true],
    [{ threshold: 0 }, 1_000, 1, true],
    [{ threshold: 1 }, 5, 5, false],
    [{ confidence: 0 }, 4, 1, true],
    [{ confidence: 0 }, 5, 1, false],
    [{ threshold: 0.5, confidence: 2 }, 4, 4, true],
    [{ threshold: 0.5, confidence: 2 }, 3, 3, false],
  ])('%o of %d calls with %d failures says %s', (options, calls, failures, trips) => {
    const said = failureConfidence(options).trips({ ...NOTHING, calls, failures });

    expect(said).toBe(trips);
  });

  it.each([
    [{ threshold: 1.5 }, RangeError, 'expected threshold to be a number from 0 to 1, got 1.5'],
    [{ threshold: '20%' }, TypeError, 'expected threshold to be a number from 0 to 1, got "20%"'],
    [{ confidence: -1 }, RangeError, 'expected confidence to be a finite number ≥ 0, got -1'],
    [{ confidence: Infinity }, RangeError, 'expected confidence to be a finite number ≥ 0, got Infinity'],
    [{ minimumCalls: 3 }, TypeError, null],
  ] as const)('refuses %o', (options, Class, message) => {
    const make = (): TripRule => failureConfidence(options as never);

    if (message) expect(make).toThrow(wrongArgument(Class, `Cannot make a trip rule: ${message}`));
    else expect(make).toThrow(Class);
  });
});

describe('consecutiveFailures()', () => {
  it.each([
    [1, 0, false],
    [1, 1, true],
    [3, 2, false],
    [3, 3, true],
    [3, 4, true],
  ])('of %d says with %d in a row: %s', (failures, inARow, trips) => {
    const rule = consecutiveFailures(failures);

    const said = rule.trips({ calls: 100, failures: 100, slow: 100, consecutiveFailures: inARow });

    expect(said).toBe(trips);
    expect(rule.window).toBeUndefined();
  });

  it.each([
    [0, RangeError, '0'],
    [1.5, RangeError, '1.5'],
    [Infinity, RangeError, 'Infinity'],
    [undefined, TypeError, 'undefined'],
    ['3', TypeError, '"3"'],
  ] as const)('refuses %s', (failures, Class, shown) => {
    const make = (): TripRule => consecutiveFailures(failures as never);

    expect(make).toThrow(
      wrongArgument(Class, `Cannot make a trip rule: expected failures to be an integer ≥ 1, got ${shown}`),
    );
  });
});

describe.each([
  ['failureRate()', failureRate, 'failures', undefined],
  ['slowCallRate()', slowCallRate, 'slow', true],
] as const)('%s', (_, make, what, needsSlowCalls) => {
  it.each([
    [{ threshold: 0.5 }, 9, 9, false],
    [{ threshold: 0.5 }, 10, 4, false],
    [{ threshold: 0.5 }, 10, 5, true],
    [{ threshold: 0.5 }, 10, 10, true],
    [{ threshold: 0.5, minimumCalls: 1 }, 1, 1, true],
    [{ threshold: 0, minimumCalls: 1 }, 5, 0, false],
    [{ threshold: 0, minimumCalls: 1 }, 5, 1, true],
    [{ threshold: 1 }, 10, 9, false],
    [{ threshold: 1 }, 10, 10, true],
    [{ threshold: 0.3, minimumCalls: undefined, window: undefined }, 10, 3, true],
  ])(`%o of %d calls with %d ${what} says %s`, (options, calls, counted, trips) => {
    const rule = make(options);

    const said = rule.trips({ ...NOTHING, calls, [what]: counted });

    expect(said).toBe(trips);
  });

  it('looks at its window, and at nothing else', () => {
    const rules = [
      make({ threshold: 0.5 }),
      make({ threshold: 0.5, window: 1.5 }),
      make({ threshold: 0.5, window: { calls: 10 } }),
      make({ threshold: 0.5, window: { calls: 100_000 }, minimumCalls: 100_000 }),
    ];
    const other = what === 'slow' ? 'failures' : 'slow';

    const said = rules.map((rule) =>
      rule.trips({ calls: 1e6, failures: 0, slow: 0, [other]: 1e6, consecutiveFailures: 9 }),
    );

    expect(rules.map(({ window }) => window)).toEqual([
      { duration: 10_000 },
      { duration: 1.5 },
      { calls: 10 },
      { calls: 100_000 },
    ]);
    expect(rules.map((rule) => rule.needsSlowCalls)).toEqual(rules.map(() => needsSlowCalls));
    expect(said).toEqual([false, false, false, false]);
  });

  it.each([
    [undefined, TypeError, 'expected threshold to be a number from 0 to 1, got undefined'],
    [{}, TypeError, 'expected threshold to be a number from 0 to 1, got undefined'],
    [{ threshold: 50 }, RangeError, 'expected threshold to be a number from 0 to 1, got 50'],
    [{ threshold: 0.5, minimumCalls: 0 }, RangeError, 'expected minimumCalls to be an integer ≥ 1, got 0'],
    [{ threshold: 0.5, window: 0 }, RangeError, `${SPAN} 0`],
    [{ threshold: 0.5, window: Infinity }, RangeError, `${SPAN} Infinity`],
    [{ threshold: 0.5, window: '10s' }, TypeError, `${SPAN} "10s"`],
    [
      { threshold: 0.5, window: {} },
      TypeError,
      'expected window.calls to be an integer from 1 to 100000, got undefined',
    ],
    [
      { threshold: 0.5, window: { calls: 0 } },
      RangeError,
      'expected window.calls to be an integer from 1 to 100000, got 0',
    ],
    [
      { threshold: 0.5, window: { calls: 100_001 } },
      RangeError,
      'expected window.calls to be an integer from 1 to 100000, got 100001',
    ],
    [
      { threshold: 0.5, window: { call: 5 } },
      TypeError,
      'expected a known option (did you mean window.calls?), got "window.call"',
    ],
    [{ threshold: 0.5, window: null }, TypeError, 'expected window to be an object, got null'],
    [
      { threshold: 0.5, window: { calls: 9 } },
      RangeError,
      'expected window.calls to be at least minimumCalls (10), got 9',
    ],
  ] as const)('refuses %o', (options, Class, message) => {
    const attempt = (): TripRule => make(options as never);

    expect(attempt).toThrow(wrongArgument(Class, `Cannot make a trip rule: ${message}`));
  });
});

describe('anyOf()', () => {
  it('is its rules as one, flat however they are nested', () => {
    const [one, two, three] = [consecutiveFailures(1), consecutiveFailures(2), failureConfidence()];

    const rules = [anyOf(one), anyOf(one, anyOf(two, anyOf(three)))].map(rulesOf);

    expect(rules).toEqual([[one], [one, two, three]]);
    expect(rulesOf(two)).toEqual([two]);
  });

  it('opens a breaker when the first of them trips', () => {
    const breaker = new CircuitBreaker({ trip: anyOf(consecutiveFailures(3), consecutiveFailures(2)) });

    const states = [1, 2].map(() => (breaker.tryAcquire()!.fail(), breaker.state));

    expect(states).toEqual(['closed', 'open']);
  });

  it('takes a rule made by hand', () => {
    const rule: TripRule = { window: undefined, trips: () => true };

    const made = anyOf(rule);

    expect(made.anyOf).toEqual([rule]);
  });

  it('refuses to be of nothing', () => {
    expect(() => anyOf()).toThrow(
      wrongArgument(TypeError, 'Cannot make a trip rule: expected at least one rule, got undefined'),
    );
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5'],
    [{}, 'a value of type object'],
    [{ trips: true }, 'a value of type object'],
    [{ anyOf: 1 }, 'a value of type object'],
    [() => true, 'a value of type function'],
  ])('refuses %s, which is no rule', (rule, shown) => {
    expect(() => anyOf(consecutiveFailures(1), rule as never)).toThrow(
      wrongArgument(
        TypeError,
        `Cannot make a trip rule: expected rule to be a trip rule, such as consecutiveFailures(5), got ${shown}`,
      ),
    );
  });

  it.each([{ anyOf: [] }, { anyOf: [1] }, { anyOf: [{ anyOf: [{}] }] }])(
    'by hand, is checked at the door, too (%j)',
    (trip) => {
      const make = (): CircuitBreaker => new CircuitBreaker({ trip: trip as never });

      expect(make).toThrow(TypeError);
    },
  );
});

/** The lower bound of Wilson's score interval. */
function wilson(failures: number, calls: number, z: number): number {
  const rate = failures / calls;
  const spread = z * Math.sqrt((rate * (1 - rate)) / calls + z ** 2 / (4 * calls ** 2));
  return (rate + z ** 2 / (2 * calls) - spread) / (1 + z ** 2 / calls);
}
