import type { SimulationBucket } from '../simulator/index.ts';

/** One curve of a simulation over time. */
export interface SimulationCurve {
  readonly name: string;
  /** One for each bucket; `null` where nothing was measured. */
  readonly values: readonly (number | null)[];
  /** One of the six of a chart · default its place in the plot. */
  readonly colour?: number;
}

/** Curves that go into one plot. */
export interface SimulationPlot {
  readonly title: string;
  /** Of its values. */
  readonly unit: string;
  readonly curves: readonly SimulationCurve[];
}

/** What is given, beside what comes of it. */
const GREY = 5;

/**
 * What there is to see in a simulation: load, goodput, latency, what waits, and the breakers, if there are any.
 *
 * @param interval of the buckets, and `duration` of the whole, in ms: the last bucket may be shorter.
 */
export function simulationSeries(
  series: readonly SimulationBucket[],
  interval: number,
  duration: number,
): SimulationPlot[] {
  const each = (name: string, of: (bucket: SimulationBucket) => number | null): SimulationCurve => ({
    name,
    values: series.map(of),
  });
  const rate = (name: string, of: (bucket: SimulationBucket) => number): SimulationCurve =>
    each(name, (bucket) => (of(bucket) * 1_000) / Math.min(interval, duration - bucket.time));
  const plots: SimulationPlot[] = [
    {
      title: 'Load and goodput',
      unit: 'per second',
      curves: [
        { ...rate('calls offered', ({ offered }) => offered), colour: GREY },
        { ...rate('requests sent', ({ sent }) => sent), colour: 1 },
        { ...rate('calls succeeded', ({ succeeded }) => succeeded), colour: 0 },
      ],
    },
    {
      title: 'Calls that did not succeed',
      unit: 'per second',
      curves: [rate('failed', ({ failed }) => failed), rate('refused by a policy', ({ refused }) => refused)],
    },
    {
      title: 'Latency of the calls that succeeded',
      unit: 'ms',
      curves: [each('p50', ({ latency }) => latency.p50), each('p99', ({ latency }) => latency.p99)],
    },
    { title: 'Requests in line', unit: 'at all services', curves: [each('in line', ({ queued }) => queued)] },
    { title: 'Busy workers', unit: 'of all services', curves: [each('busy', ({ busy }) => busy)] },
    {
      title: 'Circuit breakers',
      unit: 'breakers',
      curves: [
        each('open', ({ breakers }) => breakers.open),
        each('half-open', ({ breakers }) => breakers.halfOpen),
        each('closed', ({ breakers }) => breakers.closed),
      ],
    },
  ];
  const breakers = series.some(({ breakers: { open, halfOpen, closed } }) => open + halfOpen + closed > 0);
  return breakers ? plots : plots.slice(0, -1);
}
