import { describe, expect, it } from 'vitest';
import { capped, decorrelatedJitter, exponential, fibonacci, fullJitter, linear, sequence } from 'holdfast';
import { temporalRetryPolicy } from 'holdfast/queues';
import { wrongArgument } from '../wrong-argument.ts';

describe('temporalRetryPolicy()', () => {
  it('says a capped exponential in full', () => {
    const retry = temporalRetryPolicy(capped(exponential({ factor: 1.5 }), 1_000), { baseDelay: 100, maxAttempts: 9 });

    expect(retry).toEqual({
      settings: { initialInterval: 100, backoffCoefficient: 1.5, maximumInterval: 1_000, maximumAttempts: 9 },
      notExpressed: [],
    });
  });

  it('gives the last delay as the cap of an exponential without one', () => {
    const retry = temporalRetryPolicy(exponential(), { baseDelay: 100, maxAttempts: 11 });

    expect(retry).toEqual({
      settings: { initialInterval: 100, backoffCoefficient: 2, maximumInterval: 51_200, maximumAttempts: 11 },
      notExpressed: [],
    });
  });

  it('has no end where the retry has none', () => {
    const retry = temporalRetryPolicy(capped(exponential(), 1_000), { baseDelay: 100, maxAttempts: Infinity });

    expect(retry).toEqual({
      settings: { initialInterval: 100, backoffCoefficient: 2, maximumInterval: 1_000, maximumAttempts: Infinity },
      notExpressed: [],
    });
  });

  it('waits the longest delay of a jitter, and says so', () => {
    const retry = temporalRetryPolicy(fullJitter(capped(exponential(), 20_000)), { baseDelay: 50, maxAttempts: 12 });

    expect(retry).toEqual({
      settings: { initialInterval: 50, backoffCoefficient: 2, maximumInterval: 20_000, maximumAttempts: 12 },
      notExpressed: ['jitter: 0 to 100 % of the longest delay becomes none'],
    });
  });

  it('finds the exponential in which a decorrelated jitter grows', () => {
    const retry = temporalRetryPolicy(decorrelatedJitter({ maxDelay: 5_000 }), { baseDelay: 100, maxAttempts: 9 });

    expect(retry).toEqual({
      settings: { initialInterval: 300, backoffCoefficient: 3, maximumInterval: 5_000, maximumAttempts: 9 },
      notExpressed: ['jitter: 2 to 100 % of the longest delay, unevenly, becomes none'],
    });
  });

  it.each([
    [
      'a linear curve',
      linear(),
      { initialInterval: 100, backoffCoefficient: 2, maximumInterval: 500 },
      'curve: 2 of 5 delays differ, from retry 3 on, most retry 3: 300 ms becomes 400 ms',
    ],
    [
      'Fibonacci numbers',
      fibonacci(),
      { initialInterval: 100, backoffCoefficient: expect.closeTo(5 ** 0.25, 9), maximumInterval: 500 },
      'curve: 3 of 5 delays differ, from retry 2 on, most retry 2: 100 ms becomes 149.535 ms',
    ],
    [
      'no delay at all',
      sequence([0]),
      { initialInterval: 1, backoffCoefficient: 1, maximumInterval: 1 },
      'curve: 5 of 5 delays differ, from retry 1 on, most retry 1: 0 ms becomes 1 ms',
    ],
  ])('lies above %s, and says by how much', (_, backoff, settings, note) => {
    const retry = temporalRetryPolicy(backoff, { baseDelay: 100, maxAttempts: 6 });

    expect(retry).toEqual({ settings: { ...settings, maximumAttempts: 6 }, notExpressed: [note] });
  });

  it('ends at a year where nothing ends the growth', () => {
    const retry = temporalRetryPolicy(exponential(), { baseDelay: 100, maxAttempts: Infinity });

    expect(retry).toEqual({
      settings: {
        initialInterval: 100,
        backoffCoefficient: 2,
        maximumInterval: 31_536_000_000,
        maximumAttempts: Infinity,
      },
      notExpressed: [
        'curve: 71 of 100 delays differ, from retry 30 on, most retry 100: 6.33825e+31 ms becomes 31536000000 ms',
        'cap: what changes after retry 100 becomes constant',
      ],
    });
  });

  it('says a single attempt', () => {
    const retry = temporalRetryPolicy(exponential(), { baseDelay: 100, maxAttempts: 1 });

    expect(retry).toEqual({
      settings: { initialInterval: 1, backoffCoefficient: 1, maximumInterval: 1, maximumAttempts: 1 },
      notExpressed: [],
    });
  });

  it('refuses wrong arguments', () => {
    const express = (): unknown => temporalRetryPolicy(exponential(), { baseDelay: 100 } as never);

    expect(express).toThrow(
      wrongArgument(
        TypeError,
        'Cannot express a backoff: expected maxAttempts to be an integer ≥ 1, or Infinity, got undefined',
      ),
    );
  });
});
