import { describe, expect, it } from 'vitest';
import { constant, envelope, schedule } from 'holdfast';

describe('constant()', () => {
  it.each([
    [100, [100, 100, 100, 100]],
    [0, [0, 0, 0, 0]],
    [0.5, [0.5, 0.5, 0.5, 0.5]],
    [Number.MAX_VALUE, [Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE]],
  ])('waits the base delay of %d ms every time', (baseDelay, delays) => {
    const planned = schedule(constant(), { baseDelay, retries: 4 });

    expect(planned).toEqual(delays);
  });

  it.each([1, 2, 2 ** 31])('waits it after attempt %d', (attempt) => {
    const delay = constant()({ attempt, baseDelay: 7, previousDelay: 1, totalDelay: 2, random: () => 0.9 });

    expect(delay).toBe(7);
  });

  it('has nothing between its bounds', () => {
    const bounds = envelope(constant(), { baseDelay: 64, retries: 2 });

    expect(bounds).toEqual([
      { min: 64, max: 64, mean: 64 },
      { min: 64, max: 64, mean: 64 },
    ]);
  });
});
