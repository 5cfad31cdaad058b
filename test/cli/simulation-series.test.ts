import { describe, expect, it } from 'vitest';
import type { SimulationBucket } from 'holdfast/simulator';
import { simulationSeries } from '../../src/cli/simulation-series.ts';

const bucket: SimulationBucket = {
  time: 0,
  offered: 20,
  sent: 30,
  succeeded: 10,
  failed: 6,
  refused: 4,
  latency: { p50: 5, p90: 6, p99: 7, p999: 8, max: 9 },
  breakers: { closed: 0, open: 0, halfOpen: 0 },
  queued: 3,
  busy: 2,
  inFlight: 5,
};
const none = { p50: null, p90: null, p99: null, p999: null, max: null };

describe('simulationSeries()', () => {
  it('makes rates of counts, of a shorter last bucket, too', () => {
    const [load] = simulationSeries([bucket, { ...bucket, time: 2_000 }], 2_000, 3_000);

    expect(load!.curves.map(({ name, values }) => [name, values])).toEqual([
      ['calls offered', [10, 20]],
      ['requests sent', [15, 30]],
      ['calls succeeded', [5, 10]],
    ]);
  });

  it('has a plot for each thing, and leaves out breakers where there are none', () => {
    const plots = simulationSeries([{ ...bucket, latency: none }], 1_000, 1_000).slice(1);

    expect(plots.flatMap(({ curves }) => curves.map(({ name, values }) => [name, values[0]]))).toEqual([
      ['failed', 6],
      ['refused by a policy', 4],
      ['p50', null],
      ['p99', null],
      ['in line', 3],
      ['busy', 2],
    ]);
  });

  it('shows the breakers where there are any', () => {
    const breakers = { closed: 3, open: 2, halfOpen: 1 };

    const last = simulationSeries([{ ...bucket, breakers }], 1_000, 1_000).at(-1)!;

    expect(last.curves.map(({ name, values }) => [name, values])).toEqual([
      ['open', [2]],
      ['half-open', [1]],
      ['closed', [3]],
    ]);
  });
});
