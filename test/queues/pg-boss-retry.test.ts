import { describe, expect, it } from 'vitest';
import { capped, constant, equalJitter, exponential, fullJitter, sequence } from 'holdfast';
import { pgBossRetry } from 'holdfast/queues';
import { wrongArgument } from '../wrong-argument.ts';

describe('pgBossRetry()', () => {
  it('says a doubling with equal jitter in full', () => {
    const retry = pgBossRetry(equalJitter(exponential()), { baseDelay: 4_000, maxAttempts: 6 });

    expect(retry).toEqual({
      settings: { retryLimit: 5, retryDelay: 2, retryBackoff: true, retryDelayMax: 64 },
      notExpressed: [],
    });
  });

  it('says a constant delay in full', () => {
    const retry = pgBossRetry(constant(), { baseDelay: 5_000, maxAttempts: 3 });

    expect(retry).toEqual({ settings: { retryLimit: 2, retryDelay: 5, retryBackoff: false }, notExpressed: [] });
  });

  it('adds its jitter above delays that have none, and says so', () => {
    const retry = pgBossRetry(capped(exponential(), 60_000), { baseDelay: 1_000, maxAttempts: 9 });

    expect(retry).toEqual({
      settings: { retryLimit: 8, retryDelay: 1, retryBackoff: true, retryDelayMax: 60 },
      notExpressed: ['jitter: none becomes 50 to 100 % of the longest delay'],
    });
  });

  it('draws from the upper half of a full jitter, and says so', () => {
    const retry = pgBossRetry(fullJitter(exponential()), { baseDelay: 2_000, maxAttempts: 5 });

    expect(retry).toEqual({
      settings: { retryLimit: 4, retryDelay: 1, retryBackoff: true, retryDelayMax: 16 },
      notExpressed: ['jitter: 0 to 100 % of the longest delay becomes 50 to 100 % of the longest delay'],
    });
  });

  it('has no jitter left at a cap, and says so', () => {
    const retry = pgBossRetry(equalJitter(capped(exponential(), 8_000)), { baseDelay: 2_000, maxAttempts: 6 });

    expect(retry).toEqual({
      settings: { retryLimit: 5, retryDelay: 1, retryBackoff: true, retryDelayMax: 8 },
      notExpressed: ['curve: 2 of 5 delays differ, from retry 4 on, most retry 4: 4000 ms becomes 8000 ms'],
    });
  });

  it('begins later where it doubles too slowly', () => {
    const retry = pgBossRetry(equalJitter(exponential({ factor: 4 })), { baseDelay: 2_000, maxAttempts: 4 });

    expect(retry).toEqual({
      settings: { retryLimit: 3, retryDelay: 4, retryBackoff: true, retryDelayMax: 32 },
      notExpressed: ['curve: 2 of 3 delays differ, from retry 1 on, most retry 2: 4000 ms becomes 8000 ms'],
    });
  });

  it.each([
    ['delays below a second', exponential(), { baseDelay: 100, maxAttempts: 4 }, 1],
    ['delays that fall', sequence([3_000, 1_000]), { baseDelay: 0, maxAttempts: 4 }, 3],
    ['no delay at all', sequence([0]), { baseDelay: 0, maxAttempts: 4 }, 0],
    ['no retry', exponential(), { baseDelay: 100, maxAttempts: 1 }, 0],
  ])('is constant for %s', (_, backoff, options, retryDelay) => {
    const { settings } = pgBossRetry(backoff, options);

    expect(settings).toEqual({ retryLimit: options.maxAttempts - 1, retryDelay, retryBackoff: false });
  });

  it('doubles fifteen times, and says what it does not reach', () => {
    const retry = pgBossRetry(equalJitter(exponential()), { baseDelay: 2_000, maxAttempts: Infinity });

    expect(retry).toEqual({
      settings: { retryLimit: 2_147_483_647, retryDelay: 1, retryBackoff: true, retryDelayMax: 31_536_000 },
      notExpressed: [
        'curve: 84 of 100 delays differ, from retry 17 on, most retry 100: 6.33825e+32 ms becomes 32768000 ms',
        'cap: what changes after retry 100 becomes constant',
        'attempts: Infinity becomes 2147483648',
      ],
    });
  });

  it('refuses wrong arguments', () => {
    const express = (): unknown => pgBossRetry(exponential(), { baseDelay: 1, maxAttempts: 2.5 });

    expect(express).toThrow(
      wrongArgument(
        RangeError,
        'Cannot express a backoff: expected maxAttempts to be an integer ≥ 1, or Infinity, got 2.5',
      ),
    );
  });

  it('reaches the sixteenth retry of pg-boss', () => {
    const delays = [...Array.from({ length: 15 }, () => 1_000), 3_000 * 2 ** 15];

    expect(pgBossRetry(sequence(delays), { baseDelay: 0, maxAttempts: 17 }).settings.retryDelay).toBe(3);
  });
});
