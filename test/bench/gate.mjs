// What `npm run bench:gate` decides, as a function of what was recorded and what was measured.

/** @typedef {{ readonly ratio: number, readonly noise: number }} Stated a ratio of holdfast, and how much it may differ */
/** @typedef {{ readonly [base: string]: Stated }} Ratios by what they are ratios to: `bare`, `by hand` */
/** @typedef {{ readonly ratios: Ratios, readonly promises?: number | undefined }} Speed of one case */
/** @typedef {{ readonly id: string, readonly what: string, readonly recorded: number, readonly measured: number, readonly limit: number }} Slip */

/**
 * Where holdfast has fallen behind: a ratio that is above the recorded one by more than its noise in every one of the
 * tries, or more promises for one call, which have no noise.
 *
 * @param {{ readonly [id: string]: Speed }} recorded
 * @param {readonly { readonly [id: string]: Speed }[]} tries each with all cases, or only with those that were suspicious
 * @returns {Slip[]}
 */
export function slips(recorded, tries) {
  return Object.entries(recorded).flatMap(([id, { ratios, promises }]) => {
    const measured = tries.flatMap((each) => (each[id] ? [each[id]] : []));
    if (!measured.length) return [];
    const slower = Object.entries(ratios).map(([base, { ratio, noise }]) => ({
      id,
      what: `ratio to ${base}`,
      recorded: ratio,
      measured: Math.min(...measured.map((each) => each.ratios[base]?.ratio ?? Infinity)),
      limit: ratio * (1 + noise),
    }));
    const counts = measured.map((each) => each.promises).filter((count) => count !== undefined);
    const more =
      promises === undefined || !counts.length
        ? []
        : [{ id, what: 'promises', recorded: promises, measured: Math.min(...counts), limit: promises }];
    return [...slower, ...more].filter(({ measured: value, limit }) => !(value <= limit));
  });
}

/**
 * Measures all cases, and those that are suspicious again, so that what a busy machine does to one try fails nobody.
 *
 * @param {{ readonly [id: string]: Speed }} recorded
 * @param {(ids: readonly string[]) => Promise<{ readonly [id: string]: Speed }>} measure
 * @param {{ readonly tries?: number, readonly onTry?: (slips: readonly Slip[], tries: number) => void }} [options]
 * @returns {Promise<Slip[]>}
 */
export async function gate(recorded, measure, { tries: most = 3, onTry = () => {} } = {}) {
  const tries = [];
  let ids = Object.keys(recorded);
  let found = [];
  do {
    tries.push(await measure(ids));
    found = slips(recorded, tries);
    onTry(found, tries.length);
    ids = [...new Set(found.map(({ id }) => id))];
  } while (found.length && tries.length < most);
  return found;
}
