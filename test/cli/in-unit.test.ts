import { describe, expect, it } from 'vitest';
import { decimal } from '../../src/cli/decimal.ts';
import { inUnit, UNITS } from '../../src/cli/in-unit.ts';

describe('inUnit()', () => {
  it.each([
    [100, 'ms', '100'],
    [100, 's', '0.1'],
    [102.4, 's', '0.1024'],
    [1_500, 's', '1.5'],
    [90_000, 'm', '1.5'],
    [5_400_000, 'h', '1.5'],
    [0, 's', '0'],
    [0.1, 'ms', '0.1'],
    [1e-7, 's', '0.0000000001'],
    [100, 'm', '0.00166666666666667'],
    [1, 'h', '0.000000277777777777778'],
    [1e30, 'h', '277777777777778000000000'],
    [2 ** 70, 's', '1180591620717411303.424'],
  ] as const)('says %d ms in %s as %s', (ms, unit, text) => {
    expect(inUnit(decimal(ms), unit)).toBe(text);
  });

  it('says base · 2^n exactly, in every unit whose decimals end', () => {
    for (const [unit, ms] of Object.entries(UNITS)) {
      for (let n = 0; n <= 60; n++) {
        const text = inUnit(decimal(1.5 * ms * 2 ** n), unit as 'ms');

        const [whole = '', fraction = ''] = text.split('.');
        expect(BigInt(whole + fraction.padEnd(1, '0')), `${unit}, n = ${n}`).toBe(15n * 2n ** BigInt(n));
      }
    }
  });
});
