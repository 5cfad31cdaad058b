import { describe, expect, it } from 'vitest';
import { chartFrame } from '../../src/cli/chart-frame.ts';

const framed = {
  title: 'Load & more',
  x: 'seconds',
  y: 'per second',
  series: [
    {
      name: 'calls',
      points: [
        [0, 10],
        [60, 95],
        [120, NaN],
      ],
    },
  ],
};
const texts = (markup: string): string[] => [...markup.matchAll(/<text[^>]*>([^<]*)/g)].map(([, text = '']) => text);

describe('chartFrame()', () => {
  it('labels its axes with round numbers, and escapes its texts', () => {
    expect(texts(chartFrame(framed).markup)).toEqual([
      'Load &#38; more',
      ...[0, 20, 40, 60, 80, 100].map(String),
      ...[0, 20, 40, 60, 80, 100, 120].map(String),
      'per second',
      'seconds',
    ]);
  });

  it('maps the ends of the axes to the ends of the plot', () => {
    const { scale, width, height } = chartFrame(framed);

    expect([scale.y(0), scale.y(100)]).toEqual([scale.bottom, scale.top]);
    expect([scale.x(0) > 0, scale.x(120), scale.bottom < height]).toEqual([true, width - 12, true]);
  });

  it('can begin elsewhere than at 0, and reaches as far as its spans', () => {
    const { scale, width } = chartFrame({ ...framed, start: 1, spans: [{ to: 200 }] });

    expect([scale.x(200), scale.x(1) < scale.x(2)]).toEqual([width - 12, true]);
  });

  it('stands where there is nothing to show', () => {
    const { scale } = chartFrame({ ...framed, series: [] });

    expect([scale.x(0), scale.y(0)].every(Number.isFinite)).toBe(true);
  });

  it('breaks a long legend into rows', () => {
    const names = Array.from({ length: 6 }, (_, index) => ({ name: `a rather long name ${index}`, points: [] }));

    const { legend, height } = chartFrame({ ...framed, series: names });

    expect(new Set(legend.map(([, top]) => top)).size).toBe(3);
    expect(legend.every(([left]) => left >= 8 && left < 400)).toBe(true);
    expect(height).toBeGreaterThan(chartFrame(framed).height);
  });

  it('shortens large numbers', () => {
    const of = (value: number): string | undefined =>
      texts(chartFrame({ ...framed, series: [{ name: '', points: [[0, value]] }] }).markup)[2];

    expect([of(9_000), of(50_000), of(5e6), of(5e9), of(0.5)]).toEqual(['2000', '10k', '1M', '1G', '0.1']);
  });
});
