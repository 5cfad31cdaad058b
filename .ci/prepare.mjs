// Makes a fresh clone ready: installs the dev packages if they are missing or older than package-lock.json. With --build,
// which is for use, makes dist/ if it is missing or older than its sources; without, which is for the tests, installs the
// clients of test/integration as well. What builds the docs site is installed for the tests, and with --site. Says one line
// a step; shows output only of a failure.

import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));

const toBuild = process.argv.includes('--build');
const toShow = process.argv.includes('--site');
install('.', 'installs the dev packages');
if (!toBuild) install('test/integration', 'installs the clients of the integration tests');
if (!toBuild || toShow) install('docs/site', 'installs what builds the docs site');
if (toBuild && oldest(products()) < newest(sources())) step('builds dist/', ['run', '--silent', 'build']);

/**
 * Installs the packages of a folder as its lock has them, unless they are there.
 *
 * @param {string} folder
 * @param {string} says
 */
function install(folder, says) {
  // Who has put a link there has the packages elsewhere, and npm would empty that place.
  if (lstatSync(join(folder, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const installed = changed(join(folder, 'node_modules/.package-lock.json'));
  if (installed < changed(join(folder, 'package-lock.json'))) step(says, ['ci', '--no-audit', '--no-fund'], folder);
}

/** What package.json hands out of dist/. */
function products() {
  const { bin, exports } = JSON.parse(readFileSync('package.json', 'utf8'));
  return [bin, ...Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : Object.values(entry)))];
}

/** What dist/ is made of. Folders count too: their time changes when a file goes away. */
function sources() {
  return ['package.json', 'src', ...readdirSync('src', { recursive: true }).map((name) => join('src', String(name)))];
}

/** @param {string[]} paths */
function oldest(paths) {
  return Math.min(...paths.map(changed));
}

/** @param {string[]} paths */
function newest(paths) {
  return Math.max(...paths.map(changed));
}

/**
 * When a file last changed; for a missing one, before all others.
 *
 * @param {string} path
 */
function changed(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;
}

/**
 * Runs npm, and ends this process with its exit code if it fails.
 *
 * @param {string} says
 * @param {string[]} args
 * @param {string} [folder]
 */
function step(says, args, folder = '.') {
  const npm = process.env['npm_execpath'] ?? '';
  const where = folder === '.' ? '' : `, in ${folder}`;
  const command = `npm ${args.filter((arg) => !arg.startsWith('-')).join(' ')}${where}`;
  console.log(`prepare: ${says} (${command})`);
  const options = /** @type {const} */ ({ cwd: folder, encoding: 'utf8', maxBuffer: Infinity });
  const { status, stdout, stderr, error } = npm.endsWith('npm-cli.js')
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  if (status === 0) return;
  process.stdout.write(stdout ?? '');
  process.stderr.write(stderr ?? '');
  console.error(`prepare: ${command} failed${error ? `: ${error.message}` : `, exit code ${status}`}`);
  process.exit(status || 1);
}
