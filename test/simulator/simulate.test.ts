import { describe, expect, it } from 'vitest';
import { standard, timeout, type Policy } from 'holdfast';
import { simulate, type PolicyMaker, type Scenario } from 'holdfast/simulator';
import { rejection } from '../rejection.ts';

const scenario: Scenario = {
  duration: 40_500,
  clients: [
    {
      count: 4,
      arrivals: { kind: 'poisson', rate: 5 },
      calls: 'api',
      policy: (tools) => standard({ clock: tools.clock, random: tools.random }),
    },
  ],
  services: { api: { workers: 4, serviceTime: { kind: 'exponential', mean: 50 } } },
  triggers: [{ kind: 'outage', at: 5_000, duration: 6_000 }],
};

describe('simulate()', () => {
  it('gives a series whose sums are the totals, with a last bucket that may be shorter', async () => {
    const { series, totals } = await simulate(scenario);

    const sums = (['offered', 'sent', 'succeeded', 'failed', 'refused'] as const).map((name) =>
      series.reduce((sum, bucket) => sum + bucket[name], 0),
    );
    expect(series.map(({ time }) => time)).toEqual(Array.from({ length: 41 }, (_, index) => index * 1_000));
    expect(sums).toEqual([totals.offered, totals.sent, totals.succeeded, totals.failed, totals.refused]);
    expect(series.at(-1)!.inFlight).toBe(totals.inFlight);
  });

  it('shows the breakers open, and closed again', async () => {
    const { series, totals, verdict } = await simulate(scenario);

    const open = series.filter(({ breakers }) => breakers.open > 0).map(({ time }) => time);
    expect([open[0]! >= 5_000, series.at(-1)!.breakers, totals.trips >= 4, verdict]).toEqual([
      true,
      { closed: 4, open: 0, halfOpen: 0 },
      true,
      'stable',
    ]);
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    const [first, again, other] = await Promise.all([
      simulate({ ...scenario, seed: 9 }),
      simulate({ ...scenario, seed: 9 }),
      simulate({ ...scenario, seed: 10 }),
    ]);

    expect(JSON.stringify(again)).toBe(JSON.stringify(first));
    expect(JSON.stringify(other)).not.toBe(JSON.stringify(first));
  });

  it('has nothing to say against a fleet that asks for nothing', async () => {
    const { goodput, amplification, verdict, latency } = await simulate({
      ...scenario,
      clients: [{ count: 1, arrivals: { kind: 'constant', rate: 0.001 }, calls: 'api' }],
    });

    expect([goodput, amplification, verdict, latency.p50]).toEqual([1, 1, 'stable', null]);
  });

  describe('given a fleet in which no call ever succeeds', () => {
    const late: PolicyMaker = ({ clock }) => timeout(10, { clock });
    const silent: PolicyMaker = () => ({ execute: () => new Promise(() => {}) }) as Policy;
    const service: Scenario['services'][string] = { workers: 4, serviceTime: { kind: 'constant', mean: 35 } };
    const [group] = scenario.clients;

    it.each([
      ['whose attempts are too short', { policy: late }],
      ['whose policy never settles', { policy: silent }],
      ['whose callers have no patience', { policy: undefined, patience: 0 }],
    ])('is metastable, with a trigger and without: one %s', async (_, changes) => {
      const dead = { ...scenario, clients: [{ ...group!, ...changes }], services: { api: service } };

      const results = [await simulate(dead), await simulate({ ...dead, triggers: [] })];

      expect(results.map(({ goodput, verdict, recovery }) => ({ goodput, verdict, recovery }))).toEqual([
        { goodput: 0, verdict: 'metastable', recovery: Infinity },
        { goodput: 0, verdict: 'metastable', recovery: Infinity },
      ]);
    });
  });

  it('tells how far it is, and ends with the reason of its signal', async () => {
    const controller = new AbortController();
    const seen: { time: number; duration: number }[] = [];
    const long = { ...scenario, duration: 1_000_000 };

    const ended = await rejection(
      simulate(long, {
        signal: controller.signal,
        on: { progress: (event) => (seen.push(event), seen.length === 2 && controller.abort('enough')) },
      }),
    );

    expect([ended, seen.length]).toEqual(['enough', 2]);
    expect(seen[0]!.time < seen[1]!.time && seen[1]!.duration === 1_000_000).toBe(true);
    expect(await rejection(simulate(long, { signal: AbortSignal.abort('before') }))).toBe('before');
  });

  it('is metastable where it stops before its trigger begins', async () => {
    const { stopped, verdict, recovery } = await simulate({
      ...scenario,
      duration: 100_000,
      clients: [{ count: 1, arrivals: { kind: 'bursts', size: 300, every: 10 }, calls: 'api' }],
      triggers: [{ kind: 'partition', at: 90_000, duration: 1_000 }],
    });

    expect([stopped!.at < 90_000, verdict, recovery]).toEqual([true, 'metastable', Infinity]);
  });

  it('stops where calls pile up beyond its bound, and says so', async () => {
    const { stopped, totals, verdict } = await simulate({
      ...scenario,
      duration: 100_000,
      clients: [{ count: 1, arrivals: { kind: 'bursts', size: 130, every: 10 }, calls: 'api' }],
      triggers: [{ kind: 'partition', at: 0, duration: 99_000 }],
    });

    expect([stopped?.why, verdict]).toEqual(['more than 500000 calls or requests at once', 'metastable']);
    expect(totals.inFlight).toBeGreaterThan(500_000);
  });

  it.each([
    [{ settling: 'soon' }, "settling to be 'quick' or 'exact', got \"soon\""],
    [{ on: { progres: () => {} } }, 'a known option (did you mean on.progress?), got "on.progres"'],
    [{ signal: 5 }, 'signal to be an AbortSignal, got 5'],
  ])('refuses wrong options (%#)', async (options, message) => {
    const error = await rejection(simulate(scenario, options as never));

    expect((error as Error).message).toBe(`Cannot simulate: expected ${message}`);
  });
});
