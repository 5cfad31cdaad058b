import { describe, expect, it } from 'vitest';
import { asExpected } from '../../src/cli/as-expected.ts';
import type { SimulatedPolicy } from '../../src/cli/simulation-runs.ts';

const runs = (stable: number, slow: number, metastable: number, stopped = false): SimulatedPolicy =>
  ({
    verdicts: { stable, slow, metastable },
    first: { stopped: stopped ? { at: 1, why: 'too much' } : null },
  }) as never;

describe('asExpected()', () => {
  it.each([
    ['anything', runs(0, 0, 3), true],
    ['anything', runs(3, 0, 0, true), true],
    ['slow', runs(2, 1, 0), true],
    ['slow', runs(2, 0, 1), false],
    ['slow', runs(3, 0, 0, true), false],
    ['stable', runs(3, 0, 0), true],
    ['stable', runs(2, 1, 0), false],
    ['stable', runs(2, 0, 1), false],
  ] as const)('where %s is expected, says of %j: %s', (expected, policy, says) => {
    expect(asExpected([policy], expected)).toBe(says);
  });

  it('expects it of every policy', () => {
    expect(asExpected([runs(3, 0, 0), runs(0, 1, 0)], 'stable')).toBe(false);
  });
});
