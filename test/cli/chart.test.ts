import { describe, expect, it } from 'vitest';
import { chart, type ChartContent } from '../../src/cli/chart.ts';

const content: ChartContent = {
  id: 'load',
  title: 'Load <1>',
  description: 'calls up to "9"',
  x: 'seconds',
  y: 'per second',
  series: [
    {
      name: 'calls',
      kind: 'line',
      points: [
        [0, 1],
        [1, 9],
        [2, NaN],
        [3, 2],
        [4, 3],
      ],
    },
  ],
};
const count = (svg: string, part: string): number => svg.split(part).length - 1;

describe('chart()', () => {
  it('is an image with a title and a description, escaped', () => {
    const svg = chart(content);

    expect(svg).toContain('role="img" aria-labelledby="load-title load-description"');
    expect(svg).toContain('<title id="load-title">Load &#60;1&#62;</title>');
    expect(svg).toContain('<desc id="load-description">calls up to &#34;9&#34;</desc>');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('breaks a line where nothing was measured', () => {
    const [path = ''] = /d="M[^"h]*L[^"h]*"/.exec(chart(content))!;

    expect([count(path, 'M'), count(path, 'L')]).toEqual([2, 2]);
  });

  it('draws dots and bands, and leaves out what is no number', () => {
    const svg = chart({
      ...content,
      series: [
        {
          name: 'drawn',
          kind: 'dots',
          points: [
            [0, 1],
            [1, NaN],
            [2, 2],
          ],
        },
        {
          name: 'can lie',
          kind: 'band',
          colour: 7,
          points: [
            [0, 1, 2],
            [1, 3, 4],
          ],
        },
        { name: 'empty', kind: 'band', points: [] },
        { name: 'flat', kind: 'band', points: [[0, 1]] },
      ],
    });

    expect([count(svg, '<circle'), count(svg, '<path class="band"')]).toEqual([3, 2]);
    expect(svg).toContain('<path class="band" fill="var(--c1)"');
  });

  it('shades spans, and gives the shortest of them a width', () => {
    const svg = chart({ ...content, spans: [{ from: 1, to: 1, name: 'outage & more' }] });

    expect(svg).toMatch(/<rect class="span" x="[\d.]+" y="\d+" width="1.0"/);
    expect(svg).toContain('>outage &#38; more</text>');
  });

  it('has colours of its own for dark ground', () => {
    const svg = chart(content);

    expect(count(svg, '--c0:#')).toBe(2);
    expect(svg).toContain('@media(prefers-color-scheme:dark)');
  });

  it('loads nothing and runs nothing', () => {
    expect(chart(content)).not.toMatch(/<script|url\(|href|on\w+=/);
  });
});
