import { check, type Kind } from './check.ts';
import type { Random } from './random.ts';

/**
 * Chance that can be repeated: the same seed gives the same numbers on every platform.
 *
 * @param seed an integer from 0 to 2³²−1.
 * @throws `TypeError` or `RangeError` for anything else.
 * @example
 * import { seededRandom } from 'holdfast/testing';
 * const [first, again] = [seededRandom(7), seededRandom(7)];
 * first() === again(); // => true
 *
 * Source: C. Doty-Humphrey, PractRand, the generator sfc32; 53 bits of two draws.
 */
export function seededRandom(seed: number): Random {
  check(seed, SEED, 'seed', 'make a seeded random');
  let [a, b, c, counter] = [0, seed | 0, 0x9e3779b9 | 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round++) next();
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}

const SEED: Kind = [
  'an integer from 0 to 4294967295',
  (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32,
  RangeError,
];
