import { resample } from './resample.ts';

const BARS = '▁▂▃▄▅▆▇█';

/**
 * A series as one line of text: bars on a scale from 0 to `top`; a space where nothing was measured, `.` for 0.
 *
 * @param columns the most letters.
 */
export function sparkLine(values: readonly (number | null)[], top: number, columns: number): string {
  return resample(values, columns)
    .map((value) => {
      if (value === null) return ' ';
      if (value <= 0) return '.';
      return BARS[Math.min(BARS.length - 1, Math.max(0, Math.ceil((value / top) * BARS.length) - 1))]!;
    })
    .join('');
}
