import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemRandom, uniform, type Random } from '../../src/base/random.ts';

const BELOW_ONE = 1 - 2 ** -53;

describe('systemRandom', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('is Math.random, looked up at every draw', () => {
    const draws = [0.25, 0.75];
    vi.spyOn(Math, 'random').mockImplementation(() => draws.shift()!);

    const drawn = [systemRandom(), systemRandom()];

    expect(drawn).toEqual([0.25, 0.75]);
  });
});

describe('uniform()', () => {
  describe('given a source in [0, 1)', () => {
    it.each([
      [0, 10, 20, 10],
      [0.25, 10, 20, 12.5],
      [0.5, 0, 1, 0.5],
      [0.999, 5, 5, 5],
      [0.5, 0, 0, 0],
      [0.5, 0, Number.MAX_VALUE, Number.MAX_VALUE / 2],
    ])('takes %d between %d and %d to %d', (part, low, high, expected) => {
      const drawn = uniform(() => part, low, high);

      expect(drawn).toBe(expected);
    });

    it('draws exactly once', () => {
      const source = vi.fn(() => 0.5);

      uniform(source, 0, 1);

      expect(source.mock.calls).toEqual([[]]);
    });
  });

  describe('given a hostile source', () => {
    it.each([
      ['1', 1, BELOW_ONE],
      ['2', 2, BELOW_ONE],
      ['Infinity', Infinity, BELOW_ONE],
      ['-1', -1, 0],
      ['-0', -0, 0],
      ['-Infinity', -Infinity, 0],
      ['NaN', NaN, 0],
      ['a string', '0.5', 0],
      ['a bigint', 1n, 0],
      ['undefined', undefined, 0],
      ['null', null, 0],
      ['true', true, 0],
      ['an object', { valueOf: () => 0.5 }, 0],
      ['a symbol', Symbol('half'), 0],
    ])('takes %s for an end of the interval', (_, value, part) => {
      const source = (() => value) as unknown as Random;

      const drawn = uniform(source, 0, 1);
      const wide = uniform(source, 100, 300);

      expect(drawn).toBe(part);
      expect(wide).toBe(100 + 200 * part);
    });

    it('passes on what the source throws', () => {
      const error = new Error('no chance');

      const draw = (): number =>
        uniform(
          () => {
            throw error;
          },
          0,
          1,
        );

      expect(draw).toThrow(error);
    });
  });

  it('never leaves the interval, whatever the source and the bounds', () => {
    const bound = fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true });
    const part = fc.oneof(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.anything(),
      fc.constant(BELOW_ONE),
    ) as fc.Arbitrary<number>;

    const law = fc.property(part, bound, bound, (part, one, other) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      const drawn = uniform(() => part, low, high);
      return drawn >= low && drawn <= high;
    });

    fc.assert(law, { numRuns: 20_000 });
  });
});
