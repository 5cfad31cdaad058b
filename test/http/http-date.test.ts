import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { httpDate } from '../../src/http/http-date.ts';

const now = Date.UTC(2026, 10, 22);
const at = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('httpDate()', () => {
  it.each([
    ['the form in use', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['the form of RFC 850', 'Sunday, 06-Nov-94 08:49:37 GMT'],
    ['the form of asctime', 'Sun Nov  6 08:49:37 1994'],
  ])('reads %s', (_, text) => {
    expect(httpDate(text, now)).toBe(at);
  });

  it.each([
    ['Tuesday, 05-Jan-27 00:00:00 GMT', now, Date.UTC(2027, 0, 5)],
    ['Tuesday, 05-Jan-76 00:00:00 GMT', now, Date.UTC(2076, 0, 5)],
    ['Tuesday, 05-Jan-77 00:00:00 GMT', now, Date.UTC(1977, 0, 5)],
    ['Tuesday, 05-Jan-99 00:00:00 GMT', Date.UTC(1999, 5), Date.UTC(1999, 0, 5)],
    ['Tuesday, 05-Jan-01 00:00:00 GMT', Date.UTC(1999, 5), Date.UTC(2001, 0, 5)],
    ['Tuesday, 05-Jan-40 00:00:00 GMT', Date.UTC(2099, 5), Date.UTC(2140, 0, 5)],
  ])('takes a year of two digits for one at most 50 years ahead: %s', (text, today, expected) => {
    expect(httpDate(text, today)).toBe(expected);
  });

  it('knows leap days, leap seconds and the ends of months', () => {
    expect(httpDate('Thu, 29 Feb 2024 00:00:00 GMT', now)).toBe(Date.UTC(2024, 1, 29));
    expect(httpDate('Wed, 29 Feb 2023 00:00:00 GMT', now)).toBeUndefined();
    expect(httpDate('Sat, 31 Dec 2016 23:59:60 GMT', now)).toBe(Date.UTC(2017, 0, 1));
    expect(httpDate('Tue, 31 Dec 2024 23:59:61 GMT', now)).toBeUndefined();
    expect(httpDate('Sun, 31 Apr 2024 00:00:00 GMT', now)).toBeUndefined();
    expect(httpDate('Sun, 00 Apr 2024 00:00:00 GMT', now)).toBeUndefined();
    expect(httpDate('Sun, 01 Apr 2024 24:00:00 GMT', now)).toBeUndefined();
    expect(httpDate('Sun, 01 Apr 2024 00:60:00 GMT', now)).toBeUndefined();
  });

  it.each([
    '',
    '784111777',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Son, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 0094 08:49:37 GMT',
    'Sun, 06-Nov-94 08:49:37 GMT',
    'Sun Nov 6 08:49:37 1994',
    ' Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT\n',
    '1994-11-06T08:49:37Z',
  ])('is not deceived by %j', (text) => {
    expect(httpDate(text, now)).toBeUndefined();
  });

  it('reads back every second of 8000 years as JavaScript writes it', () => {
    const seconds = fc.integer({ min: Date.UTC(1000, 0) / 1000, max: Date.UTC(9999, 11, 31) / 1000 });

    fc.assert(
      fc.property(seconds, (second) => {
        expect(httpDate(new Date(second * 1000).toUTCString(), now)).toBe(second * 1000);
      }),
      { numRuns: 2_000 },
    );
  });
});
