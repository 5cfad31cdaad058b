import type { SimulationBucket, Verdict } from './simulation-result.ts';
import type { Trigger } from './trigger.ts';

/** Goodput is back where it is at least this part of what it was. */
const BACK = 0.9;
/** So many buckets together have to be back, so that one that is late is no relapse. */
const TOGETHER = 5;

/** How soon goodput came back, and what that means. */
export interface Recovery {
  /** Ms after the end of the last trigger; `Infinity` if it never was back for good. */
  readonly recovery: number;
  readonly verdict: Verdict;
}

/**
 * Judges a run. The goodput of some buckets is what succeeded in them, as a part of the calls that ended in them, or of
 * those that began less as many as were under way before, whichever are more. Its level is that before the first
 * trigger. It is back for good from the first bucket on in which, and in every five in a row that begin in it or later,
 * it is at least nine tenths of the level. Back within `within` ms after the end of the last trigger is stable; later,
 * slow; never, metastable. A run that ends before that can be told, and had no dip since the first trigger began, is
 * stable, unless it was stopped before its time.
 *
 * Nine tenths of nothing is nothing: where none of the calls that ended before the first trigger succeeded, the level is
 * that all do; and where none of the whole run did, that is metastable.
 *
 * Without a trigger the first quarter of the run is the level, and the rest of it is judged.
 *
 * Source: N. Bronson, A. Aghayev, A. Charapko, T. Zhu, Metastable Failures in Distributed Systems, HotOS 2021.
 */
export function recovery(
  series: readonly SimulationBucket[],
  interval: number,
  triggers: readonly Trigger[],
  within: number,
  stopped: boolean,
): Recovery {
  const length = series.length * interval;
  const begin = triggers.length ? Math.min(...triggers.map(({ at }) => at)) : length / 4;
  const end = triggers.length ? endOf(triggers) : begin;
  const before = series.filter(({ time }) => time + interval <= begin);
  if (fails(series, ({ offered }) => offered)) return NEVER;
  const underWay = Math.max(0, ...before.map(({ inFlight }) => inFlight));
  const level = (before.length && !fails(before, ended) ? goodput(before, underWay) : 1) * BACK;
  const after = series.filter(({ time }) => time >= end);
  const isBack = (from: number, buckets: number): boolean =>
    goodput(after.slice(from, from + buckets), underWay) >= level;
  const steady = (all: readonly SimulationBucket[]): boolean =>
    all.every((_, from) => goodput(all.slice(Math.max(0, from - TOGETHER + 1), from + 1), underWay) >= level);
  let first = Math.max(0, after.length - TOGETHER + 1);
  while (first && isBack(first - 1, TOGETHER)) first--;
  while (first < after.length && !isBack(first, 1)) first++;
  // Where nothing follows by which it could be told, a run without a dip has nothing to recover from.
  if (!stopped && after.length < TOGETHER && steady(series.filter(({ time }) => time >= begin))) {
    return { recovery: 0, verdict: 'stable' };
  }
  if (first + TOGETHER > after.length) return NEVER;
  const late = after[first]!.time - end;
  return { recovery: late, verdict: late <= within ? 'stable' : 'slow' };
}

/** How long a run has to be, so that a fleet that is back `within` ms after the last trigger can be seen to be. */
export function timeToJudge(triggers: readonly Trigger[], interval: number, within: number): number {
  return endOf(triggers) + within + TOGETHER * interval;
}

function endOf(triggers: readonly Trigger[]): number {
  return Math.max(...triggers.map(({ at, duration }) => at + duration));
}

const NEVER: Recovery = { recovery: Infinity, verdict: 'metastable' };

/** The goodput of some buckets together; that of those in which there was nothing is what it should be. */
function goodput(buckets: readonly SimulationBucket[], underWay: number): number {
  const begun = sum(buckets, ({ offered }) => offered) - underWay;
  const most = Math.max(begun, sum(buckets, ended));
  return most > 0 ? sum(buckets, ({ succeeded }) => succeeded) / most : 1;
}

/** Whether there were calls, and none succeeded. */
function fails(buckets: readonly SimulationBucket[], calls: (bucket: SimulationBucket) => number): boolean {
  return sum(buckets, calls) > 0 && !sum(buckets, ({ succeeded }) => succeeded);
}

function ended({ succeeded, failed, refused }: SimulationBucket): number {
  return succeeded + failed + refused;
}

function sum(buckets: readonly SimulationBucket[], count: (bucket: SimulationBucket) => number): number {
  return buckets.reduce((all, bucket) => all + count(bucket), 0);
}
