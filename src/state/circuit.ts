import { refusePromise } from '../base/check.ts';
import type { Outcome } from '../base/verdict.ts';
import { clear, outcomeWindow, record, type OutcomeWindow, type Tally } from './outcome-window.ts';
import type { TripRule } from './trip-rule.ts';

/** The states of a circuit breaker (Nygard, *Release It!*, 2007), and the one that an operator puts it in. */
export type CircuitState = 'closed' | 'open' | 'half-open' | 'isolated';

/** Why a breaker changed its state. */
export type CircuitReason =
  | 'tripped'
  | 'open-elapsed'
  | 'probe-failed'
  | 'probe-expired'
  | 'probes-succeeded'
  | 'isolated'
  | 'released'
  | 'reset';

/** The right to make one call, as the circuit remembers it. */
export interface Grant {
  readonly era: number;
  /** When it was given; for a probe, its lease runs from then. */
  readonly at: number;
  /** Set once the call has counted as slow while still running. */
  countedSlow: boolean;
}

/** What does not change in the life of a circuit. */
export interface CircuitRules {
  readonly trips: readonly TripRule[];
  /** Counted successes that close a half-open circuit. */
  readonly required: number;
  /** Probes at once. */
  readonly concurrent: number;
  /** Ms that a probe may take. */
  readonly lease: number;
  /** Ms from which on a call is slow: a probe has failed then. */
  readonly slowCallDuration: number;
  /** Ms of being closed after which the open duration starts from the beginning again. */
  readonly calm: number;
}

/**
 * The whole memory of a circuit breaker, as plain data. The functions of this page are its transitions: deterministic,
 * without clock, chance or callbacks. They change the value handed in, which has one owner; they are pure in all else.
 *
 * Every change of state begins a new era; a grant from an earlier one changes nothing any more.
 */
export interface Circuit {
  state: Exclude<CircuitState, 'isolated'>;
  /** How many hold it isolated; above 0 that hides `state`. */
  isolations: number;
  era: number;
  /** Why the last change came. */
  reason: CircuitReason;
  /** When `state` last became what it is. */
  since: number;
  /** How long it stays open; below 0 until that is said by `holdOpen`. */
  openFor: number;
  /** Openings in a row, without a calm time between them. */
  openings: number;
  /** When the probes under way began, oldest first. */
  probes: number[];
  /** Counted successes of probes. */
  successes: number;
  consecutiveFailures: number;
  /** One for each trip rule. */
  readonly windows: readonly OutcomeWindow[];
}

/** A closed circuit that has seen nothing. */
export function circuit({ trips }: CircuitRules): Circuit {
  return {
    state: 'closed',
    isolations: 0,
    era: 0,
    reason: 'reset',
    since: 0,
    openFor: 0,
    openings: 0,
    probes: [],
    successes: 0,
    consecutiveFailures: 0,
    windows: trips.map(({ window }) => outcomeWindow(window)),
  };
}

/** Opens a half-open circuit whose oldest probe is late, from the moment on when it was. To be called before anything else. */
export function expireProbe(circuit: Circuit, now: number, { lease, slowCallDuration }: CircuitRules): void {
  const due = (circuit.probes[0] ?? Infinity) + Math.min(lease, slowCallDuration);
  if (due <= now) open(circuit, due, slowCallDuration < lease ? 'probe-failed' : 'probe-expired');
}

/** Says for how long a circuit that has just opened stays so. */
export function holdOpen(circuit: Circuit, duration: number): void {
  circuit.openFor = duration;
}

/** Lets one call in, or gives `undefined`. */
export function admit(circuit: Circuit, now: number, { concurrent, required }: CircuitRules): Grant | undefined {
  const { probes, isolations } = circuit;
  if (isolations) return undefined;
  if (circuit.state === 'open') {
    if (now < circuit.since + circuit.openFor) return undefined;
    change(circuit, 'half-open', now, 'open-elapsed');
  }
  if (circuit.state === 'half-open') {
    if (probes.length >= Math.min(concurrent, required - circuit.successes)) return undefined;
    circuit.probes.push(now);
  }
  return { era: circuit.era, at: now, countedSlow: false };
}

/** Takes the outcome of a granted call. */
export function settle(
  circuit: Circuit,
  grant: Grant,
  outcome: Outcome,
  slow: boolean,
  now: number,
  rules: CircuitRules,
): void {
  if (grant.era !== circuit.era) return;
  const failed = outcome === 'failure';
  if (circuit.state === 'half-open') {
    circuit.probes.splice(circuit.probes.indexOf(grant.at), 1);
    if (outcome === 'neutral') return;
    if (failed) open(circuit, now, 'probe-failed');
    else if (++circuit.successes >= rules.required) close(circuit, now, 'probes-succeeded');
  } else if (outcome !== 'neutral') {
    const counted = grant.countedSlow ? 0 : 1;
    circuit.consecutiveFailures = failed ? circuit.consecutiveFailures + 1 : 0;
    observe(circuit, now, rules, [counted, Number(failed), counted * Number(slow)]);
  }
}

/** A call of a closed circuit is still running after the duration that counts as slow. */
export function overdue(circuit: Circuit, grant: Grant, now: number, rules: CircuitRules): void {
  if (grant.era !== circuit.era) return;
  grant.countedSlow = true;
  observe(circuit, now, rules, [1, 0, 1]);
}

/** Adds one that holds the circuit isolated. Probes under way are forgotten. */
export function isolate(circuit: Circuit, now: number): void {
  if (!circuit.isolations++) change(circuit, circuit.state, now, 'isolated');
}

/** Takes one away. The circuit behind goes on where it was. */
export function release(circuit: Circuit, now: number): void {
  if (!--circuit.isolations) change(circuit, circuit.state, now, 'released');
}

/** Closes the circuit and forgets what it has seen. Isolation stays. */
export function reset(circuit: Circuit, now: number): void {
  circuit.openings = 0;
  close(circuit, now, 'reset');
}

/** Adds an outcome to the windows, and opens if a rule trips. */
function observe(circuit: Circuit, now: number, { trips, calm }: CircuitRules, tally: Tally): void {
  const { windows, consecutiveFailures } = circuit;
  let tripped = false;
  for (let index = 0; index < trips.length; index++) {
    const rule = trips[index]!;
    // A success or a slow call changes nothing that a rule without a window could ask.
    if (!rule.window && !tally[1]) continue;
    const { calls, failures, slow } = record(windows[index]!, rule.window, now, tally);
    const verdict = rule.trips({ calls, failures, slow, consecutiveFailures });
    refusePromise(verdict, 'trips');
    if (verdict) tripped = true;
  }
  if (!tripped) return;
  if (now - circuit.since >= calm) circuit.openings = 0;
  open(circuit, now, 'tripped');
}

function open(circuit: Circuit, at: number, reason: CircuitReason): void {
  change(circuit, 'open', at, reason);
  circuit.openings++;
  circuit.openFor = -1;
}

function close(circuit: Circuit, now: number, reason: CircuitReason): void {
  change(circuit, 'closed', now, reason);
  circuit.consecutiveFailures = 0;
  circuit.windows.forEach(clear);
}

function change(circuit: Circuit, state: Circuit['state'], now: number, reason: CircuitReason): void {
  if (state !== circuit.state) circuit.since = now;
  circuit.state = state;
  circuit.reason = reason;
  circuit.era++;
  circuit.probes = [];
  circuit.successes = 0;
}
