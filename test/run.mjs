// The one command that says yes or no: every check of the project, one after the other.
// Ends with `N passed, N failed, N skipped`: the tests, and one more for each other check.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { installServers } from './servers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = `${root}.cache`;
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '-c', 'test/vitest.config.ts'];
const total = { passed: 0, failed: 0, skipped: 0 };

/** Runs one check. Its output is shown in full if it fails, or if it is of interest anyway. */
function check(name, args, { show = false, report = undefined } = {}) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s)`);
  if (show || status !== 0) console.log(`${stdout}${status === 0 ? '' : stderr}`.trim(), '\n');
  const counted = report && counts(report);
  if (counted) {
    total.passed += counted.numPassedTests;
    total.failed += counted.numFailedTests;
    total.skipped += counted.numPendingTests + counted.numTodoTests;
  }
  // A check that fails without a failed test (coverage, a type error, a crash) counts as one.
  if (status === 0 && !counted) total.passed++;
  if (status !== 0 && !counted?.numFailedTests) total.failed++;
  return status === 0;
}

function counts(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return undefined;
  }
}

function tests(name, args) {
  const report = `${cache}/${name.replaceAll(/\W+/g, '-')}.json`;
  rmSync(report, { force: true });
  const reporters = ['--reporter=./test/summary-reporter.mjs', '--reporter=json', `--outputFile.json=${report}`];
  return check(name, [...vitest, ...reporters, ...args], { show: true, report });
}

/** Real clients against real servers. What has no server here is skipped, but where CI is set that is a failure. */
function integration() {
  const missing = installServers();
  if (missing) console.log(`NOT RUN HERE: ${missing}`);
  if (missing && ![undefined, '', 'false'].includes(process.env['CI'])) {
    console.log('FAILED  servers: CI is set, so all of them have to be there');
    total.failed++;
  }
  tests('integration', ['test/integration']);
}

mkdirSync(cache, { recursive: true });
check('types of the sources', ['node_modules/typescript/bin/tsc', '-p', '.']);
check('types of the tests', ['node_modules/typescript/bin/tsc', '-p', 'test', '--noEmit']);
check('types of the site', ['node_modules/typescript/bin/tsc', '-p', 'docs/site']);
check('lint', ['node_modules/oxlint/bin/oxlint', '--deny-warnings', 'src', 'test', 'docs', '.ci']);
check('format', ['node_modules/prettier/bin/prettier.cjs', '--check', '.']);
const elsewhere = ['test/dist/**', 'test/integration/**'].flatMap((glob) => ['--exclude', glob]);
tests('unit, laws, model, house, docs', [...elsewhere, '--coverage']);
if (check('build', ['node_modules/tsup/dist/cli-default.js'])) tests('dist', ['test/dist']);
integration();

console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed ? 1 : 0;
