import type { Decimal } from './decimal.ts';

/** A unit of time that can be asked for. */
export type Unit = 'ms' | 's' | 'm' | 'h';

/** The units, shortest first, in ms. */
export const UNITS: { readonly [Name in Unit]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** So many decimal places has every quotient by a unit that ends at all: 3 600 000 = 2⁷ · 5⁵ · 9. */
const ENOUGH = 7;

/**
 * A duration in another unit, exactly; where its decimals do not end, to 15 digits.
 *
 * @param ms a number of ms.
 */
export function inUnit(ms: Decimal, unit: Unit): string {
  const divisor = BigInt(UNITS[unit]);
  const numerator = ms.digits * 10n ** BigInt(ENOUGH);
  if (numerator % divisor) return plain(Number(`${ms.digits}e-${ms.places}`) / UNITS[unit]);
  return written(`${numerator / divisor}`, ms.places + ENOUGH);
}

function plain(value: number): string {
  const [mantissa = '', exponent = '0'] = `${Number(value.toPrecision(15))}`.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return written(whole + fraction, fraction.length - Number(exponent));
}

function written(digits: string, places: number): string {
  if (places <= 0) return digits + '0'.repeat(-places);
  const all = digits.padStart(places + 1, '0');
  const point = all.length - places;
  return `${all.slice(0, point)}.${all.slice(point)}`.replace(/\.?0+$/, '');
}
