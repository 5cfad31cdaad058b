import * as simulator from 'holdfast/simulator';
import { describe, expect, it } from 'vitest';

describe('holdfast/simulator', () => {
  it('offers these names', () => {
    expect(Object.keys(simulator).toSorted()).toEqual([
      'ServiceFault',
      'compare',
      'scenarioFrom',
      'scenarioSchema',
      'simulate',
      'smallestTrigger',
    ]);
  });
});
