import { describe, expect, it } from 'vitest';
import {
  anyOf,
  CircuitBreaker,
  consecutiveFailures,
  failureConfidence,
  pipeline,
  standard,
  timeout,
  type AnyTripRule,
  type Policy,
  type TripRule,
} from 'holdfast';
import { shortWindow } from '../../src/lint/short-window.ts';
import { found } from '../lint-law.ts';

const guarded = (trip: TripRule | AnyTripRule, limit: number): Policy =>
  pipeline(new CircuitBreaker({ trip }), timeout(limit));
const of = (window: number): TripRule => failureConfidence({ window });

describe('shortWindow', () => {
  it('holds the window against the time of a call that hangs', () => {
    expect(found(shortWindow, guarded(of(2_000), 2_001), {})).toEqual([
      {
        severity: 'warning',
        message: 'The breaker remembers 2000 ms, and a call that hangs is known to have failed after 2001 ms.',
        fix: "Make its window longer than 2001 ms, or the attempts' timeout shorter than 2000 ms.",
        numbers: { window: 2_000, attempt: 2_001 },
      },
    ]);
    expect(found(shortWindow, guarded(of(2_000), 2_000), {})).toEqual([]);
  });

  it.each<[name: string, policy: Policy]>([
    ['failures in a row', guarded(consecutiveFailures(5), 60_000)],
    ['a window of calls', guarded(failureConfidence({ window: { calls: 10 } }), 60_000)],
    ['several, one of which remembers long enough', guarded(anyOf(of(1_000), of(60_000)), 30_000)],
    ['calls without a limit, which is another law', new CircuitBreaker()],
    ['a timeout outside', pipeline(timeout(60_000), new CircuitBreaker({ trip: of(1_000) }))],
    ['standard()', standard()],
  ])('has nothing against %s', (_, policy) => {
    expect(found(shortWindow, policy, {})).toEqual([]);
  });
});
