import { describe, expect, it } from 'vitest';
import { VirtualClock } from 'holdfast/testing';
import { readOptions } from '../../src/base/check.ts';
import { queueOptions, type QueueOptions } from '../../src/policies/queue-options.ts';
import { wrongArgument } from '../wrong-argument.ts';

const read = (options: unknown): unknown => readOptions<QueueOptions>('wait', options as QueueOptions, queueOptions);

describe('queueOptions', () => {
  const clock = new VirtualClock();

  it.each([
    [{ maxQueued: 0, maxWait: 0 }],
    [{ maxQueued: 1, maxWait: 0.5 }],
    [{ maxQueued: 100_000, maxWait: Number.MAX_VALUE }],
    [{ maxWait: Infinity, clock }],
    [{}],
  ])('takes %j', (options) => {
    expect({ ...(read(options) as object) }).toEqual(options);
  });

  it('leaves out what is undefined', () => {
    expect(Object.keys(read({ maxQueued: undefined, maxWait: undefined, clock: undefined }) as object)).toEqual([]);
  });

  it.each([
    [{ maxQueued: -1 }, RangeError, 'maxQueued to be an integer from 0 to 100000, got -1'],
    [{ maxQueued: 100_001 }, RangeError, 'maxQueued to be an integer from 0 to 100000, got 100001'],
    [{ maxQueued: 0.5 }, RangeError, 'maxQueued to be an integer from 0 to 100000, got 0.5'],
    [{ maxQueued: NaN }, RangeError, 'maxQueued to be an integer from 0 to 100000, got NaN'],
    [{ maxQueued: Infinity }, RangeError, 'maxQueued to be an integer from 0 to 100000, got Infinity'],
    [{ maxQueued: '5' }, TypeError, 'maxQueued to be an integer from 0 to 100000, got "5"'],
    [{ maxQueued: 5n }, TypeError, 'maxQueued to be an integer from 0 to 100000, got 5n'],
    [{ maxQueued: null }, TypeError, 'maxQueued to be an integer from 0 to 100000, got null'],
    [{ maxWait: -1 }, RangeError, 'maxWait to be a number of ms ≥ 0, or Infinity, got -1'],
    [{ maxWait: NaN }, RangeError, 'maxWait to be a number of ms ≥ 0, or Infinity, got NaN'],
    [{ maxWait: '1s' }, TypeError, 'maxWait to be a number of ms ≥ 0, or Infinity, got "1s"'],
    [{ clock: { now: () => 0 } }, TypeError, 'clock to be a Clock, got a value of type object'],
    [{ maxQueue: 1 }, TypeError, 'a known option (did you mean maxQueued?), got "maxQueue"'],
  ])('refuses what is none of its kind (%#)', (options, Class, message) => {
    expect(() => read(options)).toThrow(wrongArgument(Class, `Cannot wait: expected ${message}`));
    expect(() => read(options)).toThrow(Class);
  });
});
