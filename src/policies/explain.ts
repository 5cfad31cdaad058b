import type { Backoff } from '../backoff/backoff.ts';
import { schedule } from '../backoff/schedule.ts';
import type { Layer } from '../base/call.ts';
import { check, policyKind } from '../base/check.ts';
import { layersIn, layersOf } from '../base/layers.ts';
import type { Policy } from '../base/policy.ts';
import { roundMs } from '../base/round-ms.ts';
import { policyFacts, type PolicyFacts } from './policy-facts.ts';
import { structureLaws } from './structure-laws.ts';
import { tripWords } from './trip-point.ts';
import { worstCase as worstCaseOf, type WorstCase } from './worst-case.ts';

/** One policy of a pipeline, with what it was told. */
export interface ExplainedPolicy {
  readonly policy: string;
  readonly [option: string]: string | number | boolean;
}

/** What a policy will do. */
export interface Explanation {
  /** Outermost first. */
  readonly policies: readonly ExplainedPolicy[];
  /** If every attempt hangs as long as it may. */
  readonly worstCase: WorstCase;
  /** What will not work as it seems to. */
  readonly warnings: readonly string[];
  /** All of this for people, a line for each policy and each warning. What is without a limit is left out. */
  readonly text: string;
}

/**
 * Says what a policy will do: its order, its worst case in time and calls, and what in it cannot work: a retry inside a
 * breaker, attempts that do not fit into a timeout, jitter inside a cap, a hedge without a budget.
 *
 * @throws `TypeError` for what is not a policy.
 * @example
 * import { explain, standard } from 'holdfast';
 * const { worstCase, warnings } = explain(standard());
 * worstCase; // => { time: 30000, calls: 3 }
 * warnings; // => []
 */
export function explain(policy: Policy<unknown>): Explanation {
  check(policy, policyKind, 'policy', 'explain');
  const layers = layersIn(policy).filter(({ facts }) => facts);
  const policies = layers.map((layer) => ({ policy: layer.kind, ...shown(layer) }));
  const { time, calls } = worstCaseOf(layers);
  const worstCase = { time: Math.ceil(time), calls };
  const warnings = [
    ...(layersOf(policy) ? [] : ['A policy made elsewhere is part of it; what that does is not known here.']),
    ...structureLaws(layers, worstCase).map(({ message, fix }) => `${message} ${fix}`),
  ];
  const text = [
    ...policies.map(({ policy: name, ...options }, index) => `${index + 1}. ${name}${listed(options)}`),
    `At worst ${amountOf(calls)} ${calls === 1 ? 'call' : 'calls'}, and ${amountOf(worstCase.time)} ms.`,
    ...warnings,
  ].join('\n');
  return { policies, worstCase, warnings, text };
}

function shown(layer: Layer): { [option: string]: string | number | boolean } {
  const facts = policyFacts(layer);
  const plain = Object.entries(facts).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return Object.fromEntries([...plain, ...described(facts)]) as { [option: string]: string | number | boolean };
}

/** In words, what is given as a function: the delays of a backoff, the points at which a rule trips. */
function* described(facts: PolicyFacts): Generator<[string, string]> {
  const { backoff, baseDelay, maxAttempts = 1, trips, openDuration } = facts;
  if (backoff && baseDelay !== undefined && maxAttempts > 1)
    yield ['delays', delays(backoff, baseDelay, maxAttempts - 1)];
  if (trips) yield ['trips', trips.map(tripWords).join('; or ')];
  if (typeof openDuration === 'function') yield ['openDuration', delays(openDuration, OPEN_BASE, Infinity)];
}

/** What a breaker asks the strategy of its open duration with, in ms. */
const OPEN_BASE = 5_000;
/** How many delays are shown. */
const MOST_SHOWN = 4;

function delays(backoff: Backoff, baseDelay: number, retries: number): string {
  const most = Math.min(retries, MOST_SHOWN);
  const [low, high] = [0, 1].map((chance) => schedule(backoff, { baseDelay, retries: most, random: () => chance })) as [
    number[],
    number[],
  ];
  const ranges = low.map((ms, at) => [...new Set([ms, high[at]!].map(roundMs))].join('–'));
  return `${ranges.join(' → ')}${retries > MOST_SHOWN ? ' → …' : ''} ms`;
}

/** The options that are durations in ms. */
const DURATIONS = /^(timeout|.*Timeout|.*Delay|delay|.*Duration|interval|window|target|max(Elapsed|Wait|RetryAfter))$/;

function listed(options: object): string {
  const all = Object.entries(options).flatMap(([name, value]) => {
    const unit = typeof value === 'number' && DURATIONS.test(name) ? ' ms' : '';
    return value === Infinity ? [] : [`${name} ${value}${unit}`];
  });
  return all.length ? `: ${all.join(', ')}` : '';
}

function amountOf(value: number): string {
  return value < Infinity ? `${value}` : 'any number of';
}
