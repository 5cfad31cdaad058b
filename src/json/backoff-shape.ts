import {
  additiveJitter,
  atLeast,
  capped,
  constant,
  decorrelatedJitter,
  equalJitter,
  exponential,
  fibonacci,
  fullJitter,
  linear,
  proportionalJitter,
  sequence,
  smoothJitter,
  type Backoff,
} from '../index.ts';
import { functionShape, namesFunction } from './function-shape.ts';
import { leaves } from './leaves.ts';
import type { KindsShape, NamedShape, RecordShape } from './read-shape.ts';

/** What the backoffs are made of, by the names of their parameters. */
interface Parts {
  readonly inner: Backoff;
  readonly maxDelay: number;
  readonly minDelay: number;
  readonly spread?: number;
  readonly ratio: number;
  readonly delays: readonly number[];
}

/** A backoff: `"exponential"`, `{ "kind": "capped", "inner": …, "maxDelay": "20s" }`, or a function of one's own. */
export const backoffShape: NamedShape = {
  name: 'backoff',
  shape: () => ({
    cases: [
      [namesFunction, functionShape],
      [Boolean, { says: 'a backoff, such as "exponential"', kinds: kinds(leaves) }],
    ],
  }),
};

/** Every backoff, by the name of its function in kebab-case. */
function kinds({ duration, durationOrInfinity, ratio, factor }: typeof leaves): KindsShape['kinds'] {
  return {
    constant: { fields: {}, make: constant },
    exponential: { fields: { factor }, make: exponential },
    linear: { fields: { increment: duration }, make: linear },
    fibonacci: { fields: {}, make: fibonacci },
    sequence: {
      fields: { delays: { list: duration, least: 1 } },
      required: ['delays'],
      make: ({ delays }: Parts) => sequence(delays),
    },
    'decorrelated-jitter': { fields: { maxDelay: durationOrInfinity }, make: decorrelatedJitter },
    'smooth-jitter': { fields: {}, make: smoothJitter },
    'full-jitter': around({}, ({ inner }) => fullJitter(inner)),
    'equal-jitter': around({}, ({ inner }) => equalJitter(inner)),
    'additive-jitter': {
      ...around({ spread: duration }, ({ inner, spread }) => additiveJitter(inner, spread)),
      required: ['inner'],
    },
    'proportional-jitter': around({ ratio }, (parts) => proportionalJitter(parts.inner, parts.ratio)),
    capped: around({ maxDelay: durationOrInfinity }, ({ inner, maxDelay }) => capped(inner, maxDelay)),
    'at-least': around({ minDelay: duration }, ({ inner, minDelay }) => atLeast(inner, minDelay)),
  };
}

/** A backoff around another one. */
function around(fields: RecordShape['fields'], make: (parts: Parts) => Backoff): RecordShape {
  return { fields: { inner: backoffShape, ...fields }, required: ['inner', ...Object.keys(fields)], make };
}
