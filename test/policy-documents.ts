import fc from 'fast-check';
import {
  AdaptiveLimiter,
  AdaptiveThrottle,
  additiveJitter,
  anyOf,
  atLeast,
  Bulkhead,
  capped,
  CircuitBreaker,
  consecutiveFailures,
  constant,
  decorrelatedJitter,
  equalJitter,
  exponential,
  failureConfidence,
  failureRate,
  fallback,
  fibonacci,
  fullJitter,
  hedge,
  linear,
  pipeline,
  proportionalJitter,
  quantile,
  RateLimiter,
  retry,
  RetryBudget,
  sequence,
  slowCallRate,
  smoothJitter,
  standard,
  timeout,
  type AnyTripRule,
  type Backoff,
  type Clock,
  type Policy,
  type Random,
  type TripRule,
} from 'holdfast';

/** A part of a document, and the same made by hand. */
export interface Twin<Made> {
  readonly json: unknown;
  readonly made: Made;
}

/** What the policies made by hand are given. */
export interface Setting {
  readonly clock: Clock;
  readonly random: Random;
}

/** The functions that documents name. */
export const functions = {
  never: (): boolean => false,
  always: (): boolean => true,
  soon: (): number => 7,
  ignore: (): void => {},
};
const named = (name: keyof typeof functions): object => ({ function: name });

const ms = (least = 0, most = 400): fc.Arbitrary<Twin<number>> =>
  fc.tuple(fc.integer({ min: least, max: most }), fc.nat(3)).map(([made, form]) => ({
    json: [made, `${made}ms`, `${made / 1_000}s`, `PT${(made / 1_000).toFixed(3)}S`][form],
    made,
  }));
const plain = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Twin<Value>> =>
  values.map((value) => ({ json: value, made: value }));
const counts = (most: number): fc.Arbitrary<Twin<number>> => plain(fc.integer({ min: 1, max: most }));
const parts = (): fc.Arbitrary<Twin<number>> => plain(fc.constantFrom(0, 0.1, 0.25, 0.5, 1));
const fn = <Name extends keyof typeof functions>(name: Name): fc.Arbitrary<Twin<(typeof functions)[Name]>> =>
  fc.constant({ json: named(name), made: functions[name] });

/** Several fields, some of which may be left out, as one twin of an object. */
function fields<Required extends object, Optional extends object = object>(
  required: { [Name in keyof Required]: fc.Arbitrary<Twin<Required[Name]>> },
  optional = {} as { [Name in keyof Optional]: fc.Arbitrary<Twin<Optional[Name]>> },
): fc.Arbitrary<Twin<Required & Partial<Optional>>> {
  const all = { ...required, ...optional } as unknown as Record<string, fc.Arbitrary<Twin<unknown>>>;
  const requiredKeys = Object.keys(required);
  return fc.record(all, { requiredKeys }).map((record) => {
    const pick = (side: keyof Twin<unknown>): object =>
      Object.fromEntries(Object.entries(record).map(([name, twin]) => [name, twin[side]]));
    return { json: pick('json'), made: pick('made') as never };
  });
}

/** The same with a kind, and made of its fields. */
function kind<Given, Made>(name: string, given: fc.Arbitrary<Twin<Given>>, make: (given: Given) => Made) {
  return given.map(({ json, made }): Twin<Made> => {
    const short = !Object.keys(json as object).length && name.length % 2;
    return { json: short ? name : { kind: name, ...(json as object) }, made: make(made) };
  });
}

/** Backoffs of every kind, within each other. */
export const backoffs: fc.Arbitrary<Twin<Backoff>> = fc.letrec<{ any: Twin<Backoff> }>((tie) => {
  const inner = tie('any');
  return {
    any: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      kind('constant', fields({}), () => constant()),
      kind('exponential', fields({}, { factor: plain(fc.constantFrom(1, 1.5, 2, 3)) }), exponential),
      kind('linear', fields({}, { increment: ms() }), linear),
      kind('fibonacci', fields({}), () => fibonacci()),
      kind(
        'sequence',
        fc
          .array(ms(), { minLength: 1, maxLength: 3 })
          .map((list) => ({ json: { delays: list.map(({ json }) => json) }, made: list.map(({ made }) => made) })),
        sequence,
      ),
      kind('decorrelated-jitter', fields({}, { maxDelay: ms() }), decorrelatedJitter),
      kind('smooth-jitter', fields({}), () => smoothJitter()),
      fn('soon'),
      kind('full-jitter', fields({ inner }), (given) => fullJitter(given.inner)),
      kind('equal-jitter', fields({ inner }), (given) => equalJitter(given.inner)),
      kind('additive-jitter', fields({ inner }, { spread: ms() }), (given) =>
        additiveJitter(given.inner, given.spread),
      ),
      kind('proportional-jitter', fields({ inner, ratio: parts() }), (given) =>
        proportionalJitter(given.inner, given.ratio),
      ),
      kind('capped', fields({ inner, maxDelay: ms() }), (given) => capped(given.inner, given.maxDelay)),
      kind('at-least', fields({ inner, minDelay: ms() }), (given) => atLeast(given.inner, given.minDelay)),
    ),
  };
}).any;

const windows = fc.oneof(
  ms(1, 20_000),
  fc.integer({ min: 5, max: 50 }).map((calls) => ({ json: { calls }, made: { calls } })),
);
const rates = fields({ threshold: parts() }, { window: windows, minimumCalls: counts(5) }).map(({ json, made }) => {
  const minimumCalls = { minimumCalls: made.minimumCalls ?? 5 };
  return { json: { ...(json as object), ...minimumCalls }, made: { ...made, ...minimumCalls } };
});

/** Trip rules of every kind, within each other. */
export const tripRules: fc.Arbitrary<Twin<TripRule | AnyTripRule>> = fc.letrec<{ any: Twin<TripRule | AnyTripRule> }>(
  (tie) => ({
    any: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      kind(
        'failure-confidence',
        fields({}, { threshold: parts(), confidence: plain(fc.constantFrom(0, 1, 3)), window: windows }),
        failureConfidence,
      ),
      kind('consecutive-failures', fields({ failures: counts(5) }), (given) => consecutiveFailures(given.failures)),
      kind('failure-rate', rates, failureRate),
      kind('slow-call-rate', rates, slowCallRate),
      kind('custom', fields({ trips: fn('always') }, { needsSlowCalls: plain(fc.boolean()) }), (given) => ({
        ...given,
        window: undefined,
      })),
      kind(
        'any-of',
        fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((list) => ({
          json: { rules: list.map(({ json }) => json) },
          made: list.map(({ made }) => made),
        })),
        (rules) => anyOf(...rules),
      ),
    ),
  }),
).any;

const observer = (...events: string[]): fc.Arbitrary<Twin<object>> =>
  fields({}, Object.fromEntries(events.map((event) => [event, fn('ignore')])));
const budgets = fields({}, { ratio: parts(), burst: plain(fc.nat(5)) }).map(({ json, made }) => ({
  json,
  made: () => new RetryBudget(made),
}));
const line = { maxQueued: plain(fc.nat(3)), maxWait: ms() };
const judged = { isFailure: fn('always'), isFailureResult: fn('never') };
const name = plain(fc.constantFrom('', 'users'));

/** The options of a part, without its kind; budgets are made by `fresh`. */
const retries = fields(
  {},
  {
    maxAttempts: fc.oneof(counts(4), fc.constant({ json: 'Infinity', made: Infinity })),
    baseDelay: ms(),
    backoff: backoffs,
    isRetryable: fn('always'),
    isRetryableResult: fn('never'),
    retryAfter: fn('soon'),
    maxRetryAfter: ms(),
    budget: budgets,
    on: observer('retry', 'giveUp'),
  },
).chain(({ json, made }) =>
  // An attempt without end has to end some time.
  ms(100, 2_000).map((limit) => ({
    json: { ...(json as object), maxElapsed: limit.json, allowNestedRetry: true },
    made: { ...made, maxElapsed: limit.made, allowNestedRetry: true },
  })),
);
const breakers = fields(
  { slowCallDuration: ms(1) },
  {
    trip: tripRules,
    openDuration: fc.oneof(ms(), backoffs),
    probes: fields({}, { required: counts(3), concurrent: counts(2), timeout: ms() }),
    name,
    on: observer('stateChange', 'rejected'),
    ...judged,
  },
);
const bulkheads = fields(
  { maxConcurrent: counts(3) },
  { ...line, releaseOn: plain(fc.constantFrom('settle', 'timeout')), name, on: observer('rejected') },
);
const rate = { limit: counts(5), interval: ms(1) };
const limiters = fields(
  { ...rate, burst: plain(fc.integer({ min: 3, max: 9 })) },
  { ...line, calls: fields(rate), cost: counts(3), actualCost: fn('soon'), name, on: observer('rejected') },
);
const hedges = fields(
  {
    delay: fc.oneof(
      ms(),
      fn('soon'),
      kind(
        'quantile',
        fields({ q: plain(fc.constantFrom(0.5, 0.95)) }, { initial: ms(1) }),
        (given) => () => quantile(given.q, { initial: given.initial }),
      ),
    ),
  },
  { maxHedges: counts(2), budget: budgets, isHedgeable: fn('always'), on: observer('hedge') },
);

/** What holds state is made anew for every policy. */
function fresh<Options>(options: Options): Options {
  const made = { ...options } as { budget?: unknown; delay?: unknown };
  if (typeof made.budget === 'function') made.budget = (made.budget as () => unknown)();
  if (typeof made.delay === 'function' && made.delay !== functions.soon) made.delay = (made.delay as () => unknown)();
  return made as Options;
}

type Making = (setting: Setting) => Policy<unknown>;

/** Policies of every kind, within each other. */
export const policies: fc.Arbitrary<Twin<Making>> = fc.letrec<{ any: Twin<Making> }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true, maxDepth: 3 },
    made('retry', retries, ({ budget, ...options }, setting) =>
      retry({ ...options, ...setting, budget: budget as unknown as RetryBudget }),
    ),
    made('timeout', fields({ timeout: ms() }, { on: observer('timeout') }), ({ timeout: limit, ...options }, setting) =>
      timeout(limit, { ...options, clock: setting.clock }),
    ),
    made('circuit-breaker', breakers, (options, setting) => new CircuitBreaker({ ...options, ...setting })),
    made('bulkhead', bulkheads, (options, { clock }) => new Bulkhead({ ...options, clock } as never)),
    made('rate-limiter', limiters, (options, { clock }) => new RateLimiter({ ...options, clock } as never)),
    made(
      'adaptive-limiter',
      fields(
        {},
        { min: counts(2), max: plain(fc.integer({ min: 2, max: 9 })), target: ms(), ...line, ...judged, name },
      ),
      (options, { clock }) => new AdaptiveLimiter({ ...options, clock }),
    ),
    made(
      'adaptive-throttle',
      fields({}, { k: plain(fc.constantFrom(1, 1.5, 2)), window: ms(1), ...judged, name }),
      (options, setting) => new AdaptiveThrottle({ ...options, ...setting }),
    ),
    made('hedge', hedges, (options, { clock }) => hedge({ ...options, clock } as never)),
    made(
      'fallback',
      fields(
        { substitute: fc.oneof(plain(fc.jsonValue()), fn('soon')) },
        { isHandled: fn('always'), on: observer('fallback') },
      ),
      ({ substitute, ...options }) => fallback(substitute, options),
    ),
    made(
      'standard',
      fields(
        // Its own retry may not stand inside another one.
        { retry: part(retries) } as { [part: string]: fc.Arbitrary<Twin<unknown>> },
        {
          timeout: ms(),
          attemptTimeout: ms(),
          retry: part(retries),
          breaker: part(breakers),
          bulkhead: part(bulkheads),
          rateLimiter: part(limiters),
          hedge: part(hedges),
          isTransient: fn('always'),
          name,
        } as { [part: string]: fc.Arbitrary<Twin<unknown>> },
      ),
      (options, setting) => {
        const all = Object.entries(options).map(([key, value]) => [
          key,
          value instanceof Object ? fresh(value) : value,
        ]);
        return standard({ ...Object.fromEntries(all), ...setting, isTransient: options['isTransient'] as never });
      },
    ),
    fc.array(tie('any'), { maxLength: 3 }).map((list) => ({
      json: { kind: 'pipeline', policies: list.map(({ json }) => json) },
      made: (setting: Setting) => pipeline(...list.map((each) => each.made(setting))),
    })),
  ),
})).any;

function part<Options>(options: fc.Arbitrary<Twin<Options>>): fc.Arbitrary<Twin<Options | false>> {
  return fc.oneof(options, fc.constant({ json: false, made: false as const }));
}

function made<Options>(
  kindName: string,
  options: fc.Arbitrary<Twin<Options>>,
  make: (options: Options, setting: Setting) => Policy<unknown>,
): fc.Arbitrary<Twin<Making>> {
  return kind(kindName, options, (given) => (setting: Setting) => make(fresh(given), setting));
}
