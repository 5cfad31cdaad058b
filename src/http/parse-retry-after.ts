import type { ResponseHeaders } from '../index.ts';
import { httpDate } from './http-date.ts';

/**
 * How long a server asks not to be called again, in ms; `undefined` if it does not, or not in a form that is known.
 *
 * Read in this order: `Retry-After` (whole seconds, or an HTTP date, which counts from the response's own `Date` where it
 * has one), `retry-after-ms`, `RateLimit`, `RateLimit-Reset` with the `x-ratelimit-reset*` family: seconds, seconds or ms
 * since 1970, or a duration such as `6m0s`. A reset means nothing while the `remaining` beside it is not 0. Takes time
 * in proportion to the length of a value, and a value of more than 256 characters is not read. Never throws.
 *
 * @param headers of the response: those of fetch, or a record with names of any case.
 * @param now ms since 1970, by the wall clock; for dates.
 * @returns ms, at least 0; 0 for a time that has passed.
 * @example
 * import { parseRetryAfter } from 'holdfast/http';
 * parseRetryAfter(new Headers({ 'retry-after': '2' }), Date.now()); // => 2000
 * parseRetryAfter({ 'x-ratelimit-reset-tokens': '6m0s' }, Date.now()); // => 360000
 *
 * Source: RFC 9110, 2022, 10.2.3; R. Polli and A. Martinez, *RateLimit header fields for HTTP*, IETF draft; the names
 * behind them are those of OpenAI, GitHub and Discord, from their documentation.
 */
export function parseRetryAfter(headers: ResponseHeaders, now: number): number | undefined {
  const read = reader(headers);
  const date = httpDate(read('date'), now) ?? now;
  const hints: (() => number | undefined)[] = [
    () => secondsOf(read('retry-after')),
    () => since(httpDate(read('retry-after'), now), date),
    () => numberOf(read('retry-after-ms')),
    () => rateLimit(read('ratelimit')),
    () => longest(read, date),
  ];
  for (const hint of hints) {
    const ms = hint();
    if (ms !== undefined && ms < Infinity) return Math.max(0, ms);
  }
  return undefined;
}

/** Values that are longer are not read. */
const LONGEST = 256;

/** Reads one header, trimmed; empty if it is missing, given twice, too long, or cannot be read. */
function reader(headers: ResponseHeaders): (name: string) => string {
  let source: { get(name: string): unknown } | undefined;
  return (name) => {
    try {
      source ??= typeof headers.get === 'function' ? (headers as Headers) : byName(headers);
      const value = source.get(name);
      return typeof value === 'string' && value.length <= LONGEST ? value.trim() : '';
    } catch {
      return '';
    }
  };
}

function byName(headers: object): Map<string, unknown> {
  return new Map(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) && value.length === 1 ? value[0] : value,
    ]),
  );
}

/** Digits only, as the standard has it. */
function secondsOf(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) * 1_000 : undefined;
}

function numberOf(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function since(time: number | undefined, date: number): number | undefined {
  return time === undefined ? undefined : time - date;
}

/** Such as `"burst";r=0;t=30`: the longest time of those limits that are used up. */
function rateLimit(text: string): number | undefined {
  const times = text.split(',').map((item) => {
    const parameters = item.split(';').map((part) => part.trim());
    return parameters.includes('r=0')
      ? secondsOf(parameters.find((part) => part.startsWith('t='))?.slice(2) ?? '')
      : undefined;
  });
  return most(times);
}

const RESETS: readonly string[] = /* @__PURE__ */ ['', '-requests', '-tokens', '-after']
  .map((kind) => `x-ratelimit-reset${kind}`)
  .concat('ratelimit-reset');

/** The longest of the resets whose limit is used up, as far as that is said. */
function longest(read: (name: string) => string, date: number): number | undefined {
  return most(
    RESETS.map((name) => {
      const remaining = numberOf(read(name.replace('reset', 'remaining').replace('-after', '')));
      return remaining ? undefined : resetOf(read(name), date);
    }),
  );
}

function most(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length ? Math.max(...known) : undefined;
}

/** Seconds from now on, a time in seconds or ms since 1970, or a duration with units. */
function resetOf(text: string, date: number): number | undefined {
  const number = numberOf(text);
  if (number !== undefined) {
    if (number < EPOCH_SECONDS) return number * 1_000;
    return (number < EPOCH_MS ? number * 1_000 : number) - date;
  }
  const units = text && /^(\d+h)?(\d+m)?(\d+(?:\.\d+)?s)?(\d+(?:\.\d+)?ms)?$/.exec(text);
  if (!units) return undefined;
  return [3_600_000, 60_000, 1_000, 1].reduce(
    (sum, unit, at) => sum + unit * Number.parseFloat(units[at + 1] ?? '0'),
    0,
  );
}

/** From here on a number is no duration but a time: 2001 in seconds, and in ms. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MS = 1e12;
