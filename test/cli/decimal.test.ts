import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimal, sumOf } from '../../src/cli/decimal.ts';

describe('decimal()', () => {
  it.each([
    [0, 0n, 0],
    [100, 100n, 0],
    [0.1, 1n, 1],
    [102.4, 1024n, 1],
    [1e-7, 1n, 7],
    [1.5e-7, 15n, 8],
    [100 * 2 ** 60, 115292150460684697600n, 0],
    [450359962737049.6, 4503599627370496n, 1],
  ])('says %d digit for digit', (value, digits, places) => {
    expect(decimal(value)).toEqual({ digits, places });
  });

  it('leaves out what binary fractions leave behind', () => {
    expect(decimal(0.1 * 1.5)).toEqual({ digits: 15n, places: 2 });
  });

  it('says 0.1 · 2^n exactly, as long as a number can', () => {
    for (let n = 0; n <= 51; n++) {
      const { digits, places } = decimal(0.1 * 2 ** n);

      expect(digits * 10n ** BigInt(1 - places), `n = ${n}`).toBe(2n ** BigInt(n));
    }
  });
});

describe('sumOf()', () => {
  it('adds without rounding', () => {
    expect(sumOf(decimal(0.1), decimal(0.2))).toEqual({ digits: 3n, places: 1 });
    expect(sumOf(decimal(2 ** 80), decimal(0.25))).toEqual({ digits: 120892581961462917470617625n, places: 2 });
  });

  it('does not care for the order', () => {
    const delay = fc.double({ min: 0, max: 1e9, noNaN: true }).map(decimal);

    fc.assert(
      fc.property(delay, delay, (one, other) => {
        expect(sumOf(one, other)).toEqual(sumOf(other, one));
      }),
    );
  });
});
