import { around, ascend, cut, descend, remaining, type Call, type Layer } from '../base/call.ts';
import { TimeoutError, withCause } from '../base/errors.ts';
import { fileReport, type GiveUpReason } from './give-up-report.ts';
import { announce, begin, giveUp, judge, left, refund, startRun, type RetryRun } from './retry-run.ts';
import type { RetryRules } from './retry-rules.ts';

/** A retry as a layer: makes the attempts, and waits between them. */
export interface RetryLayer extends Layer {
  /** Whether it may stand inside another retry of a pipeline. */
  readonly allowNestedRetry: boolean;
}

/** @param result what comes out of a run that succeeded, instead of the value alone. */
export function retryLayer(
  rules: RetryRules,
  allowNestedRetry: boolean,
  result?: (value: unknown, run: RetryRun) => unknown,
): RetryLayer {
  const kind = 'retry';
  const { sleep, clock } = rules;

  function wait(call: Call, at: number, run: RetryRun, delay: number, ok: boolean, outcome: unknown): void {
    const { turn } = call;
    const controller = sleep && new AbortController();
    const slept = controller
      ? sleep(delay, controller.signal)
      : new Promise<void>((resolve) => (run.cancel = clock.setTimer(delay, resolve)));
    if (controller) run.cancel = (reason) => controller.abort(reason);
    // A reaction of its own keeps the call in its own async context, whoever moves the clock.
    Promise.resolve(slept).then(
      () => {
        if (call.turn !== turn) return;
        // A wait may have lasted longer than it should have: an attempt that has no time left is not made.
        if (Math.min(left(run), remaining(call, at)) <= 0) {
          if (end(call, at, run, ok, outcome, 'elapsed')) ascend(call, at - 1, ok, outcome);
          return;
        }
        begin(run, delay);
        call.attempt = run.attempts;
        descend(call, at + 1);
      },
      (error: unknown) => {
        if (call.turn !== turn) return;
        refund(run);
        ascend(call, at - 1, false, ok ? error : withCause(error, outcome));
      },
    );
  }

  /** Lets the call out of the retry; `false` if it has gone its own way meanwhile. */
  function end(call: Call, at: number, run: RetryRun, ok: boolean, outcome: unknown, reason?: GiveUpReason): boolean {
    const { turn } = call;
    call.slots[at] = undefined;
    call.depth = at;
    if (reason) giveUp(run, !ok, outcome, reason);
    if (!ok || !result || call.turn !== turn) return call.turn === turn;
    ascend(call, at - 1, true, result(outcome, run));
    return false;
  }

  return {
    kind,
    allowNestedRetry,
    enter(call, at) {
      const run = startRun(rules, around(call, at, kind) as RetryRun | undefined);
      call.slots[at] = run;
      begin(run);
      call.attempt = 1;
      return true;
    },
    exit(call, at, ok, outcome) {
      const run = call.slots[at] as RetryRun;
      const { turn } = call;
      if (!ok || rules.isRetryableResult) {
        const { signal } = call.parent;
        // Whatever the user's functions do to the call meanwhile has to reach this layer.
        call.depth = at + 1;
        // A signal made by hand may have become aborted without saying so.
        if (!ok && signal?.aborted) cut(call, -1, signal.reason, true);
        if (call.turn !== turn) return false;
        try {
          const next = judge(run, !ok, outcome, () => remaining(call, at));
          if (typeof next === 'number') {
            if (call.turn === turn) announce(run, !ok, outcome, next);
            if (call.turn === turn) wait(call, at, run, next, ok, outcome);
            else refund(run);
            return false;
          }
          if (call.turn !== turn) return false;
          return end(call, at, run, ok, outcome, next);
        } catch (error) {
          refund(run);
          throw error;
        }
      }
      return end(call, at, run, ok, outcome);
    },
    cut(call, at, error) {
      const run = call.slots[at] as RetryRun | undefined;
      const reason = error instanceof TimeoutError ? 'elapsed' : 'aborted';
      call.slots[at] = undefined;
      run?.cancel?.(error);
      if (run) giveUp(run, true, error, reason);
      else fileReport(error, { attempts: 0, delays: [], reason });
    },
    remaining: (run?: RetryRun) => (run ? left(run) : Infinity),
  };
}
