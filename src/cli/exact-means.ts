import { envelope, schedule } from '../index.ts';
import { backoffFrom } from '../json/index.ts';
import type { BackoffJson } from './backoff-flags.ts';

/** The jitters that draw each delay evenly between two ends, whatever the delays before it. */
const EVEN = ['full-jitter', 'equal-jitter', 'additive-jitter', 'proportional-jitter'];

/**
 * The means of the delays of a backoff that `backoffOf` has made, in ms, where they are known without drawing; `undefined`
 * where they are not: under smooth jitter, and under decorrelated jitter where a cap or a floor changes a delay.
 */
export function exactMeans(
  backoff: BackoffJson,
  options: { readonly baseDelay: number; readonly retries: number },
): readonly number[] | undefined {
  const [floor, inner] =
    backoff.kind === 'at-least' ? [backoff['minDelay'] as number, backoff['inner'] as BackoffJson] : [0, backoff];
  if (EVEN.includes(inner.kind))
    return envelope(backoffFrom(inner), options).map(({ min, max }) => meanFrom(floor, min, max));
  if (inner.kind !== 'decorrelated-jitter' || floor > options.baseDelay) return undefined;
  const free = backoffFrom({ kind: inner.kind });
  const { maxDelay = Infinity } = inner as { readonly maxDelay?: number };
  // No delay is shorter than the base, which a floor up to it leaves as it is.
  const longest = Math.max(...schedule(free, { ...options, random: () => 1 }));
  // Each delay is linear in its draw and in the delay before it, so its mean is what the means give.
  return longest <= maxDelay ? schedule(free, { ...options, random: () => 0.5 }) : undefined;
}

/** The mean of what lies evenly between `min` and `max`, and is lifted to `floor` where it lies below. */
function meanFrom(floor: number, min: number, max: number): number {
  const low = Math.min(Math.max(floor, min), max);
  const drawn = low + (max - low) / 2;
  // A part of the draws, that below the floor, ends up on it.
  const lifted = max > min ? (low - min) / (max - min) : 1;
  return Math.max(floor, lifted * low + (1 - lifted) * drawn);
}
