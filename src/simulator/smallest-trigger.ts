import {
  abortSignal,
  amount,
  check,
  invalid,
  ratio,
  readOptions,
  RECORD,
  type Kind,
  type OptionKind,
} from '../base/check.ts';
import { checkScenario } from './check-scenario.ts';
import { listOfSeeds } from './list-of-seeds.ts';
import { timeToJudge } from './recovery.ts';
import type { Scenario } from './scenario.ts';
import { simulate } from './simulate.ts';
import type { Trigger } from './trigger.ts';

/** What is varied, and between what. */
export interface SmallestTriggerOptions {
  /** Which number of the trigger: its `duration`, its `factor` or its `rate` · default duration. */
  readonly vary?: 'duration' | 'factor' | 'rate' | undefined;
  /** The mildest value to try. */
  readonly mild: number;
  /** The most severe one; it is smaller where less is worse, as with the factor of a capacity. */
  readonly severe: number;
  /** Which of the scenario's triggers, from 0 · default 0. */
  readonly trigger?: number | undefined;
  /** How near to come: a part of the distance between the two · 0 to 1 · default 0.01. */
  readonly precision?: number | undefined;
  /** A value counts as too much if it is so with more than half of the seeds · default 1. */
  readonly seeds?: readonly number[] | undefined;
  /** Ends the search; the rejection is `signal.reason` itself. */
  readonly signal?: AbortSignal | undefined;
}

const ACTION = 'find the smallest trigger';

/**
 * Finds by bisection the mildest trigger that a fleet does not recover from: the verdict is metastable. It takes for
 * granted that one that is more severe is no better. The run has to go on after the last trigger for `recoverWithin`
 * and five intervals: in a shorter one, that a fleet is not back would say nothing of it.
 *
 * @returns the value; `Infinity` if the fleet recovers even from the most severe one.
 * @throws by rejection: as `simulate`; `TypeError` or `RangeError` for a wrong option; `RangeError` for a run too short.
 * @example
 * import { pipeline, retry, timeout } from 'holdfast';
 * import { smallestTrigger, type Scenario } from 'holdfast/simulator';
 * const scenario: Scenario = {
 *   duration: 60_000,
 *   clients: [
 *     {
 *       count: 10,
 *       arrivals: { kind: 'poisson', rate: 5 },
 *       calls: 'users',
 *       policy: ({ clock, random }) => pipeline(retry({ clock, random, maxAttempts: 4 }), timeout(500, { clock })),
 *     },
 *   ],
 *   services: { users: { workers: 4, serviceTime: { kind: 'exponential', mean: 50 } } },
 *   triggers: [{ kind: 'slowdown', at: 10_000, duration: 0, factor: 5 }],
 * };
 * const duration = await smallestTrigger(scenario, { mild: 0, severe: 20_000, precision: 0.1 });
 * duration > 0 && duration < 10_000; // => true
 */
export async function smallestTrigger(scenario: Scenario, options: SmallestTriggerOptions): Promise<number> {
  const given = readOptions(ACTION, options, KINDS);
  const { vary = 'duration', mild, severe, trigger: index = 0, precision = 0.01, seeds = [1], signal } = given;
  check(mild, amount, 'mild', ACTION);
  check(severe, amount, 'severe', ACTION);
  check(scenario, RECORD, 'scenario', ACTION);
  const { duration, interval, recoverWithin, triggers } = checkScenario(scenario, ACTION);
  const varied: object | undefined = triggers[index];
  if (!varied || !(vary in varied)) throw invalid(ACTION, `triggers[${index}] to have a ${vary}`, varied);
  check(recoverWithin, amount, 'recoverWithin', ACTION);
  const withValue = (value: number): Trigger[] =>
    triggers.map((each, at) => (at === index ? ({ ...each, [vary]: value } as Trigger) : each));
  const least = timeToJudge(withValue(Math.max(mild, severe)), interval, recoverWithin);
  // In a shorter one the answer would be how much of the run is left, and not what the fleet endures.
  if (duration < least) {
    const says = `duration to be at least ${least}, so that recoverWithin and five intervals follow the last trigger`;
    throw invalid(ACTION, says, duration, RangeError);
  }

  async function isTooMuch(value: number): Promise<boolean> {
    let metastable = 0;
    for (const seed of seeds) {
      const { verdict } = await simulate({ ...scenario, triggers: withValue(value), seed }, { signal });
      metastable += Number(verdict === 'metastable');
    }
    return metastable * 2 > seeds.length;
  }

  if (!(await isTooMuch(severe))) return Infinity;
  let [good, bad] = [mild, severe];
  if (await isTooMuch(mild)) return mild;
  const near = Math.max(precision, NEAREST) * Math.abs(severe - mild);
  while (Math.abs(bad - good) > near) {
    const middle = (good + bad) / 2;
    if (await isTooMuch(middle)) bad = middle;
    else good = middle;
  }
  return bad;
}

/** The least precision: thirty steps. */
const NEAREST = 1e-9;

const place: Kind = ['an integer ≥ 0', (value) => Number.isSafeInteger(value) && value >= 0, RangeError];
const KINDS: { readonly [Key in keyof Required<SmallestTriggerOptions>]: OptionKind } = {
  vary: ["'duration', 'factor' or 'rate'", (value: string) => ['duration', 'factor', 'rate'].includes(value)],
  mild: amount,
  severe: amount,
  trigger: place,
  precision: ratio,
  seeds: listOfSeeds,
  signal: abortSignal,
};
