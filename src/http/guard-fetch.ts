import {
  callable,
  check,
  durationOrNever,
  flag,
  handlers,
  readOptions,
  RECORD,
  type Kind,
  type OptionKind,
} from '../base/check.ts';
import { wallTime } from '../base/clock.ts';
import { isRefusal, TimeoutError, type RefusalError } from '../base/errors.ts';
import { lastAttempt } from '../base/last-attempt.ts';
import { notify } from '../base/observe.ts';
import {
  keyed,
  pipeline,
  retry,
  RetryBudget,
  standard,
  timeout,
  type CallContext,
  type GiveUpReport,
  type KeyedOptions,
  type Policy,
  type RetryEvent,
  type RetryOptions,
  type StandardOptions,
  type StateChangeEvent,
} from '../index.ts';
import { bodySignal, type BodySignal } from './body-signal.ts';
import { classify } from './classify.ts';
import { discard } from './discard.ts';
import { idleBody } from './idle-body.ts';
import { neverSent } from './never-sent.ts';
import { parseRetryAfter } from './parse-retry-after.ts';
import { requestPlan, type Fetch, type RequestPlan } from './request-plan.ts';
import { checkStatuses, isTemporary, responseJudge, type ResponseRules } from './response-judge.ts';

/** What came of a request that is tried again, or given up. It holds no path, no header and no body. */
export interface FetchOutcome {
  readonly method: string;
  readonly origin: string;
  /** Of the response, if there was one. */
  readonly status?: number;
  /** What fetch, or a policy of ours, rejected with; `undefined` if there was a response. */
  readonly error: unknown;
}

/** What may watch a guarded fetch. An observer changes nothing: what it throws or rejects is reported out of band. */
export interface FetchObservers {
  /** Told of every retry, before its wait. */
  readonly retry?: ((event: FetchOutcome & Pick<RetryEvent, 'attempt' | 'delay'>) => unknown) | undefined;
  /** Told when there will be no further attempt. */
  readonly giveUp?: ((event: FetchOutcome & GiveUpReport) => unknown) | undefined;
  /** Told when the breaker of an origin changes its state. */
  readonly stateChange?: ((event: StateChangeEvent & { readonly origin: string }) => unknown) | undefined;
  /** Told of every attempt that the rate limiter, the breaker or the bulkhead of an origin did not let through. */
  readonly rejected?: ((event: { readonly error: RefusalError; readonly origin: string }) => unknown) | undefined;
  /** Told when a limit on an attempt, or on the whole call, has ended it. */
  readonly timeout?: ((event: { readonly error: TimeoutError; readonly origin: string }) => unknown) | undefined;
}

/** How a guarded fetch retries: which failures is settled by what they mean, and by the request. */
export type FetchRetryOptions = Pick<
  RetryOptions,
  'maxAttempts' | 'baseDelay' | 'backoff' | 'maxRetryAfter' | 'maxElapsed' | 'budget' | 'sleep'
>;

/** What `guardFetch` may be told. */
export interface GuardFetchOptions
  extends
    ResponseRules,
    Pick<StandardOptions, 'timeout' | 'attemptTimeout' | 'rateLimiter' | 'breaker' | 'bulkhead' | 'clock' | 'random'> {
  /** What makes the request · default: the global `fetch`, looked up on each call. */
  readonly fetch?: Fetch | undefined;
  /** Default three attempts, full jitter from 500 ms on, and a budget for each origin: 10 % and 10. */
  readonly retry?: FetchRetryOptions | false | undefined;
  /** Whether a POST or a PATCH that the server may have acted upon is sent again · default `false`. */
  readonly retryUnsafe?: boolean | undefined;
  /** Between two chunks of the response's body, as long as somebody reads it · ms or `Infinity` · default `Infinity`. */
  readonly bodyIdle?: number | undefined;
  /** How many origins are kept, and for how long. */
  readonly origins?: Omit<KeyedOptions, 'clock'> | undefined;
  /** Ms since 1970, for the dates in headers · default: the wall clock. */
  readonly wallTime?: (() => number) | undefined;
  /** Observers. */
  readonly on?: FetchObservers | undefined;
}

/**
 * A `fetch` that survives other people's outages. It goes wherever a fetch goes: it has the same signature, resolves to
 * the same responses and rejects with the same errors. Each attempt has a limit, and so has the whole; statuses and
 * network errors that may be gone a moment later are tried again, as late as the server asks; every origin has a breaker.
 *
 * A request is sent twice only if that does no harm: by its method, with an `Idempotency-Key`, or if the first was
 * certainly never sent, which can be told where fetch follows no redirects; and only if its body can be sent again whole.
 * When there is nothing more to try, the last response is returned as it came. Make one for each service, not one for
 * each call.
 *
 * @throws `TypeError` or `RangeError` for a wrong option. What it returns rejects with what fetch rejects with, with
 * `signal.reason` on an abort, `TimeoutError`, `CircuitOpenError`, or the error of another policy that was asked for.
 * @example
 * import { guardFetch } from 'holdfast/http';
 * const statuses = [503, 200];
 * const server = async () => new Response('ok', { status: statuses.shift()! });
 * const guarded = guardFetch({ fetch: server, retry: { baseDelay: 1 } });
 * const response = await guarded('https://users.example/7');
 * response.status; // => 200
 */
export function guardFetch(options?: GuardFetchOptions): Fetch {
  const given = readOptions('guard fetch', options, KINDS);
  const { timeout: limit = 30_000, attemptTimeout, rateLimiter, bulkhead, clock, random, on = {} } = given;
  const { retry: toRetry = {}, retryUnsafe = false, bodyIdle = Infinity, wallTime: wall = wallTime } = given;
  const { maxElapsed = Infinity }: FetchRetryOptions = toRetry || {};
  const send: Fetch = given.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const { judge, meaningOf, isOwn } = responseJudge(given);
  const breaker = breakerOf(given.breaker, ({ value }) => meaningOf(value) === 'transient');
  const discarded = new WeakSet<Response>();

  /** What stands before an origin, whatever the request. */
  function guardOf(origin: string): Guard {
    const onTimeout = ({ error }: { readonly error: TimeoutError }): void => notify(on, 'timeout', { error, origin });
    const policy = standard({
      name: origin,
      timeout: Infinity,
      retry: false,
      rateLimiter,
      breaker,
      bulkhead,
      attemptTimeout,
      isTransient: ({ error }) => !isOwn(error) && classify(error) === 'transient',
      clock,
      random,
      on: {
        stateChange: (event) => notify(on, 'stateChange', { ...event, origin }),
        rejected: ({ error }) => notify(on, 'rejected', { error, origin }),
        timeout: onTimeout,
      },
    });
    const whole = timeout(limit, { clock, on: { timeout: onTimeout } });
    return Object.assign(policy, { whole, budget: new RetryBudget(), policies: new Map<string, Policy>() });
  }

  function isRepeatable({ repeatable, replayable }: RequestPlan): boolean {
    return replayable && (repeatable || retryUnsafe);
  }

  /** The retries of one kind of requests. */
  function again(plan: RequestPlan, origin: string, budget: RetryBudget): Policy {
    const { method, replayable, single } = plan;
    const repeatable = isRepeatable(plan);
    const outcome = (error: unknown, value?: unknown): FetchOutcome => ({
      method,
      origin,
      ...(value !== undefined && { status: (value as Response).status }),
      error,
    });
    return retry<Response>({
      baseDelay: 500,
      budget,
      ...toRetry,
      isRetryable({ error }) {
        if (isOwn(error)) return false;
        if (isRefusal(error)) return error.retryAfter !== undefined;
        return isTemporary(classify(error)) && (repeatable || (replayable && single && neverSent(error)));
      },
      isRetryableResult: ({ value }) => meaningOf(value) !== undefined,
      retryAfter: ({ value }) => (value ? parseRetryAfter((value as Response).headers, wall()) : undefined),
      clock,
      random,
      on: {
        retry({ error, value, attempt, delay }) {
          // During the wait it would keep its connection.
          if (value) discarded.add(value as Response);
          discard(value as Response | undefined);
          notify(on, 'retry', { ...outcome(error, value), attempt, delay });
        },
        giveUp: ({ error, value, ...report }) => notify(on, 'giveUp', { ...outcome(error, value), ...report }),
      },
    });
  }

  /** All that stands before a request: made once for all that are alike. */
  function policyOf(plan: RequestPlan, origin: string): Policy {
    const guard = guards.get(origin);
    const { whole, budget, policies } = guard;
    const kind = [plan.method, plan.repeatable, plan.replayable, plan.single].join();
    const known = policies.get(kind);
    if (known) return known;
    const made = toRetry ? pipeline(whole, again(plan, origin, budget), guard) : pipeline(whole, guard);
    if (policies.size < MOST_KINDS) policies.set(kind, made);
    return made;
  }

  async function attempt(plan: RequestPlan, context: CallContext, signal: AbortSignal): Promise<Response> {
    const received = await plan.send(send, signal);
    check(received, responseKind, 'the answer', 'fetch');
    // A mock may give the same one again.
    discarded.delete(received);
    const response = bodyIdle < Infinity ? idleBody(received, bodyIdle, clock) : received;
    await judge(response);
    // A fetch that does not listen, or a judgement that took too long: nobody waits for this any more.
    if (signal.aborted) discard(response);
    if (!isRepeatable(plan)) lastAttempt(context, 'unrepeatable');
    return response;
  }

  // What is wrong with the options is said here, not by the first request.
  guardOf('');
  if (toRetry) retry(toRetry);
  const guards = keyed(guardOf, { clock, ...given.origins });
  return async (input, init) => {
    const plan = requestPlan(input, init);
    const { origin, signal } = plan;
    if (origin === undefined) return plan.send(send, signal);
    /** By response, since the one that comes out need not be that of the last attempt. */
    const signals = new WeakMap<Response, BodySignal>();
    let last: BodySignal | undefined;
    let response: Response;
    try {
      response = await policyOf(plan, origin).execute(async (context) => {
        const own = (last = bodySignal(context.signal, signal));
        const received = await attempt(plan, context, own.signal);
        signals.set(received, own);
        return received;
      }, signal && { signal });
    } catch (error) {
      // As fetch does with what it does not send.
      if (!last) discard(plan, error);
      throw error;
    }
    // The machine slept through a wait, so that no time was left after it for the attempt that it was for.
    if (discarded.has(response)) throw new TimeoutError(Math.min(limit, maxElapsed));
    // One that no attempt has received was made by a policy: of the last one, or without any request.
    if (last) (signals.get(response) ?? last).hold(response);
    else discard(plan);
    return response;
  };
}

/** What stands before one origin, for all its requests. */
type Guard = Policy & {
  /** The limit of a whole call. */
  readonly whole: Policy;
  /** What retries are paid from. */
  readonly budget: RetryBudget;
  /** Those of each kind of requests. */
  readonly policies: Map<string, Policy>;
};

/** Kinds of requests whose policies are kept: more than there are methods in use. */
const MOST_KINDS = 64;

/** A breaker that is made here counts bad statuses; one that was handed in counts what it was told to. */
function breakerOf(
  given: StandardOptions['breaker'],
  isFailureResult: (result: { readonly value: unknown }) => boolean,
): StandardOptions['breaker'] {
  if (given === false || (typeof given === 'object' && 'execute' in given)) return given;
  const own = { ...given };
  return { ...own, isFailureResult: own.isFailureResult === undefined ? isFailureResult : own.isFailureResult };
}

const responseKind: Kind = ['a Response', (value: Response | null) => typeof value?.status === 'number'];
const anything: Kind = ['anything', () => true];
const RETRY_KINDS: { readonly [Key in keyof Required<FetchRetryOptions>]: Kind } = {
  maxAttempts: anything,
  baseDelay: anything,
  backoff: anything,
  maxRetryAfter: anything,
  maxElapsed: anything,
  budget: anything,
  sleep: anything,
};
const KINDS: { readonly [Key in keyof Required<GuardFetchOptions>]: OptionKind } = {
  fetch: callable,
  timeout: durationOrNever,
  attemptTimeout: durationOrNever,
  // The policies say what they expect.
  retry: (value: object | false, name, action) => value && readOptions(action, value, RETRY_KINDS, `${name}.`),
  rateLimiter: anything,
  breaker: anything,
  bulkhead: anything,
  retryUnsafe: flag,
  statuses: (value: object, name, action) => {
    check(value, RECORD, name, action);
    return checkStatuses(value, name, action);
  },
  classify: callable,
  bodyIdle: durationOrNever,
  origins: RECORD,
  clock: anything,
  random: anything,
  wallTime: callable,
  on: /* @__PURE__ */ handlers('retry', 'giveUp', 'stateChange', 'rejected', 'timeout'),
};
