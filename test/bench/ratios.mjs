// Measures a case: all of its contenders are warm at once and make a short sample each in turn, round after round, so that
// a machine that slows down slows all of them down. A ratio is that of two samples of the same round.

import { entrants } from './entrants.mjs';
import { contender } from './processes.mjs';
import { median, noiseOf, rounded } from './statistics.mjs';

/** Ms to warm up and ms a sample are the same for all, since a ratio depends on how well the engine knows the code. */
export const WARMTH = { warm: 250, sample: 15 };

/** @typedef {import('./cases.mjs').Case} Case */
/** @typedef {{ readonly runs: number, readonly rounds: number, readonly warm: number, readonly sample: number }} Effort ms */
/** @typedef {Record<string, readonly (readonly number[])[]>} Samples by name, run and round: ns of the processor for one call */

/**
 * What is known of one contender of a case.
 *
 * @typedef {object} Figures
 * @property {number} ns the median
 * @property {number} ratio to the baseline: the median of the runs, each of which is the median of its rounds
 * @property {number} low that of the best run
 * @property {number} high that of the worst run
 * @property {number | null} [bytes] that one call allocates
 * @property {number} [promises] that one call makes
 */

/**
 * @param {Case} given
 * @param {Effort} effort
 * @param {{ names?: readonly string[], anatomy?: readonly string[] }} [options] who takes part, by default all; of whom
 *   bytes and promises are counted, by default of all
 */
export async function measure(given, { runs, rounds, warm, sample }, { names = namesOf(given), anatomy } = {}) {
  /** @type {Record<string, number[][]>} */
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  /** @type {Record<string, { bytes: number | null, promises: number }>} */
  const counted = {};
  for (let run = 0; run < runs; run++) {
    /** @type {Awaited<ReturnType<typeof contender>>[]} */
    const all = [];
    try {
      for (const name of names) all.push(await contender(given.id, name, { warm, sample }));
      for (const name of names) samples[name].push([]);
      for (let round = 0; round < rounds; round++) {
        // There and back, so that none always follows the same one.
        const order = names.map((_, at) => (round % 2 ? names.length - 1 - at : at));
        for (const at of order) samples[names[at]][run].push(await all[at].ask('ns'));
      }
      // These disturb the times, so they come last.
      for (let at = 0; given.width && run === runs - 1 && at < names.length; at++) {
        if (anatomy && !anatomy.includes(names[at])) continue;
        const bytes = /** @type {number | null} */ (await all[at].ask('bytes'));
        counted[names[at]] = { bytes, promises: await all[at].ask('promises') };
      }
    } finally {
      await Promise.all(all.map((each) => each.end()));
    }
  }
  return { samples, counted };
}

/**
 * Who can take part in a case, in the order of the page.
 *
 * @param {Case} given
 */
export function namesOf({ id }) {
  return Object.keys(entrants[id]);
}

/**
 * The ratios of a contender to another, by run and round.
 *
 * @param {Samples} samples
 * @param {string} name
 * @param {string} base
 */
export function ratiosOf(samples, name, base) {
  return samples[name].map((run, at) => run.map((ns, round) => ns / samples[base][at][round]));
}

/**
 * What is recorded of a case.
 *
 * @param {Case} given
 * @param {Awaited<ReturnType<typeof measure>>} measured
 */
export function figuresOf({ baseline }, { samples, counted }) {
  const contenders = Object.fromEntries(
    Object.keys(samples).map((name) => {
      const runs = ratiosOf(samples, name, baseline).map(median);
      /** @type {Figures} */
      const figures = {
        ns: rounded(median(samples[name].flat())),
        ratio: rounded(median(runs)),
        low: rounded(Math.min(...runs)),
        high: rounded(Math.max(...runs)),
        ...counted[name],
      };
      return [name, figures];
    }),
  );
  const ratios = Object.fromEntries(
    ['bare', 'by hand']
      .filter((base) => base in samples)
      .map((base) => {
        const runs = ratiosOf(samples, 'holdfast', base);
        return [base, { ratio: rounded(median(runs.map(median))), noise: noiseOf(runs) }];
      }),
  );
  return { contenders, ratios };
}
