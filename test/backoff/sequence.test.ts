import { describe, expect, it } from 'vitest';
import { schedule, sequence, type Backoff } from 'holdfast';
import { wrongArgument } from '../wrong-argument.ts';

describe('sequence()', () => {
  it.each([
    [
      [10, 50, 250],
      [10, 50, 250, 250, 250],
    ],
    [[5], [5, 5, 5, 5, 5]],
    [[0], [0, 0, 0, 0, 0]],
    [
      [3, 1, 2],
      [3, 1, 2, 2, 2],
    ],
    [
      [0.5, Number.MAX_VALUE],
      [0.5, Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE],
    ],
  ])('waits %j in order, and repeats the last one', (delays, expected) => {
    const planned = schedule(sequence(delays), { baseDelay: 100, retries: 5 });

    expect(planned).toEqual(expected);
  });

  it('waits the last one after attempt 2³¹, whatever the base delay', () => {
    const delay = sequence([1, 2])({
      attempt: 2 ** 31,
      baseDelay: 100,
      previousDelay: 1,
      totalDelay: 2,
      random: () => 0.9,
    });

    expect(delay).toBe(2);
  });

  it('keeps a copy of the list', () => {
    const delays = [1, 2];
    const backoff = sequence(delays);

    delays[0] = NaN;
    delays.length = 1;

    expect(schedule(backoff, { baseDelay: 0, retries: 2 })).toEqual([1, 2]);
  });

  it.each([
    [[], TypeError, 'expected delays to be a list of at least one delay, got a value of type object'],
    [undefined, TypeError, 'expected delays to be a list of at least one delay, got undefined'],
    [null, TypeError, 'expected delays to be a list of at least one delay, got null'],
    [100, TypeError, 'expected delays to be a list of at least one delay, got 100'],
    ['100', TypeError, 'expected delays to be a list of at least one delay, got "100"'],
    [new Set([1]), TypeError, 'expected delays to be a list of at least one delay, got a value of type object'],
    [[1, -1], RangeError, 'expected delays[1] to be a finite number of ms ≥ 0, got -1'],
    [[NaN], RangeError, 'expected delays[0] to be a finite number of ms ≥ 0, got NaN'],
    [[1, 2, Infinity], RangeError, 'expected delays[2] to be a finite number of ms ≥ 0, got Infinity'],
    [['1'], TypeError, 'expected delays[0] to be a finite number of ms ≥ 0, got "1"'],
    // oxlint-disable-next-line no-sparse-arrays
    [[1, , 3], TypeError, 'expected delays[1] to be a finite number of ms ≥ 0, got undefined'],
  ] as const)('refuses %o', (delays, Class, message) => {
    const make = (): Backoff => sequence(delays as never);

    expect(make).toThrow(wrongArgument(Class, `Cannot make a sequence backoff: ${message}`));
  });
});
