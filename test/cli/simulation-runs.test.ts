import { describe, expect, it } from 'vitest';
import { compare, scenarioFrom, simulate } from 'holdfast/simulator';
import { simulationRuns } from '../../src/cli/simulation-runs.ts';

const scenario = scenarioFrom({
  version: 1,
  duration: '5s',
  clients: [{ count: 2, arrivals: { kind: 'poisson', rate: 5 }, calls: 'users' }],
  services: { users: { workers: 2, serviceTime: { kind: 'exponential', mean: '50ms' }, errorRate: 0.2 } },
});
const quiet = { show: () => {}, end: () => {} };

describe('simulationRuns()', () => {
  it('gives what simulate() gives, seed by seed', async () => {
    const [only] = await simulationRuns([{ name: 'as it is', scenario }], [3, 4], quiet);

    const results = [await simulate({ ...scenario, seed: 3 }), await simulate({ ...scenario, seed: 4 })];
    expect(only).toMatchObject({
      name: 'as it is',
      first: results[0],
      goodput: {
        min: Math.min(...results.map(({ goodput }) => goodput)),
        max: Math.max(...results.map(({ goodput }) => goodput)),
      },
    });
  });

  it('gives what compare() gives, policy by policy', async () => {
    const policies = { retry: { kind: 'retry' }, bare: { kind: 'timeout', timeout: 1_000 } };
    const scenarios = Object.entries(policies).map(([name, policy]) => ({
      name,
      scenario: { ...scenario, clients: scenario.clients.map((group) => ({ ...group, policy })) },
    }));

    const runs = await simulationRuns(scenarios, [1, 2, 3], quiet);

    const compared = await compare(policies, scenario, { seeds: [1, 2, 3] });
    expect(Object.fromEntries(runs.map(({ name, ...rest }) => [name, rest]))).toEqual(compared.policies);
  });

  it('shows how far it is', async () => {
    const shown: [number, string][] = [];
    const show = (part: number, label: string): void => void shown.push([part, label]);

    const busy = { ...scenario, clients: [{ ...scenario.clients[0]!, count: 500 }] };
    await simulationRuns(
      [
        { name: 'a', scenario: busy },
        { name: 'b', scenario },
      ],
      [1, 2],
      { ...quiet, show },
    );

    expect(shown.map(([part]) => part)).toEqual(shown.map(([part]) => part).sort((one, other) => one - other));
    expect(shown.length).toBeGreaterThan(4);
    expect(shown.filter(([part]) => [0.25, 0.5, 0.75, 1].includes(part)).map(([, label]) => label)).toEqual(
      expect.arrayContaining(['a, seed 1', 'a, seed 2', 'b, seed 1', 'b, seed 2']),
    );
  });
});
