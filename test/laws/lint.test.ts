import {
  Bulkhead,
  instantSleeper,
  systemClock,
  pipeline as policyPipeline,
  timeout as limit,
  type Clock,
  type Policy,
} from 'holdfast';
import { describe, expect, it } from 'vitest';
import { policyFrom } from 'holdfast/json';
import { lint, type LintOptions } from 'holdfast/lint';
import { simulate, type PolicyMaker, type Scenario, type Service, type SimulationResult } from 'holdfast/simulator';
import { tablesIn } from '../house/docs-tables.ts';

/** A policy as data. */
type Data = { readonly kind: string; readonly [option: string]: unknown };

/** A law, a policy that breaks it and one that keeps it, and the harm that a simulation shows of the first. */
interface Pair {
  readonly law: string;
  readonly breaking: Data | PolicyMaker;
  readonly keeping: Data | PolicyMaker;
  readonly fleet?: LintOptions;
  readonly scenario: (policy: PolicyMaker) => Scenario;
  /** What is bad, in a number. */
  readonly harm: (result: SimulationResult) => number;
  /** The harm is at least the first number where the law is broken, and at most the second where it is kept. */
  readonly bounds: readonly [breaking: number, keeping: number];
}

const pipeline = (...policies: readonly Data[]): Data => ({ kind: 'pipeline', policies });
const timeout = (limit: string): Data => ({ kind: 'timeout', timeout: limit });
const budget = { ratio: 0.1, burst: 3 };
const failures = ({ totals: { failed, refused, offered } }: SimulationResult): number => (failed + refused) / offered;

const sum = (series: SimulationResult['series'], of: 'sent' | 'offered'): number =>
  series.reduce((all, bucket) => all + bucket[of], 0);
const mostQueued = ({ series }: SimulationResult): number => Math.max(...series.map(({ queued }) => queued));
const patient = (backoff: Data): Data =>
  pipeline(timeout('30s'), { kind: 'retry', maxAttempts: 8, baseDelay: '8s', backoff }, timeout('2s'));
const around = (clock: Clock, ...policies: readonly Policy[]): Policy =>
  policyPipeline(limit(2_000, { clock }), ...policies);

/** Eight workers, of 100 ms a request: 80 calls a second. */
const service: Service = { workers: 8, serviceTime: { kind: 'exponential', mean: 100 } };
const fleet = { callsPerSecond: 6, instances: 10, capacity: 80 };

/** Ten clients of six calls a second, three quarters of what the service can do, and ten seconds in which it is slow. */
const brownOut = (policy: PolicyMaker): Scenario => ({
  duration: 90_000,
  clients: [{ count: 10, arrivals: { kind: 'poisson', rate: 6 }, calls: 'api', policy }],
  services: { api: service },
  triggers: [{ kind: 'slowdown', factor: 5, at: 20_000, duration: 10_000 }],
});

const PAIRS: readonly Pair[] = [
  {
    law: 'budget-bound',
    breaking: pipeline(timeout('10s'), { kind: 'retry' }, timeout('2s')),
    keeping: pipeline(timeout('10s'), { kind: 'retry', budget }, timeout('2s')),
    fleet,
    scenario: brownOut,
    harm: ({ recovery }) => recovery,
    bounds: [Infinity, 60_000],
  },
  {
    law: 'hedge-without-budget',
    breaking: pipeline({ kind: 'hedge', delay: '300ms' }, timeout('2s')),
    keeping: pipeline({ kind: 'hedge', delay: '300ms', budget }, timeout('2s')),
    fleet,
    scenario: brownOut,
    harm: ({ recovery }) => recovery,
    bounds: [Infinity, 60_000],
  },
  {
    law: 'fleet-floors',
    breaking: pipeline({ kind: 'circuit-breaker', openDuration: '100ms' }, timeout('2s')),
    keeping: pipeline({ kind: 'circuit-breaker' }, timeout('2s')),
    fleet: { callsPerSecond: 0.6, instances: 100, capacity: 80 },
    scenario: (policy) => ({
      ...brownOut(policy),
      clients: [{ count: 100, arrivals: { kind: 'poisson', rate: 0.6 }, calls: 'api', policy }],
      triggers: [{ kind: 'outage', at: 20_000, duration: 69_000 }],
    }),
    // Of the calls in the last half minute of it, those that a service which is down is sent all the same.
    harm: ({ series }) => sum(series.slice(59, 89), 'sent') / sum(series.slice(59, 89), 'offered'),
    bounds: [0.8, 0.1],
  },
  {
    law: 'fleet-floors',
    breaking: pipeline({ kind: 'rate-limiter', limit: 600, interval: '1m' }, timeout('2s')),
    keeping: pipeline({ kind: 'rate-limiter', limit: 7, interval: '1s' }, timeout('2s')),
    fleet,
    scenario: (policy) => ({
      ...brownOut(policy),
      triggers: [{ kind: 'surge', factor: 5, at: 20_000, duration: 10_000 }],
    }),
    harm: mostQueued,
    bounds: [1_000, 100],
  },
  {
    law: 'attempts-multiply',
    breaking: { kind: 'retry', maxAttempts: 3, baseDelay: 10 },
    keeping: { kind: 'retry', maxAttempts: 3, baseDelay: 10, budget },
    fleet: { hops: 3 },
    scenario: (policy) => ({
      duration: 30_000,
      clients: [{ count: 5, arrivals: { kind: 'poisson', rate: 4 }, calls: 'front', policy }],
      services: {
        front: { ...service, workers: 100, calls: 'middle', policy },
        middle: { ...service, workers: 100, calls: 'back', policy },
        back: { ...service, workers: 100 },
      },
      triggers: [{ kind: 'outage', at: 0, duration: 29_000, service: 'back' }],
    }),
    harm: ({ totals: { services, offered } }) => services['back']!.sent / offered,
    bounds: [25, 2],
  },
  {
    law: 'never-trips',
    breaking: pipeline(timeout('2s'), {
      kind: 'circuit-breaker',
      trip: { kind: 'failure-rate', threshold: 0.5, minimumCalls: 30 },
    }),
    keeping: pipeline(timeout('2s'), { kind: 'circuit-breaker' }),
    fleet: { callsPerSecond: 1 },
    scenario: (policy) => ({
      duration: 60_000,
      clients: [{ count: 10, arrivals: { kind: 'constant', rate: 1 }, calls: 'api', policy }],
      services: { api: service },
      triggers: [{ kind: 'outage', at: 20_000, duration: 30_000 }],
    }),
    // Seconds of the outage in which the breakers let the calls through.
    harm: ({ series }) => series.filter(({ time, sent }) => time >= 25_000 && time < 50_000 && sent > 5).length,
    bounds: [25, 5],
  },
  {
    law: 'short-window',
    breaking: pipeline({ kind: 'circuit-breaker', trip: { kind: 'failure-confidence', window: '2s' } }, timeout('5s')),
    keeping: pipeline({ kind: 'circuit-breaker', trip: { kind: 'failure-confidence', window: '30s' } }, timeout('5s')),
    scenario: (policy) => ({
      duration: 90_000,
      clients: [
        { count: 10, arrivals: { kind: 'closed', thinkTime: { kind: 'constant', mean: 100 } }, calls: 'api', policy },
      ],
      services: { api: service },
      triggers: [{ kind: 'stall', at: 10_000, duration: 79_000 }],
    }),
    // Whether no breaker opens although no call comes back.
    harm: ({ totals }) => Number(totals.trips === 0),
    bounds: [1, 0],
  },
  {
    law: 'natural-errors',
    breaking: pipeline(timeout('2s'), {
      kind: 'circuit-breaker',
      trip: { kind: 'failure-rate', threshold: 0.2, minimumCalls: 10 },
    }),
    keeping: pipeline(timeout('2s'), { kind: 'circuit-breaker' }),
    fleet: { callsPerSecond: 3, errorRate: 0.1 },
    scenario: (policy) => ({
      duration: 300_000,
      clients: [{ count: 5, arrivals: { kind: 'poisson', rate: 3 }, calls: 'api', policy }],
      services: { api: { ...service, errorRate: 0.1 } },
    }),
    harm: ({ totals }) => totals.trips,
    bounds: [10, 0],
  },
  {
    law: 'natural-errors',
    breaking: pipeline(timeout('2s'), { kind: 'adaptive-throttle', k: 1.05 }),
    keeping: pipeline(timeout('2s'), { kind: 'adaptive-throttle' }),
    fleet: { callsPerSecond: 3, errorRate: 0.1 },
    scenario: (policy) => ({
      duration: 60_000,
      clients: [{ count: 5, arrivals: { kind: 'poisson', rate: 3 }, calls: 'api', policy }],
      services: { api: { ...service, errorRate: 0.1 } },
    }),
    harm: ({ totals }) => totals.refused,
    bounds: [50, 5],
  },
  {
    law: 'limits-below-load',
    breaking: pipeline(timeout('2s'), { kind: 'rate-limiter', limit: 3, interval: '1s' }),
    keeping: pipeline(timeout('2s'), { kind: 'rate-limiter', limit: 9, interval: '1s' }),
    fleet: { callsPerSecond: 6 },
    scenario: (policy) => ({ ...brownOut(policy), triggers: [] }),
    harm: failures,
    bounds: [0.45, 0.05],
  },
  {
    law: 'retries-refusals',
    breaking: pipeline(
      timeout('10s'),
      { kind: 'retry', isRetryable: { function: 'always' }, budget },
      { kind: 'bulkhead', maxConcurrent: 1 },
      timeout('2s'),
    ),
    keeping: pipeline(timeout('10s'), { kind: 'retry', budget }, { kind: 'bulkhead', maxConcurrent: 1 }, timeout('2s')),
    scenario: (policy) => ({ ...brownOut(policy), services: { api: { ...service, errorRate: 0.1 } }, triggers: [] }),
    // Errors of the service that came out, since the budget had been spent on refusals.
    harm: ({ totals: { failed, refused, offered } }) => failed / (offered - refused),
    bounds: [0.07, 0.03],
  },
  {
    law: 'repeats',
    breaking: pipeline({ kind: 'hedge', delay: '400ms', budget }, timeout('2s')),
    keeping: timeout('2s'),
    fleet: { idempotent: false },
    scenario: (policy) => ({ ...brownOut(policy), triggers: [] }),
    // Work that was done besides what was asked for.
    harm: ({ totals: { services, succeeded } }) => services['api']!.succeeded / succeeded - 1,
    bounds: [0.01, 0.001],
  },
  {
    law: 'retry-inside-breaker',
    breaking: pipeline(timeout('10s'), { kind: 'circuit-breaker' }, { kind: 'retry', maxAttempts: 4 }, timeout('1s')),
    keeping: pipeline(timeout('10s'), { kind: 'retry', maxAttempts: 4 }, { kind: 'circuit-breaker' }, timeout('1s')),
    scenario: (policy) => ({
      duration: 30_000,
      clients: [{ count: 10, arrivals: { kind: 'constant', rate: 1 }, calls: 'api', policy }],
      services: { api: service },
      triggers: [{ kind: 'partition', at: 10_000, duration: 19_000 }],
    }),
    // Requests that a service which is gone was sent.
    harm: ({ totals }) => totals.services['api']!.lost,
    bounds: [300, 150],
  },
  {
    law: 'no-room',
    breaking: pipeline(timeout('1s'), { kind: 'retry' }, timeout('900ms')),
    keeping: pipeline(timeout('1s'), { kind: 'retry', baseDelay: 10 }, timeout('330ms')),
    scenario: (policy) => ({
      duration: 60_000,
      clients: [{ count: 10, arrivals: { kind: 'poisson', rate: 1 }, calls: 'api', policy }],
      services: { api: { workers: 100, serviceTime: { kind: 'empirical', values: [300, 300, 300, 300, 5_000] } } },
    }),
    harm: failures,
    bounds: [0.15, 0.05],
  },
  {
    law: 'jitter-inside-cap',
    breaking: patient({ kind: 'capped', maxDelay: '1s', inner: { kind: 'full-jitter', inner: 'exponential' } }),
    keeping: patient({ kind: 'full-jitter', inner: { kind: 'capped', maxDelay: '1s', inner: 'exponential' } }),
    scenario: (policy) => ({
      duration: 10_000,
      interval: 20,
      clients: [{ count: 200, arrivals: { kind: 'bursts', size: 1, every: 30_000 }, calls: 'api', policy }],
      services: { api: service },
      triggers: [{ kind: 'outage', at: 0, duration: 2_500 }],
    }),
    // The most that come in the same 20 ms, after the first ones.
    harm: ({ series }) => Math.max(...series.slice(10).map(({ sent }) => sent)),
    bounds: [100, 30],
  },
  {
    law: 'same-policy-twice',
    breaking: ({ clock }) => {
      const bulkhead = new Bulkhead({ maxConcurrent: 5, clock });
      return around(clock, bulkhead, bulkhead);
    },
    keeping: ({ clock }) => around(clock, new Bulkhead({ maxConcurrent: 5, clock })),
    scenario: (policy) => ({ ...brownOut(policy), triggers: [] }),
    harm: failures,
    bounds: [0.03, 0.01],
  },
  {
    law: 'no-limit',
    breaking: { kind: 'retry', budget },
    keeping: pipeline(timeout('10s'), { kind: 'retry', budget }),
    scenario: (policy) => ({ ...brownOut(policy), triggers: [{ kind: 'stall', at: 20_000, duration: 10_000 }] }),
    harm: ({ totals }) => totals.inFlight,
    bounds: [500, 60],
  },
];

const functions = { always: () => true };

/** Makes a policy of what stands in a pair, with the time of a simulation or without. */
function make(policy: Data | PolicyMaker, tools: object): Policy<unknown> {
  return typeof policy === 'function'
    ? policy({ clock: systemClock, random: Math.random, sleep: instantSleeper, ...tools })
    : policyFrom({ version: 1, policy }, { functions, ...tools });
}

describe('lint()', () => {
  it.each(PAIRS)(
    'says of "$law" what a simulation shows',
    async ({ law, breaking, keeping, fleet: known, scenario, harm, bounds: [least, most] }) => {
      const run = (policy: Pair['breaking']) => ({
        laws: lint(make(policy, {}), known).findings.map((finding) => finding.law),
        result: simulate(scenario((tools) => make(policy, tools))),
      });

      const [broken, kept] = [run(breaking), run(keeping)];
      const harms = [harm(await broken.result), harm(await kept.result)] as const;

      expect(broken.laws).toContain(law);
      expect(kept.laws).not.toContain(law);
      expect(harms[0]).toBeGreaterThanOrEqual(least);
      expect(harms[1]).toBeLessThanOrEqual(most);
    },
  );

  it('has a pair for every law of its page, but for what is made elsewhere', () => {
    const page = tablesIn('docs/lint.md').find(([header]) => header![0] === 'law')!;
    const written = page.slice(1).map(([law]) => /\[`(.+)`\]/.exec(law!)![1]);

    expect([...new Set(PAIRS.map(({ law }) => law))].sort()).toEqual(
      written.filter((law) => law !== 'made-elsewhere').sort(),
    );
  });
});
