/**
 * A table for a terminal: every column as wide as its widest cell, two spaces apart.
 *
 * @param rows the heading first.
 * @param left how many columns hold words and begin on the left; the others hold numbers and end on the right.
 */
export function textTable(rows: readonly (readonly string[])[], left = 0): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lineOf = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column < left ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ');
  return rows.map((row) => `${lineOf(row).trimEnd()}\n`).join('');
}
