import {
  retryCall,
  timeout,
  TimeoutError,
  type Backoff,
  type CallContext,
  type GiveUpReason,
  type Random,
} from '../index.ts';
import { roundMs } from '../base/round-ms.ts';
import { decimal } from './decimal.ts';
import { endText, exitCode, TIMED_OUT } from './exit-code.ts';
import { inUnit } from './in-unit.ts';
import type { ChildEnd, Io, ReceivedSignal } from './io.ts';
import { retryRule, type RetryOn } from './retry-on.ts';
import { stoppable, type Stoppable } from './stoppable.ts';

/** How to run a program. */
export interface RunProgram {
  readonly program: string;
  readonly args: readonly string[];
  readonly attempts: number;
  readonly baseDelay: number;
  readonly backoff: Backoff;
  readonly random: Random;
  /** For all of it, and for each attempt · ms, or `Infinity`. */
  readonly limit: number;
  readonly attemptLimit: number;
  /** Between SIGTERM and SIGKILL · ms. */
  readonly grace: number;
  readonly retryOn: readonly RetryOn[];
  /** Gets a line for each attempt that failed, and whether the program has left its last line unfinished, if that is known. */
  readonly tell: (line: string, unfinished: boolean) => void;
}

/** An attempt that failed, with the exit code for it. */
class Failed extends Error {
  readonly code: number;
  readonly retryable: boolean;
  constructor(message: string, code: number, retryable: boolean) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }
}

/**
 * Runs a program until it succeeds, by `retryCall` and `timeout`. Never two attempts at once: the next begins when the
 * last has really ended, and where that was told to stop, all that it has started. Signals that this process gets are
 * passed on, and end the retrying.
 *
 * @returns the exit code: that of the last attempt; 124 where time ran out, or none is left for another attempt; 128 + n
 * for signal n in a wait.
 */
export async function runProgram(io: Io, plan: RunProgram): Promise<number> {
  const { attempts } = plan;
  const { clock } = io;
  const interruption = new AbortController();
  const begun = clock.now();
  let attemptBegun = begun;
  let child: Stoppable | undefined;
  let unfinished = false;
  let outOfTime = false;
  const tell = (line: string): void => {
    plan.tell(line, unfinished);
    unfinished = false;
  };
  const atTerminal = Object.values(io.terminal).includes(true);
  const stop = io.onSignal((received) => {
    // The keys of a terminal reach the program without us.
    if (received.signal !== 'SIGINT' || !atTerminal) child?.pass(received.signal);
    interruption.abort(received);
  });

  async function attempt(context: CallContext): Promise<void> {
    const { watch, isRetryable } = retryRule(plan.retryOn);
    const env = { HOLDFAST_ATTEMPT: `${context.attempt}` };
    const onOutput =
      watch &&
      ((text: string): void => {
        unfinished = !text.endsWith('\n');
        watch(text);
      });
    const started = stoppable(io.spawn(plan.program, plan.args, { env, onOutput }), clock, plan.grace);
    child = started;
    attemptBegun = clock.now();
    const code = await timeout(plan.attemptLimit, { clock })
      .execute(({ signal }) => ended(started, signal), context)
      .then(failure, async (error: unknown) => {
        await started.gone;
        return error instanceof TimeoutError ? new Failed(tooLong(plan.attemptLimit), TIMED_OUT, true) : undefined;
      });
    child = undefined;
    if (code) throw code;

    function failure(end: ChildEnd): Failed | undefined {
      const code = exitCode(end);
      return code ? new Failed(endText(end), code, !('failure' in end) && isRetryable(code)) : undefined;
    }
  }

  /** How the last program ends that has been passed a signal: it may take the time that it had, and no more. */
  function inTime(last: Stoppable): Promise<ChildEnd> {
    const now = clock.now();
    const left = Math.min(begun + plan.limit, attemptBegun + plan.attemptLimit) - now;
    return timeout(Math.max(0, left), { clock })
      .execute(({ signal }) => ended(last, signal))
      .catch(() => last.gone);
  }

  try {
    const retried = await timeout(plan.limit, { clock }).execute(
      (context) =>
        retryCall(attempt, attempts, plan.baseDelay, {
          context,
          backoff: plan.backoff,
          isRetryable: ({ error }) => error instanceof Failed && error.retryable,
          clock,
          random: plan.random,
          on: {
            retry: ({ error, attempt: failed, delay }) =>
              tell(`attempt ${failed} of ${attempts}: ${(error as Failed).message}; next in ${seconds(delay)}`),
            giveUp({ error, attempts: made, reason }) {
              outOfTime = reason === 'elapsed';
              if (error instanceof Failed) tell(`attempt ${made} of ${attempts}: ${error.message}; ${WHY[reason]}`);
            },
          },
        }),
      { signal: interruption.signal },
    );
    if (retried.attempts > 1) tell(`attempt ${retried.attempts} of ${attempts}: succeeded`);
    return 0;
  } catch (error) {
    if (error instanceof Failed) return outOfTime ? TIMED_OUT : error.code;
    const interrupted = error === interruption.signal.reason;
    const end = child && (await (interrupted ? inTime(child) : child.gone));
    if (error instanceof TimeoutError) {
      tell(`gave up: ${tooLong(plan.limit)} in all`);
      return TIMED_OUT;
    }
    if (!interrupted) throw error;
    const { signal, number } = error as ReceivedSignal;
    tell(`gave up: ${signal}`);
    return end ? exitCode(end) : 128 + number;
  } finally {
    stop();
  }
}

/** The end of a program; where its time is over before, it is told to stop. */
async function ended(program: Stoppable, signal: AbortSignal): Promise<ChildEnd> {
  const stop = (): void => {
    if (signal.reason instanceof TimeoutError) program.stop();
  };
  signal.addEventListener('abort', stop);
  try {
    return await program.gone;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function tooLong(limit: number): string {
  return `took longer than ${seconds(limit)}`;
}

function seconds(ms: number): string {
  return `${inUnit(decimal(roundMs(ms)), 's')} s`;
}

const WHY: { readonly [Reason in GiveUpReason]: string } = {
  attempts: 'gave up',
  'not-retryable': 'not retried',
  elapsed: 'gave up: no time left for another',
  aborted: 'interrupted',
  // Neither budgets nor hints are given to it.
  budget: 'gave up',
  'retry-after': 'gave up',
};
