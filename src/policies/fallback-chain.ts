import { run, type Layer } from '../base/call.ts';
import type { CallContext } from '../base/context.ts';
import {
  callable,
  check,
  clockKind,
  durationOrNever,
  handlers,
  readOptions,
  type Kind,
  type OptionKind,
} from '../base/check.ts';
import { elapsedBy, systemClock, type Clock } from '../base/clock.ts';
import { allFailed, withCause } from '../base/errors.ts';
import { notify } from '../base/observe.ts';
import type { ExecuteOptions, Policy } from '../base/policy.ts';
import { handles, isNoMistake, type FallbackOptions } from './fallback.ts';
import type { Keyed } from './keyed.ts';

/** Told when a call goes on to another target. */
export interface FallbackChainEvent {
  readonly error: unknown;
  readonly from: string;
  readonly to: string;
}

/** How a chain of targets behaves. */
export interface FallbackChainOptions {
  /** A policy for each target, such as `keyed(() => new CircuitBreaker())` · default none. */
  readonly guards?: Keyed | undefined;
  /** Whether an error sends the call on to the next target · default: all but those of wrong arguments. */
  readonly isHandled?: FallbackOptions['isHandled'];
  /** How long to stay with another target before the first is tried again · ms or `Infinity` · default 30 000. */
  readonly recovery?: number | undefined;
  /** Default `systemClock`. */
  readonly clock?: Clock | undefined;
  /** Observers. */
  readonly on?: { readonly fallback?: ((event: FallbackChainEvent) => unknown) | undefined } | undefined;
}

/** Several targets for one call. */
export interface FallbackChain<Target extends string = string> {
  /**
   * Calls `fn` with one target after the other until it succeeds.
   *
   * @throws by rejection: an `AggregateError` of all targets, in the order in which they were tried; an error that
   * `isHandled` says no to, itself.
   */
  execute<T>(
    fn: (target: Target, context: CallContext) => T | PromiseLike<T>,
    options?: ExecuteOptions | CallContext,
  ): Promise<T>;
  /** The target that the next call begins with, unless it is time to try the first again. */
  readonly current: Target;
}

/**
 * Another model, region or provider when the first one fails. A call begins with the target that worked last; after
 * `recovery` ms one call tries the first again, and stays if that works.
 *
 * @param targets their names, the best one first.
 * @throws `TypeError` or `RangeError` for a wrong argument.
 * @example
 * import { CircuitBreaker, fallbackChain, keyed } from 'holdfast';
 * const guards = keyed(() => new CircuitBreaker());
 * const regions = fallbackChain(['eu', 'us'], { guards });
 * const ask = (region: string) => (region === 'eu' ? Promise.reject(new Error('down')) : region);
 * await regions.execute(ask); // => 'us'
 * regions.current; // => 'us'
 */
export function fallbackChain<const Target extends string>(
  targets: readonly Target[],
  options?: FallbackChainOptions,
): FallbackChain<Target> {
  const action = 'make a fallback chain';
  check(targets, targetList, 'targets', action);
  const order = [...targets];
  const given = readOptions(action, options, KINDS);
  const { guards, isHandled = isNoMistake, recovery = 30_000, clock = systemClock, on } = given;
  const now = elapsedBy(clock);
  let current = order[0]!;
  /** When the first one was last tried, or failed. */
  let triedAt = 0;
  /** Counts outcomes, to tell what came after what; and which one was the last success of the current target. */
  let outcomes = 0;
  let worked = 0;

  /** The targets of one call, in the order in which it tries them. */
  function plan(): Set<Target> {
    const first = current === order[0] || now() - triedAt >= recovery ? order[0]! : current;
    if (first === order[0]) triedAt = now();
    return new Set([first, current, ...order]);
  }

  async function attempt<T>(
    fn: (target: Target, context: CallContext) => T | PromiseLike<T>,
    context: CallContext,
  ): Promise<T> {
    check(fn, callable, 'fn', 'execute a call');
    const errors: unknown[] = [];
    const failed = new Map<Target, number>();
    const rest = plan();
    for (const target of rest) {
      rest.delete(target);
      try {
        const guarded = async (inner: CallContext): Promise<T> => fn(target, inner);
        const value = await (guards ? guards.execute(target, guarded, context) : guarded(context));
        // Who has seen the current one fail, and nobody has seen it work since, knows better; else only the one before it.
        if ((failed.get(current) ?? 0) > worked || order.indexOf(target) <= order.indexOf(current)) {
          current = target;
          worked = ++outcomes;
        }
        return value;
      } catch (error) {
        failed.set(target, ++outcomes);
        if (target === order[0]) triedAt = now();
        errors.push(error);
        const [next] = rest;
        const { signal } = context;
        if (signal.aborted || !asked(isHandled, error) || signal.aborted) throw error;
        if (next !== undefined) notify(on, 'fallback', { error, from: target, to: next });
        if (signal.aborted) throw error;
      }
    }
    throw allFailed(errors, 'targets');
  }

  return {
    execute: (fn, options) => run(NONE, (context) => attempt(fn, context), options),
    get current() {
      return current;
    },
  };
}

function asked(isHandled: NonNullable<FallbackOptions['isHandled']>, error: unknown): boolean {
  try {
    return handles(isHandled, error);
  } catch (failure) {
    throw withCause(failure, error);
  }
}

const NONE: readonly Layer[] = [];
const targetList: Kind = [
  'a list of different names, at least one, none of them empty',
  (value: unknown[]) =>
    Array.isArray(value) &&
    value.length > 0 &&
    new Set(value).size === value.length &&
    Array.from(value).every((name) => name && typeof name === 'string'),
];
const keyedKind: Kind = [
  'a keyed policy',
  (value: (Policy & Keyed) | null) => typeof value?.execute === 'function' && typeof value.get === 'function',
];
const KINDS: { readonly [Key in keyof Required<FallbackChainOptions>]: OptionKind } = {
  guards: keyedKind,
  isHandled: callable,
  recovery: durationOrNever,
  clock: clockKind,
  on: /* @__PURE__ */ handlers('fallback'),
};
