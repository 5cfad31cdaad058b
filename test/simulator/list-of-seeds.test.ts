import { describe, expect, it } from 'vitest';
import { listOfSeeds } from '../../src/simulator/list-of-seeds.ts';

describe('listOfSeeds', () => {
  const [, fits] = listOfSeeds as readonly [string, (value: unknown) => boolean];

  it.each([[[0]], [[1, 2, 4_294_967_295]]])('is %j', (seeds) => {
    expect(fits(seeds)).toBe(true);
  });

  it.each([[[]], [[-1]], [[0.5]], [[2 ** 32]], ['1'], [Array.from({ length: 10_001 }, () => 1)]])(
    'is not (%#)',
    (seeds) => {
      expect(fits(seeds)).toBe(false);
    },
  );
});
