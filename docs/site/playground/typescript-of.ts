import { parseDuration } from 'holdfast/json';
import { callText, listText, numberText, objectText } from './source-text.ts';

/** A part of a policy document. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Code, and what it imports from `holdfast`. */
export interface Code {
  readonly text: string;
  readonly imports: ReadonlySet<string>;
  /** What it takes from around it. */
  readonly tools: readonly string[];
}

/** How the kinds of a document are called that are not just a function of their fields. */
const CALLS = new Map<string, { readonly name?: string; readonly first?: readonly string[]; readonly spread?: string }>(
  [
    ['circuit-breaker', { name: 'new CircuitBreaker' }],
    ['bulkhead', { name: 'new Bulkhead' }],
    ['rate-limiter', { name: 'new RateLimiter' }],
    ['adaptive-limiter', { name: 'new AdaptiveLimiter' }],
    ['adaptive-throttle', { name: 'new AdaptiveThrottle' }],
    ['timeout', { first: ['timeout'] }],
    ['fallback', { first: ['substitute'] }],
    ['pipeline', { spread: 'policies' }],
    ['any-of', { spread: 'rules' }],
    ['consecutive-failures', { first: ['failures'] }],
    ['quantile', { first: ['q'] }],
    ['sequence', { first: ['delays'] }],
    ['full-jitter', { first: ['inner'] }],
    ['equal-jitter', { first: ['inner'] }],
    ['additive-jitter', { first: ['inner', 'spread'] }],
    ['proportional-jitter', { first: ['inner', 'ratio'] }],
    ['capped', { first: ['inner', 'maxDelay'] }],
    ['at-least', { first: ['inner', 'minDelay'] }],
  ],
);

/** Fields in which a bare text is the name of a kind. */
const KIND_FIELDS = new Set(['policy', 'policies', 'backoff', 'inner', 'trip', 'rules', 'fallback']);

/** Fields whose texts stay texts. */
const TEXT_FIELDS = new Set(['name', 'releaseOn', 'substitute']);

/** What names a function in a document. */
const PLACEHOLDER = /^[A-Za-z_$][\w$]*$/;

/**
 * A policy, a backoff or a trip rule of a document, as the TypeScript that makes the same.
 *
 * @param simulated whether policies take `clock`, `random` and `sleep` from around them.
 */
export function typescriptOf(json: Json, simulated = false): Code {
  const pen: Pen = { imports: new Set(), tools: new Set(), simulated };
  const text = kindText(json, pen);
  return { text, imports: pen.imports, tools: ['clock', 'random', 'sleep'].filter((tool) => pen.tools.has(tool)) };
}

/** What is noted while code is written. */
interface Pen {
  readonly imports: Set<string>;
  readonly tools: Set<string>;
  readonly simulated: boolean;
}

/** Writes one kind: its name as a function or a class, its fields as arguments and options. */
function kindText(json: Json, pen: Pen): string {
  const { kind = '', ...fields } = typeof json === 'string' ? { kind: json } : (json as Readonly<Record<string, Json>>);
  const name = String(kind);
  const { name: called = camel(name), first = [], spread } = CALLS.get(name) ?? {};
  pen.imports.add(called.replace('new ', ''));
  const valueOf = (field: string): string => valueText(fields[field]!, field, pen);
  if (spread !== undefined) {
    const items = fields[spread] as readonly Json[];
    return callText(
      called,
      items.map((item) => valueText(item, spread, pen)),
    );
  }
  const options = Object.keys(fields).filter((field) => !first.includes(field));
  const tools = pen.simulated ? (TOOLS.get(name) ?? []) : [];
  for (const tool of tools) pen.tools.add(tool);
  const written = [...tools.map((tool) => [tool, tool]), ...options.map((field) => [field, valueOf(field)])];
  return callText(called, [
    ...first.filter((field) => field in fields).map(valueOf),
    ...(written.length ? [objectText(written as [string, string][])] : []),
  ]);
}

/** What policies take of time and chance. */
const TOOLS = new Map([
  ['standard', ['clock', 'random']],
  ['retry', ['clock', 'random', 'sleep']],
  ['timeout', ['clock']],
  ['circuit-breaker', ['clock', 'random']],
  ['bulkhead', ['clock']],
  ['rate-limiter', ['clock']],
  ['adaptive-limiter', ['clock']],
  ['adaptive-throttle', ['clock', 'random']],
  ['hedge', ['clock']],
]);

function valueText(json: Json, field: string, pen: Pen): string {
  if (typeof json === 'number') return numberText(json);
  if (typeof json === 'string') {
    if (KIND_FIELDS.has(field)) return kindText(json, pen);
    return TEXT_FIELDS.has(field) ? quoted(json) : durationText(json, pen);
  }
  if (json === null || typeof json === 'boolean') return String(json);
  if (field === 'substitute') return plainText(json);
  if (Array.isArray(json)) return listText(json.map((item: Json) => valueText(item, field, pen)));
  const fields = json as Readonly<Record<string, Json>>;
  if ('function' in fields) return functionName(String(fields['function']));
  if ('kind' in fields) return kindText(fields, pen);
  const literal = objectText(Object.entries(fields).map(([name, each]) => [name, valueText(each, name, pen)]));
  if (field !== 'budget') return literal;
  pen.imports.add('RetryBudget');
  return callText('new RetryBudget', [literal]);
}

/** A text that stands for a number of ms, or, for a backoff in a place that takes both, a kind. */
function durationText(text: string, pen: Pen): string {
  if (text === 'Infinity') return text;
  if (/^[a-z]/.test(text)) return kindText(text, pen);
  return numberText(parseDuration(text));
}

/** A value as it is. */
function plainText(json: Json): string {
  if (typeof json === 'string') return quoted(json);
  if (typeof json !== 'object' || json === null) return String(json);
  if (Array.isArray(json)) return listText(json.map(plainText));
  return objectText(Object.entries(json).map(([name, value]) => [name, plainText(value)]));
}

function functionName(name: string): string {
  return PLACEHOLDER.test(name) ? name : `functions[${quoted(name)}]`;
}

function quoted(text: string): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"')
    .replaceAll("'", String.raw`\'`);
  return `'${escaped}'`;
}

function camel(kind: string): string {
  return kind.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
