import { isRefusal } from '../base/errors.ts';
import { neverSentCodes } from './failure-codes.ts';
import { peek, peekText } from './peek.ts';

/**
 * Whether a request that a fetch failed with was certainly never sent, so that to send it does no harm, whatever it does:
 * the name was not found, nobody listened, the connection was not there in time, or its certificate was no good. A policy
 * of ours that refused the call has not sent it either.
 *
 * In doubt it says no: a connection that was reset or that went away may have carried the request, and browsers do not
 * tell. It speaks of the last request only: a fetch that follows redirects may have sent another one before, with effect,
 * such as a POST that was answered with 303.
 *
 * @param error what fetch rejected with, in Node, Bun or Deno.
 * @returns `true` if it was never sent. Never throws.
 * @example
 * import { neverSent } from 'holdfast/http';
 * const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
 * neverSent(new TypeError('fetch failed', { cause: refused })); // => true
 * neverSent(new TypeError('Failed to fetch')); // => false
 *
 * Source: Node, Errors (`syscall`); undici, lib/core/connect.js; hyper-util, client/legacy/client.rs (`Connect`); RFC
 * 9110, 2022, 9.2.2.
 */
export function neverSent(error: unknown): boolean {
  try {
    // The fetch of Node and of Deno says only that it failed.
    const failure = peekText(error, 'message') === 'fetch failed' ? peek(error, 'cause') : error;
    const members = peek(failure, 'errors');
    if (typeof members !== 'object') return neverConnected(failure);
    // One for each address of the host.
    const length = peek(members, 'length') as number;
    const few = length > 0 && length <= MOST;
    return few && Array.from({ length }, (_, at) => peek(members, `${at}`)).every(neverConnected);
  } catch {
    return false;
  }
}

/** Addresses of one host that are looked at; more are a doubt. */
const MOST = 32;

function neverConnected(failure: unknown): boolean {
  return (
    isRefusal(failure) ||
    /^(connect|getaddrinfo)$/.test(peekText(failure, 'syscall')) ||
    codes.has(peekText(failure, 'code')) ||
    // Deno.
    /^error sending request for url \(\S*\): client error \(Connect\): /.test(peekText(failure, 'message', 2048))
  );
}

const codes: ReadonlySet<string> = /* @__PURE__ */ new Set(/* @__PURE__ */ neverSentCodes.split('|'));
