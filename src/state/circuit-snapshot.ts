import { amount, invalid, readOptions, type Kind } from '../base/check.ts';
import { circuit, type Circuit, type CircuitRules } from './circuit.ts';

/** What a circuit breaker remembers, as plain JSON of bounded size: counts and times, no errors and no texts of theirs. */
export interface CircuitSnapshot {
  readonly version: 1;
  /** By the wall clock, in ms since 1970. */
  readonly takenAt: number;
  /** When that was on the breaker's own scale of time. */
  readonly now: number;
  /** Counts and times. Probes under way and isolations are left out: they end with the process. */
  readonly circuit: object;
}

const ACTION = 'restore a circuit breaker';

/** Writes a circuit down. */
export function snapshotOf(state: Circuit, now: number, takenAt: number): CircuitSnapshot {
  return {
    version: 1,
    takenAt,
    now,
    circuit: structuredClone({ ...state, isolations: 0, probes: [], reason: 'reset' }),
  };
}

/** Makes the circuit that was written down. Anything but a snapshot of one with these rules is refused. */
export function circuitFrom(snapshot: CircuitSnapshot, rules: CircuitRules): Circuit {
  const { circuit: saved, now } = readOptions(ACTION, snapshot, KINDS, 'snapshot.');
  const model = circuit(rules);
  if (STATES.includes((saved as Circuit | undefined)?.state)) model.state = (saved as Circuit).state;
  if (!(now >= 0 && sameShape(saved, model) && isSound(saved, now, rules))) {
    throw invalid(ACTION, 'a snapshot of a breaker with the same trip rule', snapshot);
  }
  return structuredClone(saved);
}

const STATES: unknown[] = ['closed', 'open', 'half-open'];
const KINDS: { readonly [Key in keyof CircuitSnapshot]: Kind } = {
  version: ['1', (value) => value === 1, RangeError],
  takenAt: amount,
  now: amount,
  circuit: ['an object', (value) => typeof value === 'object'],
};

/** Whether a value has the fields and lengths of a model, its texts, and numbers where it has numbers. */
function sameShape<Model>(value: unknown, model: Model): value is Model {
  if (typeof model === 'number') return typeof value === 'number' && value >= 0 && value < Infinity;
  if (typeof model !== 'object' || typeof value !== 'object' || !model || !value) return value === model;
  const keys = Object.keys(model) as (keyof Model & keyof typeof value)[];
  const length = Array.isArray(model) ? (value as unknown[]).length : Object.keys(value).length;
  return length === keys.length && keys.every((key) => Object.hasOwn(value, key) && sameShape(value[key], model[key]));
}

/** Whether the times lie in the past, the sums are those of the buckets, and nobody holds it isolated. */
function isSound({ isolations, since, windows }: Circuit, now: number, { trips }: CircuitRules): boolean {
  return (
    !isolations &&
    since <= now &&
    windows.every(({ buckets, sums, head }, index) => {
      const spec = trips[index]!.window;
      return (
        (!spec || 'calls' in spec || head * spec.duration <= now * 10) &&
        sums.every((sum, part) => sum === buckets.reduce((all, value, at) => all + (at % 3 === part ? value : 0), 0))
      );
    })
  );
}
