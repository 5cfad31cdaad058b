// Many keys in `keyed`: node --expose-gc keys.mjs ‹keys›.

import { cpuTime } from './cpu-time.mjs';
import { CircuitBreaker, keyed } from '../../dist/index.js';

const keys = Number(process.argv[2]);
/** What is weakly held goes only after a turn of the event loop. */
const collect = async () => {
  for (let time = 0; time < 3; time++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return process.memoryUsage().heapUsed;
};
const nsFor = (what) => {
  const start = cpuTime();
  for (let key = 0; key < keys; key++) what(key);
  return (cpuTime() - start) / keys;
};
const make = (maxKeys) => keyed(() => new CircuitBreaker(), { maxKeys });

const warm = make(100);
for (let key = 0; key < 20_000; key++) warm.get(`${key % 300}`);
const names = Array.from({ length: keys }, (_, key) => `key ${key}`);

// The third flood shows whether a flood leaves anything behind: the engine makes room in the first ones.
const few = make(1_000);
for (const flood of ['a', 'b']) nsFor((key) => few.get(`${flood} ${names[key]}`));
const between = await collect();
const flooded = nsFor((key) => few.get(`c ${names[key]}`));
const retained = (await collect()) - between;
if (few.size !== 1_000) throw new Error('there are other keys than the most');

const before = await collect();
const all = make(keys);
const made = nsFor((key) => all.get(names[key]));
const held = ((await collect()) - before) / keys;
const known = nsFor((key) => all.get(names[key]));
if (all.size !== keys) throw new Error('keys are missing');
const answer = { keys, bytes: held, made, known, flooded, kB: retained / 1_000 };
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
