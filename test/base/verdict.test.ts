import { describe, expect, it, vi } from 'vitest';
import { BulkheadFullError, CircuitOpenError, RateLimitedError, ThrottledError, TimeoutError } from 'holdfast';
import { cutVerdict, verdict } from '../../src/base/verdict.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');

describe('verdict()', () => {
  describe('given no functions of the user', () => {
    it.each([
      ['a value', true, 'up', 'success'],
      ['an error as a value', true, down, 'success'],
      ['undefined', true, undefined, 'success'],
      ['an error', false, down, 'failure'],
      ['a timeout', false, new TimeoutError(5), 'failure'],
      ['no reason', false, undefined, 'failure'],
      ['a refusal as a value', true, new ThrottledError('throttle', 0.5), 'success'],
      ['the refusal of a bulkhead', false, new BulkheadFullError('bulkhead', 1, 0), 'neutral'],
      ['the refusal of a breaker', false, new CircuitOpenError('breaker', 1), 'neutral'],
      ['the refusal of a limiter', false, new RateLimitedError('limiter', 1), 'neutral'],
      ['the refusal of a throttle', false, new ThrottledError('throttle', 0.5), 'neutral'],
    ] as const)('takes %s as it is', (_, ok, value, expected) => {
      expect(verdict({}, ok, value)).toBe(expected);
    });
  });

  describe('given isFailure', () => {
    it('is asked about errors: yes is a failure, no says nothing', () => {
      const isFailure = vi.fn(({ error }: { readonly error: unknown }) => error === down);

      expect(verdict({ isFailure }, false, down)).toBe('failure');
      expect(verdict({ isFailure }, false, 'other')).toBe('neutral');
      expect(verdict({ isFailure }, true, down)).toBe('success');
      expect(isFailure.mock.calls).toEqual([[{ error: down }], [{ error: 'other' }]]);
    });

    it('is not asked about a local refusal', () => {
      const isFailure = vi.fn(() => true);

      expect(verdict({ isFailure }, false, new BulkheadFullError('bulkhead', 1, 0))).toBe('neutral');
      expect(isFailure).not.toHaveBeenCalled();
    });
  });

  describe('given isFailureResult', () => {
    it('is asked about values: yes is a failure, no a success', () => {
      const isFailureResult = vi.fn(({ value }: { readonly value: unknown }) => value === 503);

      expect(verdict({ isFailureResult }, true, 503)).toBe('failure');
      expect(verdict({ isFailureResult }, true, 200)).toBe('success');
      expect(verdict({ isFailureResult }, false, 503)).toBe('failure');
      expect(isFailureResult.mock.calls).toEqual([[{ value: 503 }], [{ value: 200 }]]);
    });
  });

  describe('given a function that throws', () => {
    it('throws that', () => {
      const broken = new Error('broken');
      const fail = (): never => {
        throw broken;
      };

      expect(() => verdict({ isFailure: fail }, false, down)).toThrow(broken);
      expect(() => verdict({ isFailureResult: fail }, true, 'up')).toThrow(broken);
    });
  });

  describe('given an asynchronous function', () => {
    it('refuses its promise, which would always mean yes', () => {
      const later = (): never => Promise.resolve(false) as never;
      const message = (name: string): string =>
        `Cannot decide: expected ${name} to return true or false, got a value of type object`;

      expect(() => verdict({ isFailure: later }, false, down)).toThrow(wrongArgument(TypeError, message('isFailure')));
      expect(() => verdict({ isFailureResult: later }, true, 'up')).toThrow(
        wrongArgument(TypeError, message('isFailureResult')),
      );
    });
  });
});

describe('cutVerdict()', () => {
  it.each([
    ['a caller’s abort', 'stop', true, false, 'neutral'],
    ['a caller’s abort of a slow call', 'stop', true, true, 'failure'],
    ['a timeout around the layer', new TimeoutError(5), false, false, 'failure'],
    ['a timeout of an outer call, whose signal was handed on', new TimeoutError(5), true, false, 'failure'],
    ['another layer around it', down, false, false, 'failure'],
    ['an abort without a reason', undefined, true, false, 'neutral'],
  ] as const)('judges %s', (_, error, aborted, slow, expected) => {
    expect(cutVerdict({ working: true }, error, aborted, slow)).toBe(expected);
  });

  it.each([
    ['stop', true],
    [new TimeoutError(5), false],
    [new TimeoutError(5), true],
  ])('says nothing of a call in which no work was under way (%#)', (error, aborted) => {
    expect(cutVerdict({ working: false }, error, aborted, true)).toBe('neutral');
  });
});
