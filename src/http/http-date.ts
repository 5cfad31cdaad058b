/**
 * Reads one of the three forms of an HTTP date, strictly. `undefined` for everything else, and for a day that there is
 * not.
 *
 * @param text as it stands in the header.
 * @param now ms since 1970: which century a year of two digits belongs to; at most 50 years ahead.
 * @returns ms since 1970, always in whole seconds.
 *
 * Source: R. Fielding et al., *HTTP Semantics*, RFC 9110, 2022, 5.6.7.
 */
export function httpDate(text: string, now: number): number | undefined {
  const { groups } = FORMS.map((form) => form.exec(text)).find(Boolean) ?? {};
  if (!groups) return undefined;
  const [day, hour, minute, second] = ['day', 'hour', 'minute', 'second'].map((part) => Number(groups[part]));
  const month = MONTHS.indexOf(groups['month']!) / 3;
  const at = (year: number): number => Date.UTC(year, month, day, hour, minute, second);
  let year = Number(groups['year']);
  if (year < 100) {
    const latest = now + 50 * YEAR;
    year += Math.floor((1970 + latest / YEAR) / 100) * 100;
    if (at(year) > latest) year -= 100;
  }
  const lastDay = (Date.UTC(year, month + 1) - Date.UTC(year, month)) / DAY;
  // 60 is a leap second.
  return day! >= 1 && day! <= lastDay && hour! < 24 && minute! < 60 && second! <= 60 ? at(year) : undefined;
}

const DAY = 86_400_000;
/** On average, in the Gregorian calendar: 365.2425 days. */
const YEAR = 31_556_952_000;

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';
const MONTH = '(?<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const WEEKDAY = '(Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const TIME = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';
const FORMS: readonly RegExp[] = /* @__PURE__ */ [
  `${WEEKDAY}, (?<day>\\d\\d) ${MONTH} (?<year>[1-9]\\d{3}) ${TIME} GMT`,
  `(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT`,
  `${WEEKDAY} ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>[1-9]\\d{3})`,
].map((form) => new RegExp(`^${form}$`));
