import { describe, expect, it } from 'vitest';
import { beyondBounds } from '../../src/simulator/beyond-bounds.ts';

describe('beyondBounds()', () => {
  it.each([
    [0, 0, undefined],
    [300_000_000, 500_000, undefined],
    [300_000_001, 0, 'more than 300000000 events'],
    [1, 500_001, 'more than 500000 calls or requests at once'],
  ])('given %d events and %d at once, says %s', (events, atOnce, why) => {
    expect(beyondBounds(events, atOnce)).toBe(why);
  });
});
