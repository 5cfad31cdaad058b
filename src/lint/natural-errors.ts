import type { Layer } from '../base/call.ts';
import { policyFacts } from '../policies/policy-facts.ts';
import { falseTrips } from './false-trips.ts';
import { has, percent, shown, shownUp, type Found, type Law } from './law.ts';

/** A gate that shuts at the errors of a good day is an outage of one's own making. */
export const naturalErrors: Law = {
  name: 'natural-errors',
  needs: ['callsPerSecond', 'errorRate'],
  concerns: has('circuit-breaker', 'adaptive-throttle', 'retry'),
  *find(layers, { callsPerSecond, errorRate }) {
    for (const layer of new Set(layers)) {
      yield* ofBreaker(layer, callsPerSecond, errorRate);
      yield* ofThrottle(layer, errorRate);
      yield* ofBudget(layer, errorRate);
    }
  },
};

/** False trips in an hour that are borne with, and those that are an outage. */
const [BORNE, OUTAGE] = [1, 60];

function* ofBreaker(layer: Layer, callsPerSecond: number, errorRate: number): Generator<Found> {
  const trips = policyFacts(layer).trips?.filter(({ needsSlowCalls }) => !needsSlowCalls);
  if (!trips?.length) return;
  const tripsPerHour = falseTrips(trips, callsPerSecond, errorRate);
  if (tripsPerHour <= BORNE) return;
  yield {
    severity: tripsPerHour > OUTAGE ? 'error' : 'warning',
    message: `With ${percent(errorRate)} of errors on a good day, the breaker opens ${shown(tripsPerHour)} times an hour.`,
    fix: 'Raise its threshold or its confidence, or do not count what is no fault of the service (isFailure).',
    numbers: { errorRate, callsPerSecond, tripsPerHour },
  };
}

function* ofThrottle(layer: Layer, errorRate: number): Generator<Found> {
  const { k } = policyFacts(layer);
  // Where nothing fails, nothing is held back, whatever k is.
  if (k === undefined || !errorRate || errorRate < 1 - 1 / k) return;
  const from = 1 - 1 / k;
  yield {
    severity: 'error',
    message: `With ${percent(errorRate)} of errors on a good day, the throttle holds calls back: it does so from ${percent(from)} on.`,
    fix: errorRate < 1 ? `Set k above ${shownUp(1 / (1 - errorRate))}.` : 'Find out why every call fails.',
    numbers: { errorRate, k, holdsBackFrom: from },
  };
}

/** The part of the retries that a budget has to pay for, on a good day. */
const PAID = 0.8;

function* ofBudget(layer: Layer, errorRate: number): Generator<Found> {
  const { budget, maxAttempts = 1 } = policyFacts(layer);
  if (layer.kind !== 'retry' || !budget) return;
  // Each attempt but the last is followed by a retry, if it fails: e + e² + … + e^(attempts − 1).
  const retries = Math.min(maxAttempts - 1, 100);
  const wanted = Array.from({ length: retries }, (_, index) => errorRate ** (index + 1)).reduce((a, b) => a + b, 0);
  if (wanted * PAID <= budget.ratio) return;
  const best = 'not retry what stays an error (isRetryable).';
  yield {
    severity: 'warning',
    message: `With ${percent(errorRate)} of errors on a good day, calls want ${shown(wanted)} retries each, and the budget pays for ${shown(budget.ratio)}.`,
    // The ratio of a budget is 1 at most.
    fix: wanted * PAID > 1 ? `Do ${best}` : `Set its ratio to at least ${shownUp(Math.min(wanted, 1))}, or do ${best}`,
    numbers: { errorRate, wanted, ratio: budget.ratio },
  };
}
