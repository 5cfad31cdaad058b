import { Histogram, type LatencyQuantiles } from './histogram.ts';
import type { BreakerCounts, SimulationBucket } from './simulation-result.ts';

/** How a call came out. */
export type CallOutcome = 'succeeded' | 'failed' | 'refused';

/** What a bucket shows of the moment at its end. */
export interface Gauges {
  readonly breakers: BreakerCounts;
  readonly queued: number;
  readonly busy: number;
}

type Counts = { [Name in CallOutcome | 'offered' | 'sent']: number };

/** Counts what happens: in all, and by buckets of time. The memory of a bucket is that of its few numbers. */
export class Recorder {
  readonly #latency = new Histogram();
  readonly #recent = new Histogram();
  readonly #total = noCounts();
  #bucket = noCounts();
  #from = 0;
  #wanted = 0;
  /** The buckets that are over. */
  readonly series: SimulationBucket[] = [];

  /** Calls, requests and outcomes so far. */
  get total(): Readonly<Counts> {
    return this.#total;
  }

  /** Calls under way. */
  get inFlight(): number {
    const { offered, succeeded, failed, refused } = this.#total;
    return offered - succeeded - failed - refused;
  }

  /** Of all calls that succeeded. */
  get latency(): LatencyQuantiles {
    return this.#latency.quantiles();
  }

  /** Requests sent for each that would have been if every call were made once. */
  get amplification(): number {
    return this.#wanted ? this.#total.sent / this.#wanted : 1;
  }

  /** A call begins, which takes so many requests if all goes well. */
  offered(requests: number): void {
    this.#wanted += requests;
    this.#total.offered++;
    this.#bucket.offered++;
  }

  /** A client sends requests. */
  sent(requests: number): void {
    this.#total.sent += requests;
    this.#bucket.sent += requests;
  }

  /** A call ends, `took` ms after it began. */
  settled(outcome: CallOutcome, took: number): void {
    this.#total[outcome]++;
    this.#bucket[outcome]++;
    if (outcome !== 'succeeded') return;
    this.#latency.add(took);
    this.#recent.add(took);
  }

  /** A bucket is over. */
  close(until: number, gauges: Gauges): void {
    const latency = this.#recent.quantiles();
    this.series.push({ time: this.#from, ...this.#bucket, latency, ...gauges, inFlight: this.inFlight });
    this.#recent.clear();
    this.#bucket = noCounts();
    this.#from = until;
  }
}

function noCounts(): Counts {
  return { offered: 0, sent: 0, succeeded: 0, failed: 0, refused: 0 };
}
