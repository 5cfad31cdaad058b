import { envelope, schedule, type DelayBounds } from 'holdfast';
import { backoffFrom, parseDuration } from 'holdfast/json';
import { seededRandom } from 'holdfast/testing';
import { asksFor, listed, type BackoffValues } from './backoff-form.ts';

/** How many samples are drawn, each with a seed of its own. */
export const SAMPLES = 12;

/** A backoff as JSON: `holdfast/json` reads it. */
export type BackoffJson = string | { readonly kind: string; readonly [field: string]: unknown };

/** What the view shows, all in ms, all from the library. */
export interface BackoffPlan {
  readonly json: BackoffJson;
  readonly baseDelay: number;
  /** Whether chance takes part. */
  readonly jittered: boolean;
  /** How far each delay can lie. */
  readonly bounds: readonly DelayBounds[];
  /** Schedules by chance; one, exact, where there is none. */
  readonly samples: readonly (readonly number[])[];
}

/** Asks the library what the form describes. */
export function planOf(values: BackoffValues): BackoffPlan {
  const json = backoffJson(values);
  const backoff = backoffFrom(json);
  const { retries, seed } = values;
  const baseDelay = parseDuration(values.base);
  const jittered = asksFor('seed', values);
  const samples = Array.from({ length: jittered ? SAMPLES : 1 }, (_, index) =>
    schedule(backoff, { baseDelay, retries, random: seededRandom((seed + index) % 2 ** 32) }),
  );
  return { json, baseDelay, jittered, bounds: envelope(backoff, { baseDelay, retries }), samples };
}

/** The backoff of the form: the cap inside, the jitter outside. */
export function backoffJson(values: BackoffValues): BackoffJson {
  const { cap, jitter, spread, ratio } = values;
  if (values.strategy === 'decorrelated-jitter') return plain('decorrelated-jitter', cap ? { maxDelay: cap } : {});
  const strategy = strategyJson(values);
  const capped = cap ? { kind: 'capped', maxDelay: cap, inner: strategy } : strategy;
  if (!asksFor('jitter', values) || jitter === 'none') return capped;
  if (jitter === 'additive-jitter') return { kind: jitter, ...(spread && { spread }), inner: capped };
  if (jitter === 'proportional-jitter') return { kind: jitter, ratio, inner: capped };
  return { kind: jitter, inner: capped };
}

function strategyJson({ strategy, factor, increment, delays }: BackoffValues): BackoffJson {
  if (strategy === 'exponential') return plain(strategy, factor === 2 ? {} : { factor });
  if (strategy === 'linear') return plain(strategy, increment ? { increment } : {});
  if (strategy === 'sequence') return { kind: strategy, delays: listed(delays) };
  return strategy;
}

function plain(kind: string, fields: Readonly<Record<string, unknown>>): BackoffJson {
  return Object.keys(fields).length ? { kind, ...fields } : kind;
}
