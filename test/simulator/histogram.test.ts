import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../../src/simulator/histogram.ts';

describe('Histogram', () => {
  it('gives quantiles within half a percent of the exact ones', () => {
    const values = fc.array(fc.double({ min: 0.001, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 200 });

    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const histogram = new Histogram();
        values.forEach((value) => histogram.add(value));

        const found = histogram.quantile(q)!;

        const exact = [...values].sort((one, other) => one - other)[Math.max(0, Math.ceil(q * values.length) - 1)]!;
        expect(Math.abs(found / exact - 1)).toBeLessThanOrEqual(0.00501);
      }),
    );
  });

  it('has none without values', () => {
    const histogram = new Histogram();

    expect([histogram.quantiles(), histogram.count]).toEqual([
      { p50: null, p90: null, p99: null, p999: null, max: null },
      0,
    ]);
  });

  it('knows the greatest value exactly, and nothing greater', () => {
    const histogram = new Histogram();

    for (const value of [1, 2, 3, 123.456]) histogram.add(value);

    const { p50, max, p999 } = histogram.quantiles();
    expect([max, p999! <= 123.456, Math.abs(p50! - 2) < 0.011]).toEqual([123.456, true, true]);
  });

  it('takes what is too short to be told from 0 for 0, and what is too long for the longest', () => {
    const histogram = new Histogram();

    histogram.add(0);
    const least = histogram.quantile(0.5);
    histogram.add(1e12);

    expect([least, histogram.quantile(0.5)]).toEqual([0, 0]);
    expect(histogram.quantile(1)!).toBeGreaterThan(1e7);
    expect(histogram.quantiles().max).toBe(1e12);
  });

  it('forgets', () => {
    const histogram = new Histogram();
    histogram.add(5);

    histogram.clear();
    histogram.clear();

    expect([histogram.count, histogram.quantile(0.5)]).toEqual([0, null]);
  });
});
