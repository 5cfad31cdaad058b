// What clients do by default, in our terms: the defaults of libraries as their documentation says them, each with two
// seconds for an attempt, since without a limit nothing fails when a service is slow.
import {
  additiveJitter,
  AdaptiveThrottle,
  capped,
  CircuitBreaker,
  constant,
  exponential,
  failureRate,
  pipeline,
  proportionalJitter,
  retry,
  RetryBudget,
  smoothJitter,
  standard,
  timeout,
} from '../../dist/index.js';

const ATTEMPT = 2_000;

/** A retry around attempts of two seconds. */
const retried = (options) => (tools) =>
  pipeline(retry({ clock: tools.clock, random: tools.random, ...options() }), timeout(ATTEMPT, tools.only));

/** The same with a breaker between the two. */
const broken = (retries, breaker) => (tools) =>
  pipeline(
    ...(retries ? [retry({ clock: tools.clock, random: tools.random, ...retries })] : []),
    new CircuitBreaker({ clock: tools.clock, random: tools.random, ...breaker }),
    timeout(ATTEMPT, tools.only),
  );

const policies = {
  'no retry': (tools) => timeout(ATTEMPT, tools.only),
  'p-retry': retried(() => ({ maxAttempts: 11, baseDelay: 1_000, backoff: exponential() })),
  'async-retry': retried(() => ({
    maxAttempts: 11,
    baseDelay: 1_500,
    backoff: proportionalJitter(exponential(), 1 / 3),
  })),
  'cockatiel, 3 retries': retried(() => ({ maxAttempts: 4, baseDelay: 128, backoff: capped(smoothJitter(), 30_000) })),
  'axios-retry': retried(() => ({ maxAttempts: 4, baseDelay: 0, backoff: constant() })),
  ky: retried(() => ({ maxAttempts: 3, baseDelay: 300, backoff: exponential() })),
  got: retried(() => ({ maxAttempts: 3, baseDelay: 1_000, backoff: additiveJitter(exponential(), 100) })),
  'openai SDK': retried(() => ({
    maxAttempts: 3,
    baseDelay: 437.5,
    backoff: proportionalJitter(capped(exponential(), 7_000), 1 / 7),
  })),
  'AWS SDK, standard mode': retried(() => ({
    maxAttempts: 3,
    baseDelay: 100,
    budget: new RetryBudget({ ratio: 0.1, burst: 50 }),
  })),
  'Polly, retry': retried(() => ({ maxAttempts: 4, baseDelay: 2_000, backoff: constant() })),
  '.NET standard handler': (tools) =>
    pipeline(
      timeout(30_000, tools.only),
      broken(
        { maxAttempts: 4, baseDelay: 2_000, backoff: smoothJitter() },
        {
          trip: failureRate({ threshold: 0.1, window: 30_000, minimumCalls: 100 }),
          openDuration: 5_000,
          probes: { required: 1 },
        },
      )(tools),
    ),
  resilience4j: (tools) =>
    broken(
      { maxAttempts: 3, baseDelay: 500, backoff: constant() },
      {
        trip: failureRate({ threshold: 0.5, window: { calls: 100 }, minimumCalls: 100 }),
        openDuration: 60_000,
        probes: { required: 10, concurrent: 10 },
      },
    )(tools),
  'opossum (no retry)': (tools) =>
    broken(undefined, {
      trip: failureRate({ threshold: 0.5, minimumCalls: 1 }),
      openDuration: 30_000,
      probes: { required: 1 },
    })(tools),
  'holdfast: retry()': retried(() => ({})),
  'holdfast: retry() with a budget': retried(() => ({ budget: new RetryBudget({ burst: 2 }) })),
  'holdfast: standard()': ({ clock, random }) => standard({ clock, random, attemptTimeout: ATTEMPT }),
  'holdfast: standard(), AdaptiveThrottle': ({ clock, random }) =>
    standard({ clock, random, attemptTimeout: ATTEMPT, breaker: new AdaptiveThrottle({ clock, random }) }),
};

/** By name: functions of the time and the chance of a simulation. */
export const clientPolicies = Object.fromEntries(
  Object.entries(policies).map(([name, make]) => [name, (tools) => make({ ...tools, only: { clock: tools.clock } })]),
);
