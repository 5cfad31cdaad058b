import { clockKind, durationOrNever, lineLength, type Kind } from '../base/check.ts';
import type { Clock } from '../base/clock.ts';

/** How a line of waiting calls behaves. */
export interface QueueOptions {
  /** Calls that may wait for their turn, first in first out · an integer from 0 to 100 000 · default 0. */
  readonly maxQueued?: number | undefined;
  /** The longest that a call waits there · ms or `Infinity` · default `Infinity`. */
  readonly maxWait?: number | undefined;
  /** Default `systemClock`. */
  readonly clock?: Clock | undefined;
}

/** The kinds of the options of a line. */
export const queueOptions: { readonly [Key in keyof Required<QueueOptions>]: Kind } = {
  maxQueued: lineLength,
  maxWait: durationOrNever,
  clock: clockKind,
};
