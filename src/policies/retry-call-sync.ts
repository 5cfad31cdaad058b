import { Context, type CallContext } from '../base/context.ts';
import { abortSignal, callable, check, invalid, readOptions } from '../base/check.ts';
import { withCause } from '../base/errors.ts';
import { fileReport } from './give-up-report.ts';
import type { RetryResult } from './retry-call.ts';
import { announce, begin, giveUp, judge, left, refund, startRun, type RetryRun } from './retry-run.ts';
import { RETRY_KINDS, retryRules, type RetryDecisionOptions } from './retry-rules.ts';

/** What `retryCallSync` may be told. */
export interface RetryCallSyncOptions<T> extends RetryDecisionOptions<T> {
  /** Blocks for some ms, such as `blockingSleeper` · default: does not wait. */
  readonly sleep?: ((delay: number) => void) | undefined;
  /** Looked at before each attempt; the error thrown is `signal.reason` itself. */
  readonly signal?: AbortSignal | undefined;
}

const ACTION = 'retry a synchronous call';

/**
 * `retryCall` for a function that is not asynchronous. Waits only if a synchronous `sleep` is given; the delays that
 * it would have waited are in the result either way.
 *
 * @param fn what to call; must not return a promise.
 * @param maxAttempts calls in all, the first included · an integer, at least 1, or `Infinity`.
 * @param baseDelay ms, finite, at least 0.
 * @throws the error of the last attempt itself; `signal.reason` if aborted; `TypeError` or `RangeError` for a wrong
 * argument, before anything is called, and for an `fn` that returns a promise.
 * @example
 * import { retryCallSync } from 'holdfast';
 * let calls = 0;
 * const parse = () => { if (++calls < 3) throw new Error('busy'); return 'parsed'; };
 * retryCallSync(parse, 5, 0.5); // => { value: 'parsed', attempts: 3, delays: [0.5, 1] }
 */
export function retryCallSync<T>(
  fn: (context: CallContext) => T,
  maxAttempts: number,
  baseDelay: number,
  options?: RetryCallSyncOptions<T>,
): RetryResult<T> {
  check(fn, callable, 'fn', ACTION);
  const given = readOptions(ACTION, options, KINDS);
  const { signal, sleep } = given;
  const rules = retryRules(ACTION, maxAttempts, baseDelay, given);
  if (signal?.aborted) {
    fileReport(signal.reason, { attempts: 0, delays: [], reason: 'aborted' });
    throw signal.reason;
  }
  const run = startRun(rules);
  const parent = {
    get remaining() {
      return left(run);
    },
  };
  const place = { layers: [], slots: [], parent, holder: undefined };
  for (let delay: number | undefined; ;) {
    begin(run, delay);
    const context = new Context(place, run.attempts);
    const { failed, outcome } = makeAttempt(fn, context);
    const stopIfAborted = (): void => {
      if (!signal?.aborted) return;
      Context.abort(context, signal.reason);
      giveUp(run, true, signal.reason, 'aborted');
      throw signal.reason;
    };
    if (failed) stopIfAborted();
    let next = judge(run, failed, outcome);
    if (typeof next === 'number') {
      announce(run, failed, outcome, next);
      stopIfAborted();
      pause(run, sleep, next, failed, outcome);
      stopIfAborted();
      delay = next;
      if (left(run) > 0) continue;
      next = 'elapsed';
    }
    if (next) giveUp(run, failed, outcome, next);
    if (failed) throw outcome;
    return { value: outcome as T, attempts: run.attempts, delays: run.delays ?? [] };
  }
}

function pause(
  run: RetryRun,
  sleep: ((delay: number) => void) | undefined,
  delay: number,
  failed: boolean,
  outcome: unknown,
): void {
  try {
    sleep?.(delay);
  } catch (error) {
    refund(run);
    throw failed ? withCause(error, outcome) : error;
  }
}

const KINDS = /* @__PURE__ */ Object.assign({ signal: abortSignal }, RETRY_KINDS);

function makeAttempt(
  fn: (context: CallContext) => unknown,
  context: CallContext,
): { failed: boolean; outcome: unknown } {
  let outcome: unknown;
  try {
    outcome = fn(context);
  } catch (error) {
    return { failed: true, outcome: error };
  }
  if (!(outcome instanceof Promise)) return { failed: false, outcome };
  throw invalid(ACTION, 'fn to return its value at once (for a promise: retryCall)', outcome);
}
