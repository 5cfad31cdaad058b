/** A kind of value: what it is to be, in words and as a test, and the error where the type is right and the value is not. */
export type Kind = readonly [says: string, fits: (value: never) => unknown, OutOfRange?: ErrorConstructor];

/** A check of one option: a kind, or a function that reads what lies inside it. */
export type OptionKind = Kind | ((value: never, name: string, action: string) => unknown);

/** The `code` of errors about wrong arguments: a `TypeError` for a wrong type, a `RangeError` for a value out of range. */
export const INVALID_ARGUMENT = 'ERR_INVALID_ARGUMENT';

/** Says that something cannot be done: *Cannot ‹action›: expected ‹expectation›, got ‹value›*. */
export function invalid(
  action: string,
  expectation: string,
  value: unknown,
  Class: ErrorConstructor = TypeError,
): Error {
  const error = new Class(`Cannot ${action}: expected ${expectation}, got ${show(value)}`);
  ignoreFailure(value);
  return Object.assign(error, { code: INVALID_ARGUMENT });
}

/** A promise that is refused, as that of an asynchronous predicate, may fail later, when nobody listens. */
function ignoreFailure(value: unknown): void {
  try {
    void Promise.prototype.then.call(value, undefined, () => {});
  } catch {
    // What is no promise has nothing to ignore.
  }
}

/** Refuses a value that is not of its kind. */
export function check(value: unknown, [says, fits, OutOfRange]: Kind, name: string, action: string): void {
  const number = typeof value === 'number';
  if ((OutOfRange && !number) || !fits(value as never)) {
    throw invalid(action, `${name} to be ${says}`, value, number ? OutOfRange : TypeError);
  }
}

/** Refuses what an asynchronous predicate returns: a promise would always mean yes. */
export function refusePromise(verdict: unknown, name: string): void {
  if (typeof verdict === 'object' && verdict) throw invalid('decide', `${name} to return true or false`, verdict);
}

/** Something to call. */
export const callable: Kind = ['a function', isFunction];
/** A duration in milliseconds; fractions are allowed. */
export const duration: Kind = ['a finite number of ms ≥ 0', (value) => value >= 0 && value < Infinity, RangeError];
/** A duration in milliseconds, or `Infinity` for "never". */
export const durationOrNever: Kind = ['a number of ms ≥ 0, or Infinity', (value) => value >= 0, RangeError];
/** How many, from 1 up. */
export const count: Kind = ['an integer ≥ 1', (value) => Number.isSafeInteger(value) && value >= 1, RangeError];
/** How many, from 1 up, or `Infinity` for "no end". */
export const countOrInfinity: Kind = [
  'an integer ≥ 1, or Infinity',
  (value) => value >= 1 && (Number.isSafeInteger(value) || value === Infinity),
  RangeError,
];
/** How many may wait in a line; a longer one would only be late for everybody in it. */
export const lineLength: Kind = [
  'an integer from 0 to 100000',
  (value) => Number.isInteger(value) && value >= 0 && value <= 100_000,
  RangeError,
];
/** A part of a whole. */
export const ratio: Kind = ['a number from 0 to 1', (value) => value >= 0 && value <= 1, RangeError];
/** A finite number from 0 up. */
export const amount: Kind = ['a finite number ≥ 0', (value) => value >= 0 && value < Infinity, RangeError];
/** `true` or `false`. */
export const flag: Kind = ['true or false', (value) => typeof value === 'boolean'];
/** A text. */
export const text: Kind = ['a string', (value) => typeof value === 'string'];
/** A `Clock`. */
export const clockKind: Kind = [
  'a Clock',
  (value: { now: unknown; setTimer: unknown } | null) => isFunction(value?.now) && isFunction(value?.setTimer),
];
/** A `CallContext`, of this copy of the package or another. */
export const contextKind: Kind = [
  'a CallContext',
  (value: object | null) => typeof value === 'object' && value && 'attempt' in value && 'remaining' in value,
];
/** Refuses a context beside a signal: a context has one. */
export function checkOuter(context: unknown, signal: unknown, action: string): void {
  if (context && signal) throw invalid(action, 'a context or a signal', 'both');
}
/** A policy, of ours or made elsewhere. */
export const policyKind: Kind = ['a policy', (value: { execute: unknown } | null) => isFunction(value?.execute)];
/** An `AbortSignal`, of this realm, of another one, or made by hand. */
export const abortSignal: Kind = [
  'an AbortSignal',
  (value: AbortSignal | null) =>
    typeof value?.aborted === 'boolean' && isFunction(value.addEventListener) && isFunction(value.removeEventListener),
];

/** The observers of a policy: functions under known names. */
export function handlers(...names: string[]): OptionKind {
  return (value: object, name, action) =>
    readOptions(action, value, Object.fromEntries(names.map((each) => [each, callable])), `${name}.`);
}

/**
 * Reads options once, by own property, into a frozen record that inherits nothing. `undefined` means the default and is
 * left out; an unknown key is refused with what it may have meant.
 */
export function readOptions<Options extends object>(
  action: string,
  options: Options | undefined,
  kinds: { readonly [Key in keyof Options]-?: OptionKind },
  prefix = '',
): Readonly<Options> {
  if (options === undefined) return NONE as Options;
  const record = new Bare() as Options;
  check(options, RECORD, prefix.slice(0, -1) || 'options', action);
  for (const key of Object.keys(options) as (keyof Options & string)[]) {
    const name = prefix + key;
    if (!Object.hasOwn(kinds, key)) {
      throw invalid(action, `a known option${instead(key, Object.keys(kinds), (each) => prefix + each)}`, name);
    }
    const kind: OptionKind = kinds[key];
    let value: unknown = options[key];
    if (value === undefined) continue;
    if (typeof kind === 'function') value = (kind as (...all: unknown[]) => unknown)(value, name, action);
    else check(value, kind, name, action);
    record[key] = value as never;
  }
  return Object.freeze(record);
}

/** An object that inherits nothing. One made by `Object.create(null)` is a hash table, which takes ten times as long to read. */
const Bare: new () => object = /* @__PURE__ */ (() => {
  function Bare(): void {}
  Bare.prototype = Object.create(null) as object;
  return Bare as unknown as new () => object;
})();

/** No options at all: one record for all that have none. */
const NONE: object = /* @__PURE__ */ (() => Object.freeze(new Bare()))();

/** Options: not a list, a signal, a promise or a controller, which would be taken for none. */
export const RECORD: Kind = [
  'an object',
  (value) =>
    typeof value === 'object' &&
    value &&
    !Array.isArray(value) &&
    !['aborted', 'then', 'abort'].some((name) => name in value),
];

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

/** Shows a value in a message, without running any code of its own. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'bigint') return `${value}n`;
  return (typeof value === 'object' && value) || isFunction(value) ? `a value of type ${typeof value}` : String(value);
}

/**
 * For a message, what could stand in place of a wrong name: the one that was probably meant, where one has nearly the
 * same letters; else all of them.
 */
export function instead(wrong: string, names: string[], shown: (name: string) => string): string {
  const word = wrong.slice(0, 40);
  /** How many letters one has that the other has not. */
  const far = (name: string): number => {
    let rest = name;
    for (const letter of word) rest = rest.replace(letter, '');
    return word.length - name.length + 2 * rest.length;
  };
  const best = names.reduce((best, name) => (far(name) < far(best) ? name : best));
  const isNear = far(best) * 3 <= Math.max(word.length, best.length);
  return ` (${isNear ? `did you mean ${shown(best)}?` : names.join(', ')})`;
}
