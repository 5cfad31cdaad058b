/** One line of a plot: where a value can lie, and where it lies on average. */
export interface Band {
  readonly label: string;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  /** Stands behind the bar. */
  readonly note: string;
}

/**
 * Bands as bars of text on one scale from 0: `░` where a value can lie, `◆` its mean. A value that cannot vary is a bar
 * up to it.
 *
 * @param columns of the terminal; a bar is at least ten wide.
 */
export function bandPlot(bands: readonly Band[], columns: number): string {
  const labels = Math.max(...bands.map(({ label }) => label.length));
  const notes = Math.max(...bands.map(({ note }) => note.length));
  const width = Math.max(10, columns - labels - notes - 4);
  const longest = Math.max(...bands.map(({ max }) => max)) || 1;
  return bands
    .map(({ label, min, mean, max, note }) => {
      const [low, middle, high] = [min, mean, max].map((value) => Math.round((value / longest) * (width - 1)));
      const bar =
        min === max
          ? '█'.repeat(Math.max(1, Math.round((max / longest) * width)))
          : `${' '.repeat(low!)}${'░'.repeat(middle! - low!)}◆${'░'.repeat(high! - middle!)}`;
      return `${label.padEnd(labels)}  ${bar.padEnd(width)}  ${note}\n`;
    })
    .join('');
}
