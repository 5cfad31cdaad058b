import fc from 'fast-check';
import { parseRetryAfter } from 'holdfast/http';
import { describe, expect, it } from 'vitest';

const now = Date.UTC(2026, 10, 22, 12, 0, 0);
const date = (after: number): string => new Date(now + after).toUTCString();
const hint = (headers: Record<string, string | string[] | undefined>): number | undefined =>
  parseRetryAfter(headers, now);

describe('parseRetryAfter()', () => {
  describe('given Retry-After', () => {
    it.each([
      ['0', 0],
      ['1', 1_000],
      ['120', 120_000],
      ['007', 7_000],
      [' 3 ', 3_000],
      [date(5_000), 5_000],
      [date(-5_000), 0],
      ['Sunday, 22-Nov-26 12:00:30 GMT', 30_000],
      ['Sun Nov 22 12:00:30 2026', 30_000],
    ])('%j is %d ms', (value, ms) => {
      expect(hint({ 'retry-after': value })).toBe(ms);
    });

    it.each([
      '-1',
      '+1',
      '1.5',
      '1e3',
      '0x10',
      '1s',
      'soon',
      '',
      '1, 1',
      '1;',
      '２',
      'NaN',
      'Infinity',
      '1'.repeat(300),
    ])('%j is ignored', (value) => {
      expect(hint({ 'retry-after': value })).toBeUndefined();
    });

    it('reckons a date from the response’s own', () => {
      const skewed = { 'retry-after': date(3_600_000), date: date(3_595_000) };

      expect(hint(skewed)).toBe(5_000);
      expect(hint({ ...skewed, date: 'yesterday' })).toBe(3_600_000);
    });

    it('goes before all the others, unless it is malformed', () => {
      const others = { 'retry-after-ms': '20', ratelimit: '"a";r=0;t=9', 'x-ratelimit-reset': '7' };

      expect(hint({ 'retry-after': '1', ...others })).toBe(1_000);
      expect(hint({ 'retry-after': 'soon', ...others })).toBe(20);
    });

    it('takes a number that no date can hold for very long', () => {
      expect(hint({ 'retry-after': '9'.repeat(200) })).toBe(Number('9'.repeat(200)) * 1_000);
    });
  });

  describe('given what stands behind it', () => {
    it.each([
      [{ 'retry-after-ms': '20' }, 20],
      [{ 'retry-after-ms': '20.5' }, 20.5],
      [{ 'retry-after-ms': '-20' }, undefined],
      [{ 'retry-after-ms': '1.' }, undefined],
      [{ ratelimit: '"burst";r=0;t=30' }, 30_000],
      [{ ratelimit: '"burst";r=5;t=30' }, undefined],
      [{ ratelimit: '"burst"; r=0; t=3, "daily"; r=0; t=900, "hourly";r=2;t=2000' }, 900_000],
      [{ ratelimit: '"burst";r=0' }, undefined],
      [{ ratelimit: '"burst";r=0;t=-3' }, undefined],
      [{ 'ratelimit-reset': '7' }, 7_000],
      [{ 'ratelimit-reset': '7', 'ratelimit-remaining': '0' }, 7_000],
      [{ 'ratelimit-reset': '7', 'ratelimit-remaining': '3' }, undefined],
      [{ 'x-ratelimit-reset': '7' }, 7_000],
      [{ 'x-ratelimit-reset': '0.25' }, 250],
      [{ 'x-ratelimit-reset': `${now / 1_000 + 9}` }, 9_000],
      [{ 'x-ratelimit-reset': `${now + 9}` }, 9],
      [{ 'x-ratelimit-reset': `${now / 1_000 - 9}` }, 0],
      [{ 'x-ratelimit-reset': `${now / 1_000 + 9}`, date: date(5_000) }, 4_000],
      [{ 'x-ratelimit-reset': `${now / 1_000 + 3_000}`, 'x-ratelimit-remaining': '4999' }, undefined],
      [{ 'x-ratelimit-reset-after': '1.5', 'x-ratelimit-remaining': '0' }, 1_500],
      [{ 'x-ratelimit-reset-after': '1.5', 'x-ratelimit-remaining': '2' }, undefined],
      [{ 'x-ratelimit-reset-requests': '1s' }, 1_000],
      [{ 'x-ratelimit-reset-requests': '120ms' }, 120],
      [{ 'x-ratelimit-reset-requests': '6m0s' }, 360_000],
      [{ 'x-ratelimit-reset-requests': '1h2m3.5s' }, 3_723_500],
      [{ 'x-ratelimit-reset-requests': '1s2' }, undefined],
      [{ 'x-ratelimit-reset-requests': 's' }, undefined],
      [{ 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-reset-tokens': '9s' }, 9_000],
      [
        {
          'x-ratelimit-reset-requests': '1s',
          'x-ratelimit-remaining-requests': '0',
          'x-ratelimit-reset-tokens': '9s',
          'x-ratelimit-remaining-tokens': '100',
        },
        1_000,
      ],
      [{}, undefined],
    ])('%j is %s', (headers, ms) => {
      expect(hint(headers as Record<string, string>)).toBe(ms);
    });
  });

  it('takes RateLimit before the reset of older names, and a number from 1e9 on for a time', () => {
    const now = 1_000_000_000_000;

    expect(parseRetryAfter({ ratelimit: '"a";r=0;t=3', 'x-ratelimit-reset': '9' }, now)).toBe(3_000);
    expect(parseRetryAfter({ 'x-ratelimit-reset': '1000000000' }, now - 5_000)).toBe(5_000);
    expect(parseRetryAfter({ 'x-ratelimit-reset': '1000000000000' }, now - 5_000)).toBe(5_000);
  });

  describe('given headers of any make', () => {
    it('reads those of fetch, records of any case, and lists of one', () => {
      expect(parseRetryAfter(new Headers({ 'Retry-After': '2' }), now)).toBe(2_000);
      expect(hint({ 'Retry-After': '2' })).toBe(2_000);
      expect(hint({ 'retry-after': ['2'] })).toBe(2_000);
      expect(hint({ 'retry-after': ['2', '3'] })).toBeUndefined();
      expect(hint({ 'retry-after': undefined })).toBeUndefined();
    });

    it('ignores what does not let itself be read', () => {
      const hostile = new Proxy(
        {},
        {
          get() {
            throw new Error('no');
          },
        },
      );
      const broken = { get: () => 7 as never };

      expect([hostile, broken, null, undefined, 7].map((headers) => parseRetryAfter(headers as never, now))).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
      expect(parseRetryAfter({ 'retry-after': date(9_000) }, Number.NaN)).toBeUndefined();
    });
  });

  describe('given 100 000 values that may be anything', () => {
    const names = [
      'retry-after',
      'retry-after-ms',
      'date',
      'ratelimit',
      'ratelimit-reset',
      'ratelimit-remaining',
      'x-ratelimit-reset',
      'x-ratelimit-reset-tokens',
      'x-ratelimit-remaining-tokens',
    ];
    const piece = fc.constantFrom('0', '9', '1', ':', ' ', ';', ',', 't=', 'r=0', 'ms', 's', 'm', 'h', '.', '-', 'GMT');
    const near = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    const long = fc.tuple(piece, fc.integer({ min: 0, max: 100_000 })).map(([text, times]) => text.repeat(times));
    const dates = fc.date({ noInvalidDate: true }).map((time) => time.toUTCString());
    const value = fc.oneof(fc.string({ unit: 'binary' }), near, dates, fc.float().map(String), {
      weight: 1,
      arbitrary: long,
    });
    const headers = fc.dictionary(fc.constantFrom(...names), value);

    it('never throws, and gives undefined or finite ms from 0 on, each in less than 1 ms', () => {
      let slowest = 0;
      fc.assert(
        fc.property(headers, fc.double(), (given, time) => {
          const ms = parseRetryAfter(given, time);
          expect(ms === undefined || (ms >= 0 && ms < Infinity)).toBe(true);
          slowest = Math.max(
            slowest,
            fastestOf(3, () => parseRetryAfter(given, time)),
          );
        }),
        { numRuns: 100_000 },
      );
      expect(slowest).toBeLessThan(1);
    });
  });
});

/** The best of some tries, in ms: a pause of the garbage collector or of the machine is none of the parser's. */
function fastestOf(tries: number, run: () => unknown): number {
  let fastest = Infinity;
  for (let left = tries; left > 0 && (left === tries || fastest > 0.5); left--) {
    const start = performance.now();
    run();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}
