import { describe, expect, it } from 'vitest';
import { cases } from './cases.mjs';
import { entrants } from './entrants.mjs';
import { figuresOf, ratiosOf } from './ratios.mjs';

const samples = {
  bare: [
    [100, 200, 100],
    [100, 100, 100],
  ],
  'by hand': [
    [200, 400, 200],
    [100, 200, 200],
  ],
  holdfast: [
    [300, 600, 900],
    [500, 100, 400],
  ],
};
const given = { ...cases.find(({ id }) => id === 'A')!, baseline: 'bare' as const };

describe('ratiosOf()', () => {
  it('compares samples of the same round only', () => {
    expect(ratiosOf(samples, 'holdfast', 'bare')).toEqual([
      [3, 3, 9],
      [5, 1, 4],
    ]);
  });
});

describe('figuresOf()', () => {
  it('takes the median of the rounds, then of the runs, and keeps the best and the worst run', () => {
    const { contenders, ratios } = figuresOf(given, { samples, counted: { holdfast: { bytes: 96, promises: 2 } } });

    expect(contenders).toEqual({
      bare: { ns: 100, ratio: 1, low: 1, high: 1 },
      'by hand': { ns: 200, ratio: 2, low: 2, high: 2 },
      holdfast: { ns: 450, ratio: 3.5, low: 3, high: 4, bytes: 96, promises: 2 },
    });
    expect(ratios['bare']!.ratio).toBe(3.5);
    // 1.5, 1.5, 4.5 and 5, 0.5, 2.
    expect(ratios['by hand']!.ratio).toBe(1.75);
  });
});

describe('the cases', () => {
  it('have entrants, holdfast, code by hand and the baseline among them, and a goal within what they must reach', () => {
    expect(Object.keys(entrants)).toEqual(cases.map(({ id }) => id));
    for (const { id, baseline, must, goal } of cases) {
      expect(Object.keys(entrants[id]!)).toEqual(expect.arrayContaining([baseline, 'by hand', 'holdfast']));
      expect(goal).toBeLessThanOrEqual(must);
    }
  });
});
