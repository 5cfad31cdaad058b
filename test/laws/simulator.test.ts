import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AdaptiveThrottle,
  Bulkhead,
  CircuitBreaker,
  consecutiveFailures,
  hedge,
  pipeline,
  RateLimiter,
  retry,
  RetryBudget,
  standard,
  timeout,
  type Policy,
} from 'holdfast';
import {
  simulate,
  type Distribution,
  type PolicyTools,
  type Scenario,
  type SimulationResult,
} from 'holdfast/simulator';

/** Poisson arrivals at one service, long enough for the closed forms. */
async function queue(workers: number, utilisation: number, serviceTime: Distribution): Promise<SimulationResult> {
  const mean = 'mean' in serviceTime ? serviceTime.mean : 0;
  const rate = (utilisation * workers * 1_000) / mean / 10;
  return simulate({
    seed: 4,
    duration: 400_000,
    interval: 100,
    clients: [{ count: 10, arrivals: { kind: 'poisson', rate }, calls: 'api' }],
    services: { api: { workers, serviceTime } },
  });
}

/** Erlang's C: the probability that a request has to wait. */
function erlangC(workers: number, load: number): number {
  let term = 1;
  let sum = 1;
  for (let busy = 1; busy < workers; busy++) sum += term *= load / busy;
  const last = ((term * load) / workers) * (workers / (workers - load));
  return last / (sum + last);
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

describe('the laws of queues, in the simulator', () => {
  // Source: L. Kleinrock, Queueing Systems, volume 1, 1975, ch. 3; A. K. Erlang, 1917; J. D. C. Little, 1961.
  it.each([
    [1, 0.5],
    [1, 0.8],
    [4, 0.7],
    [10, 0.8],
  ])(
    'are those of M/M/c, %d workers at %f, to the eighth part of the requests in line',
    async (workers, utilisation) => {
      const mean = 10 * workers;

      const { series } = await queue(workers, utilisation, { kind: 'exponential', mean });

      const load = utilisation * workers;
      const waiting = (erlangC(workers, load) * utilisation) / (1 - utilisation);
      expect(Math.abs(meanOf(series.map(({ queued }) => queued)) / waiting - 1)).toBeLessThan(0.12);
      expect(Math.abs(meanOf(series.map(({ busy }) => busy)) / load - 1)).toBeLessThan(0.06);
    },
  );

  it('have half the line with constant service times: M/D/1', async () => {
    const { series } = await queue(1, 0.8, { kind: 'constant', mean: 10 });

    // Pollaczek and Khinchine: ρ² / 2(1 − ρ).
    expect(Math.abs(meanOf(series.map(({ queued }) => queued)) / 1.6 - 1)).toBeLessThan(0.08);
  });

  it('are those of M/M/1 in their latency: exponential, with a median of ln 2 / (μ − λ)', async () => {
    const { latency } = await queue(1, 0.6, { kind: 'exponential', mean: 10 });

    const mean = 10 / (1 - 0.6);
    expect(Math.abs(latency.p50! / (mean * Math.LN2) - 1)).toBeLessThan(0.05);
    expect(Math.abs(latency.p99! / (mean * Math.log(100)) - 1)).toBeLessThan(0.08);
  });

  it("keep Little's law: as many are under way as arrive in the time that one takes", async () => {
    const { series, totals } = await queue(100, 0.5, { kind: 'constant', mean: 500 });

    const underWay = meanOf(series.slice(10).map(({ inFlight }) => inFlight));
    expect(Math.abs(underWay / ((totals.offered / 400_000) * 500) - 1)).toBeLessThan(0.01);
  });
});

/** Policies of every kind, with small numbers, so that all they can do happens within seconds. */
const parts: Record<string, (tools: PolicyTools, n: number) => Policy> = {
  retry: ({ clock, random }, n) =>
    retry({ clock, random, maxAttempts: 1 + n, baseDelay: 10 * n, budget: new RetryBudget() }),
  'sleeping retry': ({ clock, random, sleep }, n) => retry({ clock, random, sleep, maxAttempts: 1 + n }),
  timeout: ({ clock }, n) => timeout(60 * n, { clock }),
  breaker: ({ clock, random }, n) =>
    new CircuitBreaker({ clock, random, trip: consecutiveFailures(n), openDuration: 300 }),
  bulkhead: ({ clock }, n) => new Bulkhead({ clock, maxConcurrent: n, maxQueued: 2, maxWait: 80 }),
  limiter: ({ clock }, n) => new RateLimiter({ clock, limit: 2 * n, interval: 500, maxQueued: 3 }),
  throttle: ({ clock, random }) => new AdaptiveThrottle({ clock, random }),
  hedge: ({ clock }, n) => hedge({ clock, delay: 30 * n, budget: new RetryBudget({ ratio: 0.2 }) }),
  standard: ({ clock, random }, n) => standard({ clock, random, timeout: 900, attemptTimeout: 100 * n }),
};
const names = Object.keys(parts);
const layer = fc.tuple(fc.constantFrom(...names), fc.integer({ min: 1, max: 3 }));
const policyOf =
  (layers: readonly (readonly [string, number])[]) =>
  (tools: PolicyTools): Policy =>
    pipeline(...layers.map(([name, n]) => parts[name]!(tools, n)));
/** Without a retry inside another one, which a pipeline refuses. */
const layers = fc
  .array(layer, { maxLength: 4 })
  .filter((all) => all.filter(([name]) => /retry|standard/.test(name)).length <= 1);

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(1_000),
  duration: fc.constant(4_000),
  interval: fc.constantFrom(500, 1_000),
  clients: fc.array(
    fc.record({
      count: fc.integer({ min: 1, max: 4 }),
      arrivals: fc.constantFrom<Scenario['clients'][number]['arrivals']>(
        { kind: 'poisson', rate: 8 },
        { kind: 'constant', rate: 5 },
        { kind: 'closed', thinkTime: { kind: 'exponential', mean: 40 } },
        { kind: 'bursts', size: 4, every: 700 },
      ),
      calls: fc.constantFrom('api', ['api', 'db']),
      policy: layers.map(policyOf),
      shared: fc.boolean(),
      patience: fc.constantFrom(Infinity, 400),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  services: fc.record({
    api: fc.record({
      workers: fc.integer({ min: 1, max: 3 }),
      serviceTime: fc.constant({ kind: 'exponential', mean: 60 } as const),
      queue: fc.record({
        order: fc.constantFrom('fifo', 'lifo'),
        limit: fc.constantFrom(2, Infinity),
        dropExpired: fc.boolean(),
      }),
      abandoned: fc.constantFrom('finish', 'stop'),
      latency: fc.constantFrom(0, 3),
      calls: fc.constantFrom(undefined, 'db'),
      policy: fc.constant((tools: PolicyTools) =>
        standard({ clock: tools.clock, random: tools.random, attemptTimeout: 90 }),
      ),
    }),
    db: fc.record({
      workers: fc.constant(2),
      serviceTime: fc.constant({ kind: 'log-normal', mean: 20, p99: 90 } as const),
      errorRate: fc.constantFrom(0, 0.2),
      abandoned: fc.constantFrom('finish', 'stop'),
      rateLimit: fc.constantFrom(undefined, { limit: 30, interval: 1_000 }),
    }),
  }),
  triggers: fc.array(
    fc.constantFrom<NonNullable<Scenario['triggers']>[number]>(
      { kind: 'slowdown', at: 1_000, duration: 1_000, factor: 5 },
      { kind: 'outage', at: 500, duration: 800, service: 'db' },
      { kind: 'errors', at: 1_500, duration: 1_000, rate: 0.5 },
      { kind: 'capacity', at: 1_000, duration: 700, factor: 0.4 },
      { kind: 'surge', at: 1_200, duration: 900, factor: 4 },
      { kind: 'partition', at: 2_000, duration: 300 },
      { kind: 'stall', at: 2_500, duration: 300 },
    ),
    { maxLength: 2 },
  ),
});

describe('the laws of the simulator', () => {
  it('lose nothing: calls offered end or are under way, and requests sent are somewhere', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const { totals, series } = await simulate(scenario, { settling: 'quick' });

        const { offered, succeeded, failed, refused, inFlight, sent, services } = totals;
        expect(offered).toBe(succeeded + failed + refused + inFlight);
        const all = Object.values(services);
        for (const each of all) {
          const { received, queued, running } = each;
          expect(received).toBeGreaterThanOrEqual(
            each.succeeded + each.failed + each.expired + each.stopped + queued + running,
          );
          expect(each.sent).toBeGreaterThanOrEqual(received);
          // What the service did not get, was turned down, was lost, or is on its way for 3 ms at most.
          expect(each.sent).toBeLessThanOrEqual(
            each.succeeded +
              each.failed +
              each.refused +
              each.expired +
              each.stopped +
              each.lost +
              queued +
              running +
              60,
          );
        }
        expect(sent).toBeLessThanOrEqual(all.reduce((sum, each) => sum + each.sent, 0));
        expect(series.reduce((sum, bucket) => sum + bucket.offered, 0)).toBe(offered);
      }),
      { numRuns: 30 },
    );
  });

  it('are the same whether promises are waited for by turns or by the event loop: quick is exact', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const [quick, exact] = [
          await simulate(scenario, { settling: 'quick' }),
          await simulate(scenario, { settling: 'exact' }),
        ];

        expect(JSON.stringify(quick)).toBe(JSON.stringify(exact));
      }),
      { numRuns: 30 },
    );
  });

  it('are the same for the same seed, and the arrivals are whatever the policy', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, layers, async (scenario, other) => {
        const clients = scenario.clients.map((group) => ({
          ...group,
          arrivals: { kind: 'poisson', rate: 8 } as const,
        }));
        const changed = clients.map((group) => ({ ...group, policy: policyOf(other) }));

        const once = await simulate({ ...scenario, clients });
        const again = await simulate({ ...scenario, clients });
        const differently = await simulate({ ...scenario, clients: changed });

        const offered = ({ series }: SimulationResult): number[] => series.map((bucket) => bucket.offered);
        expect(JSON.stringify(again)).toBe(JSON.stringify(once));
        expect(offered(differently)).toEqual(offered(once));
      }),
      { numRuns: 15 },
    );
  });

  it('depend on the names of groups and services, not on their order', async () => {
    const service = { workers: 2, serviceTime: { kind: 'exponential', mean: 40 } } as const;
    const group = (name: string) =>
      ({ name, count: 3, arrivals: { kind: 'poisson', rate: 5 }, calls: name, policy: 'standard' }) as const;

    const one = await simulate({
      duration: 5_000,
      clients: [group('a'), group('b')],
      services: { a: service, b: service },
    });
    const other = await simulate({
      duration: 5_000,
      clients: [group('b'), group('a')],
      services: { b: service, a: service },
    });

    expect(other.totals).toEqual(one.totals);
    expect(other.series).toEqual(one.series);
  });
});
