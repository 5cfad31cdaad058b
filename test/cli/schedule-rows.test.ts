import { describe, expect, it } from 'vitest';
import { exponential, fullJitter, schedule, sequence, smoothJitter } from 'holdfast';
import { seededRandom } from 'holdfast/testing';
import { decimal } from '../../src/cli/decimal.ts';
import { inUnit } from '../../src/cli/in-unit.ts';
import { scheduleRows } from '../../src/cli/schedule-rows.ts';

const request = { baseDelay: 100, retries: 3, samples: 0, seed: 1 };

describe('scheduleRows()', () => {
  it('gives exact delays and sums where nothing varies', () => {
    const rows = scheduleRows(exponential(), { ...request, baseDelay: 0.1 });

    expect(rows.map(({ retry, delay, total }) => [retry, inUnit(delay.mean, 'ms'), inUnit(total.max, 'ms')])).toEqual([
      [1, '0.1', '0.1'],
      [2, '0.2', '0.3'],
      [3, '0.4', '0.7'],
    ]);
  });

  it('gives base · 2^n for a thousand retries, until the largest number', () => {
    const rows = scheduleRows(exponential(), { ...request, retries: 1_000 });

    rows.forEach(({ delay: { min, mean, max } }, index) => {
      expect([min, mean, max]).toEqual(
        Array.from({ length: 3 }, () => ({ digits: 100n * 2n ** BigInt(index), places: 0 })),
      );
    });
  });

  it('gives the band of a jitter, and draws what the library draws', () => {
    const rows = scheduleRows(fullJitter(exponential()), { ...request, samples: 2 });

    const random = seededRandom(1);
    const drawn = [0, 1].map(() => schedule(fullJitter(exponential()), { baseDelay: 100, retries: 3, random }));
    expect(rows[1]!.delay).toMatchObject({ min: decimal(0), max: decimal(200) });
    expect(rows[2]!.total.max).toEqual(decimal(700));
    expect(rows.map(({ samples }) => samples.map(({ delay }) => Number(inUnit(delay, 'ms'))))).toEqual(
      [0, 1, 2].map((retry) => drawn.map((delays) => Math.round(delays[retry]! * 1_000) / 1_000)),
    );
  });

  it('says a mean that is known as it is, to a thousandth', () => {
    const means = [50.00004, 100, 200];

    const rows = scheduleRows(fullJitter(exponential()), { ...request, means });

    expect(rows.map(({ delay, total }) => [inUnit(delay.mean, 'ms'), inUnit(total.mean, 'ms')])).toEqual([
      ['50', '50'],
      ['100', '150'],
      ['200', '350'],
    ]);
  });

  it('says a mean, which is near, to three digits', () => {
    const [{ delay }] = scheduleRows(smoothJitter(), request) as [ReturnType<typeof scheduleRows>[number]];

    expect(inUnit(delay.mean, 'ms')).toBe('87.1');
  });

  it('shows delays far below a ms, to three digits of the longest that each can be', () => {
    const options = { ...request, baseDelay: 0.00004, retries: 2, samples: 1 };

    const rows = scheduleRows(fullJitter(exponential()), { ...options, means: [0.00002, 0.00004] });

    const shown = rows.map(({ delay: { min, mean, max }, samples: [drawn] }) =>
      [min, mean, max, drawn!.delay, drawn!.total].map((ms) => inUnit(ms, 'ms')),
    );
    expect(shown).toEqual([
      ['0', '0.00002', '0.00004', '0.0000343', '0.0000343'],
      ['0', '0.00004', '0.00008', '0.000004', '0.0000383'],
    ]);
  });

  it('draws nothing but zeros from a base of zero', () => {
    const [row] = scheduleRows(fullJitter(exponential()), { ...request, baseDelay: 0, retries: 1, samples: 1 });

    expect(inUnit(row!.samples[0]!.delay, 'ms')).toBe('0');
  });

  it('rounds what is drawn to a thousandth, and to a whole ms where it is long', () => {
    const [short] = scheduleRows(fullJitter(sequence([1])), { ...request, retries: 1, samples: 1 });
    const [long] = scheduleRows(fullJitter(sequence([1e15])), { ...request, retries: 1, samples: 1 });

    expect(inUnit(short!.samples[0]!.delay, 'ms')).toBe('0.858');
    expect(inUnit(long!.samples[0]!.delay, 'ms')).toMatch(/^8580\d{11}$/);
  });
});
