import { describe, expect, it } from 'vitest';
import { quantile } from 'holdfast';
import { seededRandom } from 'holdfast/testing';
import { adjust } from '../../src/state/quantile.ts';
import { wrongArgument } from '../wrong-argument.ts';

/** Latencies of a log-normal distribution, by Box and Muller. */
function logNormal(median: number, sigma: number, random: () => number): () => number {
  return () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return median * Math.exp(sigma * normal);
  };
}

/** Where a standard normal variable is below with a probability of q. */
const NORMAL_QUANTILE = { 0.5: 0, 0.9: 1.281552, 0.95: 1.644854 } as const;

describe('quantile()', () => {
  it('begins at 100 ms, or where it is told to', () => {
    const defaults = [quantile(0.5), quantile(0.9, {}), quantile(0.95, { initial: undefined })];
    const told = [0.01, 250, 3_600_000].map((initial) => quantile(0.95, { initial }));

    expect(defaults).toEqual([
      { q: 0.5, estimate: 100 },
      { q: 0.9, estimate: 100 },
      { q: 0.95, estimate: 100 },
    ]);
    expect(told.map(({ estimate }) => estimate)).toEqual([0.01, 250, 3_600_000]);
  });

  it('is one number of memory', () => {
    const tracked = quantile(0.9);

    for (let call = 0; call < 1_000; call++) adjust(tracked, call % 3 === 0);

    expect(Object.keys(tracked)).toEqual(['q', 'estimate']);
  });

  it.each([
    [[0], RangeError, 'expected q to be a number between 0 and 1, got 0'],
    [[1], RangeError, 'expected q to be a number between 0 and 1, got 1'],
    [[-0.5], RangeError, 'expected q to be a number between 0 and 1, got -0.5'],
    [[95], RangeError, 'expected q to be a number between 0 and 1, got 95'],
    [[NaN], RangeError, 'expected q to be a number between 0 and 1, got NaN'],
    [[Infinity], RangeError, 'expected q to be a number between 0 and 1, got Infinity'],
    [['0.9'], TypeError, 'expected q to be a number between 0 and 1, got "0.9"'],
    [[], TypeError, 'expected q to be a number between 0 and 1, got undefined'],
    [[0.9, null], TypeError, 'expected options to be an object, got null'],
    [[0.9, 250], TypeError, 'expected options to be an object, got 250'],
    [[0.9, { start: 1 }], TypeError, 'expected a known option (initial), got "start"'],
    [[0.9, { initial: 0 }], RangeError, 'expected initial to be ms from 0.01 to 3600000, got 0'],
    [[0.9, { initial: 3_600_001 }], RangeError, 'expected initial to be ms from 0.01 to 3600000, got 3600001'],
    [[0.9, { initial: NaN }], RangeError, 'expected initial to be ms from 0.01 to 3600000, got NaN'],
    [[0.9, { initial: Infinity }], RangeError, 'expected initial to be ms from 0.01 to 3600000, got Infinity'],
    [[0.9, { initial: '5' }], TypeError, 'expected initial to be ms from 0.01 to 3600000, got "5"'],
    [[0.9, { initial: null }], TypeError, 'expected initial to be ms from 0.01 to 3600000, got null'],
  ])('refuses wrong arguments (%#)', (parameters, Class, message) => {
    const make = (): unknown => (quantile as (...all: unknown[]) => unknown)(...parameters);

    expect(make).toThrow(wrongArgument(Class, `Cannot track a quantile: ${message}`));
    expect(make).toThrow(Class);
  });
});

describe('adjust()', () => {
  it('moves the estimate up by q parts of a step, and down by 1 − q', () => {
    const [up, down] = [quantile(0.9), quantile(0.9)];

    adjust(up, true);
    adjust(down, false);

    expect(up.estimate).toBeCloseTo(100 * Math.exp(0.09), 10);
    expect(down.estimate).toBeCloseTo(100 * Math.exp(-0.01), 10);
  });

  it('is back where it was after one that was above and q / (1 − q) that were not', () => {
    const tracked = quantile(0.9);

    adjust(tracked, true);
    for (let call = 0; call < 9; call++) adjust(tracked, false);

    expect(tracked.estimate).toBeCloseTo(100, 10);
  });

  it('stays within 0.01 ms and an hour, and comes back from either', () => {
    const tracked = quantile(0.5);
    const ends: number[] = [];

    for (const above of [false, true]) {
      for (let call = 0; call < 1_000; call++) adjust(tracked, above);
      ends.push(tracked.estimate);
    }
    for (let call = 0; call < 300; call++) adjust(tracked, false);

    expect(ends).toEqual([0.01, 3_600_000]);
    expect(tracked.estimate).toBeCloseTo(3_600_000 * Math.exp(-15), 6);
  });
});

describe('the estimate, given log-normal latencies', () => {
  const CALLS = 20_000;
  const SETTLING = 2_000;

  /*
   * Each step is exp(0.1 · (above ? q : q − 1)), so the part above is 1 − q but for ln(last / first) / (0.1 · calls):
   * within 0.2 percentage points where the estimate moves by less than a factor of e³. The estimate itself wavers with
   * its fixed step: its mean logarithm is within 10 % of the quantile.
   */
  it.each([
    [0.5, 40, 0.5, 1],
    [0.9, 40, 0.5, 2],
    [0.95, 40, 0.5, 3],
    [0.95, 900, 1, 4],
    [0.9, 2, 0.25, 5],
    [0.5, 12_000, 1, 6],
  ] as const)('comes to rest where 1 − %d of them are above (median %d ms, σ %d)', (q, median, sigma, seed) => {
    const latency = logNormal(median, sigma, seededRandom(seed));
    const tracked = quantile(q);
    let above = 0;
    let logarithms = 0;

    for (let call = 0; call < SETTLING + CALLS; call++) {
      const isAbove = latency() > tracked.estimate;
      adjust(tracked, isAbove);
      if (call < SETTLING) continue;
      above += Number(isAbove);
      logarithms += Math.log(tracked.estimate);
    }

    expect(Math.abs(above / CALLS - (1 - q))).toBeLessThanOrEqual(0.002);
    const truth = median * Math.exp(sigma * NORMAL_QUANTILE[q]);
    expect(Math.abs(Math.exp(logarithms / CALLS) / truth - 1)).toBeLessThanOrEqual(0.1);
  });

  it('follows a service that becomes ten times slower within 100 calls', () => {
    const random = seededRandom(7);
    const tracked = quantile(0.95);
    const [quick, slow] = [logNormal(40, 0.5, random), logNormal(400, 0.5, random)];

    for (let call = 0; call < 5_000; call++) adjust(tracked, quick() > tracked.estimate);
    const before = tracked.estimate;
    for (let call = 0; call < 100; call++) adjust(tracked, slow() > tracked.estimate);

    expect(before).toBeLessThan(150);
    expect(tracked.estimate).toBeGreaterThan(400);
  });
});
