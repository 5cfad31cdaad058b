import { delayOf, nextStep, type Backoff, type BackoffStep } from '../backoff/backoff.ts';
import { attempt, rejection, type Layer } from '../base/call.ts';
import { elapsedBy, type Clock } from '../base/clock.ts';
import { ALONE, Context, type Place } from '../base/context.ts';
import { CircuitOpenError, withCause } from '../base/errors.ts';
import { notify, reportOutOfBand } from '../base/observe.ts';
import type { Random } from '../base/random.ts';
import { cutVerdict, verdict, type FailureOptions, type Outcome } from '../base/verdict.ts';
import {
  admit,
  circuit,
  expireProbe,
  holdOpen,
  isolate,
  overdue,
  release,
  reset,
  settle as take,
  type CircuitReason,
  type CircuitRules,
  type CircuitState,
  type Grant,
} from '../state/circuit.ts';
import { checkWallTime, circuitFrom, snapshotOf, type CircuitSnapshot } from '../state/circuit-snapshot.ts';

/** Told of every change of state, after it. */
export interface StateChangeEvent {
  readonly from: CircuitState;
  readonly to: CircuitState;
  readonly reason: CircuitReason;
}

/** What may watch a circuit breaker. */
export interface CircuitObservers {
  readonly stateChange?: ((event: StateChangeEvent) => unknown) | undefined;
  readonly rejected?: ((event: CircuitRejectedEvent) => unknown) | undefined;
}

/** Told of every call that is not let in. */
export interface CircuitRejectedEvent {
  readonly error: CircuitOpenError;
  readonly state: CircuitState;
  /** As in the error. */
  readonly retryAfter: number | undefined;
}

/** Everything that a breaker goes by. */
export interface BreakerRules extends CircuitRules, FailureOptions {
  readonly openDuration: Backoff;
  readonly name?: string | undefined;
  /** What `explain` shows. */
  readonly facts: object;
  readonly clock: Clock;
  readonly random: Random;
  readonly on?: CircuitObservers | undefined;
}

/** A circuit breaker as a layer, and what can be done with it besides. */
export interface CircuitLayer extends Layer {
  readonly state: () => CircuitState;
  /** The state after its last change, and how often it has opened, for one who only looks: not brought up to time. */
  readonly seen: () => { readonly state: CircuitState; readonly trips: number };
  /** Lets one call in, or not. `tell` has to follow. */
  readonly acquire: () => Grant | undefined;
  /** Tells the observers what has changed: user code, so only once everything is in its place. */
  readonly tell: () => void;
  /** Says that a call was not let in. */
  readonly reject: () => CircuitOpenError;
  /** Takes a call back, and judges it by how it came out. */
  readonly finish: (grant: Grant, ok: boolean, value: unknown) => void;
  /** Takes a call back with its outcome. */
  readonly settle: (grant: Grant, outcome: Outcome) => void;
  readonly isolate: () => void;
  readonly release: () => void;
  readonly reset: () => void;
  readonly snapshot: (takenAt: number) => CircuitSnapshot;
  readonly restore: (snapshot: CircuitSnapshot, restoredAt: number) => void;
}

/** The base of an open duration that grows, in ms. */
const OPEN_BASE = 5_000;

/** Gives the pure circuit its time, its chance and its observers. */
export function circuitLayer(rules: BreakerRules): CircuitLayer {
  const { slowCallDuration, openDuration, random, name, on } = rules;
  const elapsed = elapsedBy(rules.clock);
  /** Where the scale of time of the circuit began; later than 0 after a restore. */
  let origin = 0;
  let memory = circuit(rules);
  /** The last opening, as its strategy saw it. */
  let opening: { readonly step: BackoffStep; readonly duration: number } | undefined;
  /** Whether slow calls matter. */
  const timed = slowCallDuration < Infinity;
  /** Whether a success in the closed state is taken alike whenever it comes. */
  const timeless = !timed && rules.trips.every(({ window }) => !window);
  /** Calls under way, oldest first; kept only where slow calls matter. */
  const running = timed ? new Set<Grant>() : undefined;
  /** Changes that the observers have not been told of. */
  let untold: StateChangeEvent[] = [];

  /** Whether time alone changes nothing: closed, where slow calls do not matter. */
  const stands = (): boolean => !timed && memory.state === 'closed';
  const state = (): CircuitState => (memory.isolations ? 'isolated' : memory.state);
  /** The state after the last transition. */
  let shown = state();
  let trips = 0;
  const isSlow = ({ at }: Grant, now: number): boolean => at + slowCallDuration <= now;

  /** Notes what a transition has changed, that began in `era`, and hands its result on. */
  function noted<T>(era: number, result: T): T {
    if (memory.era !== era) {
      shared = undefined;
      const from = shown;
      shown = state();
      if (from !== shown && shown === 'open') trips++;
      if (from !== shown) untold.push({ from, to: shown, reason: memory.reason });
    }
    return result;
  }

  /** Reads the time and brings the circuit up to it: probes that are late, calls that have become slow. */
  function catchUp(): number {
    const now = origin + elapsed();
    if (memory.probes.length) noted(memory.era, expireProbe(memory, now, rules));
    if (running?.size) {
      for (const grant of running) {
        if (!isSlow(grant, now)) break;
        running.delete(grant);
        noted(memory.era, overdue(memory, grant, now, rules));
      }
    }
    if (memory.openFor < 0) decideOpenDuration();
    return now;
  }

  function decideOpenDuration(): void {
    const { openings } = memory;
    // A strategy that uses the breaker finds it open.
    holdOpen(memory, OPEN_BASE);
    const step =
      opening && openings > 1
        ? nextStep(opening.step, opening.duration)
        : { attempt: openings, baseDelay: OPEN_BASE, previousDelay: OPEN_BASE, totalDelay: 0, random };
    let duration = OPEN_BASE;
    try {
      duration = delayOf(openDuration, step);
    } catch (error) {
      // There may be no call that this could end: the state may only have been looked at.
      reportOutOfBand(rules, error, 'openDuration');
    }
    opening = { step, duration };
    holdOpen(memory, duration);
  }

  function tell(): void {
    const events = untold;
    if (!events.length) return;
    untold = [];
    for (const event of events) notify(on, 'stateChange', event);
  }

  function settle(grant: Grant, outcome: Outcome): void {
    running?.delete(grant);
    const now = !stands() ? catchUp() : timeless && outcome === 'success' ? 0 : origin + elapsed();
    noted(memory.era, take(memory, grant, outcome, timed && isSlow(grant, now), now, rules));
    if (untold.length) tell();
  }

  function finish(grant: Grant, ok: boolean, value: unknown): void {
    let outcome: Outcome = 'neutral';
    try {
      outcome = verdict(rules, ok, value);
    } finally {
      settle(grant, outcome);
    }
  }

  /** Lets a result out of a call that nothing else is around. */
  function judged(grant: Grant, ok: boolean, value: unknown): unknown {
    try {
      finish(grant, ok, value);
    } catch (error) {
      throw ok ? error : withCause(error, value);
    }
    if (ok) return value;
    throw value;
  }

  /** A right, and who hears how its call comes out. The calls of one closed era differ in nothing, so they share it. */
  interface Admission {
    readonly grant: Grant;
    readonly ok: (value: unknown) => unknown;
    readonly failed: (error: unknown) => unknown;
  }
  let shared: Admission | undefined;

  function admission(): Admission | undefined {
    const now = stands() ? 0 : catchUp();
    const grant = noted(memory.era, admit(memory, now, rules));
    if (!grant) return undefined;
    running?.add(grant);
    const admitted: Admission = {
      grant,
      ok: (value) => judged(grant, true, value),
      failed: (error) => judged(grant, false, error),
    };
    if (stands()) shared = admitted;
    return admitted;
  }

  const layer: CircuitLayer = {
    kind: 'circuit-breaker',
    facts: rules.facts,
    seen: () => ({ state: shown, trips }),
    quick(fn, signal) {
      if (signal) return undefined;
      const admitted = shared ?? admission();
      if (untold.length) tell();
      return admitted ? attempt(fn, new Context(place, 1), admitted.ok, admitted.failed) : rejection(layer.reject());
    },
    weight: () => (layer.state() === 'closed' ? 0 : 2),
    enter(call, at) {
      const { turn } = call;
      const grant = layer.acquire();
      if (call.turn !== turn) {
        // An open duration of the user's own has ended the call.
        if (grant) settle(grant, 'neutral');
        return false;
      }
      call.slots[at] = grant;
      if (untold.length) tell();
      if (!grant) throw layer.reject();
      return true;
    },
    exit(call, at, ok, value) {
      const grant = call.slots[at] as Grant;
      call.slots[at] = undefined;
      finish(grant, ok, value);
      return true;
    },
    cut(call, at, error, aborted) {
      const grant = call.slots[at] as Grant | undefined;
      call.slots[at] = undefined;
      if (grant) settle(grant, cutVerdict(call, error, aborted, isSlow(grant, origin + elapsed())));
    },
    acquire: () => (shared ?? admission())?.grant,
    tell,
    reject() {
      const now = origin + elapsed();
      const seen = shown;
      const rest = memory.state === 'open' ? Math.max(0, memory.since + memory.openFor - now) : 0;
      const retryAfter = seen === 'isolated' ? undefined : rest;
      const error = new CircuitOpenError(`circuit breaker${name ? ` ${name}` : ''} (${seen})`, retryAfter);
      notify(on, 'rejected', { state: seen, retryAfter, error });
      return error;
    },
    finish,
    settle,
    state() {
      catchUp();
      tell();
      return shown;
    },
    isolate() {
      noted(memory.era, isolate(memory, catchUp()));
      tell();
    },
    release() {
      noted(memory.era, release(memory, catchUp()));
      tell();
    },
    reset() {
      noted(memory.era, reset(memory, catchUp()));
      tell();
    },
    snapshot(takenAt) {
      checkWallTime(takenAt, 'takenAt', 'take a snapshot');
      const now = catchUp();
      tell();
      return snapshotOf(memory, now, takenAt);
    },
    restore(snapshot, restoredAt) {
      checkWallTime(restoredAt, 'restoredAt', 'restore a circuit breaker');
      memory = circuitFrom(snapshot, rules);
      shared = undefined;
      // The last open duration is remembered; those before it are not.
      const step = { attempt: memory.openings, baseDelay: OPEN_BASE, previousDelay: OPEN_BASE, totalDelay: 0, random };
      opening = { step, duration: memory.openFor };
      shown = state();
      origin = snapshot.now + Math.max(0, restoredAt - snapshot.takenAt);
    },
  };
  const place: Place = { layers: [layer], slots: [undefined], parent: ALONE, holder: undefined };
  return layer;
}
