// Where things are, and where they go: files of the repository by their paths from its root, pages by their paths in
// the site. Both with slashes.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The folder of what builds the site. */
export const SITE = fileURLToPath(new URL('..', import.meta.url));

/** Where the site goes, unless the command line says otherwise. */
export const OUT = join(SITE, 'out');

/** The pages that are not called after their file. */
const NAMED = { 'README.md': 'index.html', 'docs/README.md': 'docs.html', 'CHANGELOG.md': 'changelog.html' };

/** The written pages: Markdown files, from the root. */
export function writtenPages() {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join('docs', name.replaceAll('\\', '/')))
    .filter((name) => name.endsWith('.md') && !name.startsWith('docs/site/'));
  return ['README.md', 'CHANGELOG.md', 'SECURITY.md', ...docs.sort()];
}

/**
 * The page that shows a file of the repository.
 *
 * @param {string} file
 * @returns {string} for a file that is no page, the page of its source text.
 */
export function pageOf(file) {
  if (file in NAMED) return NAMED[/** @type {keyof typeof NAMED} */ (file)];
  if (!file.endsWith('.md')) return `files/${file}.html`;
  return file
    .replace(/^docs\//, '')
    .replace(/\.md$/, '.html')
    .toLowerCase();
}

/**
 * The way from one page to another.
 *
 * @param {string} from
 * @param {string} to with or without `#anchor`.
 */
export function way(from, to) {
  return posix.relative(posix.dirname(from), to) || posix.basename(to);
}

/**
 * Whether a path from the root is that of a file.
 *
 * @param {string} file
 */
export function isFile(file) {
  const path = join(ROOT, file);
  return existsSync(path) && statSync(path).isFile();
}
