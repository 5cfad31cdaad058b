// The page of the playground: its frame; all the rest is drawn by its script.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SITE } from './places.mjs';

/** @returns {import('./shell.mjs').Page} */
export function playgroundPage() {
  return {
    path: 'playground.html',
    title: 'Playground',
    kind: 'playground',
    body: readFileSync(join(SITE, 'playground/page.html'), 'utf8'),
    head: '<link rel="stylesheet" href="assets/playground.css">\n',
    foot: '<script src="assets/playground.js"></script>\n',
  };
}
