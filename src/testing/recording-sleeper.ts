import { instantSleeper, type Sleeper } from '../base/sleep.ts';

/** A sleeper that keeps what it was asked. */
export interface RecordingSleeper extends Sleeper {
  /** The delays asked for, in ms, in order. */
  readonly delays: number[];
}

/**
 * A sleeper that does not wait, and remembers the delays.
 *
 * @example
 * import { retryCall } from 'holdfast';
 * import { recordingSleeper } from 'holdfast/testing';
 * const sleep = recordingSleeper();
 * await retryCall(({ attempt }) => { if (attempt < 4) throw new Error('busy'); }, 5, 1_000, { sleep });
 * sleep.delays; // => [1000, 2000, 4000]
 */
export function recordingSleeper(): RecordingSleeper {
  const delays: number[] = [];
  const sleep: Sleeper = (delay, signal) => {
    delays.push(delay);
    return instantSleeper(delay, signal);
  };
  return Object.assign(sleep, { delays });
}
