import { abortSignal, check, handlers, invalid, readOptions, RECORD, type OptionKind } from '../base/check.ts';
import { notify } from '../base/observe.ts';
import type { Json } from '../json/json-value.ts';
import { checkScenario } from './check-scenario.ts';
import { listOfSeeds } from './list-of-seeds.ts';
import type { PolicyMaker, Scenario } from './scenario.ts';
import { simulate } from './simulate.ts';
import type { SimulationResult, Verdict } from './simulation-result.ts';

/** What may watch a comparison. */
export interface CompareObservers {
  /** Told after every run: how many are done, and of how many. */
  readonly progress?: ((event: { readonly done: number; readonly runs: number }) => unknown) | undefined;
}

/** How to compare. */
export interface CompareOptions {
  /** One run of each policy for each · at least one · default: 1 to 10. */
  readonly seeds?: readonly number[] | undefined;
  /** Ends the comparison; the rejection is `signal.reason` itself. */
  readonly signal?: AbortSignal | undefined;
  /** Observers. */
  readonly on?: CompareObservers | undefined;
}

/** One figure over all seeds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** How one policy did. */
export interface ComparedPolicy {
  /** The part of the calls that succeeded. */
  readonly goodput: Spread;
  /** Requests sent for each that would have been without retries and hedges. */
  readonly amplification: Spread;
  /** Ms until goodput was back for good. */
  readonly recovery: Spread;
  /** Of the calls that succeeded, in ms; `Infinity` where none did. */
  readonly p50: Spread;
  readonly p99: Spread;
  /** How many runs had which verdict. */
  readonly verdicts: { readonly [Name in Verdict]: number };
  /** The whole result of the first seed, to look at. */
  readonly first: SimulationResult;
}

/** Several policies in the same scenario, by name. */
export interface Comparison<Name extends string = string> {
  readonly seeds: readonly number[];
  readonly policies: { readonly [Each in Name]: ComparedPolicy };
}

const ACTION = 'compare policies';

/**
 * Runs a scenario with one policy after the other in place of that of every group of clients, each with the same seeds:
 * all of them meet the same arrivals.
 *
 * @param policies by name; `scenario.policies`, for one.
 * @throws by rejection: as `simulate`; `TypeError` where there is no policy.
 * @example
 * import { pipeline, retry } from 'holdfast';
 * import { compare, type PolicyTools } from 'holdfast/simulator';
 * const scenario = {
 *   duration: 30_000,
 *   clients: [{ count: 5, arrivals: { kind: 'poisson', rate: 5 }, calls: 'users' }],
 *   services: { users: { workers: 4, serviceTime: { kind: 'exponential', mean: 100 }, errorRate: 0.1 } },
 * } as const;
 * const bare = () => pipeline();
 * const retried = ({ clock, random }: PolicyTools) => retry({ clock, random });
 * const { policies } = await compare({ bare, retried }, scenario, { seeds: [1, 2, 3] });
 * policies.retried.goodput.median > policies.bare.goodput.median; // => true
 */
export async function compare<Name extends string>(
  policies: { readonly [Each in Name]: PolicyMaker | Json },
  scenario: Scenario,
  options?: CompareOptions,
): Promise<Comparison<Name>> {
  check(policies, RECORD, 'policies', ACTION);
  check(scenario, RECORD, 'scenario', ACTION);
  const { seeds = DEFAULT_SEEDS, signal, on } = readOptions(ACTION, options, KINDS);
  checkScenario(scenario, ACTION);
  const entries = Object.entries<PolicyMaker | Json>(policies) as [Name, PolicyMaker | Json][];
  if (!entries.length) throw invalid(ACTION, 'at least one policy', 0);
  const compared: [Name, ComparedPolicy][] = [];
  let done = 0;
  for (const [name, policy] of entries) {
    const results: SimulationResult[] = [];
    for (const seed of seeds) {
      const clients = scenario.clients.map((group) => ({ ...group, policy }));
      results.push(await simulate({ ...scenario, clients, seed }, { signal }));
      notify(on, 'progress', { done: ++done, runs: entries.length * seeds.length });
    }
    compared.push([name, comparedPolicy(results)]);
  }
  return { seeds, policies: Object.fromEntries(compared) as { [Each in Name]: ComparedPolicy } };
}

/** What the runs of one policy come to; at least one. */
export function comparedPolicy(results: readonly SimulationResult[]): ComparedPolicy {
  const of = (figure: (result: SimulationResult) => number | null): Spread => spread(results.map(figure));
  const count = (verdict: Verdict): number => results.filter((result) => result.verdict === verdict).length;
  return {
    goodput: of(({ goodput }) => goodput),
    amplification: of(({ amplification }) => amplification),
    recovery: of(({ recovery }) => recovery),
    p50: of(({ latency }) => latency.p50),
    p99: of(({ latency }) => latency.p99),
    verdicts: { stable: count('stable'), slow: count('slow'), metastable: count('metastable') },
    first: results[0]!,
  };
}

/** Of an even number of figures, the median is the mean of the two in the middle. */
function spread(figures: readonly (number | null)[]): Spread {
  const sorted = figures.map((figure) => figure ?? Infinity).sort((one, other) => one - other || 0);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

const DEFAULT_SEEDS: readonly number[] = /* @__PURE__ */ Array.from({ length: 10 }, (_, index) => index + 1);

const KINDS: { readonly [Key in keyof Required<CompareOptions>]: OptionKind } = {
  seeds: listOfSeeds,
  signal: abortSignal,
  on: /* @__PURE__ */ handlers('progress'),
};
