import { callable, check, count, readOptions } from '../base/check.ts';
import type { Clock } from '../base/clock.ts';
import { HoldfastError } from '../base/errors.ts';
import type { Policy } from '../base/policy.ts';
import type { Random } from '../base/random.ts';
import { arbitraries } from './arbitraries.ts';
import { hold } from './backoff-laws.ts';
import { scriptedCall } from './scripted-call.ts';
import { seededRandom } from '../base/seeded-random.ts';
import { VirtualClock } from './virtual-clock.ts';

/** What a policy under test is made with: without them its runs could not be repeated. */
export interface PolicyDependencies {
  readonly clock: Clock;
  readonly random: Random;
}

/** How hard to try. */
export interface PolicyLawOptions {
  /** How many calls to make · default 200. */
  readonly runs?: number | undefined;
}

/**
 * Tries a policy against what every policy promises: `fn` may return, throw, reject or stall; the call settles once,
 * with a value of `fn`, an error of `fn` or of the policy, an `AggregateError` of such errors, or the caller's abort
 * reason itself, at once; an abort before the call means that `fn` is never called; and afterwards no timer and no
 * listener is left. The substitute of a fallback is none of these.
 *
 * @param make makes a fresh policy on the clock and the chance given.
 * @throws by rejection: the law broken, the smallest script that breaks it, and the seed that finds it again.
 * @example
 * import { retry } from 'holdfast';
 * import { policyLaws } from 'holdfast/testing';
 * await policyLaws(({ clock, random }) => retry({ clock, random }), { runs: 20 });
 */
export async function policyLaws(
  make: (dependencies: PolicyDependencies) => Policy<unknown>,
  options?: PolicyLawOptions,
): Promise<void> {
  const action = 'test the laws of a policy';
  check(make, callable, 'make', action);
  const { runs = 200 } = readOptions(action, options, { runs: count });
  const { fc, outcomes } = await arbitraries();
  // Aborted before it is made: often, since a law of its own is about that.
  const abortAt = fc.option(fc.oneof(fc.constant(0), fc.nat(300)), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(outcomes(), fc.nat(), abortAt, async (steps, seed, abortedAt) => {
      const clock = new VirtualClock();
      const timers = new Set<symbol>();
      const policy = make({ clock: countingClock(clock, timers), random: seededRandom(seed) });
      const fn = scriptedCall(steps, { clock });
      const signal = countingSignal();
      const reason = Symbol('reason');
      if (abortedAt === 0) signal.controller.abort(reason);
      const settled: { ok: boolean; value: unknown }[] = [];
      policy.execute(fn, { signal: signal.signal }).then(
        (value) => settled.push({ ok: true, value }),
        (value: unknown) => settled.push({ ok: false, value }),
      );
      await clock.advance(abortedAt ?? 0);
      if (!settled.length && abortedAt !== undefined) {
        signal.controller.abort(reason);
        await clock.advance(0);
        hold(settled[0]?.value === reason, 'an abort settles the call at once, with its reason');
      } else await clock.runAll();
      if (!settled.length) {
        signal.controller.abort(reason);
        await clock.runAll();
      }
      if (abortedAt === 0) hold(fn.log.length === 0, 'after an abort, fn is not called');
      hold(settled.length === 1, `a call settles exactly once, not ${settled.length} times`);
      const [{ ok, value }] = settled as [{ ok: boolean; value: unknown }];
      const origins = fn.log.map(({ step }) =>
        'throws' in step ? step.throws : 'returns' in step ? step.returns : undefined,
      );
      const isKnown = (each: unknown): boolean =>
        [...origins, reason].some((origin) => Object.is(origin, each)) ||
        (!ok &&
          (each instanceof HoldfastError ||
            each instanceof RangeError ||
            (each instanceof AggregateError && !!each.errors.length && each.errors.every(isKnown))));
      hold(isKnown(value), 'what comes out is of fn, of the policy, or the reason');
      hold(timers.size === 0, `no timer is left, not ${timers.size}`);
      await clock.runAll();
      hold(signal.listeners() === 0, `no listener is left, not ${signal.listeners()}`);
    }),
    { numRuns: runs },
  );
}

/** The same clock, which knows the timers that were set by way of it. */
function countingClock(clock: Clock, timers: Set<symbol>): Clock {
  return {
    now: clock.now,
    setTimer(delay, callback) {
      const timer = Symbol('timer');
      timers.add(timer);
      const cancel = clock.setTimer(delay, () => {
        timers.delete(timer);
        callback();
      });
      return () => {
        timers.delete(timer);
        cancel();
      };
    },
  };
}

/** A signal that knows how many listen. */
function countingSignal(): { controller: AbortController; signal: AbortSignal; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal) as (...all: unknown[]) => void;
  const remove = signal.removeEventListener.bind(signal) as (...all: unknown[]) => void;
  Object.assign(signal, {
    addEventListener(type: unknown, listener: unknown) {
      listeners.add(listener);
      add(type, listener);
    },
    removeEventListener(type: unknown, listener: unknown) {
      listeners.delete(listener);
      remove(type, listener);
    },
  });
  return { controller, signal, listeners: () => listeners.size };
}
