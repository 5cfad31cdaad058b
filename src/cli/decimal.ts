/** A number as it is written in decimal: `digits` · 10^−`places`. */
export interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}

/**
 * The decimal that a number stands for: a whole one digit for digit, however large; another one as its shortest
 * notation, without what binary fractions leave behind, as in 0.1 · 1.5 = 0.15000000000000002.
 *
 * @param value finite, at least 0.
 */
export function decimal(value: number): Decimal {
  if (Number.isInteger(value)) return { digits: BigInt(value), places: 0 };
  const [mantissa = '', exponent = '0'] = shortest(value).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const places = fraction.length - Number(exponent);
  return { digits: BigInt(whole + fraction), places };
}

/** How many digits a number has that was meant to be short. */
const SHORT = 12;

function shortest(value: number): string {
  const rounded = `${Number(value.toPrecision(15))}`;
  return rounded.replaceAll(/e.*|\D/g, '').length <= SHORT ? rounded : `${value}`;
}

/** Their sum, exactly. */
export function sumOf(one: Decimal, other: Decimal): Decimal {
  const places = Math.max(one.places, other.places);
  return { digits: scaled(one, places) + scaled(other, places), places };
}

/** The digits with so many decimal places, which are enough. */
function scaled({ digits, places }: Decimal, wanted: number): bigint {
  return digits * 10n ** BigInt(wanted - places);
}
