// A transaction on PostgreSQL that is tried again as a whole, each time on another client of the pool. One whose end is
// not known, because the connection was lost in its COMMIT, is not tried again.

import { capped, exponential, fullJitter, retryCall, timeout } from 'holdfast';
import { classify } from 'holdfast/http';

/**
 * What is used of a client of `pg`.
 *
 * @typedef {object} Client
 * @property {(text: string, values?: any[]) => Promise<{ command: string, rows: any[] }>} query
 * @property {(event: 'error', listener: (error: Error) => void) => unknown} on
 * @property {(event: 'error', listener: (error: Error) => void) => unknown} removeListener
 * @property {(error?: Error) => void} release
 */

/**
 * @template T
 * @template {Client} C
 * @param {{ connect: () => Promise<C> }} pool of `pg`. Give it an `error` listener, and a `connectionTimeoutMillis`.
 * @param {(client: C) => Promise<T>} work is called anew for each attempt: let it do nothing but query.
 * @param {object} [options]
 * @param {number} [options.maxAttempts]
 * @param {number} [options.timeoutMs] for each attempt, the wait for a client included.
 * @param {AbortSignal} [options.signal]
 * @param {import('holdfast').RetryObservers} [options.on]
 * @returns {Promise<import('holdfast').RetryResult<T>>} what `work` gave, and how many attempts it took.
 */
export function transaction(pool, work, { maxAttempts = 5, timeoutMs = 5_000, signal, on } = {}) {
  const limit = timeout(timeoutMs);
  let committing = false;

  /** @param {AbortSignal} given */
  async function attempt(given) {
    committing = false;
    const { client, release } = await connected(pool, given);
    try {
      await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE');
      const value = await work(client);
      // An attempt that was given up must not commit beside the one that came after it.
      given.throwIfAborted();
      committing = true;
      const { command } = await client.query('COMMIT');
      if (command !== 'COMMIT') throw new Error('Rolled back: a query had failed, and its error was not passed on');
      release();
      return value;
    } catch (error) {
      await client.query('ROLLBACK').then(() => release(), release);
      throw error;
    }
  }

  return retryCall((context) => limit.execute((inner) => attempt(inner.signal), context), maxAttempts, 20, {
    backoff: fullJitter(capped(exponential(), 1_000)),
    isRetryable: ({ error }) => mayPass(error) && (!committing || isRolledBack(error)),
    signal,
    on,
  });
}

/** @param {unknown} error */
function mayPass(error) {
  return ['transient', 'throttled'].includes(classify(error));
}

/**
 * Whether the server has said that the transaction failed. FATAL is the end of the connection, and says nothing of it.
 *
 * @param {any} error
 */
function isRolledBack(error) {
  return error.severity === 'ERROR';
}

/**
 * A client, and how to give it back: with an error it is closed. When the attempt is given up, it is closed at once.
 *
 * @template {Client} C
 * @param {{ connect: () => Promise<C> }} pool
 * @param {AbortSignal} signal
 */
async function connected(pool, signal) {
  const client = await pool.connect();
  let released = false;
  // A connection that breaks between two queries says so by an event, and the next query fails.
  const ignore = () => {};
  client.on('error', ignore);
  const abandon = () => release(signal.reason);
  /** @param {Error} [error] */
  function release(error) {
    if (released) return;
    released = true;
    signal.removeEventListener('abort', abandon);
    client.removeListener('error', ignore);
    client.release(error);
  }
  signal.addEventListener('abort', abandon);
  if (signal.aborted) release();
  signal.throwIfAborted();
  return { client, release };
}
