import { describe, expect, it } from 'vitest';
import { Bulkhead, pipeline, RateLimiter, timeout } from 'holdfast';
import { limitsBelowLoad } from '../../src/lint/limits-below-load.ts';
import { found } from '../lint-law.ts';

describe('limitsBelowLoad', () => {
  it('holds each limit of a limiter against the load', () => {
    const limiter = new RateLimiter({ limit: 600, interval: 60_000, calls: { limit: 4, interval: 1_000 } });

    expect(found(limitsBelowLoad, limiter, { callsPerSecond: 10 })).toEqual([
      {
        severity: 'error',
        message: 'The rate limiter lets 4 calls a second through, of 10.',
        fix: 'Set at least calls.limit 10.',
        numbers: { rate: 4, callsPerSecond: 10 },
      },
    ]);
    expect(found(limitsBelowLoad, limiter, { callsPerSecond: 4 })).toEqual([]);
  });

  it("holds a bulkhead against Little's law, where the latency is known", () => {
    const bulkhead = new Bulkhead({ maxConcurrent: 2 });

    expect(found(limitsBelowLoad, bulkhead, { callsPerSecond: 25, latency: 100 })).toEqual([
      {
        severity: 'error',
        message: '25 calls a second of 100 ms each are 2.5 at once, and the bulkhead has 2 slots.',
        fix: 'Give it more than 3 slots.',
        numbers: { needed: 2.5, maxConcurrent: 2, callsPerSecond: 25, latency: 100 },
      },
    ]);
    expect(found(limitsBelowLoad, bulkhead, { callsPerSecond: 20, latency: 100 })).toEqual([]);
    expect(found(limitsBelowLoad, bulkhead, { callsPerSecond: 25 })).toEqual([]);
    expect(
      found(limitsBelowLoad, pipeline(bulkhead, timeout(5), bulkhead), { callsPerSecond: 25, latency: 100 }),
    ).toHaveLength(1);
  });
});
