// One contender of one case in a process of its own: node --expose-gc contender.mjs ‹case› ‹name› ‹ms to warm up› ‹ms a sample›.
// `holdfast without ‹part›+‹part›` is holdfast with that left out.
// Says when it is warm, then answers each line that it is sent (`ns`, `bytes`, `promises`, `profile`) with one of JSON.

import { createHook } from 'node:async_hooks';
import { PerformanceObserver } from 'node:perf_hooks';
import { Session } from 'node:inspector/promises';
import { createInterface } from 'node:readline';
import { cases } from './cases.mjs';
import { entrants } from './entrants.mjs';
import { cpuTime } from './cpu-time.mjs';
import { selfTimes } from './profile.mjs';
import { median } from './statistics.mjs';
import { work } from './work.mjs';

const [, , id, name, toWarm, aSample] = process.argv;
const { width, work: kind } = cases.find((each) => each.id === id);
const [entrant, missing] = name.split(' without ');
// Only a newer Node can.
if (missing) (await import('./without.mjs')).leaveOut(missing.split('+'));
const call = await entrants[id][entrant]();
const fixed = kind === 'turn' ? work.turn : work.ok;
const made = kind === 'failing' ? () => work.failing(2) : () => fixed;

await validate();
const times = await warm();
const answers = { ns: () => timed(times), bytes, promises, profile };
say({ times });
for await (const line of createInterface({ input: process.stdin })) say({ [line]: await answers[line]() });
process.exit(0);

function say(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

/** A contender that does something else is not measured. */
async function validate() {
  if (width === 0) {
    if (call() === false) throw new Error('refused');
  } else if (kind === 'refused') {
    let ran = false;
    const error = await call(async () => (ran = true)).then(
      () => undefined,
      (thrown) => thrown,
    );
    if (!(error instanceof Error) || ran) throw new Error('not refused');
  } else if (kind === 'none') await call();
  else {
    const value = await call(made());
    if (value !== 42) throw new Error(`gave ${value}`);
  }
}

/** @param {number} calls a multiple of the width. */
async function loop(calls) {
  if (width === 0) {
    let sum = 0;
    for (let at = 0; at < calls; at++) sum += Number(call());
    return sum;
  }
  if (kind === 'refused') {
    for (let at = 0; at < calls; at++) {
      try {
        await call(fixed);
      } catch {}
    }
  } else if (width === 1) for (let at = 0; at < calls; at++) await call(fixed);
  else {
    for (let at = 0; at < calls; at += width) {
      const under = [];
      for (let each = 0; each < width; each++) under.push(call(made()));
      await Promise.all(under);
    }
  }
  return 0;
}

/** Ns of the processor for one call. */
async function timed(calls) {
  await work.turn();
  const start = cpuTime();
  await loop(calls);
  return (cpuTime() - start) / calls;
}

/** Lets the engine come to know the code; gives the number of calls that fills a sample. */
async function warm() {
  const unit = width || 1;
  const end = cpuTime() + Number(toWarm) * 1e6;
  let calls = unit;
  let ns = 0;
  while (cpuTime() < end) {
    ns = await timed(calls);
    if (ns * calls < Number(aSample) * 5e5) calls *= 2;
  }
  return Math.max(1, Math.round((Number(aSample) * 1e6) / ns / unit)) * unit;
}

/** What one call allocates: measured between two collections, in a young generation that is large enough. */
async function bytes() {
  let collections = 0;
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
  observer.observe({ entryTypes: ['gc'] });
  const unit = width || 1;
  let calls = Math.max(unit, Math.floor(Math.min(times, 20_000) / unit) * unit);
  const samples = [];
  for (let sample = 0; sample < 9 && samples.length < 5; sample++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
    collections = 0;
    const before = process.memoryUsage().heapUsed;
    await loop(calls);
    const after = process.memoryUsage().heapUsed;
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (!collections) samples.push((after - before) / calls);
    else calls = Math.max(unit, Math.floor(calls / 2 / unit) * unit);
  }
  observer.disconnect();
  return samples.length ? Math.round(median(samples)) : null;
}

/** How many promises one call makes; what the work and the loop make is in it. */
async function promises() {
  let count = 0;
  const hook = createHook({
    init(_id, type) {
      if (type === 'PROMISE') count++;
    },
  });
  const calls = Math.max(width, 100);
  await loop(calls);
  hook.enable();
  await loop(calls);
  hook.disable();
  return Math.round((count / calls) * 10) / 10;
}

/** Where the time of about two seconds goes. */
async function profile() {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 250 });
  await session.post('Profiler.start');
  const end = performance.now() + 2_000;
  while (performance.now() < end) await timed(times);
  const { profile: taken } = await session.post('Profiler.stop');
  session.disconnect();
  return selfTimes(taken);
}
