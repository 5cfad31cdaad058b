// What one call leaves behind: node alive.mjs ‹case› ‹name›. Makes it, and says on its end how long the process stayed.

import { entrants } from './entrants.mjs';
import { work } from './work.mjs';

const [, , id, name] = process.argv;
const call = await entrants[id][name]();
try {
  await call(work.ok);
} catch {}
const start = performance.now();
const waits = process.getActiveResourcesInfo().filter((what) => !/TTY|Pipe|FS/.test(what));
process.on('exit', () => {
  process.stdout.write(`${JSON.stringify({ ms: performance.now() - start, waits })}\n`);
});
