import { callable, clockKind, readOptions, RECORD, type OptionKind } from '../base/check.ts';
import type { Clock } from '../base/clock.ts';
import type { Random, Sleeper } from '../index.ts';
import { jsonValue } from './json-value.ts';
import { readShape, type Shape } from './read-shape.ts';

/** What a backoff in a document may need. */
export interface BackoffFromOptions {
  /** What `{ "function": "…" }` names · default none. */
  readonly functions?: { readonly [name: string]: unknown } | undefined;
}

/** What the policies of a document may need. */
export interface PolicyFromOptions extends BackoffFromOptions {
  /** For all policies · default `systemClock`. */
  readonly clock?: Clock | undefined;
  /** For all policies · default `Math.random`. */
  readonly random?: Random | undefined;
  /** How the retries wait · default `sleeperOf(clock)`. */
  readonly sleep?: Sleeper | undefined;
}

/**
 * Reads a document by its shape: bounded, as JSON, and as what the shape makes of it.
 *
 * @param path that of the value in a greater whole; empty for a whole document.
 * @throws `TypeError` or `RangeError` with the path of what is wrong.
 */
export function readDocument(
  action: string,
  shape: Shape,
  json: unknown,
  options: PolicyFromOptions | undefined,
  path = '',
): unknown {
  const { functions = {}, clock, random, sleep } = readOptions(action, options, KINDS);
  const tools = { functions, clock, random, sleep, budgets: new Map() };
  return readShape(shape, jsonValue(json, path, action), { path, action, tools });
}

const KINDS: { readonly [Name in keyof Required<PolicyFromOptions>]: OptionKind } = {
  functions: RECORD,
  clock: clockKind,
  random: callable,
  sleep: callable,
};
