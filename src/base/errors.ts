import { check, flag } from './check.ts';

/** The `code` of every error that holdfast makes. Switch on it; never parse a message. */
export type HoldfastErrorCode = 'ERR_TIMEOUT' | 'ERR_CIRCUIT_OPEN';

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
