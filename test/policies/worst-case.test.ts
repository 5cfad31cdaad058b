import { describe, expect, it } from 'vitest';
import { Bulkhead, constant, fallback, hedge, pipeline, retry, timeout, type Policy } from 'holdfast';
import { layersIn } from '../../src/base/layers.ts';
import { worstCase } from '../../src/policies/worst-case.ts';

describe('worstCase()', () => {
  it.each<[name: string, policy: Policy<unknown>, time: number, calls: number]>([
    ['no layer', pipeline(), Infinity, 1],
    ['a timeout', timeout(100), 100, 1],
    ['a retry', pipeline(retry({ backoff: constant(), baseDelay: 100 }), timeout(30)), 290, 3],
    ['a hedge', pipeline(hedge({ delay: 20 }), timeout(100)), 120, 2],
    ['a line', pipeline(new Bulkhead({ maxConcurrent: 1, maxQueued: 1, maxWait: 7 }), timeout(30)), 37, 1],
    ['a fallback to a value', pipeline(fallback(1), timeout(30)), 30, 1],
    [
      'a fallback to a function',
      pipeline(
        fallback(() => 1),
        timeout(30),
      ),
      Infinity,
      1,
    ],
  ])('of %s', (_, policy, time, calls) => {
    expect(worstCase(layersIn(policy))).toEqual({ time, calls });
  });
});
