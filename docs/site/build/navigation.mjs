// The navigation: the tables of docs/README.md, a group for each heading, in the order of the page.

/**
 * @typedef {object} Entry
 * @property {string} file from the root.
 * @property {string} label as the map says it.
 * @property {string} answers what the page is for.
 *
 * @typedef {object} Group
 * @property {string} title
 * @property {readonly Entry[]} entries
 */

const ROW =
  /^\|[^|]*?\[([^\]]+)\]\(([^)#\s]+)\)[^|]*\|\s*(.*?)\s*\|$|^\|\s*\d+\s*\|\s*\[([^\]]+)\]\(([^)#\s]+)\)\s*\|$/;

/**
 * @param {string} map the text of docs/README.md.
 * @returns {Group[]}
 */
export function navigationFrom(map) {
  /** @type {{ title: string, entries: Entry[] }[]} */
  const groups = [];
  for (const line of map.split('\n')) {
    const heading = /^## (.+)$/.exec(line);
    if (heading) groups.push({ title: heading[1] ?? '', entries: [] });
    const row = ROW.exec(line);
    if (!row) continue;
    const [, label = row[4] ?? '', path = row[5] ?? '', answers = ''] = row;
    groups.at(-1)?.entries.push({ file: `docs/${path}`, label, answers });
  }
  return groups.filter(({ entries }) => entries.length);
}
