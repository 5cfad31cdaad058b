// What the search box looks through: a record for every page and every section, as a classic script, because pages that
// are opened from a folder may not fetch anything.
import MiniSearch from 'minisearch';
import { SEARCH } from '../theme/search-fields.mjs';

/**
 * @param {readonly import('./shell.mjs').Page[]} pages
 * @returns {string} a script.
 */
export function searchScript(pages) {
  const index = new MiniSearch(SEARCH);
  index.addAll(
    pages.flatMap(({ path, title, body }) =>
      sections(body).map(({ id, heading, text }, number) => ({
        id: number && id ? `${path}#${id}` : path,
        title,
        heading: number ? heading : '',
        text,
      })),
    ),
  );
  return `globalThis.holdfastSearch = ${JSON.stringify(JSON.stringify(index))};\n`;
}

/** @param {string} body */
function sections(body) {
  return body
    .replaceAll(/<a class="anchor".*?<\/a>/g, '')
    .split(/(?=<h[1-3] )/)
    .map((html) => {
      const [, id = '', heading = ''] = /^<h[1-3] id="([^"]*)"[^>]*>([\s\S]*?)<\/h/.exec(html) ?? [];
      return { id, heading: plain(heading), text: plain(html).slice(0, 2_000) };
    })
    .filter(({ id }, index) => index === 0 || id);
}

/** @param {string} html */
function plain(html) {
  return html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&lt;/g, '<')
    .replaceAll(/&gt;/g, '>')
    .replaceAll(/&quot;/g, '"')
    .replaceAll(/&amp;/g, '&')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
