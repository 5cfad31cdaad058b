// Builds the docs site: `node docs/site/build.mjs [folder]`. The written docs, the API reference and the playground, as
// files that need no server. Fails on a dead link, on a warning of typedoc, and on a page that the map does not name.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix, resolve } from 'node:path';
import { homePage } from './build/home.mjs';
import { deadLinks } from './build/links.mjs';
import { makeRenderer } from './build/markdown.mjs';
import { navigationFrom } from './build/navigation.mjs';
import { isFile, OUT, pageOf, ROOT, SITE, way, writtenPages } from './build/places.mjs';
import { playgroundPage } from './build/playground.mjs';
import { writeReference } from './build/reference.mjs';
import { bundleScripts } from './build/scripts.mjs';
import { searchScript } from './build/search-index.mjs';
import { escapeHtml, wholePage } from './build/shell.mjs';

const out = resolve(process.argv[2] ?? OUT);
const { render, highlight } = await makeRenderer();

/** The folders of the reference, and what is in them. */
const KINDS = new Map([
  ['classes', 'class'],
  ['functions', 'function'],
  ['interfaces', 'interface'],
  ['type-aliases', 'type'],
  ['variables', 'constant'],
]);

/** Files that are linked but are no pages: their source text is shown. */
const shownFiles = new Set();

const written = writtenPages().map(writtenPage);
const titles = new Map(written.map(({ path, title }) => [path, title]));
const docShelves = navigationFrom(read('docs/README.md')).map(({ title, entries }) => ({
  title,
  entries: entries.map(({ file, label }) => ({ path: pageOf(linked(file)), label: titles.get(pageOf(file)) ?? label })),
}));
const files = [...shownFiles].sort().map(filePage);
const reference = await referencePages();
const playground = playgroundPage();
const pages = [
  ...written.map((page) => [page, page.path === 'index.html' ? [] : docShelves]),
  ...files.map((page) => [page, docShelves]),
  ...reference.map((page) => [page, shelvesOf(reference)]),
  [playground, []],
];

rmSync(out, { recursive: true, force: true });
for (const [page, shelves] of pages) write(page.path, wholePage(page, shelves));
for (const [path, text] of await bundleScripts()) write(path, text);
write('assets/search.js', searchScript(pages.map(([page]) => page).filter(({ path }) => path !== 'playground.html')));
cpSync(join(SITE, 'theme/icon.svg'), join(out, 'assets/icon.svg'));

const dead = deadLinks(out);
if (dead.length) {
  console.error(`Cannot build the site: ${dead.length} dead links\n  ${dead.join('\n  ')}`);
  process.exit(1);
}
console.log(
  `${pages.length} pages in ${posix.relative(process.cwd(), out) || '.'}; open index.html, or npm run docs:serve`,
);

/** @param {string} file */
function writtenPage(file) {
  const path = pageOf(file);
  const { html, headings, title } = render(read(file), (href) => linkFrom(file, path, href));
  if (path === 'index.html') return homePage(html);
  return { path, title, headings, body: html };
}

/**
 * Where a link in a file of the repository leads. If that is nowhere, the checker will say so, with all the others.
 *
 * @param {string} file
 * @param {string} path
 * @param {string} href
 */
function linkFrom(file, path, href) {
  if (/^[a-z]+:/.test(href) || href.startsWith('#')) return href;
  const [target = '', anchor] = href.split('#');
  const to = posix.join(posix.dirname(file), target);
  return way(path, pageOf(linked(to))) + (anchor === undefined ? '' : `#${anchor}`);
}

/** @param {string} file */
function linked(file) {
  if (!file.endsWith('.md') && isFile(file)) shownFiles.add(file);
  return file;
}

/** @param {string} file */
function filePage(file) {
  const code = highlight(read(file), posix.extname(file).slice(1));
  const title = posix.basename(file);
  return {
    path: pageOf(file),
    title,
    body: `<h1>${escapeHtml(title)}</h1><p class="lead">${escapeHtml(file)}</p>${code}`,
  };
}

async function referencePages() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-reference-'));
  try {
    await writeReference(folder);
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => name.endsWith('.md'))
      .sort()
      .map((name) => referencePage(name, readFileSync(join(folder, name), 'utf8')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {string} name
 * @param {string} text
 */
function referencePage(name, text) {
  const path = `api/${name.replace(/\.md$/, '.html')}`;
  const { html, headings, title } = render(text, (href) => href.replace(/\.md(?=#|$)/, '.html'));
  const [, door = '', folder = ''] =
    /^api\/(holdfast(?:\/[a-z]+)*?)\/(?:([a-z-]+)\/[^/]+|index)\.html$/.exec(path) ?? [];
  const sort = KINDS.get(folder);
  const eyebrow = sort ? `<p class="eyebrow">${sort} of <code>${door}</code></p>` : '';
  return { path, title: title.replace(/<.*/, ''), headings, body: eyebrow + html, door, sort };
}

/** @param {ReturnType<typeof referencePage>[]} all */
function shelvesOf(all) {
  const doors = [...new Set(all.flatMap(({ door }) => door || []))].sort();
  return doors.map((door) => ({
    title: door,
    entries: [
      { path: `api/${door}/index.html`, label: 'Overview' },
      ...all
        .filter((page) => page.door === door && page.sort)
        .map(({ path, title }) => ({ path, label: title }))
        .sort((a, b) => a.label.localeCompare(b.label, 'en')),
    ],
  }));
}

/** @param {string} file */
function read(file) {
  return readFileSync(join(ROOT, file), 'utf8');
}

/**
 * @param {string} path
 * @param {string} text
 */
function write(path, text) {
  const file = join(out, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
