// How long an import takes: fresh processes that import one thing each, in turn with one that imports an empty module.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { here, node, root } from './processes.mjs';
import { median, rounded } from './statistics.mjs';

const peers = ['p-timeout', 'p-limit', 'p-retry', '@lifeomic/attempt', 'async-retry', 'opossum', 'cockatiel', 'effect'];
const EMPTY = 'data:text/javascript,';
/** The core, by a process that keeps what the engine has found out about code: `NODE_COMPILE_CACHE`. */
const CACHED = 'holdfast, compile cache';

/**
 * Ms over the import of an empty module, by what is imported, and how many of them the thread had the processor for: the
 * medians of the rounds' differences.
 *
 * @param {number} rounds
 * @param {readonly string[]} [names]
 */
export function importTimes(rounds, names = [...entries(), CACHED, ...peers]) {
  const cache = mkdtempSync(`${tmpdir()}/holdfast-compile-cache-`);
  /** @type {Record<string, { ms: number, cpu: number }[]>} */
  const over = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    const empty = { plain: timed(EMPTY), cached: timed(EMPTY, cache) };
    for (const name of round % 2 ? names.toReversed() : names) {
      const cached = name === CACHED;
      const { ms, cpu } = cached ? timed('holdfast', cache) : timed(name);
      const base = cached ? empty.cached : empty.plain;
      // The first round fills the caches: of the file system, too.
      if (round >= 0) over[name].push({ ms: ms - base.ms, cpu: cpu - base.cpu });
    }
  }
  rmSync(cache, { recursive: true });
  const of = (name, field) => rounded(median(over[name].map((each) => each[field])), 3);
  return Object.fromEntries(names.map((name) => [name, { ms: of(name, 'ms'), cpu: of(name, 'cpu') }]));
}

/** The entries of holdfast, as one imports them. */
export function entries() {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  return Object.entries(exports)
    .filter(([, target]) => target.default?.endsWith('.js'))
    .map(([name]) => `holdfast${name.slice(1)}`);
}

/**
 * @param {string} name
 * @param {string} [cache] the folder of a compile cache.
 */
function timed(name, cache) {
  const program = `import { cpuTime } from ${JSON.stringify(`${here}cpu-time.mjs`)};
    const [start, before] = [performance.now(), cpuTime()];
    await import(${JSON.stringify(name)});
    const [end, after] = [performance.now(), cpuTime()];
    console.log(JSON.stringify({ ms: end - start, cpu: (after - before) / 1e6 }));
    process.exit(0);`;
  const cwd = name.startsWith('holdfast') ? root : here;
  const { status, stdout, stderr } = spawnSync(node(), ['--input-type=module', '-e', program], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NODE_COMPILE_CACHE: cache ?? '' },
  });
  if (status !== 0) throw new Error(`import of ${name}: ${stderr.slice(-500)}`);
  return JSON.parse(stdout);
}
