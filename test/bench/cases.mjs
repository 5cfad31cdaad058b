// What is measured one call at a time: each case with its baseline and its targets, as ratios to that. Who takes part stands
// in entrants.mjs, since that needs the libraries.

/**
 * `work`: what is called. `immediate`; `turn`: a turn of the event loop; `failing`: twice, then success; `refused`: is not
 * called; `none`: there is nothing to call. `width`: how many calls are under way at once; 0 for a synchronous call.
 * `baseline`: whom `must` and `goal`, ratios, are counted from.
 *
 * @typedef {object} Case
 * @property {string} id
 * @property {string} title
 * @property {0 | 1 | 1000} width
 * @property {'immediate' | 'turn' | 'failing' | 'refused' | 'none'} work
 * @property {'bare' | 'by hand'} baseline
 * @property {number} must
 * @property {number} goal
 */

/** @type {Case[]} */
export const cases = [
  {
    id: 'A',
    title: 'retry, first attempt succeeds',
    width: 1,
    work: 'immediate',
    baseline: 'bare',
    must: 2.2,
    goal: 1.7,
  },
  {
    id: 'As',
    title: 'the same, with an AbortSignal',
    width: 1,
    work: 'immediate',
    baseline: 'bare',
    must: 3,
    goal: 2.2,
  },
  {
    id: 'B2',
    title: 'two failures, then success, no delay',
    width: 1_000,
    work: 'failing',
    baseline: 'by hand',
    must: 1.3,
    goal: 1,
  },
  {
    id: 'C1',
    title: 'breaker closed, failures in a row',
    width: 1,
    work: 'immediate',
    baseline: 'bare',
    must: 2.4,
    goal: 1.8,
  },
  {
    id: 'C3',
    title: 'breaker closed, window of 10 s',
    width: 1,
    work: 'immediate',
    baseline: 'bare',
    must: 3,
    goal: 2.5,
  },
  {
    id: 'D',
    title: 'breaker open: a refusal',
    width: 1,
    work: 'refused',
    baseline: 'bare',
    must: 2,
    goal: 1.5,
  },
  {
    id: 'E1',
    title: 'timeout of 5 s',
    width: 1,
    work: 'immediate',
    baseline: 'bare',
    must: 6,
    goal: 5,
  },
  {
    id: 'E2',
    title: 'timeout of 5 s, work of one turn',
    width: 1_000,
    work: 'turn',
    baseline: 'bare',
    must: 2.9,
    goal: 2.4,
  },
  {
    id: 'F1',
    title: 'bulkhead of 10, free',
    width: 1,
    work: 'immediate',
    baseline: 'bare',
    must: 2.4,
    goal: 1.8,
  },
  {
    id: 'F2',
    title: 'bulkhead of 10, full',
    width: 1_000,
    work: 'immediate',
    baseline: 'bare',
    must: 7.5,
    goal: 6,
  },
  {
    id: 'G1',
    title: 'rate limiter, awaited',
    width: 1,
    work: 'none',
    baseline: 'bare',
    must: 2.2,
    goal: 2,
  },
  {
    id: 'G2',
    title: 'rate limiter, a synchronous try',
    width: 0,
    work: 'none',
    baseline: 'by hand',
    must: 1.3,
    goal: 1,
  },
  {
    id: 'H',
    title: 'retry, breaker, timeout, bulkhead of 10',
    width: 1,
    work: 'immediate',
    baseline: 'bare',
    must: 8,
    goal: 6,
  },
  {
    id: 'H2',
    title: 'retry, breaker, timeout, bulkhead of 1000; work of one turn',
    width: 1_000,
    work: 'turn',
    baseline: 'bare',
    must: 3.2,
    goal: 2.5,
  },
  {
    id: 'I',
    title: 'one delay with full jitter',
    width: 0,
    work: 'none',
    baseline: 'by hand',
    // 19 ns and 12 ns where the code by hand takes 5.7 ns.
    must: 3.3,
    goal: 2.1,
  },
];
