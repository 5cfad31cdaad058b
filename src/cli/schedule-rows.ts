import { envelope, schedule, type Backoff } from '../index.ts';
import { seededRandom } from '../base/seeded-random.ts';
import { decimal, sumOf, type Decimal } from './decimal.ts';

/** A delay or a sum of delays: how far it can lie, and its mean, in ms. */
export interface DelayBand {
  readonly min: Decimal;
  readonly mean: Decimal;
  readonly max: Decimal;
}

/** One retry of a schedule. */
export interface ScheduleRow {
  /** From 1. */
  readonly retry: number;
  readonly delay: DelayBand;
  /** The delays up to this one, itself included. */
  readonly total: DelayBand;
  /** One drawn delay for each sample, and the sum of those of its schedule up to this one. */
  readonly samples: readonly { readonly delay: Decimal; readonly total: Decimal }[];
}

/** What to compute. */
export interface ScheduleRequest {
  readonly baseDelay: number;
  readonly retries: number;
  /** How many schedules to draw. One seed gives the same ones on every machine. */
  readonly samples: number;
  readonly seed: number;
  /** The means of the delays, where they are known exactly. */
  readonly means?: readonly number[] | undefined;
}

/**
 * A schedule with all that is to be shown of it. Delays that chance can change are rounded to a thousandth of a ms, or
 * where they are so short, to three digits of the longest that they can be; means that are not known exactly, but within
 * about 3 %, to three digits.
 */
export function scheduleRows(backoff: Backoff, request: ScheduleRequest): ScheduleRow[] {
  const { baseDelay, retries, samples, seed, means } = request;
  const random = seededRandom(seed);
  const drawn = Array.from({ length: samples }, () => schedule(backoff, { baseDelay, retries, random }));
  const bands = envelope(backoff, { baseDelay, retries });
  const sampled = drawn.map((each) => accumulated(each.map((delay, index) => rounded(delay, bands[index]!.max))));
  // The mean of what cannot vary is exact without being computed.
  const delays = bands.map(({ min, mean, max }, index) => {
    if (min === max) return { min: decimal(min), mean: decimal(min), max: decimal(max) };
    const middle = means ? rounded(means[index]!, max) : decimal(Number(mean.toPrecision(3)));
    return { min: rounded(min, max), mean: middle, max: rounded(max, max) };
  });
  const totals = (['min', 'mean', 'max'] as const).map((end) => accumulated(delays.map((delay) => delay[end])));
  return delays.map((delay, index) => ({
    retry: index + 1,
    delay,
    total: { min: totals[0]![index]!.total, mean: totals[1]![index]!.total, max: totals[2]![index]!.total },
    samples: sampled.map((each) => each[index]!),
  }));
}

/** @param longest that it could be, of the same kind. */
function rounded(value: number, longest: number): Decimal {
  const places = Math.max(3, 2 - Math.floor(Math.log10(longest || 1)));
  const scale = value < 1e12 ? 10 ** places : 1;
  return decimal(Math.round(value * scale) / scale);
}

function accumulated(delays: readonly Decimal[]): { delay: Decimal; total: Decimal }[] {
  let total = decimal(0);
  return delays.map((delay) => ({ delay, total: (total = sumOf(total, delay)) }));
}
