import { describe, expect, it } from 'vitest';
import { CircuitOpenError, exponential, systemClock, TimeoutError } from 'holdfast';
import { RETRY_KINDS, retryRules } from '../../src/policies/retry-rules.ts';
import { wrongArgument } from '../wrong-argument.ts';

describe('retryRules()', () => {
  it('fills the defaults in', () => {
    const rules = retryRules('retry', 3, 50, {});

    expect(rules).toEqual({
      maxAttempts: 3,
      baseDelay: 50,
      backoff: expect.any(Function),
      isRetryable: expect.any(Function),
      maxRetryAfter: 60_000,
      maxElapsed: Infinity,
      clock: systemClock,
      random: expect.any(Function),
    });
    const step = { attempt: 3, baseDelay: 50, previousDelay: 0, totalDelay: 0, random: rules.random };
    expect([rules.backoff(step), exponential()(step)]).toEqual([200, 200]);
  });

  it('keeps what it is given', () => {
    const given = { maxRetryAfter: 5, maxElapsed: 6, isRetryable: () => true, random: () => 0, sleep: async () => {} };

    expect(retryRules('retry', Infinity, 0, given)).toMatchObject({ maxAttempts: Infinity, baseDelay: 0, ...given });
  });

  it('knows which errors are worth another attempt', () => {
    const { isRetryable } = retryRules('retry', 3, 50, {});
    const errors = [
      [new Error('down'), true],
      [new TimeoutError(5), true],
      [new TypeError('fetch failed'), true],
      [new DOMException('timed out', 'TimeoutError'), true],
      [null, true],
      ['text', true],
      [new CircuitOpenError('x', 0), true],
      [new CircuitOpenError('x', 5), true],
      [new CircuitOpenError('x', undefined), false],
      [new DOMException('stop', 'AbortError'), false],
      [Object.assign(new Error('stop'), { name: 'AbortError' }), false],
      [wrongArgument(TypeError, 'wrong'), false],
    ] as const;

    const judged = errors.map(([error]) => [error, isRetryable({ error, attempt: 1 })]);

    expect(judged).toEqual(errors);
  });

  it('checks how often, and from which delay on', () => {
    expect(() => retryRules('retry', 0, 50, {})).toThrow(
      wrongArgument(RangeError, 'Cannot retry: expected maxAttempts to be an integer ≥ 1, or Infinity, got 0'),
    );
    expect(() => retryRules('retry', 1, NaN, {})).toThrow(
      wrongArgument(RangeError, 'Cannot retry: expected baseDelay to be a finite number of ms ≥ 0, got NaN'),
    );
  });

  it('has a kind for each option', () => {
    expect(Object.keys(RETRY_KINDS).sort()).toEqual(
      'backoff budget clock isRetryable isRetryableResult maxElapsed maxRetryAfter on random retryAfter sleep'.split(
        ' ',
      ),
    );
  });
});
