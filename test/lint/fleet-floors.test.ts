import { describe, expect, it } from 'vitest';
import {
  AdaptiveThrottle,
  CircuitBreaker,
  constant,
  hedge,
  pipeline,
  RateLimiter,
  retry,
  RetryBudget,
  standard,
  timeout,
  type Policy,
} from 'holdfast';
import { fleetFloors } from '../../src/lint/fleet-floors.ts';
import { found } from '../lint-law.ts';

const fleet = { instances: 100, capacity: 199 };
const messages = (policy: Policy, options = {}): string[] =>
  found(fleetFloors, policy, { ...fleet, ...options }).map(({ message, fix }) => `${message} ${fix}`);

describe('fleetFloors', () => {
  it('adds up the one call a second of the throttles, against half of the capacity', () => {
    expect(found(fleetFloors, new AdaptiveThrottle(), fleet)).toEqual([
      {
        severity: 'warning',
        message:
          'A throttle lets one call a second through, whatever happens: 100 instances come to 100 of the 199 that the service can do.',
        fix: 'Let fewer instances call, through a proxy, or put a CircuitBreaker inside the throttle.',
        numbers: { each: 1, instances: 100, floor: 100, capacity: 199 },
      },
    ]);
    expect(messages(new AdaptiveThrottle(), { capacity: 200 })).toEqual([]);
    expect(messages(new AdaptiveThrottle(), { callsPerSecond: 0.9 })).toEqual([]);
  });

  it('adds up the probes of the breakers', () => {
    const quick = new CircuitBreaker({ openDuration: 1_000 });
    const several = new CircuitBreaker({ openDuration: constant(), probes: { concurrent: 5, required: 5 } });
    const fix = 'Stay open longer, at least 1006 ms, and let it grow.';

    expect(messages(quick)).toEqual([
      `A breaker stays open for 1000 ms, and then sends probes: 100 instances come to 100 of the 199 that the service can do. ${fix}`,
    ]);
    expect(messages(several)[0]).toContain(
      'stays open for 5000 ms, and then sends probes: 100 instances come to 100 of',
    );
    expect(messages(new CircuitBreaker({ openDuration: 0 }), { callsPerSecond: 1 })[0]).toContain('come to 100 of');
    expect(messages(new CircuitBreaker({ openDuration: 1_006 }))).toEqual([]);
    expect(messages(new CircuitBreaker())).toEqual([]);
  });

  it('adds up what the limiters let through, and their bursts', () => {
    const minute = new RateLimiter({ limit: 60, interval: 60_000 });
    const costly = new RateLimiter({ limit: 40, interval: 1_000, cost: 10 });

    expect(messages(minute)).toEqual([
      'A rate limiter lets 60 calls through at once: 100 instances come to 6000 of the 199 that the service can do. Set burst 1.99 in each.',
    ]);
    expect(messages(costly)).toEqual([
      'A rate limiter lets 4 calls a second through: 100 instances come to 400 of the 199 that the service can do. Set limit 19.9 in each.',
    ]);
    expect(messages(new RateLimiter({ limit: 1.9, interval: 1_000 }))).toEqual([]);
    expect(messages(new RateLimiter({ limit: 1, interval: 10_000, burst: 1 }), { capacity: 50 })[0]).toContain(
      'come to 100 of the 50 that the service can do. Let fewer instances call, through a proxy.',
    );
  });

  it('adds up the retries that budgets have saved up, once for each budget', () => {
    const budget = new RetryBudget({ burst: 10 });
    const policy = pipeline(retry({ budget }), hedge({ delay: 1, budget }));

    expect(messages(policy, { capacity: 200, callsPerSecond: 1.5 })).toEqual([
      '1000 retries saved up in 100 budgets take the service 20 s to work off. Set burst to at most 5.',
    ]);
    expect(messages(policy, { capacity: 200, callsPerSecond: 1 })).toEqual([]);
    // Not where there is no room at all, which is another law.
    expect(messages(policy, { capacity: 200, callsPerSecond: 2 })).toEqual([]);
    expect(messages(policy)).toEqual([]);
  });

  it('has nothing against a throttle that a breaker is in, only against what that sends itself', () => {
    const guarded = (openDuration: number): Policy =>
      pipeline(new AdaptiveThrottle(), timeout(1), new CircuitBreaker({ openDuration }));

    expect(messages(guarded(5_000))).toEqual([]);
    expect(messages(guarded(100))).toHaveLength(1);
    expect(messages(pipeline(new CircuitBreaker(), new AdaptiveThrottle()))).toHaveLength(1);
  });

  it('speaks of a policy that stands twice once', () => {
    const throttle = new AdaptiveThrottle();

    expect(messages(pipeline(throttle, throttle))).toHaveLength(1);
  });

  it('has nothing against standard() in a fleet of forty', () => {
    expect(messages(standard(), { callsPerSecond: 6, instances: 40, capacity: 300 })).toEqual([]);
  });
});
