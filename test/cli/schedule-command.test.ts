import { describe, expect, it } from 'vitest';
import { envelope, type DelayBounds } from 'holdfast';
import { backoffFrom } from 'holdfast/json';
import { holdfast } from '../captured-io.ts';

async function json(
  ...args: string[]
): Promise<{ backoff: object; delays: { delay: DelayBounds; samples: number[] }[] }> {
  return JSON.parse((await holdfast(['schedule', '--format', 'json', ...args])).out) as never;
}

describe('holdfast schedule', () => {
  it.each([
    ['100ms', 'ms', ['100', '200', '400', '800', '1600']],
    ['100ms', 's', ['0.1', '0.2', '0.4', '0.8', '1.6']],
    ['1.5s', 's', ['1.5', '3', '6', '12', '24']],
    ['PT2S', 'ms', ['2000', '4000', '8000', '16000', '32000']],
    ['1.5m', 'm', ['1.5', '3', '6', '12', '24']],
    ['0.1ms', 's', ['0.0001', '0.0002', '0.0004', '0.0008', '0.0016']],
    ['3h', 'h', ['3', '6', '12', '24', '48']],
  ])('gives exactly base · 2^n for %s in %s', async (base, unit, delays) => {
    const { code, out } = await holdfast([
      'schedule',
      '--base',
      base,
      '--unit',
      unit,
      '--retries',
      '5',
      '--format',
      'csv',
    ]);

    const rows = out.trim().split('\n').slice(1);
    expect([code, rows.map((row) => row.split(',')[1])]).toEqual([0, delays]);
  });

  it('shows eight delays from 100 ms without flags', async () => {
    const { code, out, err } = await holdfast(['schedule']);

    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')[8]).toBe('    8  12800  25500');
  });

  it('draws once where there is chance, by the seed', async () => {
    const [one, again, other] = await Promise.all([
      json('--jitter', 'full'),
      json('--jitter', 'full', '--seed', '1'),
      json('--jitter', 'full', '--seed', '2'),
    ]);

    expect(one.delays.map(({ samples }) => samples.length)).toEqual(Array.from({ length: 8 }, () => 1));
    expect(again).toEqual(one);
    expect(other.delays).not.toEqual(one.delays);
  });

  it('gives means as they are, where they are known, and says where they are not', async () => {
    const table = async (...args: string[]): Promise<string> => (await holdfast(['schedule', ...args])).out;

    expect((await table('--jitter', 'full', '--retries', '1', '--samples', '0')).split('\n')).toEqual([
      'retry  min  mean  max  total mean  total max',
      '    1    0    50  100          50        100',
      '',
      'All times in ms.',
      '',
    ]);
    expect(await table('--jitter', 'smooth')).toContain('All times in ms. Means are estimates');
    expect(await table()).not.toContain('estimates');
  });

  it('draws nothing where there is no chance', async () => {
    expect((await json()).delays[0]!.samples).toEqual([]);
    expect((await json('--samples', '0')).delays[0]!.samples).toEqual([]);
  });

  it.each([[[]], [['--jitter', 'none']]])('refuses to draw samples where there is no chance: %j', async (args) => {
    expect(await holdfast(['schedule', '--samples', '3', ...args])).toMatchObject({
      code: 2,
      out: '',
      err: 'holdfast: Cannot run holdfast schedule: expected --samples only with a --jitter, got "jitter none"\nSee holdfast schedule --help\n',
    });
  });

  it('gives the bounds of the library, for a backoff that the library reads', async () => {
    const { backoff, delays } = await json('--jitter', 'equal', '--cap', '1s', '--floor', '80ms', '--base', '100');

    const bounds = envelope(backoffFrom(backoff), { baseDelay: 100, retries: 8 });
    delays.forEach(({ delay }, index) => {
      const { min, mean, max } = bounds[index]!;
      expect([delay.min, delay.max]).toEqual([min, max].map((ms) => Math.round(ms * 1_000) / 1_000));
      expect(Math.abs(delay.mean / mean - 1)).toBeLessThan(0.01);
    });
  });
});
