import { describe, expect, it } from 'vitest';
import { scenarioFrom } from 'holdfast/simulator';
import { simulationRuns } from '../../src/cli/simulation-runs.ts';
import { seedsText, simulationTable, simulationText, triggerText } from '../../src/cli/simulation-text.ts';

const scenario = scenarioFrom({
  version: 1,
  duration: '20s',
  clients: [{ count: 4, arrivals: { kind: 'constant', rate: 5 }, calls: 'users', policy: 'standard' }],
  services: { users: { workers: 4, serviceTime: { kind: 'constant', mean: '50ms' } } },
  triggers: [{ kind: 'outage', at: '5s', duration: '2s' }],
});
const runs = (seeds: readonly number[]): ReturnType<typeof simulationRuns> =>
  simulationRuns([{ name: 'as it is', scenario }], seeds, { show: () => {}, end: () => {} });

const HEAD = ['policy', 'verdict', 'succeeded', 'requests per call', 'p50', 'p99', 'back after'];

describe('simulationText()', () => {
  it('says what was simulated, the figures, and draws the curves', async () => {
    const report = { name: 'x.json', scenario, seeds: [1], policies: await runs([1]) };

    const lines = simulationText(report, 60).split('\n');

    expect(lines.slice(0, 3)).toEqual(['x.json: 20 s simulated, 4 clients, seed 1', 'outage at 5 s for 2 s', '']);
    expect(lines[3]!.split(/ {2,}/)).toEqual(HEAD);
    expect(lines.filter((line) => /^ {2}[A-Z]/.test(line)).map((line) => line.replace(/,.*/, ''))).toEqual([
      '  Load and goodput',
      '  Calls that did not succeed',
      '  Latency of the calls that succeeded',
      '  Requests in line',
      '  Busy workers',
      '  Circuit breakers',
    ]);
    expect(lines.every((line) => line.length <= 100)).toBe(true);
    expect(lines.filter((line) => /[▁-█.]{10}$/.test(line)).length).toBeGreaterThan(8);
  });

  it('says where a run was ended before its time', async () => {
    const [policy] = await runs([1]);
    const stopped = { ...policy!, first: { ...policy!.first, stopped: { at: 3_000, why: 'too much' } } };

    const text = simulationText({ name: 'x.json', scenario, seeds: [1], policies: [stopped] }, 80);

    expect(text).toContain('\n  Ended at 3 s: too much.\n');
  });

  it('speaks of one client as of one', async () => {
    const one = { ...scenario, clients: [{ ...scenario.clients[0]!, count: 1 }] };

    expect(simulationText({ name: 'x', scenario: one, seeds: [1, 2], policies: await runs([1, 2]) }, 80)).toMatch(
      /^x: 20 s simulated, 1 client, seeds 1 to 2\n/,
    );
  });
});

describe('simulationTable()', () => {
  it('gives medians and their range over several seeds, and counts the verdicts', async () => {
    const [policy] = await runs([1]);
    const spread = (median: number, min: number, max: number): object => ({ median, min, max });
    const mixed = {
      ...policy!,
      goodput: spread(0.9, 0.8, 1) as never,
      amplification: spread(1, 1, 1) as never,
      p50: spread(50, 40, 60) as never,
      p99: spread(1_500, 1_500, 1_500) as never,
      recovery: spread(1_000, 0, Infinity) as never,
      verdicts: { stable: 2, slow: 0, metastable: 1 },
    };

    expect(simulationTable({ name: '', scenario, seeds: [1, 2, 3], policies: [mixed] })[1]).toEqual([
      'as it is',
      'stable 2, metastable 1',
      '90.0 % (80.0 % to 100.0 %)',
      '1.00',
      '50 ms (40 ms to 60 ms)',
      '1.5 s',
      '1 s (0 ms to never)',
    ]);
  });
});

describe('triggerText()', () => {
  it.each([
    [{ kind: 'outage', at: 0, duration: 4_000 }, 'outage at 0 ms for 4 s'],
    [
      { kind: 'slowdown', at: 1_000, duration: 10, factor: 5, service: 'users' },
      'slowdown ×5 of users at 1 s for 10 ms',
    ],
    [{ kind: 'errors', at: 1_000, duration: 10, rate: 0.25 }, 'errors of 25.0 % at 1 s for 10 ms'],
    [{ kind: 'surge', at: 1_000, duration: 10, factor: 2, group: 'phones' }, 'surge ×2 of phones at 1 s for 10 ms'],
    [{ kind: 'surge', at: 1_000, duration: 10, factor: 2 }, 'surge ×2 at 1 s for 10 ms'],
  ] as const)('says %j', (trigger, text) => {
    expect(triggerText(trigger)).toBe(text);
  });
});

describe('seedsText()', () => {
  it('says one, or the first and the last', () => {
    expect([seedsText([7]), seedsText([7, 8, 9])]).toEqual(['seed 7', 'seeds 7 to 9']);
  });
});
