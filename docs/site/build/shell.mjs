// What stands around every page: the bar on top, the navigation on the left, the headings of the page on the right.
// All addresses are relative, so that the site works from a folder as from any address.
import { way } from './places.mjs';

/**
 * @typedef {object} Page
 * @property {string} path in the site.
 * @property {string} title
 * @property {string} body HTML.
 * @property {string} [kind] a class for the whole page.
 * @property {readonly import('./markdown.mjs').Heading[]} [headings]
 * @property {string} [head] HTML for the head.
 * @property {string} [foot] HTML before the end of the body.
 *
 * @typedef {object} Shelf a group of the navigation.
 * @property {string} title
 * @property {readonly { readonly path: string, readonly label: string }[]} entries
 */

const LOGO = `<svg class="logo" viewBox="0 0 24 24" aria-hidden="true"><path d="M12 2v9M12 11c0 5-6 4-7 10M12 11c0 5 6 4 7 10M12 11v10M12 4c3-2 5 0 5 2-2 1-4 0-5-2ZM12 7c-3-2-5 0-5 2 2 1 4 0 5-2Z"/></svg>`;

/** @param {string} text */
export function escapeHtml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/**
 * A whole page.
 *
 * @param {Page} page
 * @param {readonly Shelf[]} shelves
 */
export function wholePage(page, shelves) {
  const to = (/** @type {string} */ path) => way(page.path, path);
  const top = [
    ['docs.html', 'Docs', !/^(api\/|playground|index)/.test(page.path)],
    ['api/index.html', 'API', page.path.startsWith('api/')],
    ['playground.html', 'Playground', page.path === 'playground.html'],
  ];
  const links = top.map(([path, label, current]) => {
    const mark = current ? ' aria-current="true"' : '';
    return `<a href="${to(String(path))}"${mark}>${label}</a>`;
  });
  const side = shelves.length
    ? `<nav class="side" id="side" aria-label="Pages">${shelves.map((shelf, at) => shelfOf(shelf, page, to, at === 0)).join('')}</nav>`
    : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(page.title === 'holdfast' ? 'holdfast' : `${page.title} · holdfast`)}</title>
<link rel="icon" href="${to('assets/icon.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${to('assets/site.css')}">
<script src="${to('assets/site.js')}" data-root="${to('index.html').replace(/index\.html$/, '')}"></script>
${page.head ?? ''}</head>
<body class="${page.kind ?? 'prose'}${side ? ' with-side' : ''}">
<a class="skip" href="#content">Skip to the content</a>
<header class="bar">
<div class="bar-in">
${side ? '<button class="menu" type="button" aria-controls="side" aria-expanded="false">Menu</button>' : ''}
<a class="home" href="${to('index.html')}">${LOGO}<span>holdfast</span></a>
<nav class="top" aria-label="Site">${links.join('')}</nav>
<div class="search" role="search">
<input type="search" placeholder="Search" aria-label="Search the docs" role="combobox" aria-expanded="false" aria-controls="found" aria-autocomplete="list" autocomplete="off" spellcheck="false">
<ul id="found" role="listbox" aria-label="Pages found" hidden></ul>
</div>
<button class="theme" type="button" aria-label="Colours: as the system says"></button>
</div>
</header>
<div class="frame">
${side}
<main id="content" tabindex="-1">
${page.body}
</main>
${onThisPage(page.headings ?? [])}
</div>
${page.foot ?? ''}</body>
</html>
`;
}

/**
 * @param {Shelf} shelf
 * @param {Page} page
 * @param {(path: string) => string} to
 * @param {boolean} first
 */
function shelfOf({ title, entries }, page, to, first) {
  const here = entries.some(({ path }) => path === page.path);
  const items = entries.map(({ path, label }) => {
    const mark = path === page.path ? ' aria-current="page"' : '';
    return `<li><a href="${to(path)}"${mark}>${escapeHtml(label)}</a></li>`;
  });
  const open = here || first ? ' open' : '';
  return `<details${open}><summary>${escapeHtml(title)}</summary><ul>${items.join('')}</ul></details>`;
}

/** @param {readonly import('./markdown.mjs').Heading[]} headings */
function onThisPage(headings) {
  const shown = headings.filter(({ level }) => level === 2 || level === 3);
  if (shown.length < 2) return '';
  const items = shown.map(
    ({ level, id, text }) => `<li class="level-${level}"><a href="#${id}">${escapeHtml(text)}</a></li>`,
  );
  return `<nav class="toc" aria-label="On this page"><p>On this page</p><ul>${items.join('')}</ul></nav>`;
}
