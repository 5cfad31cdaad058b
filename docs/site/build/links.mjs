// The link checker: every link, script, style and picture of the site leads to a file of the site, every anchor to an
// element, and no address begins at the root or names a host of ours.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const ADDRESS = /\s(?:href|src)="([^"]*)"/g;
const ID = /\sid="([^"]*)"/g;

/**
 * The dead links of a folder of pages.
 *
 * @param {string} folder
 * @returns {string[]} a line each: page, link, what is wrong with it.
 */
export function deadLinks(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  const pages = new Map(
    names
      .filter((name) => name.endsWith('.html'))
      .map((name) => {
        const html = readFileSync(join(folder, name), 'utf8');
        return [name, { html, ids: new Set([...html.matchAll(ID)].map(([, id]) => decoded(id))) }];
      }),
  );
  return [...pages].flatMap(([page, { html, ids }]) =>
    [...new Set([...html.matchAll(ADDRESS)].map(([, address]) => decoded(address)))].flatMap((address) => {
      const wrong = wrongWith(address);
      return wrong ? [`${page}: ${address} (${wrong})`] : [];

      function wrongWith(/** @type {string} */ to) {
        if (/^(https?|mailto|data):/.test(to)) return undefined;
        if (to.startsWith('/') || /^[a-z]+:/.test(to)) return 'not relative';
        const [path = '', anchor] = to.split('#').map(decodeURIComponent);
        const target = path ? posix.join(posix.dirname(page), path) : page;
        if (!existsSync(join(folder, target)) || target.endsWith('/')) return 'no such file';
        const known = target === page ? ids : pages.get(target)?.ids;
        if (anchor && !/^v\d/.test(anchor) && known && !known.has(anchor)) return 'no such heading';
        return undefined;
      }
    }),
  );
}

/** @param {string} [text] */
function decoded(text = '') {
  return text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
