import { describe, expect, it } from 'vitest';
import { RateLimiter, timeout, type Policy } from 'holdfast';
import { layersIn } from '../../src/base/layers.ts';
import { shown } from '../../src/lint/law.ts';
import { ratesOf } from '../../src/lint/rates-of.ts';

const of = (policy: Policy): unknown[] =>
  ratesOf(layersIn(policy)[0]!).map(({ rate, burst, limit, burstOf }) => [rate, burst, limit(10, shown), burstOf(7)]);

describe('ratesOf()', () => {
  it.each<[name: string, policy: Policy, rates: unknown[]]>([
    ['a limit', new RateLimiter({ limit: 5, interval: 1_000 }), [[5, 5, 'limit 10', 'burst 7']]],
    ['a limit a minute', new RateLimiter({ limit: 60, interval: 60_000, burst: 3 }), [[1, 3, 'limit 600', 'burst 7']]],
    ['a cost', new RateLimiter({ limit: 50, interval: 1_000, cost: 20 }), [[2.5, 2.5, 'limit 200', 'burst 140']]],
    [
      'two limits',
      new RateLimiter({ limit: 100, interval: 1_000, cost: 10, calls: { limit: 6, interval: 2_000 } }),
      [
        [10, 10, 'limit 100', 'burst 70'],
        [3, 6, 'calls.limit 20', 'calls.burst 7'],
      ],
    ],
    ['no limiter', timeout(1), []],
  ])('are calls a second, calls at once and what to set, of %s', (_, policy, rates) => {
    expect(of(policy)).toEqual(rates);
  });
});
