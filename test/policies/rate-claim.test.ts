import { describe, expect, it } from 'vitest';
import { rateClaim, unitsKind } from '../../src/policies/rate-claim.ts';

describe('rateClaim()', () => {
  it('waits, has been granted nothing, and can wait as long as it likes', () => {
    const claim = rateClaim(3);

    expect(claim).toMatchObject({ cost: 3, at: 0, grants: [], go: undefined, fits: undefined, lost: false });
    expect(claim).toMatchObject({ earlier: undefined, later: undefined, inLine: false });
  });
});

describe('unitsKind', () => {
  it('is what can be added up without an overflow', () => {
    const [, fits] = unitsKind;

    const values = [0, 0.5, 1e100, -1, 1e101, Infinity, NaN];

    expect(values.map((value) => fits(value as never))).toEqual([true, true, true, false, false, false, false]);
  });
});
