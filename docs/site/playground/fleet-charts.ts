import type { SimulationBucket, SimulationResult } from 'holdfast/simulator';
import type { ChartLine, ChartSpec } from './chart-spec.ts';

/** A policy that has been simulated. */
export interface Simulated {
  readonly short: string;
  readonly result: SimulationResult;
}

/** What all charts of a run have in common. */
export interface Run {
  /** The width of a bucket, and the simulated time, both in ms. */
  readonly interval: number;
  readonly duration: number;
  readonly shade?: ChartSpec['shade'];
}

/** Each policy its colour and its stroke. */
const DASHES: readonly (readonly number[] | undefined)[] = [undefined, [9, 4], [3, 3], [12, 3, 3, 3]];

/** The four charts: what succeeds, what is sent, how long it takes, what the breakers do. */
export function fleetCharts(simulated: readonly Simulated[], run: Run): { readonly [id: string]: ChartSpec } {
  const { interval, duration, shade } = run;
  const buckets = simulated[0]!.result.series;
  const perSecond = (count: (bucket: SimulationBucket) => number) => (bucket: SimulationBucket) =>
    (count(bucket) * 1_000) / Math.min(interval, duration - bucket.time);
  const lines = (value: (bucket: SimulationBucket) => number | null): ChartLine[] =>
    simulated.map(({ short, result }, at) => {
      const dash = DASHES[at];
      const values = result.series.map(value);
      return { label: short, values, colour: `series-${at + 1}`, ...(dash && { dash }) };
    });
  const offered: ChartLine = {
    label: 'calls',
    values: buckets.map(perSecond((bucket) => bucket.offered)),
    colour: 'quiet',
    width: 1,
  };
  const common = {
    x: { label: 'second', values: buckets.map(({ time }) => time / 1_000), format: rounded },
    shade,
    format: rounded,
  };
  return {
    goodput: {
      ...common,
      title: 'Goodput',
      unit: 'calls that succeed, per second',
      lines: [offered, ...lines(perSecond((bucket) => bucket.succeeded))],
    },
    load: {
      ...common,
      title: 'Load',
      unit: 'requests sent, per second',
      lines: [offered, ...lines(perSecond((bucket) => bucket.sent))],
    },
    latency: {
      ...common,
      title: 'Latency',
      unit: '99th percentile of what succeeds, ms',
      lines: lines(({ latency }) => latency.p99),
    },
    breakers: {
      ...common,
      title: 'Circuit breakers',
      unit: 'open or half-open, of one for each client',
      lines: lines(({ breakers }) => breakers.open + breakers.halfOpen),
    },
  };
}

/** Three digits, which is what a plot shows. */
function rounded(value: number): string {
  return String(Number(value.toPrecision(3)));
}
