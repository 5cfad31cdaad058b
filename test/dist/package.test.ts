import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  exports: Record<string, string | Record<string, string>>;
  dependencies?: object;
};

/** What a bundler makes of an import: minified, and as it goes over the wire. */
async function bundled(names: string, more = ''): Promise<{ code: string; gzip: number }> {
  const contents = `export ${names} from './dist/index.js';${more}`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  const [file] = outputFiles;
  return { code: file!.text, gzip: gzipSync(file!.contents, { level: 9 }).length };
}

/** Budgets in bytes, minified and gzipped. Why they are what they are: docs/decisions/0010, 0017, 0021 and 0032. */
const budgets: readonly [name: string, names: string, budget: number][] = [
  ['exponential', '{ exponential }', 950],
  ['retryCall', '{ retryCall }', 6_450],
  ['timeout', '{ timeout }', 4_950],
  ['CircuitBreaker', '{ CircuitBreaker }', 7_750],
  ['Bulkhead', '{ Bulkhead }', 5_450],
  ['RateLimiter', '{ RateLimiter }', 7_000],
  ['hedge', '{ hedge }', 4_950],
  ['fallback', '{ fallback }', 3_450],
  ['keyed', '{ keyed }', 2_000],
  ['standard', '{ standard }', 18_250],
  ['everything', '*', 25_100],
];

describe('the built package', () => {
  it('has every file that it exports, with types', () => {
    for (const target of Object.values(manifest.exports)) {
      for (const path of typeof target === 'string' ? [target] : Object.values(target)) {
        expect(existsSync(join(root, path)), path).toBe(true);
      }
    }
  });

  it('exports the names of its front doors', async () => {
    for (const [built, source] of [
      ['dist/index.js', 'src/index.ts'],
      ['dist/http.js', 'src/http/index.ts'],
      ['dist/json.js', 'src/json/index.ts'],
      ['dist/simulator.js', 'src/simulator/index.ts'],
      ['dist/lint.js', 'src/lint/index.ts'],
      ['dist/queues.js', 'src/queues/index.ts'],
      ['dist/stream.js', 'src/stream/index.ts'],
      ['dist/testing.js', 'src/testing/index.ts'],
    ] as const) {
      const names = Object.keys((await import(join(root, built))) as object);
      const expected = Object.keys((await import(join(root, source))) as object);
      expect(names.sort()).toEqual(expected.sort());
    }
  });

  it('imports no package, and nothing of Node but in the command', () => {
    expect(manifest.dependencies).toBeUndefined();
    for (const file of readdirSync(join(root, 'dist')).filter((name) => name.endsWith('.js'))) {
      const imports = [...read(`dist/${file}`).matchAll(/(?:^import[^'"]*|\bfrom |\bimport\()["']([^"']+)["']/gm)].map(
        ([, name]) => name!,
      );
      const ofNode = file === 'cli.js' ? /^node:/ : /^$/;
      const foreign = imports.filter((name) => !name.startsWith('.') && !ofNode.test(name));
      expect(foreign, file).toEqual(foreign.length ? ['fast-check'] : []);
    }
  });

  it('packs the build, the sources for its maps, the pages, and nothing else', () => {
    const npm = process.env['npm_execpath'];
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
    const output = npm
      ? execFileSync(process.execPath, [npm, ...args], {
          cwd: root,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        })
      : execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const [{ files }] = JSON.parse(output) as [{ files: { path: string }[] }];
    const folders = new Set(files.map(({ path }) => (path.includes('/') ? path.split('/')[0] : path)));

    expect([...folders].sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dist',
      'docs',
      'package.json',
      'src',
    ]);
    expect(files.filter(({ path }) => path.startsWith('docs/site'))).toEqual([]);
  });

  it('can be required where modules can be', () => {
    const script =
      "const { retryCall } = require('holdfast'); retryCall(() => 7, 1, 0).then((r) => console.log(r.value))";
    const flags = process.allowedNodeEnvironmentFlags.has('--experimental-require-module') ? ['--no-warnings'] : [];

    expect(execFileSync(process.execPath, [...flags, '-e', script], { cwd: root, encoding: 'utf8' }).trim()).toBe('7');
  });

  it('keeps a process alive only while somebody waits', () => {
    const script = `
      import { pipeline, retry, timeout, CircuitBreaker } from 'holdfast';
      await pipeline(timeout(600_000), retry(), new CircuitBreaker(), timeout(600_000)).execute(() => 'done');
      console.log('done');`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      encoding: 'utf8',
      timeout: 180_000,
    });

    expect(output.trim()).toBe('done');
  });

  it.each(['index', 'stream', 'http', 'queues', 'json', 'lint', 'simulator'])(
    'does nothing when %s is imported, so that a bundler drops what is not used',
    async (door) => {
      const { outputFiles } = await build({
        stdin: { contents: `import './dist/${door}.js'`, resolveDir: root },
        bundle: true,
        minify: true,
        format: 'esm',
        target: 'es2022',
        write: false,
        logLevel: 'silent',
      });

      expect(outputFiles[0]!.text.trim()).toBe('');
    },
  );

  it('brings in one policy without the others', async () => {
    const marks = {
      retryCall: 'retry a call',
      retry: 'make a retry',
      RetryBudget: 'make a retry budget',
      timeout: 'make a timeout',
      CircuitBreaker: 'make a circuit breaker',
      Bulkhead: 'make a bulkhead',
      RateLimiter: 'make a rate limiter',
      AdaptiveLimiter: 'make an adaptive limiter',
      AdaptiveThrottle: 'make an adaptive throttle',
      hedge: 'make a hedge',
      quantile: 'track a quantile',
      fallback: 'make a fallback',
      fallbackChain: 'make a fallback chain',
      keyed: 'make a keyed policy',
      pipeline: 'make a pipeline',
      explain: 'a retry inside a circuit breaker',
    };
    for (const name of Object.keys(marks)) {
      const { code } = await bundled(`{ ${name} }`);
      const found = Object.entries(marks).filter(([, mark]) => new RegExp(`${mark}["\x60.:]`, 'i').test(code));
      expect(found.map(([other]) => other)).toEqual([name]);
    }
  });

  it('stays within its budgets, and the README gives the figures', async () => {
    const lines = [];
    for (const [name, names, budget] of budgets) {
      const { gzip } = await bundled(names);
      expect(gzip, name).toBeLessThanOrEqual(budget);
      lines.push(`| ${name === 'everything' ? name : `\`${name}\``} | ${(gzip / 1000).toFixed(1)} kB |`);
    }
    const all = await bundled('*');
    for (const [door, budget] of [
      ['stream', 3_000],
      ['http', 6_350],
      ['queues', 1_600],
      ['json', 5_000],
      ['lint', 4_800],
      ['simulator', 15_000],
    ] as const) {
      const more = (await bundled('*', `export * from './dist/${door}.js'`)).gzip - all.gzip;
      expect(more, `holdfast/${door}`).toBeLessThanOrEqual(budget);
      lines.push(`| \`holdfast/${door}\`, on top | ${(more / 1000).toFixed(1)} kB |`);
    }
    console.log(`sizes, min+gzip: ${lines.join(' ').replaceAll('|', '').replaceAll('`', '')}`);
    const section = /<!-- sizes -->([\s\S]*)<!-- \/sizes -->/.exec(read('README.md'))?.[1] ?? '';
    const stated = section.split('\n').map((line) => line.replaceAll(/\s+/g, ' ').trim());
    for (const line of lines) expect(stated).toContain(line);
  });
});
