import type { Backoff } from '../backoff/backoff.ts';
import { envelope } from '../backoff/envelope.ts';
import type { Layer, Policy } from '../base/call.ts';
import { check, policyKind } from '../base/check.ts';
import { layersIn, layersOf } from '../base/layers.ts';

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
  readonly worstCase: {
    /** Ms until the call settles; `Infinity` where nothing limits it. */
    readonly time: number;
    /** Calls of the function. */
    readonly calls: number;
  };
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
export function explain(policy: Policy): Explanation {
  check(policy, policyKind, 'policy', 'explain');
  const layers = layersIn(policy).filter(({ facts }) => facts);
  const policies = layers.map(({ kind, facts }) => ({ policy: kind, ...shown(facts!) }));
  const { time, calls } = worst(layers);
  const worstCase = { time: Math.ceil(time), calls };
  const warnings = layersOf(policy) ? [] : ['A policy made elsewhere is part of it; what that does is not known here.'];
  layers.forEach((layer, index) => {
    warnings.push(...warningsOf(layer, layers.slice(index + 1), layers.slice(0, index)));
  });
  if (worstCase.time === Infinity) warnings.push('Nothing limits the time of a call.');
  const text = [
    ...policies.map(({ policy: name, ...options }, index) => `${index + 1}. ${name}${listed(options)}`),
    `At worst ${amountOf(calls)} ${calls === 1 ? 'call' : 'calls'}, and ${amountOf(worstCase.time)} ms.`,
    ...warnings,
  ].join('\n');
  return { policies, worstCase, warnings, text };
}

/** What the layers say of themselves, as far as this page reckons with it. */
interface Facts {
  readonly timeout?: number;
  readonly maxAttempts?: number;
  readonly baseDelay?: number;
  readonly backoff?: Backoff;
  readonly maxElapsed?: number;
  readonly retryAfter?: unknown;
  readonly maxRetryAfter?: number;
  readonly budget?: unknown;
  readonly maxHedges?: number;
  readonly delay?: unknown;
  readonly maxQueued?: number;
  readonly maxWait?: number;
  readonly substitute?: string;
}
const factsOf = ({ facts }: Layer): Facts => facts!;

function shown(facts: object): { [option: string]: string | number | boolean } {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value)),
  ) as { [option: string]: string | number | boolean };
}

function listed(options: object): string {
  const all = Object.entries(options).flatMap(([name, value]) => (value === Infinity ? [] : [`${name} ${value}`]));
  return all.length ? `: ${all.join(', ')}` : '';
}

function amountOf(value: number): string {
  return value < Infinity ? `${value}` : 'any number of';
}

type Worst = Explanation['worstCase'];

/** The worst case of layers, outermost first. */
function worst([layer, ...inside]: readonly Layer[]): Worst {
  if (!layer) return { time: Infinity, calls: 1 };
  const inner = worst(inside);
  const facts = factsOf(layer);
  if (layer.kind === 'timeout') return { ...inner, time: Math.min(inner.time, facts.timeout!) };
  if (layer.kind === 'retry') return retried(inner, facts, inside);
  if (layer.kind === 'hedge') {
    const { maxHedges = 1, delay } = facts;
    const apart = Math.min(typeof delay === 'number' ? delay : Infinity, inner.time);
    return { time: inner.time + maxHedges * apart, calls: inner.calls * (maxHedges + 1) };
  }
  if (layer.kind === 'made elsewhere') return { time: Infinity, calls: Infinity };
  if (facts.substitute === 'a function') return { ...inner, time: Infinity };
  return { ...inner, time: inner.time + (facts.maxQueued ? facts.maxWait! : 0) };
}

/** Refusals that may say when to come back. */
const HINTING = ['circuit-breaker', 'rate-limiter'];

/** How many delays are added up one by one; those after them are taken to be as long as the longest of them all. */
const MOST_DELAYS = 1_000;

function retried({ time, calls }: Worst, facts: Facts, inside: readonly Layer[]): Worst {
  const { maxAttempts, baseDelay, backoff, maxElapsed, retryAfter, maxRetryAfter } = facts as Required<Facts>;
  if (maxAttempts === Infinity) return { time: maxElapsed + time, calls: Infinity };
  const retries = maxAttempts - 1;
  const hinted = retryAfter || inside.some(({ kind }) => HINTING.includes(kind)) ? maxRetryAfter * 1.1 : 0;
  const delays = envelope(backoff, { baseDelay, retries: Math.min(retries, MOST_DELAYS) }).map(({ max }) => max);
  const sum = delays.reduce((all, each) => all + Math.max(each, hinted), 0);
  const rest = retries - delays.length;
  const more = rest && rest * Math.max(hinted, lastDelay(backoff, baseDelay, retries, delays));
  return { time: Math.min(time * maxAttempts + sum + more, maxElapsed + time), calls: calls * maxAttempts };
}

/** The longest that the last of many delays can be: no shorter than those before it, unless they shrink. */
function lastDelay(backoff: Backoff, baseDelay: number, retries: number, delays: readonly number[]): number {
  const totalDelay = delays.reduce((all, each) => all + each);
  const step = { attempt: retries, baseDelay, previousDelay: delays.at(-1)!, totalDelay };
  return Math.max(...delays, ...[0, 1 - Number.EPSILON].map((chance) => backoff({ ...step, random: () => chance })));
}

function* warningsOf(layer: Layer, inside: readonly Layer[], around: readonly Layer[]): Generator<string> {
  const facts = factsOf(layer);
  const inner = inside.find(({ kind }) => kind === 'retry');
  if (layer.kind === 'circuit-breaker' && inner) {
    yield 'A retry inside a circuit breaker: the breaker counts a whole series of attempts as one failure. Put the retry outside.';
  }
  if (layer.kind === 'timeout' && inner) {
    const { maxAttempts } = factsOf(inner) as Required<Facts>;
    const { time } = worst(inside.slice(inside.indexOf(inner) + 1));
    if (maxAttempts < Infinity && time < Infinity && time * maxAttempts > facts.timeout!) {
      yield `A timeout of ${facts.timeout} ms has no room for ${maxAttempts} attempts of ${time} ms each.`;
    }
  }
  if (layer.kind === 'retry' && pilesUp(facts as Required<Facts>)) {
    yield 'Jitter inside a cap: late delays pile up at the cap. Put the cap inside the jitter.';
  }
  const paid = (each: Layer): boolean => each.kind === 'retry' && factsOf(each).budget !== undefined;
  if (layer.kind === 'hedge' && !facts.budget && !around.some(paid)) {
    yield 'A hedge without a budget: when the service is slow, every call is made more than once.';
  }
}

/** How many attempts are looked at: by then every growing backoff has reached its cap. */
const ATTEMPTS = 64;

/** Whether some delay depends on chance, but not on chance at its upper end. */
function pilesUp({ backoff, baseDelay }: Required<Facts>): boolean {
  return Array.from({ length: ATTEMPTS }, (_, index) => index + 1).some((attempt) => {
    const at = (chance: number): number =>
      backoff({ attempt, baseDelay, previousDelay: baseDelay, totalDelay: 0, random: () => chance });
    return at(0.98) === at(0.99) && at(0) < at(0.98);
  });
}
