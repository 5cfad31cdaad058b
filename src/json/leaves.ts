import { amount, count, countOrInfinity, flag, lineLength, ratio, text, type Kind } from '../base/check.ts';
import type { Json } from './json-value.ts';
import { DURATION_EXPECTED, DURATION_PATTERN, durationOf } from './parse-duration.ts';
import type { LeafShape, Schema } from './read-shape.ts';

const endless = (json: Json): unknown => (json === 'Infinity' ? Infinity : json);
const orEndless = (...schemas: readonly Schema[]): Schema => ({ anyOf: [...schemas, { const: 'Infinity' }] });
const ENDLESS = 'or "Infinity"';

const durationSchema = (least: Schema): readonly Schema[] => [
  { type: 'number', ...least },
  { type: 'string', pattern: DURATION_PATTERN },
];

/** A duration within bounds. JSON Schema cannot tell how long a text says; the reader can. */
function durationFrom(says: string, fits: (ms: number) => boolean, least: Schema): LeafShape {
  const kind: Kind = [`${says}: ${DURATION_EXPECTED}`, fits, RangeError];
  return { kind, schema: { anyOf: [...durationSchema(least)] }, convert: durationOf };
}

/**
 * The single values that options have. Numbers are plain; a duration may be a text; without end is `"Infinity"`, since
 * JSON has no number for it.
 */
export const leaves: { readonly [Name in LeafName]: LeafShape } = /* @__PURE__ */ (() => ({
  text: { kind: text, schema: { type: 'string' } },
  flag: { kind: flag, schema: { type: 'boolean' } },
  none: { kind: ['false', (value) => value === false], schema: { const: false } },
  any: { kind: ['any JSON', (value) => value !== undefined], schema: {} },
  version: { kind: ['1', (value) => value === 1], schema: { const: 1 } },
  releaseOn: {
    kind: ['"settle" or "timeout"', (value) => value === 'settle' || value === 'timeout'],
    schema: { enum: ['settle', 'timeout'] },
  },
  count: { kind: count, schema: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } },
  countOrInfinity: {
    kind: [`an integer ≥ 1, ${ENDLESS}`, countOrInfinity[1], RangeError],
    schema: orEndless({ type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    convert: endless,
  },
  lineLength: { kind: lineLength, schema: { type: 'integer', minimum: 0, maximum: 100_000 } },
  windowCalls: {
    kind: ['an integer from 1 to 100000', (value) => Number.isInteger(value) && value >= 1 && value <= 1e5, RangeError],
    schema: { type: 'integer', minimum: 1, maximum: 100_000 },
  },
  ratio: { kind: ratio, schema: { type: 'number', minimum: 0, maximum: 1 } },
  quantile: {
    kind: ['a number between 0 and 1', (value) => value > 0 && value < 1, RangeError],
    schema: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
  },
  amount: { kind: amount, schema: { type: 'number', minimum: 0 } },
  positive: {
    kind: ['a finite number above 0', (value) => value > 0 && value < Infinity, RangeError],
    schema: { type: 'number', exclusiveMinimum: 0 },
  },
  factor: {
    kind: ['a finite number ≥ 1', (value) => value >= 1 && value < Infinity, RangeError],
    schema: { type: 'number', minimum: 1 },
  },
  duration: durationFrom('a duration', (ms) => ms >= 0 && ms < Infinity, { minimum: 0 }),
  durationOrInfinity: {
    kind: [`a duration: ${DURATION_EXPECTED}, ${ENDLESS}`, (ms) => ms >= 0, RangeError],
    schema: orEndless(...durationSchema({ minimum: 0 })),
    convert: (json) => durationOf(endless(json)),
  },
  interval: durationFrom('a duration above 0', (ms) => ms > 0 && ms < Infinity, { exclusiveMinimum: 0 }),
  window: durationFrom('a duration of at least 1 ms', (ms) => ms >= 1 && ms < Infinity, { minimum: 1 }),
  estimate: durationFrom('a duration from 0.01 ms to 1 h', (ms) => ms >= 0.01 && ms <= 3_600_000, {
    minimum: 0.01,
    maximum: 3_600_000,
  }),
}))();

type LeafName =
  | 'text'
  | 'flag'
  | 'none'
  | 'any'
  | 'version'
  | 'releaseOn'
  | 'count'
  | 'countOrInfinity'
  | 'lineLength'
  | 'windowCalls'
  | 'ratio'
  | 'quantile'
  | 'amount'
  | 'positive'
  | 'factor'
  | 'duration'
  | 'durationOrInfinity'
  | 'interval'
  | 'window'
  | 'estimate';
