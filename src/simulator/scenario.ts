import type { Policy } from '../base/policy.ts';
import type { Json } from '../json/json-value.ts';
import type { Arrivals } from './arrivals.ts';
import type { Distribution } from './distribution.ts';
import type { PolicyTools } from './policy-tools.ts';
import type { Trigger } from './trigger.ts';

/** Makes a policy for a simulation, with the time and the chance of that simulation. */
export type PolicyMaker = (tools: PolicyTools) => Policy<unknown>;

/** Clients of the same kind. */
export interface ClientGroup {
  /** For surges, and for the chance of its clients, which groups of one name share · default `clients[0]` and so on. */
  readonly name?: string | undefined;
  /** How many · 1 to 100 000. */
  readonly count: number;
  /** When each of them makes its calls. */
  readonly arrivals: Arrivals;
  /** The service that a call asks; of several, all at once, and all of them have to succeed. */
  readonly calls: string | readonly string[];
  /** What guards each call: a function that makes a policy, or one as data · default nothing. */
  readonly policy?: PolicyMaker | Json | undefined;
  /** Whether all clients of the group share one policy · default false: each has its own. */
  readonly shared?: boolean | undefined;
  /** After so long the caller gives up: the call is aborted, and failed · ms or `Infinity` · default `Infinity`. */
  readonly patience?: number | undefined;
}

/** The line before a service's workers. */
export interface ServiceQueue {
  /** Who is next: the first that came, or the last · default fifo. */
  readonly order?: 'fifo' | 'lifo' | undefined;
  /** Requests that may wait; those beyond are turned down at once, with a 503 · default `Infinity`. */
  readonly limit?: number | undefined;
  /** Whether a request that nobody waits for any more is dropped when its turn comes · default false. */
  readonly dropExpired?: boolean | undefined;
}

/** A limit on the requests of all clients together, answered with a 429 that says when to come back. */
export interface ServiceRateLimit {
  /** Requests in an interval. */
  readonly limit: number;
  /** Ms. */
  readonly interval: number;
  /** Requests at once · default `limit`. */
  readonly burst?: number | undefined;
}

/** A service: workers that take requests from one line. */
export interface Service {
  /** Requests at once. */
  readonly workers: number;
  /** How long a worker is busy with a request. */
  readonly serviceTime: Distribution;
  /** Default: first in, first out, without a limit. */
  readonly queue?: ServiceQueue | undefined;
  /** What becomes of a request whose client has given up: it is worked off, or stopped · default finish. */
  readonly abandoned?: 'finish' | 'stop' | undefined;
  /** The part of the requests that fails, after the work · 0 to 1 · default 0. */
  readonly errorRate?: number | undefined;
  /** The network, one way · ms · default 0. */
  readonly latency?: number | undefined;
  /** Default none. */
  readonly rateLimit?: ServiceRateLimit | undefined;
  /** Services that each request asks in turn when its own work is done, while its worker waits · default none. */
  readonly calls?: string | readonly string[] | undefined;
  /** What guards those calls: one for the whole service · default nothing. */
  readonly policy?: PolicyMaker | Json | undefined;
}

/** A fleet, what it calls, and what goes wrong. All durations are in ms. */
export interface Scenario {
  /** Of all chance · an integer from 0 to 2³²−1 · default 1. */
  readonly seed?: number | undefined;
  /** Simulated time. */
  readonly duration: number;
  /** The width of a bucket of the series · at least a ten-thousandth of the duration · default 1 000. */
  readonly interval?: number | undefined;
  readonly clients: readonly ClientGroup[];
  /** By their names. */
  readonly services: { readonly [name: string]: Service };
  /** Default none. */
  readonly triggers?: readonly Trigger[] | undefined;
  /** Policies by name, for `compare`: each stands in for that of every group of clients in its turn · default none. */
  readonly policies?: { readonly [name: string]: PolicyMaker | Json } | undefined;
  /** How soon after the last trigger goodput has to be back for the verdict "stable" · ms · default 20 000. */
  readonly recoverWithin?: number | undefined;
}
