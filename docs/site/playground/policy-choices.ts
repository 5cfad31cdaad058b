import type { Json } from './typescript-of.ts';

/** A policy that can be chosen: `holdfast/json` makes it. */
export interface PolicyChoice {
  readonly name: string;
  readonly label: string;
  /** Short, for the end of a line. */
  readonly short: string;
  readonly policy: Json;
}

const ATTEMPT: Json = { kind: 'timeout', timeout: '1s' };
const JITTER: Json = { kind: 'full-jitter', inner: { kind: 'capped', maxDelay: '20s', inner: 'exponential' } };
const RETRY = { kind: 'retry', maxAttempts: 4, baseDelay: '100ms' } as const;
const BUDGET: Json = { ratio: 0.1, burst: 10 };

function pipeline(...policies: readonly Json[]): Json {
  return { kind: 'pipeline', policies: [...policies, ATTEMPT] };
}

/** What the fleet view offers. Each ends an attempt after a second, so that what differs is what they do then. */
export const POLICIES: readonly PolicyChoice[] = [
  { name: 'none', label: 'no retries', short: 'no retries', policy: ATTEMPT },
  {
    name: 'exact',
    label: 'retries, exact delays',
    short: 'exact delays',
    policy: pipeline({ ...RETRY, backoff: 'exponential' }),
  },
  {
    name: 'jitter',
    label: 'retries, full jitter',
    short: 'full jitter',
    policy: pipeline({ ...RETRY, backoff: JITTER }),
  },
  {
    name: 'budget',
    label: 'full jitter and a budget',
    short: 'budget',
    policy: pipeline({ ...RETRY, backoff: JITTER, budget: BUDGET }),
  },
  {
    name: 'breaker',
    label: 'full jitter and a breaker',
    short: 'breaker',
    policy: pipeline({ ...RETRY, backoff: JITTER }, { kind: 'circuit-breaker' }),
  },
  {
    name: 'throttle',
    label: 'full jitter and a throttle',
    short: 'throttle',
    policy: pipeline({ ...RETRY, backoff: JITTER }, { kind: 'adaptive-throttle' }),
  },
  {
    name: 'hedge',
    label: 'a hedge, no retries',
    short: 'hedge',
    policy: pipeline({ kind: 'hedge', delay: { kind: 'quantile', q: 0.95 }, budget: BUDGET }),
  },
  { name: 'standard', label: 'standard()', short: 'standard()', policy: { kind: 'standard', attemptTimeout: '1s' } },
];

/** The name of the one that is written by hand. */
export const OWN = 'own';
