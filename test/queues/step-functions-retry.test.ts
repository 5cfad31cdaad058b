import { describe, expect, it } from 'vitest';
import { capped, constant, equalJitter, exponential, fullJitter } from 'holdfast';
import { stepFunctionsRetry } from 'holdfast/queues';
import { wrongArgument } from '../wrong-argument.ts';

const cappedExponential = capped(exponential(), 60_000);

describe('stepFunctionsRetry()', () => {
  it.each([
    ['without jitter', cappedExponential, 'NONE'],
    ['with full jitter', fullJitter(cappedExponential), 'FULL'],
  ] as const)('says a capped exponential %s in full', (_, backoff, JitterStrategy) => {
    const retry = stepFunctionsRetry(backoff, { baseDelay: 2_000, maxAttempts: 8 });

    expect(retry).toEqual({
      settings: { IntervalSeconds: 2, BackoffRate: 2, MaxDelaySeconds: 60, MaxAttempts: 7, JitterStrategy },
      notExpressed: [],
    });
  });

  it('has no cap where nothing grows', () => {
    const retry = stepFunctionsRetry(fullJitter(constant()), { baseDelay: 5_000, maxAttempts: 3 });

    expect(retry).toEqual({
      settings: { IntervalSeconds: 5, BackoffRate: 1, MaxAttempts: 2, JitterStrategy: 'FULL' },
      notExpressed: [],
    });
  });

  it('waits the longest delay of another jitter, and says so', () => {
    const retry = stepFunctionsRetry(equalJitter(cappedExponential), { baseDelay: 2_000, maxAttempts: 8 });

    expect(retry).toEqual({
      settings: { IntervalSeconds: 2, BackoffRate: 2, MaxDelaySeconds: 60, MaxAttempts: 7, JitterStrategy: 'NONE' },
      notExpressed: ['jitter: 50 to 100 % of the longest delay becomes none'],
    });
  });

  it('does not take a jitter for full whose shortest delay alone is 0', () => {
    const retry = stepFunctionsRetry(capped(fullJitter(exponential()), 4_000), { baseDelay: 2_000, maxAttempts: 4 });

    expect(retry).toEqual({
      settings: { IntervalSeconds: 2, BackoffRate: 2, MaxDelaySeconds: 4, MaxAttempts: 3, JitterStrategy: 'NONE' },
      notExpressed: ['jitter: 0 to 100 % of the longest delay, unevenly, becomes none'],
    });
  });

  it('rounds up to whole seconds, and says so', () => {
    const retry = stepFunctionsRetry(exponential(), { baseDelay: 250, maxAttempts: 5 });

    expect(retry).toEqual({
      settings: {
        IntervalSeconds: 1,
        BackoffRate: expect.closeTo(2 ** (1 / 3), 9),
        MaxDelaySeconds: 2,
        MaxAttempts: 4,
        JitterStrategy: 'NONE',
      },
      notExpressed: ['curve: 3 of 4 delays differ, from retry 1 on, most retry 2: 500 ms becomes 1259.92 ms'],
    });
  });

  it('ends somewhere, and says so', () => {
    const retry = stepFunctionsRetry(constant(), { baseDelay: 1_000, maxAttempts: Infinity });

    expect(retry).toEqual({
      settings: { IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 99_999_999, JitterStrategy: 'NONE' },
      notExpressed: ['attempts: Infinity becomes 100000000'],
    });
  });

  it('says a single attempt', () => {
    const retry = stepFunctionsRetry(exponential(), { baseDelay: 100, maxAttempts: 1 });

    expect(retry).toEqual({
      settings: { IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 0, JitterStrategy: 'NONE' },
      notExpressed: [],
    });
  });

  it('refuses wrong arguments', () => {
    const express = (): unknown => stepFunctionsRetry(exponential(), { baseDelay: '1s', maxAttempts: 2 } as never);

    expect(express).toThrow(
      wrongArgument(
        TypeError,
        'Cannot express a backoff: expected baseDelay to be a finite number of ms ≥ 0, got "1s"',
      ),
    );
  });
});
