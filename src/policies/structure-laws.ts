import type { Backoff } from '../backoff/backoff.ts';
import { schedule } from '../backoff/schedule.ts';
import type { Layer } from '../base/call.ts';
import { policyFacts, type PolicyFacts } from './policy-facts.ts';
import { worstCase, type WorstCase } from './worst-case.ts';

/** The laws that the order of the layers and their options alone can break. */
export type StructureLaw =
  'retry-inside-breaker' | 'no-room' | 'jitter-inside-cap' | 'hedge-without-budget' | 'same-policy-twice' | 'no-limit';

/** What breaks a law. */
export interface Breach<Law extends string = StructureLaw> {
  readonly law: Law;
  /** What is wrong, as a sentence. */
  readonly message: string;
  /** What to do about it, as a sentence. */
  readonly fix: string;
  /** What was reckoned with, and what came out. Durations in ms, rates in calls per second. */
  readonly numbers: { readonly [name: string]: number };
}

/**
 * What cannot work in layers that say what they are, outermost first.
 *
 * @param time that of their worst case.
 */
export function structureLaws(layers: readonly Layer[], { time }: Pick<WorstCase, 'time'>): Breach[] {
  const found = layers.flatMap((layer, index) => [...breaches(layer, layers.slice(index + 1), layers.slice(0, index))]);
  if (time < Infinity) return found;
  const fix = 'Put a timeout around it, or into it.';
  return [...found, { law: 'no-limit', message: 'Nothing limits the time of a call.', fix, numbers: {} }];
}

function* breaches(layer: Layer, inside: readonly Layer[], around: readonly Layer[]): Generator<Breach> {
  const { kind } = layer;
  const facts = policyFacts(layer);
  const inner = inside.find((each) => each.kind === 'retry');
  if (kind === 'circuit-breaker' && inner) {
    yield {
      law: 'retry-inside-breaker',
      message: 'A retry inside a circuit breaker: the breaker counts a whole series of attempts as one failure.',
      fix: 'Put the retry outside.',
      numbers: { attempts: policyFacts(inner).maxAttempts! },
    };
  }
  if (kind === 'timeout' && inner) yield* noRoom(facts.timeout!, inner, inside.slice(inside.indexOf(inner) + 1));
  if (kind === 'retry' && pilesUp(facts as Required<PolicyFacts>)) {
    yield {
      law: 'jitter-inside-cap',
      message: 'Jitter inside a cap: late delays pile up at the cap.',
      fix: 'Put the cap inside the jitter.',
      numbers: {},
    };
  }
  const paid = (each: Layer): boolean => each.kind === 'retry' && policyFacts(each).budget !== undefined;
  if (kind === 'hedge' && !facts.budget && !around.some(paid)) {
    yield {
      law: 'hedge-without-budget',
      message: 'A hedge without a budget: when the service is slow, every call is made more than once.',
      fix: 'Give it a RetryBudget.',
      numbers: { calls: facts.maxHedges! + 1 },
    };
  }
  const twice = around.includes(layer) && TWICE[kind];
  if (twice) {
    yield {
      law: 'same-policy-twice',
      message: `The same ${kind} twice around one call: ${twice}.`,
      fix: 'Leave one of the two out.',
      numbers: {},
    };
  }
}

/** Policies with a memory, and what a call does to one that it meets twice. */
const TWICE: { readonly [kind: string]: string } = {
  bulkhead: 'it takes two slots, and may wait for itself',
  'adaptive-limiter': 'it takes two slots, and may wait for itself',
  'rate-limiter': 'it pays twice',
  'circuit-breaker': 'each outcome counts twice, and a single probe keeps itself out',
  'adaptive-throttle': 'each outcome counts twice',
};

/** Attempts that hang, and the shortest waits between them, against the time that they have together. */
function* noRoom(timeout: number, retry: Layer, inside: readonly Layer[]): Generator<Breach> {
  const { maxAttempts: attempts, backoff, baseDelay } = policyFacts(retry) as Required<PolicyFacts>;
  const { time } = worstCase(inside);
  if (attempts === Infinity || time === Infinity) return;
  const delays = schedule(backoff, { baseDelay, retries: Math.min(attempts - 1, ATTEMPTS), random: () => 0 });
  const waits = Math.ceil(delays.reduce((sum, delay) => sum + delay, 0));
  if (time * attempts + waits <= timeout) return;
  const between = waits ? ` and ${waits} ms between them` : '';
  yield {
    law: 'no-room',
    message: `A timeout of ${timeout} ms has no room for ${attempts} attempts of ${time} ms each${between}.`,
    fix: 'Make fewer attempts, shorten them, or give the whole more time.',
    numbers: { timeout, attempts, attempt: time, waits },
  };
}

/** How many attempts are looked at: by then every growing backoff has reached its cap. */
const ATTEMPTS = 64;

/** Whether some delay depends on chance, but not on chance at its upper end. */
function pilesUp({ backoff, baseDelay }: { readonly backoff: Backoff; readonly baseDelay: number }): boolean {
  return Array.from({ length: ATTEMPTS }, (_, index) => index + 1).some((attempt) => {
    const at = (chance: number): number =>
      backoff({ attempt, baseDelay, previousDelay: baseDelay, totalDelay: 0, random: () => chance });
    return at(0.98) === at(0.99) && at(0) < at(0.98);
  });
}
