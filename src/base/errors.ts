import { check, flag, INVALID_ARGUMENT } from './check.ts';

/** The `code` of every error that holdfast makes. Switch on it; never parse a message. */
export type HoldfastErrorCode =
  | 'ERR_TIMEOUT'
  | 'ERR_CIRCUIT_OPEN'
  | 'ERR_BULKHEAD_FULL'
  | 'ERR_RATE_LIMITED'
  | 'ERR_THROTTLED'
  | 'ERR_STREAM_IDLE'
  | 'ERR_STREAM_INCOMPLETE'
  | 'ERR_STREAM_INTERRUPTED';

let capturesStacks = false;

/**
 * Makes the errors of holdfast carry a stack trace, for debugging. Off by default: a stack costs more than the
 * refusal that it would describe.
 */
export function captureRefusalStacks(on: boolean): void {
  check(on, flag, 'on', 'capture stacks');
  capturesStacks = on;
}

/** `Error` with a read-only `name`, so that subclasses can keep theirs on the prototype. */
interface ErrorBase {
  readonly name: string;
  message: string;
  stack?: string;
  cause?: unknown;
}
const ErrorBase: new (message: string) => ErrorBase = Error;

/** The base of all errors of holdfast. */
export abstract class HoldfastError extends ErrorBase {
  /** What happened, as a stable literal. */
  abstract readonly code: HoldfastErrorCode;

  constructor(message: string) {
    const { stackTraceLimit } = Error;
    // Reflect.set: where `Error` is frozen, the stack is captured rather than the refusal lost.
    if (!capturesStacks) Reflect.set(Error, 'stackTraceLimit', 0);
    super(message);
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  }
}

/** Work took longer than its limit. The attempt's signal was aborted with this very error. */
export class TimeoutError extends HoldfastError {
  override get name(): 'TimeoutError' {
    return 'TimeoutError';
  }
  readonly code = 'ERR_TIMEOUT';
  /** The limit, in ms. */
  readonly timeout: number;

  constructor(timeout: number) {
    super(`Timed out after ${timeout} ms`);
    this.timeout = timeout;
  }
}

/** The base of the errors with which a policy refuses a call without making it. Breakers and retries know them by it. */
export abstract class RefusalError extends HoldfastError {
  /** In how many ms a call may be let through again, where that is known. A retry waits at least so long. */
  abstract readonly retryAfter: number | undefined;
}

/** The circuit breaker is not closed and let nothing through. */
export class CircuitOpenError extends RefusalError {
  override get name(): 'CircuitOpenError' {
    return 'CircuitOpenError';
  }
  readonly code = 'ERR_CIRCUIT_OPEN';
  /**
   * Ms until the next probe is allowed: the rest of the open time; 0 where it waits only for the probes under way;
   * `undefined` where the breaker is isolated by hand.
   */
  readonly retryAfter: number | undefined;

  constructor(circuit: string, retryAfter: number | undefined) {
    super(`Refused by ${circuit}${retryAfter ? `: next probe in ${Math.ceil(retryAfter)} ms` : ''}`);
    this.retryAfter = retryAfter;
  }
}

/** As many calls as are allowed at once are running, and none may wait, or this one has waited long enough. */
export class BulkheadFullError extends RefusalError {
  override get name(): 'BulkheadFullError' {
    return 'BulkheadFullError';
  }
  readonly code = 'ERR_BULKHEAD_FULL';
  /** Nobody knows when a call will end. */
  readonly retryAfter: undefined;
  /** Calls that were running. */
  readonly running: number;
  /** Calls that were waiting. */
  readonly queued: number;

  constructor(bulkhead: string, running: number, queued: number) {
    super(`Refused by ${bulkhead}: ${running} running, ${queued} queued`);
    this.running = running;
    this.queued = queued;
  }
}

/** More calls than are allowed in a time, and this one cannot wait for its turn. */
export class RateLimitedError extends RefusalError {
  override get name(): 'RateLimitedError' {
    return 'RateLimitedError';
  }
  readonly code = 'ERR_RATE_LIMITED';
  /** Ms until this call would have been let through. */
  readonly retryAfter: number;

  constructor(limiter: string, retryAfter: number) {
    super(`Refused by ${limiter}: next turn in ${Math.ceil(retryAfter)} ms`);
    this.retryAfter = retryAfter;
  }
}

/** The dependency turns so many calls down that this one was not even sent. */
export class ThrottledError extends RefusalError {
  override get name(): 'ThrottledError' {
    return 'ThrottledError';
  }
  readonly code = 'ERR_THROTTLED';
  /** By chance: there is no time after which it passes. */
  readonly retryAfter: undefined;
  /** The probability with which it was refused. */
  readonly probability: number;

  constructor(throttle: string, probability: number) {
    super(`Refused by ${throttle}, with a probability of ${probability.toFixed(2)}`);
    this.probability = probability;
  }
}

/** A stream kept its reader waiting for longer than its limit. */
export class StreamIdleError extends HoldfastError {
  override get name(): 'StreamIdleError' {
    return 'StreamIdleError';
  }
  readonly code = 'ERR_STREAM_IDLE';
  /** Which limit it was. */
  readonly limit: 'firstEvent' | 'idle' | 'total';
  /** That limit, in ms. */
  readonly timeout: number;
  /** Events that were delivered before. */
  readonly received: number;

  constructor(limit: 'firstEvent' | 'idle' | 'total', timeout: number, received: number) {
    super(`Stream stalled after ${events(received)}: ${limit} limit of ${timeout} ms`);
    this.limit = limit;
    this.timeout = timeout;
    this.received = received;
  }
}

/** A stream ended without its last word. */
export class StreamIncompleteError extends HoldfastError {
  override get name(): 'StreamIncompleteError' {
    return 'StreamIncompleteError';
  }
  readonly code = 'ERR_STREAM_INCOMPLETE';
  /** Events that were delivered. */
  readonly received: number;

  constructor(received: number) {
    super(`Stream ended too early, after ${events(received)}`);
    this.received = received;
  }
}

/** A stream broke off after events had been delivered, so that to begin it anew would deliver them again. */
export class StreamInterruptedError extends HoldfastError {
  override get name(): 'StreamInterruptedError' {
    return 'StreamInterruptedError';
  }
  readonly code = 'ERR_STREAM_INTERRUPTED';
  /** Events that were delivered. */
  readonly received: number;
  /** What it broke off with. */
  override readonly cause: unknown;

  constructor(received: number, cause: unknown) {
    super(`Stream broke off after ${events(received)}`);
    this.received = received;
    this.cause = cause;
  }
}

function events(received: number): string {
  return `${received} event${received === 1 ? '' : 's'}`;
}

const gathered: WeakSet<object> = new WeakSet();

/** One error for all attempts of a call, in order; the error itself, where there was but one. */
export function allFailed(errors: readonly unknown[], what: string): unknown {
  if (errors.length === 1) return errors[0];
  const last = factOf(errors.at(-1), 'message');
  const error = new AggregateError(
    errors,
    `All ${errors.length} ${what} failed${last ? `, the last with: ${String(last)}` : ''}`,
  );
  gathered.add(error);
  return error;
}

/** The errors that policies judge by: those of all attempts, where we have gathered them; else the error itself. */
export function membersOf(error: unknown): readonly unknown[] {
  return gathered.has(error as object) ? (error as AggregateError).errors : [error];
}

/** `instanceof` for whatever was thrown. What does not let itself be looked at, such as a hostile proxy, is nothing. */
export function isA<Thrown>(value: unknown, Class: abstract new (...all: never[]) => Thrown): value is Thrown {
  try {
    return value instanceof Class;
  } catch {
    return false;
  }
}

/** Whether a policy has refused the call without making it. */
export function isRefusal(value: unknown): value is RefusalError {
  return isA(value, RefusalError);
}

/** Whether an error stays what it is, however often one tries: an abort, or a wrong argument. */
export function isFinal(error: unknown): boolean {
  const final = factOf(error, 'name') === 'AbortError' || factOf(error, 'code') === INVALID_ARGUMENT;
  return final && isA(error, Error);
}

/** A property of whatever was thrown; `undefined` where it does not let itself be read. */
export function factOf(value: unknown, name: 'name' | 'code' | 'message'): unknown {
  try {
    return (value as { readonly [Name in typeof name]?: unknown } | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

/** Makes `cause` reachable from `error`, unless `error` has a cause of its own or cannot carry one. Returns `error`. */
export function withCause(error: unknown, cause: unknown): unknown {
  try {
    if (error instanceof Error && error !== cause && !('cause' in error)) {
      Reflect.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true });
    }
  } catch {
    // An error that does not let itself be looked at goes without.
  }
  return error;
}
