// Who takes part where very many calls are made or under way: for each question, functions that give a function that makes
// one call.

import { byHand } from './by-hand.mjs';
import { asyncRetry, cockatiel, effect, holdfast, humanwhocodes, opossum, pRetry } from './contenders.mjs';
import { work } from './work.mjs';

/** Each call fails once, sleeps for a time that is drawn between 0 and `longest` ms, and succeeds. */
export const asleep = {
  'by hand': (longest) => (fn) => byHand.sleepingRetry(fn, longest),
  holdfast: (longest) => holdfast.retry({ baseDelay: longest }),
  cockatiel: cockatiel.sleepingRetry,
  humanwhocodes: humanwhocodes.sleepingRetry,
  'async-retry': asyncRetry.sleepingRetry,
  'p-retry': pRetry.sleepingRetry,
  effect: effect.sleepingRetry,
};

/** One breaker with a window of 10 s. */
export const window = {
  'by hand': byHand.window,
  holdfast: holdfast.window,
  cockatiel: cockatiel.window,
  opossum: opossum.window,
};

/** One signal that lives long is handed to every call, each of which fails once and is tried again as soon as may be. */
export const signal = {
  'holdfast, retry': () => holdfast.retryWithSignal({ baseDelay: 0 }),
  'holdfast, pipeline': async () => {
    const policy = await holdfast.pipelineOf(1_000, { baseDelay: 0 });
    const options = { signal: work.signal };
    return (fn) => policy.execute(fn, options);
  },
  cockatiel: async () => {
    const given = await import('cockatiel');
    const policy = cockatiel.retryOf(given, new given.ConstantBackoff(0));
    return (fn) => policy.execute(fn, work.signal);
  },
  'p-retry': async () => {
    const { default: retry } = await import('p-retry');
    const options = { retries: 3, minTimeout: 1, signal: work.signal };
    return (fn) => retry(fn, options);
  },
  humanwhocodes: () => humanwhocodes.retryOn(work.signal),
};
