import { check, duration, invalid } from '../base/check.ts';

/** What a duration can look like as a text: up to nine digits before and behind the point. As a JSON Schema pattern, too. */
export const DURATION_PATTERN =
  '^(?:\\d{1,9}(?:\\.\\d{1,9})?(?:ms|s|m|h)|PT(?=\\d)(?:\\d{1,9}H)?(?:\\d{1,9}M)?(?:\\d{1,9}(?:\\.\\d{1,9})?S)?)$';

const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Reads a duration: a number of ms as it is, or a text such as `100ms`, `1.5s`, `2m`, `1h`, or, as ISO 8601 has it, `PT2S`
 * or `PT1M30S`. Exact: the number nearest to what is written, `0.1s` is 100.
 *
 * @returns ms, finite, at least 0.
 * @throws `TypeError` for a text that is no duration; `RangeError` for a number that is not finite or below 0.
 * @example
 * import { parseDuration } from 'holdfast/json';
 * ['100ms', '1.5s', '2m', '1h', 'PT1M30S', 250].map(parseDuration); // => [100, 1500, 120000, 3600000, 90000, 250]
 */
export function parseDuration(text: string | number): number {
  const action = 'read a duration';
  const ms = durationOf(text);
  if (typeof ms === 'number') {
    check(ms, duration, 'the duration', action);
    return ms;
  }
  throw invalid(action, DURATION_EXPECTED, text);
}

/** What a duration is to be, in words. */
export const DURATION_EXPECTED = 'a number of ms, or a text such as "100ms", "1.5s", "2m", "1h" or "PT1M30S"';

/** The ms that a text says; whatever else is given comes back as it is. */
export function durationOf<Given>(text: Given): number | Given {
  if (typeof text !== 'string' || !new RegExp(DURATION_PATTERN).test(text)) return text;
  const parts = [...text.matchAll(/(\d+)(?:\.(\d+))?([a-zA-Z]+)/g)];
  const places = Math.max(...parts.map(([, , fraction = '']) => fraction.length));
  // In whole numbers of the last decimal place, so that nothing is rounded but the result.
  const sum = parts.reduce((all, [, whole = '', fraction = '', unit = '']) => {
    return all + BigInt(whole + fraction.padEnd(places, '0')) * BigInt(UNITS[unit.toLowerCase()]!);
  }, 0n);
  return Number(`${sum}e-${places}`);
}
