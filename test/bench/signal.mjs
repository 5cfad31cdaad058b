// One long-lived signal over many calls: node --expose-gc signal.mjs ‹name› ‹calls› ‹ms at most›.

import { getEventListeners } from 'node:events';
import { signal } from './at-scale.mjs';
import { work } from './work.mjs';

const BURST = 200;
const [, , name, many, most] = process.argv;
const calls = Number(many);
const call = await signal[name]();
let warnings = 0;
process.on('warning', () => warnings++);
const listeners = () => getEventListeners(work.signal, 'abort').length;
const collect = () => (globalThis.gc(), process.memoryUsage().heapUsed);
const burst = () => Promise.all(Array.from({ length: BURST }, () => call(work.failing(1))));

await burst();
collect();
await work.turn();
const before = collect();
const begun = performance.now();
let [done, peak] = [0, 0];
while (done < calls && performance.now() - begun < Number(most)) {
  const all = burst();
  await new Promise((resolve) => process.nextTick(resolve));
  peak = Math.max(peak, listeners());
  const values = await all;
  if (values.some((value) => value !== 42)) throw new Error('a wrong result');
  done += BURST;
}
const left = listeners();
await work.turn();
const bytes = (collect() - before) / done;
const answer = { done, left, peak, warnings, bytes: Math.round(bytes * 10) / 10 };
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
