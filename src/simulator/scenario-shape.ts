import { invalid } from '../base/check.ts';
import { leaves } from '../json/leaves.ts';
import type { Json } from '../json/json-value.ts';
import { policyShape } from '../json/policy-shape.ts';
import type { KindsShape, LeafShape, MapShape, RecordShape, Shape } from '../json/read-shape.ts';
import type { Arrivals } from './arrivals.ts';
import type { Distribution } from './distribution.ts';
import type { ClientGroup, Scenario, Service, ServiceQueue, ServiceRateLimit } from './scenario.ts';
import type { Trigger } from './trigger.ts';

/** A shape for every field. */
type Fields<Of> = { readonly [Name in keyof Of]-?: Shape };
/** A record for every kind, with a shape for every other field of it. */
type Kinds<Of extends { readonly kind: string }> = {
  readonly [Kind in Of['kind']]: RecordShape & {
    readonly fields: Fields<Omit<Extract<Of, { readonly kind: Kind }>, 'kind'>>;
  };
};

/** What can stand in a scenario. With `policy`, what a policy can be given as. */
export function scenarioShape(policy: Shape): RecordShape {
  const group: Fields<ClientGroup> = {
    name: text,
    count: clients,
    arrivals: arrivalsShape,
    calls,
    policy,
    shared: flag,
    patience: durationOrInfinity,
  };
  const service: Fields<Service> = {
    workers: count,
    serviceTime: distributionShape,
    queue: { fields: line },
    abandoned: oneOf('finish', 'stop'),
    errorRate: ratio,
    latency: duration,
    rateLimit: { fields: rateLimit, required: ['limit', 'interval'] },
    calls,
    policy,
  };
  const services: MapShape = { map: { fields: service, required: ['workers', 'serviceTime'] }, least: 1 };
  const fields: Fields<Scenario> = {
    seed,
    duration: interval,
    interval,
    clients: { list: { fields: group, required: ['count', 'arrivals', 'calls'] }, least: 1 },
    services,
    triggers: { list: triggerShape, least: 0 },
    recoverWithin: durationOrInfinity,
    policies: { map: policy, least: 1 },
  };
  return { fields, required: ['duration', 'clients', 'services'] };
}

/** A policy as data; it is made anew for each client. */
export const policyMakerShape: Shape = { maker: policyShape };

const { text, flag, count, ratio, amount, positive, duration, durationOrInfinity, interval } = leaves;

const seed: LeafShape = {
  kind: [
    'an integer from 0 to 4294967295',
    (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32,
    RangeError,
  ],
  schema: { type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 },
};
const clients: LeafShape = {
  kind: ['an integer from 1 to 100000', (value) => Number.isInteger(value) && value >= 1 && value <= 1e5, RangeError],
  schema: { type: 'integer', minimum: 1, maximum: 100_000 },
};
const places: LeafShape = {
  kind: [
    'an integer ≥ 0, or "Infinity"',
    (value) => value >= 0 && (Number.isSafeInteger(value) || value === Infinity),
    RangeError,
  ],
  schema: { anyOf: [{ type: 'integer', minimum: 0 }, { const: 'Infinity' }] },
  convert: (json) => (json === 'Infinity' ? Infinity : json),
};

function oneOf(...words: string[]): LeafShape {
  return {
    kind: [words.map((word) => `"${word}"`).join(' or '), (value: string) => words.includes(value)],
    schema: { enum: words },
  };
}

/** The name of a service, or of several. */
const calls: Shape = {
  cases: [
    [(json) => typeof json === 'string', text],
    [Boolean, { list: text, least: 1 }],
  ],
};

const line: Fields<ServiceQueue> = { order: oneOf('fifo', 'lifo'), limit: places, dropExpired: flag };
const rateLimit: Fields<ServiceRateLimit> = { limit: positive, interval, burst: positive };

function kindsOf<Of extends { readonly kind: string }>(says: string, kinds: Kinds<Of>): KindsShape {
  const named = Object.entries<RecordShape>(kinds).map(([kind, record]): [string, RecordShape] => {
    const { make = (fields: object) => fields } = record;
    return [kind, { required: [], ...record, make: (fields, place) => ({ kind, ...(make(fields, place) as object) }) }];
  });
  return { says, kinds: Object.fromEntries(named) };
}

const mean = { fields: { mean: duration }, required: ['mean'] };

const distributionShape: KindsShape = kindsOf<Distribution>(
  'a distribution, such as { "kind": "constant", "mean": 100 }',
  {
    constant: mean,
    exponential: mean,
    'log-normal': { fields: { mean: duration, p99: duration }, required: ['mean', 'p99'], make: spread },
    empirical: { fields: { values: { list: duration, least: 1 } }, required: ['values'] },
  },
);

function spread(given: { readonly mean: number; readonly p99: number }): object {
  const { mean: average, p99 } = given;
  if (p99 >= average && p99 <= 14 * average) return given;
  throw invalid('spread durations', 'p99 to be from 1 to 14 times the mean', p99, RangeError);
}

const rated = { fields: { rate: positive }, required: ['rate'] };

const arrivalsShape: KindsShape = kindsOf<Arrivals>('arrivals, such as { "kind": "poisson", "rate": 5 }', {
  poisson: rated,
  constant: rated,
  closed: { fields: { thinkTime: distributionShape }, required: ['thinkTime'] },
  bursts: { fields: { size: count, every: interval }, required: ['size', 'every'] },
});

const window = { at: duration, duration };
const onService = { fields: { ...window, service: text }, required: ['at', 'duration'] };
const scaled = (factor: Shape) => ({ fields: { ...onService.fields, factor }, required: ['at', 'duration', 'factor'] });

const triggerShape: KindsShape = kindsOf<Trigger>(
  'a trigger, such as { "kind": "outage", "at": 1000, "duration": 500 }',
  {
    slowdown: scaled(positive),
    outage: onService,
    errors: { fields: { ...onService.fields, rate: ratio }, required: ['at', 'duration', 'rate'] },
    capacity: scaled(amount),
    surge: { fields: { ...window, group: text, factor: amount }, required: ['at', 'duration', 'factor'] },
    partition: onService,
    stall: onService,
  },
);

/** What `kind` a place may have where it need not be JSON: a function is taken as it is. */
export function orFunction(shape: Shape): Shape {
  const callable: LeafShape = { kind: ['a function', (value) => typeof value === 'function'], schema: {} };
  return {
    cases: [
      [(given: Json) => typeof given === 'function', callable],
      [Boolean, shape],
    ],
  };
}
