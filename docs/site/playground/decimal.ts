/** The units that delays are shown in, and the ms in each. */
export const UNITS = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 } as const;

/** One of them. */
export type Unit = keyof typeof UNITS;

/**
 * A delay in a unit, as text, without the noise of binary fractions: whole ms are divided as whole numbers, so that
 * base · 2ⁿ is exactly that in any unit. Where the quotient does not end, it is given to 15 digits.
 *
 * @param ms at least 0.
 */
export function exactIn(ms: number, unit: Unit): string {
  if (!Number.isFinite(ms)) return '∞';
  if (!Number.isInteger(ms)) return trimmed((ms / UNITS[unit]).toPrecision(15));
  const [whole, factor] = [BigInt(ms), BigInt(UNITS[unit])];
  const fraction = decimals(whole % factor, factor);
  if (fraction === undefined) return trimmed((ms / UNITS[unit]).toPrecision(15));
  return fraction ? `${whole / factor}.${fraction}` : `${whole / factor}`;
}

/** A delay that chance or a mean has made: four digits are more than it is good for. */
export function roundIn(ms: number, unit: Unit): string {
  if (!Number.isFinite(ms)) return '∞';
  return trimmed((ms / UNITS[unit]).toPrecision(4));
}

/** A duration for people, in the largest unit that leaves a whole part: `1.6 s`. */
export function humanDuration(ms: number): string {
  const units = Object.keys(UNITS) as Unit[];
  const unit = units.findLast((each) => ms >= UNITS[each]) ?? 'ms';
  return `${trimmed((ms / UNITS[unit]).toPrecision(3))} ${unit}`;
}

/** The digits behind the point of rest / factor; `undefined` if they do not end. */
function decimals(rest: bigint, factor: bigint): string | undefined {
  let digits = '';
  for (let left = rest; left; left = (left * 10n) % factor) {
    if (digits.length === 12) return undefined;
    digits += `${(left * 10n) / factor}`;
  }
  return digits;
}

/** The shortest way to write the same number, without an exponent where it fits. */
function trimmed(text: string): string {
  return String(Number(text)).includes('e') ? text : String(Number(text));
}
