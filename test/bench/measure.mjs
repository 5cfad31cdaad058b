// One measurement in a process of its own: node measure.mjs ‹what› ‹case› ‹contender› ‹ms›; prints one line of JSON.

import { createHook } from 'node:async_hooks';
import { PerformanceObserver } from 'node:perf_hooks';
import { cases, work } from './cases.mjs';

const [, , what = 'time', id, name, budget = '300'] = process.argv;
const { calls, work: kind, contenders } = cases.find((each) => each.id === id);
const call = await contenders[name]();
const width = calls === '1000 at once' ? 1_000 : 1;
const fixed = kind === 'turn' ? work.turn : work.ok;
const made = kind === 'failing' ? () => work.failing(2) : () => fixed;
const refused = kind === 'refused';

await validate();
const results = { time, bytes, promises };
process.stdout.write(`${JSON.stringify(await results[what]())}\n`, () => process.exit(0));

/** A contender that does something else is not measured. */
async function validate() {
  if (calls === 'synchronous') {
    if (call() === false) throw new Error('refused');
  } else if (refused) {
    let ran = false;
    const error = await call(async () => (ran = true)).then(
      () => undefined,
      (thrown) => thrown,
    );
    if (!(error instanceof Error) || (ran && name !== 'bare')) throw new Error('not refused');
  } else if (kind !== 'none') {
    const value = await call(made());
    if (value !== 42) throw new Error(`gave ${value}`);
  }
}

/** @param {number} times a multiple of the width. */
async function loop(times) {
  if (calls === 'synchronous') {
    let sum = 0;
    for (let at = 0; at < times; at++) sum += Number(call());
    return sum;
  }
  if (refused) {
    for (let at = 0; at < times; at++) {
      try {
        await call(fixed);
      } catch {}
    }
  } else if (width === 1) for (let at = 0; at < times; at++) await call(fixed);
  else {
    for (let at = 0; at < times; at += width) {
      const under = [];
      for (let each = 0; each < width; each++) under.push(call(made()));
      await Promise.all(under);
    }
  }
  return 0;
}

async function timed(times) {
  const start = process.hrtime.bigint();
  await loop(times);
  return Number(process.hrtime.bigint() - start) / times;
}

/** Lets the engine come to know the code; gives a number of calls that takes about 10 ms. */
async function warm() {
  const end = performance.now() + Number(budget);
  let times = width;
  let ns = 0;
  while (performance.now() < end) {
    ns = await timed(times);
    if (ns * times < 5e6) times *= 2;
    await work.turn();
  }
  return Math.max(width, Math.round(1e7 / ns / width) * width);
}

/** The median of the samples, in ns for one call. */
async function time() {
  const times = await warm();
  const end = performance.now() + Number(budget);
  const samples = [];
  while (performance.now() < end || samples.length < 5) {
    await work.turn();
    samples.push(await timed(times));
  }
  return { ns: median(samples) };
}

/** What one call allocates: measured between two collections, in a young generation that is large enough. */
async function bytes() {
  let collections = 0;
  new PerformanceObserver((list) => (collections += list.getEntries().length)).observe({ entryTypes: ['gc'] });
  let times = Math.min(await warm(), 20_000);
  times = Math.ceil(times / width) * width;
  const samples = [];
  for (let sample = 0; sample < 7; sample++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
    collections = 0;
    const before = process.memoryUsage().heapUsed;
    await loop(times);
    const after = process.memoryUsage().heapUsed;
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (!collections) samples.push((after - before) / times);
    else times = Math.max(width, Math.ceil(times / 2 / width) * width);
  }
  return { bytes: samples.length ? median(samples) : null };
}

/** How many promises one call makes; what the loop and the work make is in it. */
async function promises() {
  let count = 0;
  const hook = createHook({
    init(_id, type) {
      if (type === 'PROMISE') count++;
    },
  });
  const times = Math.max(width, 100);
  await loop(times);
  hook.enable();
  await loop(times);
  hook.disable();
  return { promises: Math.round((count / times) * 10) / 10 };
}

function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}
