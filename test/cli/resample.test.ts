import { describe, expect, it } from 'vitest';
import { resample } from '../../src/cli/resample.ts';

describe('resample()', () => {
  it('leaves a short series as it is', () => {
    expect(resample([1, null, 3], 3)).toEqual([1, null, 3]);
    expect(resample([], 3)).toEqual([]);
  });

  it('takes the mean of neighbours, of those that were measured', () => {
    expect(resample([1, 3, 5, null, null, null, 7], 4)).toEqual([2, 5, null, 7]);
  });

  it('keeps to its length', () => {
    expect(
      resample(
        Array.from({ length: 1_001 }, () => 1),
        100,
      ),
    ).toHaveLength(91);
  });
});
