import type { Backoff } from '../backoff/backoff.ts';
import { envelope } from '../backoff/envelope.ts';
import type { Layer } from '../base/call.ts';
import { policyFacts, type PolicyFacts } from './policy-facts.ts';

/** What a call can cost, if every attempt hangs as long as it may. */
export interface WorstCase {
  /** Ms until the call settles; `Infinity` where nothing limits it. */
  readonly time: number;
  /** Calls of the function. */
  readonly calls: number;
}

/** The worst case of layers, outermost first. */
export function worstCase([layer, ...inside]: readonly Layer[]): WorstCase {
  if (!layer) return { time: Infinity, calls: 1 };
  const inner = worstCase(inside);
  const facts = policyFacts(layer);
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

function retried({ time, calls }: WorstCase, facts: PolicyFacts, inside: readonly Layer[]): WorstCase {
  const { maxAttempts, baseDelay, backoff, maxElapsed, retryAfter, maxRetryAfter } = facts as Required<PolicyFacts>;
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
