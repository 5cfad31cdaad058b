// Imports the built package and runs a smoke test under every runtime that npm can install: Node 20 to 26, Bun, Deno.
// Not part of `npm test`: the runtimes weigh some hundred megabytes. They are kept in .cache/runtimes.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const home = `${root}.cache/runtimes`;
const modules = `${home}/node_modules`;
const node = (major) => [
  `node${major}`,
  `npm:node-${platform()}-${arch()}@${major}`,
  `${modules}/node${major}/bin/node`,
  [],
];
const runtimes = [
  node(20),
  node(22),
  node(24),
  node(26),
  ['bun', '1', `${modules}/bun/bin/bun.exe`, ['run']],
  [
    'deno',
    '2',
    `${modules}/deno/deno${platform() === 'win32' ? '.exe' : ''}`,
    ['run', '--allow-env', '--allow-net=127.0.0.1'],
  ],
];

const run = (command, args, options) => spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options });

if (!existsSync(`${root}dist/index.js`)) run('npm', ['run', 'build'], { stdio: 'inherit' });
mkdirSync(home, { recursive: true });
const missing = runtimes.filter(([, , binary]) => !existsSync(binary));
if (missing.length) {
  const wanted = missing.map(([name, version]) => `${name}@${version}`);
  console.log(`Installing ${wanted.join(', ')} …`);
  // Bun and Deno put their binaries in place by an install script.
  writeFileSync(`${home}/package.json`, JSON.stringify({ private: true, allowScripts: { bun: true, deno: true } }));
  run('npm', ['install', '--no-audit', '--no-fund', ...wanted], { cwd: home, stdio: 'inherit' });
}

const total = { passed: 0, failed: 0 };
for (const [name, , binary, args] of runtimes) {
  const { status, stdout, stderr, error } = run(binary, [...args, 'test/dist/smoke.mjs'], { timeout: 60_000 });
  total[status === 0 ? 'passed' : 'failed']++;
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'}  ${name}: ${status === 0 ? stdout.trim() : (error ?? stderr)}`);
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed ? 1 : 0;
