import { describe, expect, it } from 'vitest';
import { retryCall, retryCallSync, type Backoff, type BackoffStep } from 'holdfast';
import { recordingSleeper } from 'holdfast/testing';
import { delayOf, finite, nextStep } from '../../src/backoff/backoff.ts';
import { wrongArgument } from '../wrong-argument.ts';

const random = (): number => 0.5;
const step: BackoffStep = { attempt: 3, baseDelay: 10, previousDelay: 20, totalDelay: 30, random };

const NO_DELAYS: readonly (readonly [value: unknown, shown: string])[] = [
  [NaN, 'NaN'],
  [-1, '-1'],
  [-Number.MIN_VALUE, '-5e-324'],
  [Infinity, 'Infinity'],
  [-Infinity, '-Infinity'],
  ['100', '"100"'],
  [100n, '100n'],
  [undefined, 'undefined'],
  [null, 'null'],
  [true, 'true'],
  [[100], 'a value of type object'],
  [Promise.resolve(100), 'a value of type object'],
  [{ valueOf: () => 100 }, 'a value of type object'],
  [() => 100, 'a value of type function'],
  [Symbol('delay'), 'Symbol(delay)'],
];

describe('delayOf()', () => {
  it.each([0, 0.5, 1, 2 ** 31, Number.MIN_VALUE, Number.MAX_VALUE])('takes a delay of %d ms', (delay) => {
    const taken = delayOf(() => delay, step);

    expect(taken).toBe(delay);
  });

  it('asks the backoff with the step, once', () => {
    const asked: unknown[][] = [];

    delayOf((...all) => (asked.push(all), 1), step);

    expect(asked).toEqual([[step]]);
  });

  it.each(NO_DELAYS)('refuses %s', (value, shown) => {
    const ask = (): number => delayOf((() => value) as Backoff, step);

    expect(ask).toThrow(noDelay(shown));
  });
});

describe('a backoff that returns no delay', () => {
  it.each(NO_DELAYS)(
    'ends the call with a RangeError whose cause is the error of the operation (%s)',
    async (value, shown) => {
      const down = new Error('down');
      const backoff = (() => value) as Backoff;
      const sleep = recordingSleeper();
      const fail = (): never => {
        throw down;
      };

      const error = await retryCall(fail, 3, 10, { backoff, sleep }).catch((error: unknown) => error);
      const sync = caught(() => retryCallSync(fail, 3, 10, { backoff }));

      expect(error).toEqual(Object.defineProperty(noDelay(shown), 'cause', { value: down }));
      expect((error as Error).cause).toBe(down);
      expect((sync as Error).cause).toBe(down);
      expect(sleep.delays).toEqual([]);
    },
  );
});

describe('nextStep()', () => {
  it('counts on, and adds the delay up', () => {
    const next = nextStep(step, 40);

    expect(next).toEqual({ attempt: 4, baseDelay: 10, previousDelay: 40, totalDelay: 70, random });
  });

  it('leaves the step alone that it goes on from', () => {
    const frozen = Object.freeze({ ...step });

    nextStep(frozen, 40);

    expect(frozen).toEqual(step);
  });

  it('keeps the sum finite', () => {
    const next = nextStep({ ...step, totalDelay: Number.MAX_VALUE }, Number.MAX_VALUE);

    expect(next.totalDelay).toBe(Number.MAX_VALUE);
  });
});

describe('finite()', () => {
  it.each([
    [0, 0],
    [0.5, 0.5],
    [Number.MAX_VALUE, Number.MAX_VALUE],
    [Infinity, Number.MAX_VALUE],
  ])('makes %d to %d', (delay, expected) => {
    const made = finite(delay);

    expect(made).toBe(expected);
  });
});

function noDelay(shown: string): Error {
  return wrongArgument(RangeError, `Cannot wait: expected backoff to return a finite number of ms ≥ 0, got ${shown}`);
}

function caught(fn: () => unknown): unknown {
  try {
    return fn();
  } catch (error) {
    return error;
  }
}
