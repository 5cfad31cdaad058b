// Many calls asleep at once: node --expose-gc asleep.mjs ‹name› ‹calls› ‹longest delay, ms› ‹cpu | heap›.

import { asleep } from './at-scale.mjs';
import { work } from './work.mjs';

const [, , name, many, delay, what] = process.argv;
const [calls, longest] = [Number(many), Number(delay)];
const call = await asleep[name](longest);
let [failed, again] = [0, 0];
const once = () => {
  let first = true;
  return async () => {
    if (!first) return (again++, 42);
    first = false;
    failed++;
    throw work.error;
  };
};
await Promise.all(Array.from({ length: 300 }, () => call(once())));

const fns = Array.from({ length: calls }, once);
const pending = Array.from({ length: calls });
const collect = () => (globalThis.gc(), process.memoryUsage().heapUsed);
collect();
await new Promise((resolve) => setTimeout(resolve, 50));
const before = collect();
[failed, again] = [0, 0];
const cpu = process.cpuUsage();
const start = performance.now();
for (let at = 0; at < calls; at++) pending[at] = call(fns[at]);
const started = performance.now() - start;
const all = Promise.all(pending);

let heap = null;
if (what === 'heap') {
  // All of them have failed, and no timer has been served yet, unless the library needs a turn to come that far.
  for (let tick = 0; tick < 3; tick++) await new Promise((resolve) => process.nextTick(resolve));
  while (failed < calls) await work.turn();
  // A library that is itself still busy when the first of its calls wake up is not measured.
  heap = again > calls / 10 ? null : Math.round((collect() - before) / (calls - again));
}
const values = await all;
const total = performance.now() - start;
const { user, system } = process.cpuUsage(cpu);
if (values.some((value) => value !== 42)) throw new Error('a wrong result');
const answer = { heap, cpu: (user + system) / calls, started, total };
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
