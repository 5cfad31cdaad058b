import { envelope } from '../backoff/envelope.ts';
import type { Layer } from '../base/call.ts';
import { policyFacts, type PolicyFacts } from '../policies/policy-facts.ts';
import { has, isBelow, shown, shownDown, shownUp, type Found, type Law } from './law.ts';
import { ratesOf } from './rates-of.ts';

/**
 * What each instance sends whatever happens is multiplied by the size of the fleet: the one call a second that a throttle
 * lets through, the probes of a breaker, what a limiter lets through, what a budget has saved up.
 */
export const fleetFloors: Law = {
  name: 'fleet-floors',
  needs: ['capacity'],
  wants: (layers) => (layers.some((layer) => policyFacts(layer).budget) ? ['callsPerSecond'] : []),
  concerns: has('adaptive-throttle', 'circuit-breaker', 'rate-limiter', 'retry', 'hedge'),
  *find(layers, { instances, capacity, callsPerSecond = Infinity }) {
    const budgets = new Set<Budget>();
    for (const layer of new Set(layers)) {
      const inside = layers.slice(layers.indexOf(layer) + 1);
      for (const { each, part, what, fix } of floorsOf(layer, inside, callsPerSecond)) {
        const floor = each * instances;
        if (!isBelow(part * capacity, floor)) continue;
        const message = `${what}: ${instances} instances come to ${shown(floor)} of the ${shown(capacity)} that the service can do.`;
        const numbers = { each, instances, floor, capacity };
        yield { severity: 'warning', message, fix: fix((part * capacity) / instances), numbers };
      }
      const { budget } = policyFacts(layer);
      if (budget) budgets.add(budget);
    }
    for (const { burst } of budgets) yield* backlog(burst, instances, capacity, callsPerSecond);
  },
};

type Budget = NonNullable<PolicyFacts['budget']>;

/** What one instance sends in a second, whatever happens. */
interface Floor {
  readonly each: number;
  /** What all together may come to, as a part of the capacity. */
  readonly part: number;
  readonly what: string;
  /** What to do so that each comes to so much at most. */
  readonly fix: (each: number) => string;
}

/** What a service that has lost half of its capacity can still do. */
const HALF = 0.5;
/** Calls a second that pass an adaptive throttle whatever happens. */
const PASSES = 1;
/** What to do where one call of each is too much. */
const FEWER = 'Let fewer instances call, through a proxy';
/** What a breaker asks the strategy of its open duration with, in ms. */
const OPEN_BASE = 5_000;
/** Openings in a row after which no open duration grows any more that is meant well. */
const OPENINGS = 10;

function* floorsOf(layer: Layer, inside: readonly Layer[], callsPerSecond: number): Generator<Floor> {
  const { openDuration = 0, concurrent = 1 } = policyFacts(layer);
  // A breaker inside a throttle has a floor of its own, and lets no more through.
  if (layer.kind === 'adaptive-throttle' && !has('circuit-breaker')(inside)) {
    yield {
      each: Math.min(PASSES, callsPerSecond),
      part: HALF,
      what: 'A throttle lets one call a second through, whatever happens',
      fix: () => `${FEWER}, or put a CircuitBreaker inside the throttle.`,
    };
  }
  if (layer.kind === 'circuit-breaker') {
    const lasts =
      typeof openDuration === 'function'
        ? envelope(openDuration, { baseDelay: OPEN_BASE, retries: OPENINGS }).at(-1)!.mean
        : openDuration;
    yield {
      each: Math.min((1_000 * concurrent) / lasts, callsPerSecond),
      part: HALF,
      what: `A breaker stays open for ${shown(lasts)} ms, and then sends probes`,
      fix: (each) => `Stay open longer, at least ${shownUp((1_000 * concurrent) / each)} ms, and let it grow.`,
    };
  }
  for (const { rate, burst, limit, burstOf } of ratesOf(layer)) {
    const what = `A rate limiter lets ${shown(rate)} calls a second through`;
    yield { each: rate, part: 1, what, fix: (each) => `Set ${limit(each, shownDown)} in each.` };
    if (burst <= rate) continue;
    const atOnce = `A rate limiter lets ${shown(burst)} calls through at once`;
    yield {
      each: burst,
      part: 1,
      what: atOnce,
      fix: (each) => (each < 1 ? `${FEWER}.` : `Set ${burstOf(each)} in each.`),
    };
  }
}

/** Seconds of spare capacity that saved up retries may take. */
const PATIENCE = 10;

/** Retries that were saved up on good days all come at once, on top of the load. */
function* backlog(burst: number, instances: number, capacity: number, callsPerSecond: number): Generator<Found> {
  const spare = capacity - callsPerSecond * instances;
  const seconds = (burst * instances) / spare;
  if (spare <= 0 || seconds <= PATIENCE) return;
  yield {
    severity: 'warning',
    message: `${shown(burst * instances)} retries saved up in ${instances} budgets take the service ${shown(seconds)} s to work off.`,
    fix: `Set burst to at most ${shown(Math.floor((PATIENCE * spare) / instances))}.`,
    numbers: { burst, instances, capacity, seconds },
  };
}
