import { Call, cut, descend, type Layer } from './call.ts';
import { Context } from './context.ts';
import type { Guarded } from './policy.ts';

/** A call inside a call: the layers inside one of another call's, or none, around a function. */
export interface Branch {
  readonly call: Call;
  /** Sets it going. */
  start(): void;
  /** Gives it up; nothing is heard of it any more. */
  end(reason: unknown, aborted: boolean): void;
}

/**
 * Makes a call inside layer `at` of another one, which keeps that. It shares the deadline, the budget and the holders
 * of what is around; how it comes out is told to `settled`, not to the caller.
 */
export function branch(
  { layers, slots, parent, holder }: Call,
  at: number,
  inner: readonly Layer[],
  fn: Guarded<unknown>,
  attempt: number,
  settled: (ok: boolean, value: unknown) => void,
): Branch {
  let over = false;
  const settle = (ok: boolean, value: unknown): void => {
    if (!over) settled(ok, value);
  };
  const context = new Context({ layers: layers.slice(0, at + 1), slots, parent, holder }, attempt, holder);
  const resolve = (value: unknown): void => settle(true, value);
  const reject = (error: unknown): void => settle(false, error);
  const call = new Call(inner, fn, context, resolve, reject);
  return {
    call,
    start: () => descend(call, 0),
    end(reason, aborted) {
      over = true;
      cut(call, -1, reason, aborted);
    },
  };
}
