import type { CallContext } from '../base/context.ts';
import { check, clockKind, duration, invalid, readOptions, type Kind } from '../base/check.ts';
import type { Clock } from '../base/clock.ts';

/** What one call does: return, throw, or never settle; `after` so many ms of the clock. */
export type ScriptStep = ({ readonly returns: unknown } | { readonly throws: unknown } | { readonly stalls: true }) & {
  /** Ms before it settles · default: at once, in the same turn. */
  readonly after?: number | undefined;
};

/** One call that was made. */
export interface ScriptedCallEntry {
  /** The attempt, as the context said. */
  readonly attempt: number;
  /** When, by the clock; 0 without one. */
  readonly at: number;
  readonly step: ScriptStep;
  readonly context: CallContext;
}

/** A function to guard that goes by a script. */
export interface ScriptedCall<T> {
  (context: CallContext): Promise<T>;
  /** The calls so far. */
  readonly log: ScriptedCallEntry[];
}

/**
 * A function that fails, stalls and succeeds by script, one step a call, and keeps a log. A call beyond the script
 * rejects with a `RangeError`.
 *
 * @param steps one for each call.
 * @param options `clock`: needed for steps with `after`.
 * @throws `TypeError` or `RangeError` for a step that is none.
 * @example
 * import { retryCall } from 'holdfast';
 * import { recordingSleeper, scriptedCall } from 'holdfast/testing';
 * const call = scriptedCall<string>([{ throws: new Error('busy') }, { returns: 'ok' }]);
 * await retryCall(call, 3, 100, { sleep: recordingSleeper() }); // => { value: 'ok', attempts: 2, delays: [100] }
 * call.log.map(({ attempt }) => attempt); // => [1, 2]
 */
export function scriptedCall<T = unknown>(
  steps: readonly ScriptStep[],
  options?: { readonly clock?: Clock | undefined },
): ScriptedCall<T> {
  const action = 'script a call';
  const { clock } = readOptions(action, options, { clock: clockKind });
  check(steps, LIST, 'steps', action);
  steps.forEach((step, index) => {
    check(step, STEP, `step ${index + 1}`, action);
    if (step.after === undefined) return;
    check(step.after, duration, `step ${index + 1}.after`, action);
    check(clock, clockKind, 'clock', action);
  });
  const log: ScriptedCallEntry[] = [];
  const call = async (context: CallContext): Promise<T> => {
    const step = steps[log.length];
    if (!step) throw invalid('go on with a scripted call', `at most ${steps.length} calls`, log.length + 1, RangeError);
    log.push({
      attempt: (context as CallContext | undefined)?.attempt ?? log.length + 1,
      at: clock?.now() ?? 0,
      step,
      context,
    });
    const { after } = step;
    if (after !== undefined) await new Promise<void>((resolve) => clock!.setTimer(after, resolve));
    if ('stalls' in step) return new Promise<never>(() => {});
    if ('throws' in step) throw step.throws;
    return step.returns as T;
  };
  return Object.assign(call, { log });
}

const LIST: Kind = ['a list of steps', Array.isArray];
const STEP: Kind = [
  '{ returns }, { throws } or { stalls: true }',
  (value: { readonly stalls?: unknown } | null) =>
    value &&
    value.stalls !== false &&
    ['returns', 'throws', 'stalls'].filter((key) => Object.hasOwn(value, key)).length === 1,
];
