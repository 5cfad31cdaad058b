import { describe, expect, it } from 'vitest';
import { capped, equalJitter, exponential } from 'holdfast';
import { restateRetryPolicy } from 'holdfast/queues';
import { wrongArgument } from '../wrong-argument.ts';

describe('restateRetryPolicy()', () => {
  it('says a capped exponential in full', () => {
    const retry = restateRetryPolicy(capped(exponential(), 10_000), { baseDelay: 500, maxAttempts: 10 });

    expect(retry).toEqual({
      settings: {
        initialRetryInterval: 500,
        retryIntervalFactor: 2,
        maxRetryInterval: 10_000,
        maxRetryAttempts: 10,
      },
      notExpressed: [],
    });
  });

  it('leaves the attempts out where there is no end', () => {
    const retry = restateRetryPolicy(capped(exponential(), 10_000), { baseDelay: 500, maxAttempts: Infinity });

    expect(retry).toEqual({
      settings: { initialRetryInterval: 500, retryIntervalFactor: 2, maxRetryInterval: 10_000 },
      notExpressed: [],
    });
    expect(Object.keys(retry.settings)).not.toContain('maxRetryAttempts');
  });

  it('waits the longest delay of a jitter, in whole ms, and says so', () => {
    const retry = restateRetryPolicy(equalJitter(exponential()), { baseDelay: 2.5, maxAttempts: 4 });

    expect(retry).toEqual({
      settings: {
        initialRetryInterval: 3,
        retryIntervalFactor: expect.closeTo(Math.sqrt(10 / 3), 9),
        maxRetryInterval: 10,
        maxRetryAttempts: 4,
      },
      notExpressed: [
        'jitter: 50 to 100 % of the longest delay becomes none',
        'curve: 2 of 3 delays differ, from retry 1 on, most retry 1: 2.5 ms becomes 3 ms',
      ],
    });
  });

  it('refuses wrong arguments', () => {
    const express = (): unknown => restateRetryPolicy('exponential' as never, { baseDelay: 1, maxAttempts: 2 });

    expect(express).toThrow(
      wrongArgument(TypeError, 'Cannot express a backoff: expected backoff to be a function, got "exponential"'),
    );
  });
});
