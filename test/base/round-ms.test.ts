import { describe, expect, it } from 'vitest';
import { roundMs } from '../../src/base/round-ms.ts';

describe('roundMs()', () => {
  it.each([
    [0, 0],
    [0.000_412_34, 0.000_412],
    [0.4, 0.4],
    [0.9996, 1],
    [1.4, 1],
    [1.5, 2],
    [20_000.2, 20_000],
  ])('of %d ms', (ms, expected) => {
    expect(roundMs(ms)).toBe(expected);
  });
});
