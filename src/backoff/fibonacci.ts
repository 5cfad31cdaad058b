import { finite, type Backoff } from './backoff.ts';

/**
 * Grows with the Fibonacci numbers, 1, 1, 2, 3, 5 …: more gently than `exponential`, by about 1.62 a time.
 *
 * @example
 * import { fibonacci, schedule } from 'holdfast';
 * schedule(fibonacci(), { baseDelay: 100, retries: 5 }); // => [100, 100, 200, 300, 500]
 */
export function fibonacci(): Backoff {
  return ({ attempt, baseDelay }) => (baseDelay ? finite(baseDelay * fibonacciNumber(attempt)) : 0);
}

/** F(1477) is beyond the largest number: no more steps than that. */
function fibonacciNumber(n: number): number {
  let [current, next] = [1, 1];
  while (--n > 0 && current < Infinity) [current, next] = [next, current + next];
  return current;
}
