import { afterAll, describe, expect, it } from 'vitest';
import {
  AdaptiveThrottle,
  fullJitter,
  exponential,
  hedge,
  pipeline,
  retry,
  RetryBudget,
  standard,
  timeout,
} from 'holdfast';
import { simulate, type PolicyMaker, type Scenario, type SimulationResult } from 'holdfast/simulator';

// What is known of overloads, shown by the policies as they are. `npm run test:long` runs all seeds and prints the figures.

const LONG = process.env['HOLDFAST_LONG'] === '1';
const SEEDS = Array.from({ length: LONG ? 10 : 1 }, (_, index) => index + 1);
const RATES = LONG ? [1, 2, 4, 8, 16] : [1, 2];
const UTILISATIONS = [0.6, 0.7, 0.8, 0.9];
const figures: string[] = [];

afterAll(() => console.log(figures.join('\n')));

/** 40 clients of one server, which is five times as slow for ten seconds. */
function brownOut(policy: PolicyMaker, utilisation: number, rate: number, seed: number): Scenario {
  return {
    seed,
    duration: 90_000,
    clients: [{ count: 40, arrivals: { kind: 'poisson', rate }, calls: 'api', policy }],
    services: { api: { workers: 1, serviceTime: { kind: 'exponential', mean: (utilisation * 1_000) / (40 * rate) } } },
    triggers: [{ kind: 'slowdown', at: 30_000, duration: 10_000, factor: 5 }],
  };
}

const unguarded: PolicyMaker = ({ clock, random }) =>
  pipeline(
    retry({ clock, random, maxAttempts: 4, baseDelay: 50, backoff: fullJitter(exponential()) }),
    timeout(2_000, { clock }),
  );
const recommended: PolicyMaker = ({ clock, random }) => standard({ clock, random, attemptTimeout: 2_000 });
const untouched: PolicyMaker = ({ clock, random }) => standard({ clock, random });

async function runs(
  policy: PolicyMaker,
  utilisations: readonly number[],
  rates: readonly number[],
): Promise<SimulationResult[]> {
  const results: SimulationResult[] = [];
  for (const utilisation of utilisations)
    for (const rate of rates)
      for (const seed of SEEDS) results.push(await simulate(brownOut(policy, utilisation, rate, seed)));
  return results;
}

function sorted(results: readonly SimulationResult[], of: (result: SimulationResult) => number): number[] {
  return results.map(of).sort((one, other) => one - other);
}

function note(what: string, results: readonly SimulationResult[]): void {
  const recoveries = sorted(results, ({ recovery }) => recovery / 1_000);
  const goodputs = sorted(results, ({ goodput }) => goodput);
  figures.push(
    `${what}: ${results.length} runs, back after ${recoveries[recoveries.length >> 1]} s (median), ` +
      `${recoveries.at(-1)} s (worst); ${(100 * goodputs[0]!).toFixed(1)} % of calls succeed in the worst run`,
  );
}

describe('a brown-out: ten seconds at a fifth of the speed, 40 clients', () => {
  it('is never over for three retries with full jitter and nothing else, at 70 %', async () => {
    const results = await runs(unguarded, [0.7], LONG ? [1, 4] : [1]);

    note('three retries, full jitter, 2 s for an attempt', results);
    const late = results.map(({ series }) => {
      const end = series.filter(({ time }) => time >= 60_000);
      const sum = (of: (bucket: (typeof end)[number]) => number): number =>
        end.reduce((all, each) => all + of(each), 0);
      return sum(({ succeeded }) => succeeded) / sum(({ offered }) => offered);
    });
    figures.push(`  of the calls in the last 30 s, at most ${(100 * Math.max(...late)).toFixed(2)} % succeed`);
    expect(new Set(results.map(({ verdict }) => verdict))).toEqual(new Set(['metastable']));
    expect(Math.max(...late)).toBeLessThan(0.01);
  });

  it('is over for standard() within 12 s (median) and 20 s (worst), with 77 % of the calls good', async () => {
    const results = await runs(recommended, UTILISATIONS, RATES);

    note('standard({ attemptTimeout: 2_000 })', results);
    const recoveries = sorted(results, ({ recovery }) => recovery);
    const goodputs = sorted(results, ({ goodput }) => goodput);
    expect(recoveries[recoveries.length >> 1]).toBeLessThanOrEqual(12_000);
    expect(recoveries.at(-1)).toBeLessThanOrEqual(20_000);
    expect(goodputs[0]).toBeGreaterThanOrEqual(0.77);
  });

  it('is over for standard() at once where the line is shorter than its ten seconds for an attempt', async () => {
    const results = await runs(untouched, UTILISATIONS, LONG ? RATES : [2]);

    note('standard()', results);
    expect(sorted(results, ({ recovery }) => recovery).at(-1)).toBeLessThanOrEqual(12_000);
    expect(sorted(results, ({ goodput }) => goodput)[0]).toBeGreaterThanOrEqual(0.77);
  });
});

describe('background errors of 10 %', () => {
  it.each([1, 4, 16])('trip a breaker of standard() at most once an hour, at %d calls a second', async (rate) => {
    const hours = LONG ? 1 : 0.1;
    const count = LONG ? 10 : 4;

    const { totals, goodput } = await simulate({
      duration: hours * 3_600_000,
      interval: 10_000,
      clients: [{ count, arrivals: { kind: 'poisson', rate }, calls: 'api', policy: untouched }],
      services: { api: { workers: 1_000, serviceTime: { kind: 'exponential', mean: 20 }, errorRate: 0.1 } },
    });

    const perHour = totals.trips / (hours * count);
    figures.push(
      `10 % background errors, ${rate} calls/s: ${perHour.toFixed(2)} trips an hour; ${(100 * goodput).toFixed(2)} % good`,
    );
    expect(perHour).toBeLessThanOrEqual(1);
    expect(goodput).toBeGreaterThan(0.96);
  });
});

describe('the bound of a retry budget: utilisation · (1 + ratio) < 1', () => {
  // Source: Google SRE Book, ch. 21 and 22, 2016; N. Bronson and others, Metastable Failures, HotOS 2021.
  it.each(LONG ? [0.1, 0.25, 0.5, 1] : [0.1, 0.5])('holds within three hundredths for a ratio of %f', async (ratio) => {
    const kicked = async (utilisation: number): Promise<string> => {
      const capacity = 200;
      const policy: PolicyMaker = ({ clock, random }) =>
        pipeline(
          retry({ clock, random, maxAttempts: 10, baseDelay: 50, budget: new RetryBudget({ ratio, burst: 1 }) }),
          timeout(500, { clock }),
        );
      const { verdict } = await simulate({
        duration: LONG ? 400_000 : 100_000,
        recoverWithin: Infinity,
        clients: [
          { count: 10, arrivals: { kind: 'constant', rate: (utilisation * capacity) / 10 }, calls: 'api', policy },
        ],
        services: { api: { workers: 1, serviceTime: { kind: 'constant', mean: 1_000 / capacity } } },
        triggers: [{ kind: 'slowdown', at: 10_000, duration: 3_000, factor: 3 }],
      });
      return verdict;
    };

    const [below, above] = [await kicked(0.97 / (1 + ratio)), await kicked(1.03 / (1 + ratio))];

    figures.push(`budget of ${ratio}: at 0.97 of the bound ${below}, at 1.03 ${above}`);
    expect([below, above]).toEqual(['stable', 'metastable']);
  });
});

describe('client-side throttling', () => {
  // Source: Google SRE Book, ch. 21, Client-Side Throttling, 2016.
  it.each([1.1, 1.5, 2])('sends %f times what the service accepts, within three hundredths', async (k) => {
    const { series } = await simulate({
      duration: LONG ? 300_000 : 90_000,
      clients: [
        {
          count: 1,
          arrivals: { kind: 'poisson', rate: 500 },
          calls: 'api',
          policy: ({ clock, random }) => new AdaptiveThrottle({ clock, random, k }),
        },
      ],
      services: {
        api: {
          workers: 1_000,
          serviceTime: { kind: 'constant', mean: 10 },
          rateLimit: { limit: 100, interval: 1_000 },
        },
      },
    });

    const settled = series.filter(({ time }) => time >= 45_000);
    const sum = (of: 'sent' | 'succeeded'): number => settled.reduce((all, each) => all + each[of], 0);
    const times = sum('sent') / sum('succeeded');
    figures.push(`throttle with K = ${k}: ${times.toFixed(3)} requests sent for each that is accepted`);
    expect(Math.abs(times / k - 1)).toBeLessThan(0.03);
  });
});

describe('the tail at scale', () => {
  // Source: J. Dean, L. A. Barroso, The Tail at Scale, Communications of the ACM 56, 2013.
  const fleet = (policy: PolicyMaker, changes: Partial<Scenario> = {}): Scenario => ({
    duration: LONG ? 400_000 : 60_000,
    clients: [{ count: 10, arrivals: { kind: 'poisson', rate: 20 }, calls: 'api', policy }],
    services: { api: { workers: 400, serviceTime: { kind: 'log-normal', mean: 20, p99: 150 } } },
    ...changes,
  });
  const bare: PolicyMaker = () => pipeline();

  it('is cut by a hedge after the 95th percentile, for 5 % more load', async () => {
    const before = await simulate(fleet(bare));
    const delay = 71; // The 95th percentile of the service time.

    const after = await simulate(fleet(({ clock }) => hedge({ clock, delay })));

    const [was, is] = [before.latency.p999!, after.latency.p999!];
    figures.push(
      `hedge after ${delay} ms: p99.9 from ${was.toFixed(0)} to ${is.toFixed(0)} ms, ${((after.amplification - 1) * 100).toFixed(1)} % more requests`,
    );
    expect(is).toBeLessThan(was / 2);
    expect(after.amplification).toBeGreaterThan(1.04);
    expect(after.amplification).toBeLessThan(1.06);
  });

  it('is bought dear in a brown-out without a budget: what is late is asked for twice, for good', async () => {
    const narrow: Partial<Scenario> = {
      duration: 40_000,
      services: { api: { workers: 6, serviceTime: { kind: 'log-normal', mean: 20, p99: 150 } } },
      triggers: [{ kind: 'slowdown', at: 15_000, duration: 5_000, factor: 5 }],
      clients: [],
    };
    const run = (budget: boolean): Promise<SimulationResult> => {
      const policy: PolicyMaker = ({ clock }) =>
        pipeline(
          timeout(1_000, { clock }),
          hedge({ clock, delay: 71, ...(budget && { budget: new RetryBudget({ burst: 2 }) }) }),
        );
      return simulate(
        fleet(policy, {
          ...narrow,
          clients: [{ count: 10, arrivals: { kind: 'poisson', rate: 20 }, calls: 'api', policy }],
        }),
      );
    };

    const [without, within] = [await run(false), await run(true)];

    figures.push(
      `the same in a brown-out: without a budget ${without.verdict}, ${(100 * without.goodput).toFixed(1)} % good; with one ${within.verdict}, ${(100 * within.goodput).toFixed(1)} % good`,
    );
    expect([without.verdict, within.verdict]).toEqual(['metastable', 'stable']);
  });
});
