// Who takes part in a case: for each of its entrants a function that gives a function that makes one call.

import { byHand } from './by-hand.mjs';
import * as peers from './contenders.mjs';
import { work } from './work.mjs';

const { holdfast, cockatiel, pRetry, attempt, opossum, alfred, mollitia, effect, limiter } = peers;
const bare = () => (fn) => fn();
const loop = (fn) => () => fn;

/** @type {Record<string, Record<string, () => any>>} */
export const entrants = {
  A: {
    bare,
    'by hand': loop(byHand.retry),
    holdfast: holdfast.retry,
    'holdfast, retryCall': holdfast.retryCall,
    cockatiel: cockatiel.retry,
    'p-retry': pRetry.retry,
    attempt: attempt.retry,
    'async-retry': peers.asyncRetry.retry,
    'exponential-backoff': peers.exponentialBackoff.retry,
    effect: effect.retry,
  },
  As: {
    bare,
    'by hand': loop(byHand.retry),
    holdfast: holdfast.retryWithSignal,
    cockatiel: cockatiel.retryWithSignal,
    'p-retry': pRetry.retryWithSignal,
  },
  B2: {
    'by hand': loop(byHand.retry),
    holdfast: () => holdfast.retry({ baseDelay: 0 }),
    cockatiel: cockatiel.retryAtOnce,
    'p-retry': pRetry.retryAtOnce,
    attempt: attempt.retryAtOnce,
  },
  C1: {
    bare,
    'by hand': byHand.consecutive,
    holdfast: holdfast.consecutive,
    cockatiel: cockatiel.consecutive,
    alfred: alfred.consecutive,
  },
  C3: {
    bare,
    'by hand': byHand.window,
    holdfast: holdfast.window,
    cockatiel: cockatiel.window,
    opossum: opossum.window,
    mollitia: mollitia.window,
  },
  D: {
    bare: () => work.bad,
    'by hand': byHand.open,
    holdfast: holdfast.open,
    cockatiel: cockatiel.open,
    opossum: opossum.open,
    alfred: alfred.open,
  },
  E1: {
    bare,
    'by hand': loop(byHand.timeout),
    holdfast: holdfast.timeout,
    cockatiel: cockatiel.timeout,
    'cockatiel, no abort': cockatiel.leanTimeout,
    opossum: opossum.timeout,
    attempt: attempt.timeout,
    'p-timeout': peers.pTimeout.timeout,
    alfred: alfred.timeout,
    effect: effect.timeout,
  },
  E2: {
    bare,
    'by hand': loop(byHand.timeout),
    holdfast: holdfast.timeout,
    cockatiel: cockatiel.timeout,
    'cockatiel, no abort': cockatiel.leanTimeout,
    opossum: opossum.timeout,
    attempt: attempt.timeout,
    'p-timeout': peers.pTimeout.timeout,
  },
  F1: {
    bare,
    'by hand': () => byHand.semaphore(),
    holdfast: holdfast.bulkhead,
    cockatiel: cockatiel.bulkhead,
    'p-limit': peers.pLimit.bulkhead,
    'p-queue': peers.pQueue.bulkhead,
    opossum: opossum.bulkhead,
  },
  F2: {
    bare,
    'by hand': () => byHand.semaphore(),
    holdfast: holdfast.bulkhead,
    cockatiel: cockatiel.bulkhead,
    'p-limit': peers.pLimit.bulkhead,
    'p-queue': peers.pQueue.bulkhead,
  },
  G1: {
    bare: () => work.ok,
    'by hand': byHand.acquire,
    holdfast: holdfast.acquire,
    alfred: async () => {
      const acquire = await alfred.acquire();
      return () => acquire(work.ok);
    },
    limiter: limiter.acquire,
    'rate-limiter-flexible': peers.rateLimiterFlexible.acquire,
  },
  G2: { 'by hand': byHand.bucket, holdfast: holdfast.tryAcquire, limiter: limiter.tryAcquire },
  H: { ...pipelines(10), 'cockatiel, no abort': cockatiel.pipeline(10, true) },
  H2: { ...pipelines(1_000), 'cockatiel, no abort': cockatiel.pipeline(1_000, true) },
  I: {
    'by hand': byHand.delay,
    holdfast: holdfast.delay,
    cockatiel: cockatiel.delay,
    attempt: attempt.delay,
  },
};

/** @param {number} limit */
function pipelines(limit) {
  return {
    bare,
    'by hand': () => byHand.pipeline(limit),
    holdfast: holdfast.pipeline(limit),
    'p-retry and opossum': opossum.pipeline(limit),
    cockatiel: cockatiel.pipeline(limit),
    alfred: alfred.pipeline(limit),
    mollitia: mollitia.pipeline(limit),
  };
}
