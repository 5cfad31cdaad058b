/**
 * Why a retry stopped: no attempts left, an error that is not retryable, the retry budget, the time budget (or a
 * timeout around the retry), a server's hint that is too long, or the caller's abort.
 */
export type GiveUpReason = 'attempts' | 'not-retryable' | 'budget' | 'elapsed' | 'retry-after' | 'aborted';

/** What a retry did before it gave up. */
export interface GiveUpReport {
  /** How many calls were made. */
  readonly attempts: number;
  /** The delays between them, in ms. */
  readonly delays: readonly number[];
  readonly reason: GiveUpReason;
  /** The server's hint, in ms, where that was too long: only with the reason `'retry-after'`. */
  readonly retryAfter?: number;
}

const reports: WeakMap<object, GiveUpReport> = new WeakMap();

/**
 * What a retry did before it gave up with this error, or with this value that it did not accept. `undefined` for one of
 * another origin, and for what is not an object. The error itself is not touched. Where retries are nested, the outermost
 * one reports; those that share no more than a signal know nothing of each other.
 *
 * @example
 * import { giveUpReport, retryCall } from 'holdfast';
 * const error = await retryCall(() => Promise.reject(new Error('no')), 2, 1).catch((error: unknown) => error);
 * giveUpReport(error); // => { attempts: 2, delays: [1], reason: 'attempts' }
 */
export function giveUpReport(outcome: unknown): GiveUpReport | undefined {
  return reports.get(outcome as object);
}

/** Files the report on what comes out. */
export function fileReport(outcome: unknown, report: GiveUpReport): void {
  if (isObject(outcome)) reports.set(outcome, Object.freeze({ ...report, delays: Object.freeze([...report.delays]) }));
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
