import { describe, expect, it } from 'vitest';
import { seededRandom } from 'holdfast/testing';
import { distribution, type Distribution } from '../../src/simulator/distribution.ts';

const COUNT = 100_000;

function sample(spread: Distribution): number[] {
  const draw = distribution(spread, seededRandom(5));
  return Array.from({ length: COUNT }, draw).sort((one, other) => one - other);
}
const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

describe('distribution()', () => {
  it('gives the mean itself if it is constant', () => {
    const draw = distribution({ kind: 'constant', mean: 12.5 }, () => 0.3);

    expect([draw(), draw()]).toEqual([12.5, 12.5]);
  });

  it('is exponential: the mean, and a median of mean · ln 2, within 2 %', () => {
    const values = sample({ kind: 'exponential', mean: 100 });

    expect(mean(values) / 100).toBeCloseTo(1, 1);
    expect(Math.abs(mean(values) / 100 - 1)).toBeLessThan(0.02);
    expect(Math.abs(values[COUNT / 2]! / (100 * Math.LN2) - 1)).toBeLessThan(0.02);
  });

  it.each([100, 200, 500, 1_400])('is log-normal: a mean of 100 and a 99th percentile of %d, within 6 %%', (p99) => {
    const values = sample({ kind: 'log-normal', mean: 100, p99 });

    expect(Math.abs(mean(values) / 100 - 1)).toBeLessThan(0.06);
    expect(Math.abs(values[COUNT * 0.99]! / p99 - 1)).toBeLessThan(0.06);
  });

  it('is nothing if the mean of a log-normal one is nothing', () => {
    expect(distribution({ kind: 'log-normal', mean: 0, p99: 0 }, () => 0.5)()).toBe(0);
  });

  it('gives each value of a list as often as it is there', () => {
    const values = sample({ kind: 'empirical', values: [1, 2, 2, 3] });

    const twos = values.filter((value) => value === 2).length / COUNT;

    expect(new Set(values)).toEqual(new Set([1, 2, 3]));
    expect(Math.abs(twos - 0.5)).toBeLessThan(0.01);
  });
});
