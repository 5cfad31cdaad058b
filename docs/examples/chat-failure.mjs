// What can go wrong between a client and a server that speaks the OpenAI protocol, and what is worth another attempt.

import { STATUS_CODES } from 'node:http';
import { CircuitOpenError, TimeoutError } from 'holdfast';
import { parseRetryAfter } from 'holdfast/http';
import { StreamIdleError, StreamIncompleteError } from 'holdfast/stream';

/** The server answered, but not with what was asked for. */
export class ChatError extends Error {
  /** @override */
  name = 'ChatError';

  /**
   * @param {string} message
   * @param {number} status
   * @param {number} [retryAfter] ms that the server asks to be left alone.
   */
  constructor(message, status, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** The statuses that pass, and why. All others stay what they are, however often one asks. */
const PASSING = new Map([
  [408, 'the server had no time to read the request'],
  [429, 'the server is well, but wants fewer requests'],
  [500, 'the server stumbled; the next try may not'],
  [502, 'the server behind the gateway is away'],
  [503, 'the server is overloaded or restarting'],
  [504, 'the server behind the gateway is slow'],
]);

/**
 * Whether an error is worth another attempt, and why.
 *
 * @param {unknown} error
 * @returns {{ retryable: boolean, because: string }}
 */
export function verdict(error) {
  if (error instanceof ChatError) {
    const { status } = error;
    const because = PASSING.get(status);
    if (because) return { retryable: true, because };
    const stays = status < 400 ? 'it speaks another protocol' : `a ${status} stays a ${status}, however often one asks`;
    return { retryable: false, because: stays };
  }
  if (error instanceof TimeoutError) return { retryable: true, because: 'the next answer may be faster' };
  if (error instanceof StreamIdleError || error instanceof StreamIncompleteError) {
    return { retryable: true, because: 'another stream may flow' };
  }
  if (error instanceof CircuitOpenError) return { retryable: true, because: 'the breaker says when to come back' };
  const code = networkCode(error);
  if (code === 'ENOTFOUND') return { retryable: false, because: 'there is no host of that name' };
  if (code) return { retryable: true, because: 'a new connection may hold' };
  return { retryable: false, because: 'neither the server nor the network did this' };
}

/** @type {Record<string, string>} */
const NETWORK = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'no host of that name',
  UND_ERR_SOCKET: 'connection closed',
};

/**
 * An error in a few words.
 *
 * @param {unknown} error
 */
export function describe(error) {
  const { name, cause } = /** @type {Error} */ (error);
  const message = printable(/** @type {Error} */ (error).message);
  if (error instanceof ChatError) {
    const { status, retryAfter } = error;
    const hint = retryAfter === undefined ? '' : ` (Retry-After: ${retryAfter / 1_000} s)`;
    return `${status} ${STATUS_CODES[status] ?? ''}: ${message}${hint}`;
  }
  if (error instanceof TimeoutError) return `no answer within ${error.timeout} ms (${name})`;
  if (error instanceof StreamIdleError) {
    return `no word for ${error.timeout} ms, after ${error.received} words (${name}, limit ${error.limit})`;
  }
  const code = networkCode(error);
  return code ? `${NETWORK[code] ?? 'no connection'} (${code})` : `${message}: ${cause ?? name}`;
}

/**
 * What a server says, without the characters that would steer the terminal.
 *
 * @param {unknown} text
 */
export function printable(text) {
  return `${text}`.replaceAll(/\p{Cc}/gu, ' ');
}

/**
 * The code of an error of the network, or ''. What fetch rejects with is a TypeError around it.
 *
 * @param {unknown} error
 */
export function networkCode(error) {
  const { cause } = /** @type {{ cause?: { code?: string } }} */ (error);
  return (error instanceof TypeError && cause?.code) || '';
}

/**
 * The body of a response, or a ChatError.
 *
 * @param {Response} response
 */
export async function bodyOf(response) {
  const { ok, status, headers } = response;
  const text = await response.text();
  const body = parsed(text);
  if (!ok) throw new ChatError(body?.error?.message ?? 'no reason given', status, parseRetryAfter(headers, Date.now()));
  if (!body) throw new ChatError(`the answer is not JSON but ${JSON.stringify(text.trim().slice(0, 30))}`, status);
  return body;
}

/**
 * @param {string} text
 * @returns {any}
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
