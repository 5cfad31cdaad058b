import type { Kind } from '../base/check.ts';

/** Seeds to run a scenario with, one after the other. */
export const listOfSeeds: Kind = [
  'a list of 1 to 10000 integers from 0 to 4294967295',
  (value: readonly number[]) =>
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= 10_000 &&
    value.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32),
];
