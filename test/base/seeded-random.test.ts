import { describe, expect, it } from 'vitest';
import { seededRandom } from 'holdfast/testing';
import { wrongArgument } from '../wrong-argument.ts';

describe('seededRandom()', () => {
  it.each([0, 1, 42, 0x7fffffff, 0x80000000, 0xffffffff])('gives the stream of sfc32 for the seed %d', (seed) => {
    const random = seededRandom(seed);

    const drawn = Array.from({ length: 100 }, random);

    expect(drawn).toEqual(sfc32(seed, 100));
  });

  it('gives these numbers on every platform', () => {
    const random = seededRandom(7);

    const drawn = [random(), random(), random()];

    expect(drawn).toEqual(KNOWN);
  });

  it('gives the same stream for the same seed, independently of others', () => {
    const [one, other, third] = [seededRandom(5), seededRandom(5), seededRandom(6)];

    const drawn = Array.from({ length: 1_000 }, () => [one(), third(), other()] as const);

    expect(drawn.every(([a, , b]) => a === b)).toBe(true);
    expect(drawn.some(([a, b]) => a === b)).toBe(false);
  });

  it('stays in [0, 1), with 53 bits', () => {
    const random = seededRandom(1);

    const drawn = Array.from({ length: 100_000 }, random);

    expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(drawn.every((value) => Number.isInteger(value * 2 ** 53))).toBe(true);
    expect(drawn.some((value) => (value * 2 ** 53) % 2 === 1)).toBe(true);
  });

  it.each([1, 2, 3])('is even: chi-squared over 100 bins is as it should be for the seed %d', (seed) => {
    const random = seededRandom(seed);

    const chi = chiSquared(Array.from({ length: 100_000 }, random));

    expect(chi).toBeGreaterThan(55);
    expect(chi).toBeLessThan(160);
  });

  it('is even over neighbouring seeds, too', () => {
    const firsts = Array.from({ length: 100_000 }, (_, seed) => seededRandom(seed)());

    const chi = chiSquared(firsts);

    expect(chi).toBeGreaterThan(55);
    expect(chi).toBeLessThan(160);
  });

  it('is free of correlation between neighbouring draws', () => {
    const random = seededRandom(9);
    const drawn = Array.from({ length: 100_000 }, random);

    const covariance = drawn.slice(1).reduce((sum, value, index) => sum + (value - 0.5) * (drawn[index]! - 0.5), 0);

    expect(Math.abs((covariance * 12) / drawn.length)).toBeLessThan(0.015);
  });

  it.each([
    [-1, RangeError, '-1'],
    [2 ** 32, RangeError, '4294967296'],
    [0.5, RangeError, '0.5'],
    [NaN, RangeError, 'NaN'],
    [Infinity, RangeError, 'Infinity'],
    ['7', TypeError, '"7"'],
    [7n, TypeError, '7n'],
    [undefined, TypeError, 'undefined'],
  ] as const)('refuses the seed %s', (seed, Class, shown) => {
    const make = (): unknown => seededRandom(seed as never);

    expect(make).toThrow(
      wrongArgument(
        Class,
        `Cannot make a seeded random: expected seed to be an integer from 0 to 4294967295, got ${shown}`,
      ),
    );
  });
});

const KNOWN = sfc32(7, 3);

/** The generator as PractRand has it, in whole numbers without a sign: 15 rounds to mix, then 27 and 26 bits a number. */
function sfc32(seed: number, count: number): number[] {
  const MASK = 0xffffffffn;
  let [a, b, c, counter] = [0n, BigInt(seed), 0x9e3779b9n, 1n];
  const next = (): bigint => {
    const sum = (a + b + counter) & MASK;
    counter = (counter + 1n) & MASK;
    a = b ^ (b >> 9n);
    b = (c + (c << 3n)) & MASK;
    c = (((c << 21n) | (c >> 11n)) + sum) & MASK;
    return sum;
  };
  for (let round = 0; round < 15; round++) next();
  return Array.from({ length: count }, () => Number(((next() >> 5n) << 26n) + (next() >> 6n)) / 2 ** 53);
}

function chiSquared(values: number[]): number {
  const bins = Array.from({ length: 100 }, () => 0);
  for (const value of values) bins[Math.floor(value * 100)]!++;
  const expected = values.length / bins.length;
  return bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
