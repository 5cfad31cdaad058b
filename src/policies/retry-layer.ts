import { ascend, descend, type Call, type Layer } from '../base/call.ts';
import { callTimer } from '../base/call-timer.ts';
import { around, remaining } from '../base/context.ts';
import { isA, TimeoutError, withCause } from '../base/errors.ts';
import { goOn } from '../base/go-on.ts';
import { shortWay, unwatched, watchedLater } from '../base/short-way.ts';
import { fileReport, type GiveUpReason } from './give-up-report.ts';
import { announce, begin, giveUp, judge, left, newRun, refund, startRun, type RetryRun } from './retry-run.ts';
import type { RetryRules } from './retry-rules.ts';

/** A retry as a layer: makes the attempts, and waits between them. */
export interface RetryLayer extends Layer {
  /** Whether it may stand inside another retry of a pipeline. */
  readonly allowNestedRetry: boolean;
}

/** In the place of a run, for the calls inside: it has given up, or was cut, and has reported. */
const REPORTED = null;

/** @param result what comes out of a run that succeeded, instead of the value alone. */
export function retryLayer(
  rules: RetryRules,
  allowNestedRetry: boolean,
  result?: (value: unknown, run: RetryRun) => unknown,
): RetryLayer {
  const kind = 'retry';
  const { sleep, clock } = rules;

  function wait(call: Call, at: number, run: RetryRun, delay: number, ok: boolean, outcome: unknown): void {
    run.delay = delay;
    run.ok = ok;
    run.outcome = outcome;
    if (sleep) sleepFor(call, at, run);
    else run.cancel = callTimer(call, at, clock, delay, awake);
  }

  function sleepFor(call: Call, at: number, run: RetryRun): void {
    const controller = new AbortController();
    run.cancel = (reason) => controller.abort(reason);
    // A run that was cut has left its place, maybe to another one.
    const go = (next: typeof awake): void => {
      if (call.slots[at] === run) goOn(call, at, next);
    };
    Promise.resolve(sleep!(run.delay, controller.signal)).then(
      () => go(awake),
      (error: unknown) => go(() => failed(call, at, error)),
    );
  }

  /** The sleeper has failed. */
  function failed(call: Call, at: number, error: unknown): void {
    const run = call.slots[at] as RetryRun;
    refund(run);
    ascend(call, at - 1, false, run.ok ? error : withCause(error, run.outcome));
  }

  /** The wait is over. */
  function awake(call: Call, at: number): void {
    const run = call.slots[at] as RetryRun;
    const { delay, ok, outcome } = run;
    // It may have lasted longer than it should have: an attempt that has no time left is not made.
    const over = Math.min(left(run), remaining(call, at)) <= 0;
    // A clock, or a context, may have ended the call.
    if (call.slots[at] !== run) return;
    if (over) {
      if (end(call, at, run, ok, outcome, 'elapsed')) ascend(call, at - 1, ok, outcome);
      return;
    }
    begin(run, delay);
    call.attempt = run.attempts;
    descend(call, at + 1);
  }

  /** Lets the call out of the retry; `false` if it has gone its own way meanwhile. */
  function end(call: Call, at: number, run: RetryRun, ok: boolean, outcome: unknown, reason?: GiveUpReason): boolean {
    const { turn } = call;
    call.slots[at] = reason && REPORTED;
    call.depth = at;
    if (reason) giveUp(run, !ok, outcome, reason);
    if (!ok || !result || call.turn !== turn) return call.turn === turn;
    ascend(call, at - 1, true, result(outcome, run));
    return false;
  }

  /** Looks at an outcome that may be tried again; `true` lets it out. */
  function judged(call: Call, at: number, run: RetryRun, ok: boolean, outcome: unknown): boolean {
    const { turn } = call;
    // Whatever the user's functions do to the call meanwhile has to reach this layer.
    call.depth = at + 1;
    try {
      const next = judge(run, !ok, outcome, call, at);
      if (typeof next === 'number') {
        if (call.turn === turn) announce(run, !ok, outcome, next);
        if (call.turn === turn) wait(call, at, run, next, ok, outcome);
        else refund(run);
        return false;
      }
      return call.turn === turn && end(call, at, run, ok, outcome, next);
    } catch (error) {
      refund(run);
      call.slots[at] = undefined;
      throw error;
    }
  }

  /** The run of a call that has not needed one so far: it is in its first attempt. */
  function firstRun(): RetryRun {
    const run = newRun(rules);
    begin(run);
    return run;
  }

  const layer: RetryLayer = {
    kind,
    facts: rules,
    allowNestedRetry,
    quick(fn, signal) {
      if (rules.isRetryableResult || rules.maxElapsed < Infinity) return undefined;
      rules.budget?.deposit();
      return signal ? watchedLater(way, fn, signal, 0) : unwatched(way, fn);
    },
    enter(call, at) {
      const outer = around(call, at, kind) as RetryRun | null | undefined;
      const run = startRun(rules, outer, rules.budget && (around(call, at, 'hedge') as RetryRun | null | undefined));
      call.slots[at] = run;
      begin(run);
      call.attempt = 1;
      return true;
    },
    exit(call, at, ok, outcome) {
      const run = call.slots[at] as RetryRun;
      return ok && !rules.isRetryableResult ? end(call, at, run, ok, outcome) : judged(call, at, run, ok, outcome);
    },
    cut(call, at, error, aborted) {
      const run = call.slots[at] as RetryRun | undefined;
      const reason = isA(error, TimeoutError) ? 'elapsed' : 'aborted';
      call.slots[at] = REPORTED;
      const reports = !aborted || around(call, 0, kind) !== REPORTED;
      if (!run) return void (reports && fileReport(error, { attempts: 0, delays: [], reason }));
      try {
        run.cancel?.(error);
      } finally {
        giveUp(run, true, error, reason, reports);
      }
    },
    last(run: RetryRun | undefined, why) {
      if (run) run.last = why;
    },
    remaining: (run?: RetryRun) => (run ? left(run) : Infinity),
  };
  const way = shortWay(layer, { slot: firstRun, result: result && ((value) => result(value, firstRun())) });
  return layer;
}
