// The scripts and styles, each bundled into one classic file: pages that are opened from a folder may not import modules.
// The playground gets the built library, the very files that a user of the package gets.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT, SITE } from './places.mjs';

/** @returns {Promise<[path: string, text: string][]>} */
export async function bundleScripts() {
  const worker = await bundle('playground/worker.ts');
  return [
    ['assets/site.js', await bundle('theme/site.ts')],
    ['assets/site.css', await bundle('theme/site.css')],
    ['assets/playground.js', await bundle('playground/main.ts', { WORKER_SCRIPT: JSON.stringify(worker) })],
    ['assets/playground.css', await bundle('playground/playground.css')],
  ];
}

/**
 * @param {string} entry from the site's folder.
 * @param {Record<string, string>} [define]
 */
async function bundle(entry, define = {}) {
  const { outputFiles, warnings } = await build({
    entryPoints: [join(SITE, entry)],
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['es2022'],
    charset: 'utf8',
    write: false,
    alias: doors(),
    define,
    // Doors of the package that import a chunk for its types' sake: nothing is lost.
    logOverride: { 'ignored-bare-import': 'silent' },
  });
  if (warnings.length) throw new Error(`Cannot build the site: ${warnings.length} warnings about ${entry}`);
  return outputFiles[0].text;
}

/** The doors of the package, and the built files behind them. */
function doors() {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return Object.fromEntries(
    Object.entries(exports).flatMap(([door, { default: file }]) => {
      if (!file) return [];
      const path = join(ROOT, file);
      if (!existsSync(path)) throw new Error(`Cannot build the site: there is no ${file}; npm run build makes it`);
      return [[door.replace('.', 'holdfast'), path]];
    }),
  );
}
