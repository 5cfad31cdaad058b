import { describe, expect, it } from 'vitest';
import { hedge, pipeline, retry, sleeperOf, type CallContext, type Policy } from 'holdfast';
import { policyLaws, type PolicyDependencies } from 'holdfast/testing';
import { wrongArgument } from '../wrong-argument.ts';

type Make = (dependencies: PolicyDependencies) => Policy;
type Execute = (
  dependencies: PolicyDependencies,
  fn: (context: CallContext) => unknown,
  signal: AbortSignal,
) => unknown;

/** A policy from what its `execute` does; it is as broken as that. */
const policy =
  (execute: Execute): Make =>
  (dependencies) => ({
    execute: (fn, options) => execute(dependencies, fn, options!.signal!) as Promise<never>,
  });

const context = { attempt: 1, signal: new AbortController().signal, remaining: Infinity };
const good = pipeline();

describe('policyLaws()', () => {
  describe('given a policy that keeps them', () => {
    it('resolves', async () => {
      const laws = policyLaws(({ clock, random }) => retry({ clock, random }), { runs: 50 });

      await expect(laws).resolves.toBeUndefined();
    });

    it('resolves for one that gathers the errors of several attempts, also those gathered already', async () => {
      const laws = policyLaws(({ clock }) => pipeline(...[5, 3].map((delay) => hedge({ clock, delay }))));

      await expect(laws).resolves.toBeUndefined();
    });

    it.each([
      [undefined, 200],
      [1, 1],
      [7, 7],
    ])('makes %s calls, each of a fresh policy on a fresh clock', async (runs, expected) => {
      const clocks = new Set<unknown>();

      await policyLaws(({ clock }) => (clocks.add(clock), pipeline()), { runs });

      expect(clocks.size).toBe(expected);
    });
  });

  describe('given a policy that breaks one', () => {
    // How far a counterexample can be made smaller decides which law it breaks in the end.
    const ABORT = /an abort settles the call at once|settles exactly once, not 0 times|what comes out is of fn/;
    const broken: readonly (readonly [how: string, law: string | RegExp, make: Make])[] = [
      ['does not heed an abort', ABORT, policy(async (_, fn, signal) => (signal.throwIfAborted(), fn(context)))],
      [
        'gives another reason',
        ABORT,
        policy((_, fn, signal) => {
          const { aborted } = signal;
          return good.execute(fn, { signal }).catch((error: unknown) => {
            throw signal.aborted && !aborted ? new Error('aborted') : error;
          });
        }),
      ],
      [
        'heeds an abort late',
        ABORT,
        policy(({ clock }, fn, signal) =>
          good.execute(fn, { signal }).catch(async (error: unknown) => {
            if (typeof error === 'symbol') await sleeperOf(clock)(1);
            throw error;
          }),
        ),
      ],
      [
        'calls fn after an abort',
        'after an abort, fn is not called',
        policy((_, fn, signal) => {
          const made = Promise.resolve(fn(context));
          made.catch(() => {});
          return good.execute(() => made, { signal });
        }),
      ],
      ['never settles', 'a call settles exactly once, not 0 times', policy(() => new Promise(() => {}))],
      [
        'makes values up',
        'what comes out is of fn, of the policy, or the reason',
        policy((_, fn, signal) => good.execute(fn, { signal }).then(() => ({ made: 'up' }))),
      ],
      [
        'wraps errors',
        'what comes out is of fn, of the policy, or the reason',
        policy((_, fn, signal) =>
          good.execute(fn, { signal }).catch((error: unknown) => {
            throw signal.aborted ? error : new Error('wrapped', { cause: error });
          }),
        ),
      ],
      ...[[], [new Error('another')]].map((errors): (typeof broken)[number] => [
        `gathers ${errors.length} errors that are not of fn`,
        'what comes out is of fn, of the policy, or the reason',
        policy((_, fn, signal) =>
          good.execute(fn, { signal }).catch((error: unknown) => {
            throw signal.aborted ? error : new AggregateError(errors);
          }),
        ),
      ]),
      [
        'leaves a listener',
        'no listener is left, not 1',
        policy((_, fn, signal) => {
          signal.addEventListener('abort', () => {});
          return good.execute(fn, { signal });
        }),
      ],
      [
        'leaves a listener, and takes another one off',
        'no listener is left, not 1',
        policy((_, fn, signal) => {
          const other = (): void => {};
          signal.addEventListener('abort', () => {});
          signal.removeEventListener('abort', other);
          return good.execute(fn, { signal });
        }),
      ],
    ];

    it.each(broken)('rejects with the law, where it %s', async (_, law, make) => {
      const error = await policyLaws(make).catch((error: Error) => error);

      expect(error).toBeInstanceOf(Error);
      expect((error as Error).message).toContain('Property failed after');
      expect((error as Error).message).toMatch(/seed: -?\d+/);
      expect(String(((error as Error).cause as Error | undefined)?.message ?? (error as Error).message)).toMatch(law);
    });

    it('rejects where it leaves a timer', async () => {
      const make = policy(({ clock }, fn, signal) => {
        clock.setTimer(10_000, () => {});
        return good.execute(fn, { signal });
      });

      const error = await policyLaws(make).catch((error: Error) => error);

      expect(String(((error as Error).cause as Error | undefined)?.message)).toContain('no timer is left');
    });
  });

  describe('given wrong arguments', () => {
    it.each([
      [retry(), undefined, TypeError, 'expected make to be a function, got a value of type object'],
      [undefined, undefined, TypeError, 'expected make to be a function, got undefined'],
      [() => retry(), { runs: 0 }, RangeError, 'expected runs to be an integer ≥ 1, got 0'],
      [() => retry(), { run: 1 }, TypeError, 'expected a known option (did you mean runs?), got "run"'],
    ] as const)('rejects (%#)', async (make, options, Class, message) => {
      const laws = policyLaws(make as never, options as never);

      await expect(laws).rejects.toThrow(wrongArgument(Class, `Cannot test the laws of a policy: ${message}`));
    });
  });
});
