import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactIn, humanDuration, roundIn, UNITS, type Unit } from '../../docs/site/playground/decimal.ts';

describe('exactIn()', () => {
  it.each([
    [100, 'ms', '100'],
    [100, 's', '0.1'],
    [12_800, 's', '12.8'],
    [6_000, 'min', '0.1'],
    [5_400_000, 'h', '1.5'],
    [0, 'h', '0'],
    [0.5, 'ms', '0.5'],
    [100, 'min', '0.00166666666666667'],
    [Infinity, 's', '∞'],
  ] as const)('says %d ms in %s as %s', (ms, unit, text) => {
    expect(exactIn(ms, unit)).toBe(text);
  });

  it.each([1, 3, 100, 250, 60_000])('doubles %d ms exactly, however far, in every unit', (base) => {
    for (let n = 0; n < 60; n++) {
      const ms = base * 2 ** n;
      expect(exactIn(ms, 'ms')).toBe(`${BigInt(base) << BigInt(n)}`);
      const [whole = '', fraction = ''] = exactIn(ms, 's').split('.');
      expect(BigInt(whole + fraction.padEnd(3, '0'))).toBe(BigInt(base) << BigInt(n));
    }
  });

  it('is the number itself, wherever its digits end', () => {
    const unit = fc.constantFrom(...(Object.keys(UNITS) as Unit[]));
    fc.assert(
      fc.property(fc.nat(2 ** 31), unit, (ms, each) => {
        expect(Number(exactIn(ms, each))).toBeCloseTo(ms / UNITS[each], 9);
      }),
    );
  });
});

describe('roundIn()', () => {
  it('keeps four digits', () => {
    expect([roundIn(12_345.678, 's'), roundIn(49.93, 'ms'), roundIn(0, 'h'), roundIn(Infinity, 'ms')]).toEqual([
      '12.35',
      '49.93',
      '0',
      '∞',
    ]);
  });
});

describe('humanDuration()', () => {
  it('takes the largest unit that leaves a whole part', () => {
    const said = [0, 0.25, 999, 1_000, 1_049, 90_000, 3_600_000].map(humanDuration);

    expect(said).toEqual(['0 ms', '0.25 ms', '999 ms', '1 s', '1.05 s', '1.5 min', '1 h']);
  });
});
