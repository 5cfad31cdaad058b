import {
  check,
  instead,
  invalid,
  INVALID_ARGUMENT,
  readOptions,
  RECORD,
  text,
  type Kind,
  type OptionKind,
} from '../base/check.ts';
import type { Clock } from '../base/clock.ts';
import { factOf } from '../base/errors.ts';
import type { Random, RetryBudget, Sleeper } from '../index.ts';
import type { Json } from './json-value.ts';

/** What JSON cannot bring along: functions by name, time and chance. */
export interface Tools {
  readonly functions: { readonly [name: string]: unknown };
  readonly clock: Clock | undefined;
  readonly random: Random | undefined;
  readonly sleep: Sleeper | undefined;
  /** Those of the document that have a name, with what they were made of. */
  readonly budgets: Map<string, { readonly budget: RetryBudget; readonly made: string }>;
}

/** Where in a document something stands, and who reads it. */
export interface Place {
  /** As in `policy.policies[1].backoff`. */
  readonly path: string;
  /** What cannot be done if it is wrong. */
  readonly action: string;
  readonly tools: Tools;
}

/** A part of a JSON Schema. */
export type Schema = { readonly [keyword: string]: Json };

/** A single value: its kind, and the same as JSON Schema. */
export interface LeafShape {
  readonly kind: Kind;
  readonly schema: Schema;
  /** What the JSON stands for, before its kind is checked. */
  readonly convert?: (json: Json) => unknown;
}

/** A shape for every option that can stand in a document: all but those that bring time and chance in. */
export type FieldsOf<Options> = { readonly [Name in Exclude<keyof Options, 'clock' | 'random' | 'sleep'>]-?: Shape };

/** A list of the same. */
export interface ListShape {
  readonly list: Shape;
  /** How many at least. */
  readonly least: number;
}

/** An object whose keys are names of the writer's own, each with the same. */
export interface MapShape {
  readonly map: Shape;
  /** How many at least. */
  readonly least: number;
}

/** An object with known keys. */
export interface RecordShape {
  readonly fields: { readonly [name: string]: Shape };
  /** Those that have to be there. */
  readonly required?: readonly string[];
  /** What is made of its fields, its `kind` not among them · default: they as they are. */
  readonly make?: (fields: never, place: Place) => unknown;
}

/** An object whose key `kind` says which of several it is; where none of its keys is required, the kind alone will do. */
export interface KindsShape {
  /** In words. */
  readonly says: string;
  readonly kinds: { readonly [kind: string]: RecordShape };
}

/** One of several that can be told apart: the first whose test says yes. The last one is asked for no test. */
export interface CasesShape {
  readonly cases: readonly (readonly [is: (json: Json) => boolean, shape: Shape])[];
}

/** A shape with a name of its own, which others, and itself, may refer to. */
export interface NamedShape {
  readonly name: string;
  readonly shape: () => Shape;
}

/** What is made anew each time: read once, to refuse it in time, and given as a function that makes it of other tools. */
export interface MakerShape {
  readonly maker: Shape;
}

/** Makes what a `MakerShape` stands for, with time and chance of its own. */
export type Maker<Made> = (tools: Partial<Pick<Tools, 'clock' | 'random' | 'sleep'>>) => Made;

/**
 * What a place in a document may hold. Plain data, which two can walk: `readShape` makes values of it, and `schemaOf` a
 * JSON Schema.
 */
export type Shape = LeafShape | ListShape | MapShape | RecordShape | KindsShape | CasesShape | NamedShape | MakerShape;

/**
 * Reads a value of a document by its shape.
 *
 * @throws `TypeError` or `RangeError` with the path of what is wrong.
 */
export function readShape(shape: Shape, json: Json | undefined, place: Place): unknown {
  const { path, action } = place;
  if ('kind' in shape) {
    const value = json !== undefined && shape.convert ? shape.convert(json) : json;
    check(value, shape.kind, path || ROOT, action);
    return value;
  }
  if ('list' in shape) {
    check(json, listOf(shape.least), path || ROOT, action);
    const items = json as readonly Json[];
    return items.map((item, index) => readShape(shape.list, item, { ...place, path: `${path}[${index}]` }));
  }
  if ('map' in shape) return readMap(shape, json, place);
  if ('fields' in shape) return readRecord(shape, json, place);
  if ('kinds' in shape) return readKind(shape, json, place);
  if ('cases' in shape) {
    const known = shape.cases.slice(0, -1).find(([is]) => json !== undefined && is(json)) ?? shape.cases.at(-1)!;
    return readShape(known[1], json, place);
  }
  if ('shape' in shape) return readShape(shape.shape(), json, place);
  readShape(shape.maker, json, place);
  const maker: Maker<unknown> = (tools) =>
    readShape(shape.maker, json, { ...place, tools: { ...place.tools, ...tools, budgets: new Map() } });
  return maker;
}

/** What a document as a whole is called. */
const ROOT = 'the document';

function listOf(least: number): Kind {
  const says = least ? `a list of at least ${least}` : 'a list';
  return [says, (value: readonly Json[]) => Array.isArray(value) && value.length >= least];
}

function readMap({ map, least }: MapShape, json: Json | undefined, place: Place): unknown {
  const { path, action } = place;
  const says = least ? `an object with at least ${least} of them` : RECORD[0];
  const fits = (value: object): unknown => RECORD[1](value as never) && Object.keys(value).length >= least;
  check(json, [says, fits], path || ROOT, action);
  // Without a prototype, so that a name such as "constructor" is one like any other.
  const read = Object.create(null) as { [name: string]: unknown };
  for (const [name, value] of Object.entries(json as { readonly [name: string]: Json })) {
    read[name] = readShape(map, value, { ...place, path: `${path && `${path}.`}${name.slice(0, 60)}` });
  }
  return read;
}

function readRecord({ fields, required = [], make }: RecordShape, json: Json | undefined, place: Place): unknown {
  const { path, action } = place;
  check(json, RECORD, path || ROOT, action);
  const prefix = path && `${path}.`;
  const kinds = Object.entries(fields).map(([name, shape]): [string, OptionKind] => [
    name,
    (value: Json, inner) => readShape(shape, value, { ...place, path: inner }),
  ]);
  const given = readOptions(action, json as object, Object.fromEntries(kinds), prefix) as { [name: string]: Json };
  for (const name of required) {
    if (!(name in given)) readShape(fields[name]!, undefined, { ...place, path: `${prefix}${name}` });
  }
  return make ? built(() => make(given as never, place), place) : given;
}

/**
 * What is wrong with several fields together, the maker says; it does not know where that is. What else is thrown, as by
 * the clock that was brought along, is not of the document.
 */
function built<Made>(make: () => Made, { path, action }: Place): Made {
  try {
    return make();
  } catch (error) {
    const code = factOf(error, 'code');
    if (code !== INVALID_ARGUMENT) throw error;
    const { message, constructor } = error as Error;
    const Class = constructor as ErrorConstructor;
    throw Object.assign(new Class(`Cannot ${action}: ${path || ROOT}: ${message}`, { cause: error }), { code });
  }
}

function readKind({ says, kinds }: KindsShape, json: Json | undefined, place: Place): unknown {
  const { path, action } = place;
  if (typeof json !== 'string') check(json, [says, RECORD[1]], path || ROOT, action);
  const { kind } = typeof json === 'string' ? { kind: json } : (json as { readonly [key: string]: Json });
  const where = typeof json !== 'string' ? `${path && `${path}.`}kind` : path || ROOT;
  if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind)) {
    const names = Object.keys(kinds);
    const known = instead(typeof kind === 'string' ? kind : '', names, (name) => `"${name}"`);
    throw invalid(action, `${where} to be a known kind${known}`, kind);
  }
  const { fields, required = [], make } = kinds[kind]!;
  const record = { fields: { kind: KIND, ...fields }, required };
  const given = readRecord(record, typeof json === 'string' ? { kind } : json, place) as { readonly kind: string };
  return make ? built(() => make(withoutKind(given) as never, place), place) : given;
}

function withoutKind(given: { readonly [name: string]: unknown }): object {
  return Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'kind'));
}

const KIND: Shape = { kind: text, schema: { type: 'string' } };
