// npm run bench: what a call costs, beside the bare call, what one writes by hand, and other libraries.
//
//   node run.mjs [--full] [--cases A,H,J] [--write]   measures, and prints the tables; --write records them in docs/speed.md
//   node run.mjs --full --runs 1                      the same with fewer runs
//   node run.mjs --gate [--cases A,H]                 fails where holdfast has fallen behind what is recorded
//   node run.mjs --profile H,As                       where the time of a case goes
//   node run.mjs --page                               writes docs/speed.md again from what is recorded

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, type } from 'node:os';
import { parseArgs } from 'node:util';
import { cases } from './cases.mjs';
import { gate } from './gate.mjs';
import { shown } from './markdown.mjs';
import { holds, sectionsOf, speedPage } from './page.mjs';
import { contender, here, nodeVersion, prepare, root } from './processes.mjs';
import { figuresOf, measure, namesOf, WARMTH } from './ratios.mjs';
import { scale } from './scale.mjs';

const { values: flags } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    cases: { type: 'string' },
    runs: { type: 'string' },
    write: { type: 'boolean', default: false },
    gate: { type: 'boolean', default: false },
    profile: { type: 'string' },
    page: { type: 'boolean', default: false },
  },
});
const RECORDED = `${here}recorded.json`;
const PAGE = `${root}docs/speed.md`;

const EFFORTS = {
  full: { ...WARMTH, runs: 3, rounds: 21 },
  short: { ...WARMTH, runs: 1, rounds: 9 },
  gate: { ...WARMTH, runs: 1, rounds: 21 },
};
/** Who is so slow, or so close to another one, that the short run does without. */
const SLOW = ['effect', 'mollitia', 'exponential-backoff', 'async-retry', 'p-queue', 'humanwhocodes'];

const wanted = flags.cases?.split(',');
const chosen = cases.filter(({ id }) => wanted?.includes(id) ?? true);

if (flags.page) writePage(read());
else {
  prepare();
  if (flags.profile) await profile(flags.profile.split(','));
  else if (flags.gate) await judge();
  else await bench(flags.full || flags.write ? 'full' : 'short');
}

async function bench(/** @type {'full' | 'short'} */ size) {
  const effort = { ...EFFORTS[size], ...(flags.runs && { runs: Number(flags.runs) }) };
  const recorded = flags.write && existsSync(RECORDED) && wanted ? read() : { cases: {}, scale: {} };
  const { devDependencies } = JSON.parse(readFileSync(`${here}package.json`, 'utf8'));
  const versions = Object.entries(devDependencies).filter(([name]) => name !== 'node24');
  Object.assign(recorded, {
    machine: {
      processor: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      system: `${type()} ${release().split('.').slice(0, 2).join('.')}`,
      node: nodeVersion(),
    },
    versions: Object.fromEntries(versions),
    effort,
  });
  for (const given of chosen) {
    const names = namesOf(given).filter((name) => size === 'full' || !SLOW.includes(name));
    const figures = figuresOf(given, await measure(given, effort, { names }));
    recorded.cases[given.id] = figures;
    console.log(lineOf(given, figures));
  }
  for (const [id, question] of Object.entries(scale(size, SLOW))) {
    if (wanted && !wanted.includes(id)) continue;
    recorded.scale[id] = await question();
    console.log(`${id.padEnd(3)} done`);
  }
  if (flags.write) {
    recorded.profiles ??= {};
    for (const { id, must } of chosen) {
      delete recorded.profiles[id];
      if (recorded.cases[id].contenders.holdfast.ratio > must) recorded.profiles[id] = await profileOf(id);
    }
    writeFileSync(RECORDED, `${JSON.stringify(recorded, undefined, 2)}\n`);
    writePage(recorded);
  }
  for (const [name, section] of Object.entries(sectionsOf(recorded, cases))) {
    if (section) console.log(`\n${name}\n\n${section}`);
  }
}

function lineOf({ id, baseline, must, goal }, { contenders }) {
  const { ns, ratio } = contenders.holdfast;
  const verdict = holds(ratio, must, goal).replaceAll('*', '');
  return `${id.padEnd(3)} ${shown(ns).padStart(6)} ns, ${shown(ratio)} times ${baseline}; must ${must}, goal ${goal}: ${verdict}`;
}

async function judge() {
  const { cases: all } = read();
  const recorded = Object.fromEntries(
    chosen
      .filter(({ id }) => all[id])
      .map(({ id }) => [id, { ratios: all[id].ratios, promises: all[id].contenders.holdfast.promises }]),
  );
  const failed = await gate(recorded, speeds, {
    onTry(slips, tries) {
      const ids = [...new Set(slips.map(({ id }) => id))];
      console.log(`try ${tries}: ${ids.length ? `behind in ${ids.join(', ')}` : 'nothing is behind'}`);
    },
  });
  for (const { id, what, recorded: was, measured, limit } of failed) {
    console.log(`BEHIND ${id}: ${what} ${shown(measured)}, recorded ${shown(was)}, at most ${shown(limit)}`);
  }
  const behind = new Set(failed.map(({ id }) => id)).size;
  console.log(`${Object.keys(recorded).length - behind} passed, ${behind} failed`);
  process.exitCode = behind ? 1 : 0;
}

/** What the gate measures: no peers. */
async function speeds(/** @type {readonly string[]} */ ids) {
  const measured = {};
  for (const given of cases.filter(({ id }) => ids.includes(id))) {
    const names = namesOf(given).filter((name) => ['bare', 'by hand', 'holdfast'].includes(name));
    const options = { names, anatomy: ['holdfast'] };
    const { ratios, contenders } = figuresOf(given, await measure(given, EFFORTS.gate, options));
    measured[given.id] = { ratios, promises: contenders.holdfast.promises };
  }
  return measured;
}

async function profile(/** @type {readonly string[]} */ ids) {
  for (const id of ids) {
    console.log(`\n${id}`);
    for (const { name, part } of await profileOf(id)) console.log(`${(part * 100).toFixed(1).padStart(5)} %  ${name}`);
  }
}

/** Functions that take less than a hundredth are left out. */
async function profileOf(/** @type {string} */ id) {
  const given = await contender(id, 'holdfast', WARMTH);
  const parts = await given.ask('profile');
  await given.end();
  return parts
    .filter(({ part }) => part >= 0.01)
    .map(({ name, part }) => ({ name, part: Math.round(part * 1_000) / 1_000 }));
}

function writePage(recorded) {
  writeFileSync(PAGE, speedPage(readFileSync(PAGE, 'utf8'), recorded, cases));
}

function read() {
  return JSON.parse(readFileSync(RECORDED, 'utf8'));
}
