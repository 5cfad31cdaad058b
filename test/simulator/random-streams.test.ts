import { describe, expect, it } from 'vitest';
import { randomStreams } from '../../src/simulator/random-streams.ts';

const drawn = (random: () => number): number[] => Array.from({ length: 5 }, random);

describe('randomStreams()', () => {
  it('gives the same numbers for the same seed and name, and others for any other', () => {
    const streams = randomStreams(7);

    const first = drawn(streams('a'));

    expect(drawn(randomStreams(7)('a'))).toEqual(first);
    expect(drawn(streams('b'))).not.toEqual(first);
    expect(drawn(randomStreams(8)('a'))).not.toEqual(first);
  });

  it('gives 100 000 names as many beginnings, but for the few that 2³² of them make equal', () => {
    const streams = randomStreams(1);

    const beginnings = new Set(Array.from({ length: 100_000 }, (_, index) => streams(`arrivals web ${index}`)()));

    expect(beginnings.size).toBeGreaterThan(99_990);
  });

  it('gives streams that are even, and not alike', () => {
    const streams = randomStreams(3);

    const means = Array.from({ length: 200 }, (_, index) => {
      const random = streams(`client ${index}`);
      return Array.from({ length: 100 }, random).reduce((sum, each) => sum + each, 0) / 100;
    });

    const mean = means.reduce((sum, each) => sum + each, 0) / 200;
    // 20 000 draws: a standard deviation of 0.002.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
  });
});
