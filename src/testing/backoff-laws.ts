import type { Backoff } from '../backoff/backoff.ts';
import { callable, check, count, flag, readOptions } from '../base/check.ts';
import { arbitraries } from './arbitraries.ts';
import { seededRandom } from '../base/seeded-random.ts';

/** What a backoff promises beyond the laws that all keep. */
export interface BackoffLawOptions {
  /** It never falls from one attempt to the next when chance stays the same · default false. */
  readonly grows?: boolean | undefined;
  /** The interval that its delay lies in. */
  readonly bounds?:
    | ((step: {
        readonly attempt: number;
        readonly baseDelay: number;
        readonly previousDelay: number;
      }) => readonly [low: number, high: number])
    | undefined;
  /** How many steps to try · default 1000. */
  readonly runs?: number | undefined;
}

/**
 * Tries a backoff of your own against the laws of all backoffs: every delay is finite and at least 0, for attempts up
 * to 10 000; equal steps give equal delays; chance outside [0, 1) breaks nothing; and what `options` promises.
 *
 * @throws by rejection: the step that broke a law, made as small as possible, and the seed that finds it again.
 * @example
 * import { backoffLaws } from 'holdfast/testing';
 * await backoffLaws(({ attempt, baseDelay }) => Math.min(baseDelay * attempt, 60_000), { grows: true });
 */
export async function backoffLaws(backoff: Backoff, options?: BackoffLawOptions): Promise<void> {
  const action = 'test the laws of a backoff';
  check(backoff, callable, 'backoff', action);
  const kinds = { grows: flag, bounds: callable, runs: count };
  const { grows = false, bounds, runs = 1_000 } = readOptions(action, options, kinds);
  const { fc, step } = await arbitraries();
  const wild = fc.constantFrom(undefined, 0, 0.999_999_999_999_999_9, 1, 2, -1, NaN, Infinity);
  fc.assert(
    fc.property(step(), fc.nat(), wild, (given, seed, value) => {
      const random = value === undefined ? () => seededRandom(seed) : () => () => value;
      const at = (attempt: number): number => backoff({ ...given, attempt, random: random() });
      const delay = at(given.attempt);
      hold(Number.isFinite(delay) && delay >= 0, `a delay is finite and at least 0, not ${delay}`);
      hold(Object.is(at(given.attempt), delay), 'equal steps and equal chance give equal delays');
      const next = at(given.attempt + 1);
      if (grows) hold(next >= delay, `the delay does not fall, as from ${delay} to ${next}`);
      const [low, high] = bounds?.(given) ?? [0, Infinity];
      hold(delay >= low && delay <= high, `a delay lies in [${low}, ${high}], not at ${delay}`);
    }),
    { numRuns: runs },
  );
}

/** Fails a property, with the law that does not hold. */
export function hold(holds: boolean, law: string): void {
  if (!holds) throw new Error(`Law broken: ${law}`);
}
