import { describe, expect, it } from 'vitest';
import * as testing from 'holdfast/testing';

describe('holdfast/testing', () => {
  it('offers these names', () => {
    const names = Object.keys(testing).toSorted();

    expect(names).toEqual([
      'VirtualClock',
      'arbitraries',
      'backoffLaws',
      'policyLaws',
      'recordingSleeper',
      'scriptedCall',
      'seededRandom',
    ]);
  });
});
