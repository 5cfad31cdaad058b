import type * as fastCheck from 'fast-check';
import type { Backoff, BackoffStep } from '../backoff/backoff.ts';
import type { Policy } from '../base/policy.ts';
import { seededRandom } from '../base/seeded-random.ts';
import type { ScriptStep } from './scripted-call.ts';

type Arbitrary<Value> = fastCheck.Arbitrary<Value>;

/** Generators for property tests of what goes with holdfast. */
export interface Arbitraries {
  /** The fast-check that makes them: the project's own, an optional peer. */
  readonly fc: typeof fastCheck;
  /** Milliseconds: 0, fractions, large ones. */
  readonly delay: () => Arbitrary<number>;
  /** What a backoff is asked with. Its `random` starts over with every generated value. */
  readonly step: () => Arbitrary<BackoffStep>;
  /** Pure backoffs of no particular kind: any delays, partly by chance. */
  readonly backoff: () => Arbitrary<Backoff>;
  /** What a guarded function does, call by call, for `scriptedCall`: at once, or `after` up to 100 ms. */
  readonly outcomes: () => Arbitrary<readonly ScriptStep[]>;
  /** Trees of policies up to a depth, from leaves and a way to compose them, such as `pipeline`. */
  readonly policy: (
    leaf: Arbitrary<Policy>,
    compose: (...policies: Policy[]) => Policy,
    maxDepth?: number,
  ) => Arbitrary<Policy>;
}

/**
 * The generators. The only place of the kit that needs `fast-check`, which is loaded here.
 *
 * @throws by rejection, if `fast-check` is not installed.
 * @example
 * import { arbitraries } from 'holdfast/testing';
 * const { fc, step } = await arbitraries();
 * fc.assert(fc.property(step(), ({ attempt }) => attempt >= 1));
 */
export async function arbitraries(): Promise<Arbitraries> {
  const fc = await import('fast-check');
  const delay = (): Arbitrary<number> =>
    fc.oneof(
      fc.constantFrom(0, 0.5, 1, 100, 2 ** 31, Number.MAX_VALUE),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.nat(60_000),
    );
  const step = (): Arbitrary<BackoffStep> =>
    fc
      .record({
        attempt: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 10_000 })),
        baseDelay: delay(),
        previousDelay: delay(),
        totalDelay: delay(),
        seed: fc.nat(),
      })
      .map(({ seed, ...given }) => ({ ...given, random: seededRandom(seed) }));
  const backoff = (): Arbitrary<Backoff> =>
    fc
      .record({
        delays: fc.array(delay(), { minLength: 1, maxLength: 8 }),
        chance: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(
        ({ delays, chance }) =>
          ({ attempt, random }) =>
            delays[(attempt - 1) % delays.length]! * (1 - chance * random()),
      );
  const after = fc.option(fc.nat(100), { nil: undefined });
  const outcomes = (): Arbitrary<readonly ScriptStep[]> =>
    fc.array(
      fc.oneof(
        fc.record({ returns: fc.anything(), after }),
        fc.record({ throws: fc.oneof(fc.constant(new Error('scripted')), fc.anything()), after }),
        fc.constant({ stalls: true } as const),
      ),
      { maxLength: 8 },
    );
  const policy: Arbitraries['policy'] = (leaf, compose, maxDepth = 6) => {
    const { tree } = fc.letrec<{ tree: Policy }>((tie) => ({
      tree: fc.oneof(
        { maxDepth, withCrossShrink: true },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }).map((policies) => compose(...policies)),
      ),
    }));
    return tree;
  };
  return { fc, delay, step, backoff, outcomes, policy };
}
