import { describe, expect, it } from 'vitest';
import { bandPlot } from '../../src/cli/band-plot.ts';

describe('bandPlot()', () => {
  it('draws what varies as a band with its mean, and what does not as a bar', () => {
    const bands = [
      { label: 'one', min: 0, mean: 5, max: 10, note: 'a' },
      { label: 'four', min: 5, mean: 10, max: 20, note: 'bb' },
      { label: 'five', min: 20, mean: 20, max: 20, note: '' },
    ];

    expect(bandPlot(bands, 31)).toBe(
      ['one   ░░░░░◆░░░░░            a\n', 'four       ░░░░░◆░░░░░░░░░░  bb\n', 'five  █████████████████████  \n'].join(
        '',
      ),
    );
  });

  it('keeps ten columns for the bars, however narrow the terminal', () => {
    expect(bandPlot([{ label: 'x', min: 1, mean: 1, max: 1, note: '1 s' }], 5)).toBe('x  ██████████  1 s\n');
  });

  it('draws nothing but the beginning where all is 0', () => {
    expect(bandPlot([{ label: 'x', min: 0, mean: 0, max: 0, note: '0' }], 14)).toBe('x  █           0\n');
  });
});
