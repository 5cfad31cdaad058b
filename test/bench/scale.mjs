// Measures what very many calls cost, what an import costs, and what a call leaves behind. By the ids of the page.

import * as who from './at-scale.mjs';
import { cases } from './cases.mjs';
import { entrants } from './entrants.mjs';
import { importTimes } from './imports.mjs';
import { parts } from './parts.mjs';
import { resultOf } from './processes.mjs';
import { figuresOf, measure, WARMTH } from './ratios.mjs';
import { median, rounded } from './statistics.mjs';

/** How many of what: `full`, for the page, or short. */
const efforts = {
  full: {
    rounds: 2,
    million: true,
    calls: 1_000_000,
    handed: 100_000,
    keys: 100_000,
    imports: 11,
    without: { ...WARMTH, runs: 9, rounds: 7 },
  },
  short: {
    rounds: 1,
    million: false,
    calls: 300_000,
    handed: 20_000,
    keys: 20_000,
    imports: 5,
    without: { ...WARMTH, runs: 1, rounds: 7 },
  },
};
const OURS = 'holdfast';
/** What is left out of a case, one after the other and at once. */
const LEFT_OUT = {
  C3: ['clock'],
  E2: ['clock', 'context', 'hold'],
  H: Object.keys(parts),
};
const SLEEPING = 100_000;
const LONGEST = 1_000;
/** Ms after which a library that is too slow to make all the calls is stopped. */
const PATIENCE = 8_000;
const ROOMY = ['--expose-gc', '--max-old-space-size=12000'];
/** Cases that make one call of each kind of policy. */
const KINDS = ['A', 'C1', 'C3', 'D', 'E1', 'F1', 'G1', 'H'];

/** @param {readonly string[]} slow who is left out of the short run */
export function scale(/** @type {'full' | 'short'} */ size, slow) {
  const effort = efforts[size];
  const taking = (/** @type {object} */ all) =>
    Object.keys(all).filter((name) => size === 'full' || !slow.includes(name));

  return {
    /** Calls asleep. What the heap holds is looked at in processes of their own, since that takes its time. */
    async J() {
      const contenders = {};
      for (const name of taking(who.asleep)) {
        contenders[name] = await asleep(name, SLEEPING, LONGEST, effort.rounds);
      }
      const million = effort.million && (await asleep('holdfast', 1_000_000, 10_000, 1));
      return {
        calls: SLEEPING,
        longest: LONGEST,
        contenders,
        ...(million && { million: { longest: 10_000, ...million } }),
      };
    },
    async K() {
      const contenders = {};
      for (const name of taking(who.window)) {
        contenders[name] = roundedIn(await resultOf('window.mjs', [name, effort.calls, PATIENCE]));
      }
      return { calls: effort.calls, contenders };
    },
    async L() {
      return { rounds: effort.imports, imports: importTimes(effort.imports) };
    },
    async N() {
      const contenders = {};
      const pairs = KINDS.flatMap((id) => taking(entrants[id]).map((name) => ({ id, name }))).filter(
        ({ name }) => name !== 'bare',
      );
      // They mostly wait, so several can at once.
      await Promise.all(
        [0, 1, 2, 3].map(async () => {
          for (let pair = pairs.shift(); pair; pair = pairs.shift()) {
            const { ms, waits } = await resultOf('alive.mjs', [pair.id, pair.name], { timeout: 30_000 });
            // What does not wait for anything is on its way out.
            const held = waits.length || ms > 500 ? Math.round(ms) : 0;
            (contenders[pair.name] ??= {})[pair.id] = held;
          }
        }),
      );
      return { contenders: inOrder(contenders) };
    },
    /** One signal for all calls. */
    async S() {
      const contenders = {};
      for (const name of taking(who.signal)) {
        contenders[name] = await resultOf('signal.mjs', [name, effort.handed, PATIENCE]);
      }
      return { calls: effort.handed, contenders };
    },
    /** Calls without some of what they pay for. */
    async W() {
      const ratios = {};
      for (const [id, all] of Object.entries(LEFT_OUT)) {
        const given = cases.find((each) => each.id === id);
        const without = { nothing: OURS };
        for (const part of all) without[part] = `${OURS} without ${part}`;
        if (all.length > 1) without.everything = `${OURS} without ${all.join('+')}`;
        const names = ['bare', ...Object.values(without)];
        const { contenders } = figuresOf(given, await measure(given, effort.without, { names, anatomy: [] }));
        ratios[id] = Object.fromEntries(Object.entries(without).map(([what, name]) => [what, contenders[name].ratio]));
      }
      return { ratios };
    },
    /** Keys. */
    async Y() {
      return roundedIn(await resultOf('keys.mjs', [effort.keys], { flags: ROOMY }));
    },
  };
}

async function asleep(name, calls, longest, rounds) {
  const runs = [];
  const heaps = [];
  for (let round = 0; round < rounds; round++) {
    runs.push(await resultOf('asleep.mjs', [name, calls, longest, 'cpu'], { flags: ROOMY }));
    if (round < 1) heaps.push(await resultOf('asleep.mjs', [name, calls, longest, 'heap'], { flags: ROOMY }));
  }
  const of = (field) => rounded(median(runs.map((run) => run[field])));
  return { heap: heaps[0].heap, cpu: of('cpu'), started: of('started'), total: of('total') };
}

function roundedIn(answer) {
  return Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, rounded(value, 4)]));
}

function inOrder(contenders) {
  const names = [...new Set(Object.values(entrants).flatMap((all) => Object.keys(all)))];
  return Object.fromEntries(names.filter((name) => contenders[name]).map((name) => [name, contenders[name]]));
}
