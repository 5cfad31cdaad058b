import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from 'holdfast/json';
import { DURATION_PATTERN, durationOf } from '../../src/json/parse-duration.ts';
import { wrongArgument } from '../wrong-argument.ts';

const EXPECTED = 'a number of ms, or a text such as "100ms", "1.5s", "2m", "1h" or "PT1M30S"';

describe('parseDuration()', () => {
  it.each([
    ['0ms', 0],
    ['100ms', 100],
    ['0.1s', 100],
    ['0.3s', 300],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['0.7m', 42_000],
    ['1h', 3_600_000],
    ['0.000001ms', 0.000001],
    ['999999999.999999999h', 3_600_000_000_000_000],
    ['PT2S', 2_000],
    ['PT0.1S', 100],
    ['PT1M30S', 90_000],
    ['PT1H2M3.004S', 3_723_004],
    ['PT36H', 129_600_000],
    [0, 0],
    [12.5, 12.5],
  ])('reads %j as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it('reads every decimal as the number nearest to it, in any unit whose factor is a power of ten', () => {
    const digits = fc.stringMatching(/^\d{1,9}$/);

    fc.assert(
      fc.property(digits, fc.option(digits, { nil: undefined }), (whole, fraction) => {
        const text = fraction === undefined ? whole : `${whole}.${fraction}`;

        const read = [`${text}ms`, `${text}s`, `PT${text}S`].map(parseDuration);

        expect(read).toEqual([Number(text), Number(`${text}e3`), Number(`${text}e3`)]);
      }),
    );
  });

  it('reads whole numbers of every unit exactly, and sums of them', () => {
    const n = fc.nat(999_999_999);

    fc.assert(
      fc.property(n, n, n, (hours, minutes, seconds) => {
        const sum = hours * 3_600_000 + minutes * 60_000 + seconds * 1_000;

        expect([`${hours}h`, `${minutes}m`, `PT${hours}H${minutes}M${seconds}S`].map(parseDuration)).toEqual([
          hours * 3_600_000,
          minutes * 60_000,
          sum,
        ]);
      }),
    );
  });

  it.each([
    '',
    ' ',
    '5',
    '5 s',
    ' 5s',
    '5s\n',
    '-5s',
    '+5s',
    '.5s',
    '5.s',
    '5S',
    '5sec',
    '1m30s',
    '1e3ms',
    '١s',
    'PT',
    'P1D',
    'PT1S2M',
    'PT1.5M',
    'pt1s',
    'Infinity',
    '1234567890s',
    '0.1234567890s',
  ])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(
      wrongArgument(TypeError, `Cannot read a duration: expected ${EXPECTED}, got ${JSON.stringify(text)}`),
    );
  });

  it.each([[undefined], [null], [{}], [[]], [true]])('refuses %j, which is neither a number nor a text', (wrong) => {
    expect(() => parseDuration(wrong as never)).toThrow(TypeError);
  });

  it.each([-1, NaN, Infinity])('refuses the number %d', (ms) => {
    expect(() => parseDuration(ms)).toThrow(
      wrongArgument(
        RangeError,
        `Cannot read a duration: expected the duration to be a finite number of ms ≥ 0, got ${ms}`,
      ),
    );
  });

  it('refuses a very long text at once', () => {
    expect(() => parseDuration('1'.repeat(1_000_000))).toThrow(TypeError);
  });
});

describe('durationOf()', () => {
  it('gives back what is no duration', () => {
    const given = ['soon', null, true, -1];

    expect(given.map(durationOf)).toEqual(given);
  });
});

describe('DURATION_PATTERN', () => {
  it('is a pattern of JSON Schema: without flags, and the same with the flag u', () => {
    const texts = ['1.5s', 'PT1M30S', 'PT', '5', ''];

    const matches = ['', 'u'].map((flags) => texts.map((text) => new RegExp(DURATION_PATTERN, flags).test(text)));

    expect(matches[0]).toEqual([true, true, false, false, false]);
    expect(matches[1]).toEqual(matches[0]);
  });
});
