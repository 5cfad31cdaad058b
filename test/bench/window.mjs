// Very many calls through one breaker with a window: node --expose-gc window.mjs ‹name› ‹calls› ‹ms at most›.

import { window } from './at-scale.mjs';
import { cpuTime } from './cpu-time.mjs';
import { work } from './work.mjs';

const SAMPLE = 10_000;
const [, , name, many, most] = process.argv;
const calls = Number(many);
const call = await window[name]();
const collect = () => (globalThis.gc(), process.memoryUsage().heapUsed);
const begun = performance.now();
const samples = [];
collect();
await work.turn();
const before = collect();
let done = 0;
while (done < calls && performance.now() - begun < Number(most)) {
  const start = cpuTime();
  for (let at = 0; at < SAMPLE; at++) await call(work.ok);
  done += SAMPLE;
  samples.push(cpuTime() - start);
  await work.turn();
}
await work.turn();
const kB = (collect() - before) / 1_000;

/** Ns for one call, by the median of a tenth of the samples; the engine knows the code by the second tenth. */
const tenth = (from) => {
  const some = samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * (from + 0.1)));
  return some.toSorted((one, other) => one - other)[Math.floor(some.length / 2)] / SAMPLE;
};
const answer = { kB, done, early: tenth(0.1), late: tenth(0.9) };
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
