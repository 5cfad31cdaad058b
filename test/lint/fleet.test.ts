import { describe, expect, it } from 'vitest';
import { fleet } from '../../src/lint/fleet.ts';
import { wrongArgument } from '../wrong-argument.ts';

describe('fleet()', () => {
  it('is one instance without neighbours, where nothing is known', () => {
    expect(fleet(undefined)).toEqual({ instances: 1, hops: 1 });
  });

  it('is what is known', () => {
    const known = {
      callsPerSecond: 0.5,
      instances: 40,
      capacity: 300,
      errorRate: 0,
      latency: 0,
      idempotent: false,
      hops: 2,
    };

    expect(fleet(known)).toEqual(known);
  });

  it.each<[options: object, Class: ErrorConstructor, message: string]>([
    [{ callsPerSecond: 0 }, RangeError, 'expected callsPerSecond to be a finite number above 0, got 0'],
    [{ capacity: Infinity }, RangeError, 'expected capacity to be a finite number above 0, got Infinity'],
    [{ instances: 1.5 }, RangeError, 'expected instances to be an integer ≥ 1, got 1.5'],
    [{ errorRate: 2 }, RangeError, 'expected errorRate to be a number from 0 to 1, got 2'],
    [{ latency: -1 }, RangeError, 'expected latency to be a finite number ≥ 0, got -1'],
    [{ idempotent: 'yes' }, TypeError, 'expected idempotent to be true or false, got "yes"'],
    [{ hops: 0 }, RangeError, 'expected hops to be an integer ≥ 1, got 0'],
    [
      { callsPerSeconds: 1 },
      TypeError,
      'expected a known option (did you mean callsPerSecond?), got "callsPerSeconds"',
    ],
  ])('refuses %j', (options, Class, message) => {
    expect(() => fleet(options as never)).toThrow(wrongArgument(Class, `Cannot lint: ${message}`));
  });
});
