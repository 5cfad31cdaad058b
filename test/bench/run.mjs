// npm run bench: what a call costs, beside the bare call, what one writes by hand, and other libraries. Each contender
// runs in processes of its own, in turn, round after round, so that a machine that slows down slows all of them down.
//
//   node run.mjs [--rounds N] [--ms N] [--cases A,H] [--write] [--gate]
//
// --write puts the tables into docs/speed.md; --gate fails if a ratio is worse than the recorded one by more than its noise.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cases } from './cases.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    ms: { type: 'string', default: '150' },
    cases: { type: 'string' },
    write: { type: 'boolean', default: false },
    gate: { type: 'boolean', default: false },
  },
});
const wanted = flags.cases?.split(',');
const chosen = cases.filter(({ id }) => !wanted || wanted.includes(id));

if (!existsSync(`${here}node_modules`))
  spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here, stdio: 'inherit' });
spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
const node = existsSync(`${here}node_modules/node24/bin/node`)
  ? `${here}node_modules/node24/bin/node`
  : process.execPath;

const results = [];
for (const each of chosen) {
  results.push(measured(each));
  console.log(lineOf(results.at(-1)));
}
if (flags.gate) gate(results);
else {
  console.log(`\n${tableOf(results)}`);
  if (flags.write) write(results);
}

/** @param {import('./cases.mjs').Case} given */
function measured(given) {
  const names = Object.keys(given.contenders);
  /** @type {Record<string, number[]>} */
  const ns = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < Number(flags.rounds); round++) {
    // There and back, so that none always comes first.
    for (const name of round % 2 ? names.toReversed() : names) ns[name].push(child('time', given.id, name).ns);
  }
  const ratios = Object.fromEntries(
    names.map((name) => [name, ns[name].map((time, round) => time / ns[given.baseline][round])]),
  );
  const peers = names.filter((name) => !['bare', 'by hand', 'holdfast'].includes(name));
  const best = peers.toSorted((one, other) => median(ratios[one]) - median(ratios[other]))[0];
  const extra =
    flags.gate || given.calls === 'synchronous'
      ? {}
      : { ...child('bytes', given.id, 'holdfast'), ...child('promises', given.id, 'holdfast') };
  return { given, ns, ratios, best, extra };
}

function child(what, id, name) {
  const { stdout, stderr, status } = spawnSync(
    node,
    ['--expose-gc', '--max-semi-space-size=64', `${here}measure.mjs`, what, id, name, flags.ms],
    { cwd: here, encoding: 'utf8', timeout: 120_000 },
  );
  if (status !== 0) throw new Error(`${what} ${id} ${name}: ${stderr.slice(-500)}`);
  return JSON.parse(stdout);
}

function lineOf({ given, ns, ratios, best }) {
  const ratio = median(ratios.holdfast);
  const peer = best ? `, ${best} ${median(ratios[best]).toFixed(1)}` : '';
  const verdict = ratio <= given.goal ? 'goal' : ratio <= given.must ? 'must' : 'missed';
  return `${given.id.padEnd(3)} ${median(ns.holdfast).toFixed(0).padStart(6)} ns, ${ratio.toFixed(2)} times ${given.baseline} (${spread(ratios.holdfast)}); must ${given.must}, goal ${given.goal}: ${verdict}${peer}`;
}

function tableOf(all) {
  const head = [
    '',
    'case',
    'calls',
    'ns',
    'ratio',
    'of rounds',
    'must',
    'goal',
    'holds',
    'by hand',
    'best peer',
    'bytes',
    'promises',
  ];
  const rows = all.map(({ given, ns, ratios, best, extra }) => {
    const ratio = median(ratios.holdfast);
    return [
      given.id,
      given.title,
      given.calls,
      median(ns.holdfast).toFixed(0),
      `**${ratio.toFixed(2)}** of ${given.baseline}`,
      spread(ratios.holdfast),
      given.must,
      given.goal,
      ratio <= given.goal ? 'goal' : ratio <= given.must ? 'must' : '**no**',
      given.baseline === 'by hand' ? '1' : median(ratios['by hand']).toFixed(2),
      best ? `${best} ${median(ratios[best]).toFixed(2)}${median(ratios[best]) < ratio ? ' (ahead)' : ''}` : '–',
      extra.bytes ? Math.round(extra.bytes) : '–',
      extra.promises ?? '–',
    ];
  });
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Puts the table into the page, and records the ratios for the gate. */
function write(all) {
  const page = `${root}docs/speed.md`;
  const [before, after] = readFileSync(page, 'utf8').split(/<!-- measured: begin -->[^]*<!-- measured: end -->/);
  const { devDependencies } = JSON.parse(readFileSync(`${here}package.json`, 'utf8'));
  const versions = Object.entries(devDependencies).map(
    ([name, version]) => `${name} ${version.replace(/^npm:.*@/, '')}`,
  );
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores; ${versions.join(', ')}; ${flags.rounds} rounds of ${flags.ms} ms.`;
  const section = ['<!-- measured: begin -->', '', tableOf(all), '', machine, '', '<!-- measured: end -->'].join('\n');
  writeFileSync(page, `${before}${section}${after}`);
  const recorded = Object.fromEntries(
    all.map(({ given, ratios }) => [
      given.id,
      { ratio: Number(median(ratios.holdfast).toFixed(3)), noise: noiseOf(ratios.holdfast) },
    ]),
  );
  writeFileSync(`${here}recorded.json`, `${JSON.stringify(recorded, undefined, 2)}\n`);
}

/** Fails if a ratio, the best of its rounds, is worse than the recorded one by more than its noise. */
function gate(all) {
  const recorded = JSON.parse(readFileSync(`${here}recorded.json`, 'utf8'));
  const worse = all.filter(({ given, ratios }) => {
    const { ratio, noise } = recorded[given.id] ?? {};
    return ratio && Math.min(...ratios.holdfast) > ratio * (1 + noise);
  });
  for (const { given, ratios } of worse) {
    const { ratio, noise } = recorded[given.id];
    console.log(
      `WORSE ${given.id}: ${Math.min(...ratios.holdfast).toFixed(2)}, recorded ${ratio} ± ${Math.round(noise * 100)} %`,
    );
  }
  console.log(`${all.length - worse.length} passed, ${worse.length} failed`);
  process.exitCode = worse.length ? 1 : 0;
}

/** What the rounds differ by, at least a tenth. */
function noiseOf(values) {
  return Number(Math.max(0.1, (Math.max(...values) - Math.min(...values)) / median(values)).toFixed(2));
}

function spread(values) {
  return `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
}

function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted.length % 2
    ? sorted[(sorted.length - 1) / 2]
    : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
}
