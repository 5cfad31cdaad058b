import { describe, expect, it } from 'vitest';
import { pulse } from '../../src/simulator/pulse.ts';

describe('pulse()', () => {
  it('is one that nothing has moved', () => {
    expect(pulse()).toEqual({ stirred: false, beats: 0 });
  });
});
