// Tables as the formatter of this project writes them.

/**
 * A table whose columns are as wide as their widest cell.
 *
 * @param {readonly string[]} header
 * @param {readonly (readonly unknown[])[]} rows
 */
export function table(header, rows) {
  const all = [header, ...rows.map((row) => row.map(String))];
  const widths = header.map((_, column) => Math.max(3, ...all.map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const [head, ...body] = all.map(line);
  return [head, rule, ...body].join('\n');
}

/**
 * A page with the text between its markers replaced: `<!-- name: begin -->` … `<!-- name: end -->`.
 *
 * @param {string} page
 * @param {{ readonly [name: string]: string }} sections
 */
export function filled(page, sections) {
  return Object.entries(sections).reduce((text, [name, section]) => {
    const between = new RegExp(`(<!-- ${name}: begin -->)[^]*?(<!-- ${name}: end -->)`);
    if (!between.test(text)) throw new Error(`the page has no place for ${name}`);
    return text.replace(between, (_, begin, end) => `${begin}\n\n${section}\n\n${end}`);
  }, page);
}

/**
 * A number as one reads it: three digits that count, and none behind the point from 100 on.
 *
 * @param {number | null | undefined} value
 */
export function shown(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return String(Number(value.toFixed(Math.abs(value) < 10 ? 2 : 1)));
}
