import { check, invalid, readOptions, type Kind } from '../base/check.ts';
import { circuit, type Circuit, type CircuitRules } from './circuit.ts';
import { bucketAt } from './outcome-window.ts';

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
  const circuit = structuredClone({ ...state, isolations: 0, era: 0, probes: [], reason: 'reset' });
  return { version: 1, takenAt, now, circuit };
}

/** Makes the circuit that was written down. What is no snapshot, or does not fit the windows of these rules, is refused. */
export function circuitFrom(snapshot: CircuitSnapshot, rules: CircuitRules): Circuit {
  const read = readOptions(ACTION, snapshot, KINDS, 'snapshot.');
  const saved = { ...(read.circuit as Circuit) };
  const model = circuit(rules);
  if (STATES.includes(saved.state)) model.state = saved.state;
  const isOne = Object.keys(read).length > 3 && sameShape({ ...saved, windows: [] }, { ...model, windows: [] });
  const fits = isOne && sameShape(saved, model);
  if (!fits || !isSound(saved, read.now, rules)) {
    throw invalid(ACTION, `a snapshot of a breaker${isOne && !fits ? ' with the same trip rule' : ''}`, snapshot);
  }
  return { ...structuredClone(saved), successes: Math.min(saved.successes, rules.required - 1) };
}

const STATES: unknown[] = ['closed', 'open', 'half-open'];
const time: Kind = ['ms from 0 to 2⁵³', (value) => value >= 0 && value <= Number.MAX_SAFE_INTEGER, RangeError];
const KINDS: { readonly [Key in keyof CircuitSnapshot]: Kind } = {
  version: ['1', (value) => value === 1, RangeError],
  takenAt: time,
  now: time,
  circuit: ['an object', (value) => typeof value === 'object'],
};

/** Whether a value has the fields and lengths of a model, its texts, and counts or times where it has numbers. */
function sameShape<Model>(value: unknown, model: Model, name?: string): value is Model {
  if (typeof model === 'number') {
    const whole = name === 'since' || name === 'openFor' || Number.isSafeInteger(value);
    return typeof value === 'number' && whole && value >= 0 && value < Infinity;
  }
  if (typeof model !== 'object' || typeof value !== 'object' || !model || !value) return value === model;
  if (Array.isArray(value) !== Array.isArray(model) || Object.keys(value).length !== Object.keys(model).length)
    return false;
  const names = Object.keys(model) as (keyof Model & keyof typeof value & string)[];
  return names.every((each) => Object.hasOwn(value, each) && sameShape(value[each], model[each], each));
}

/** Whether the times lie in the past, the sums are those of the buckets, nobody holds it isolated, and it has no era. */
function isSound({ isolations, era, since, windows }: Circuit, now: number, { trips }: CircuitRules): boolean {
  return (
    isolations + era === 0 &&
    since <= now &&
    windows.every(({ buckets, sums, head }, index) => {
      const spec = trips[index]!.window;
      return (
        (!spec || 'calls' in spec || head <= bucketAt(spec, now)) &&
        sums.every((sum, part) => sum === buckets.reduce((all, value, at) => all + (at % 3 === part ? value : 0), 0))
      );
    })
  );
}

/** Refuses what is no time by the wall clock. */
export function checkWallTime(value: number, name: string, action: string): void {
  check(value, time, name, action);
}
