// The schedules of five backoffs, without and with jitter: computed, not waited for.

import { constant, exponential, fibonacci, fullJitter, linear, schedule, sequence } from 'holdfast';
import { seededRandom } from 'holdfast/testing';

const BASE_DELAY = 100;
const RETRIES = 6;
/** Columns of a plot. */
const WIDTH = 53;

/** @type {[name: string, backoff: import('holdfast').Backoff][]} */
const BACKOFFS = [
  ['constant()', constant()],
  ['linear()', linear()],
  ['fibonacci()', fibonacci()],
  ['exponential()', exponential()],
  ['sequence([50, 200, 1000])', sequence([50, 200, 1_000])],
];

/**
 * Prints a table and a plot.
 *
 * @param {object} options
 * @param {import('./timeline.mjs').Print} options.print
 * @param {import('./timeline.mjs').Paint} options.paint
 * @param {number} options.seed for the jitter.
 */
export function printSchedules({ print, paint, seed }) {
  const random = seededRandom(seed);
  const options = { baseDelay: BASE_DELAY, retries: RETRIES, random };
  const rows = BACKOFFS.flatMap(([name, backoff]) => [
    { name, jittered: false, delays: schedule(backoff, options) },
    { name: '  with full jitter', jittered: true, delays: schedule(fullJitter(backoff), options) },
  ]);

  print(paint('bold', `Five backoffs, base ${BASE_DELAY} ms: the delay before each retry, in ms`));
  print();
  const heads = Array.from({ length: RETRIES }, (_, index) => `${index + 1}`);
  print(paint('dim', line('retry', [...heads, 'in all'])));
  for (const { name, jittered, delays } of rows) {
    const cells = [...delays, sum(delays)].map((delay) => `${Math.round(delay)}`);
    print(paint(jittered ? 'yellow' : 'cyan', line(name, cells)));
  }

  const end = Math.max(...rows.map(({ delays }) => sum(delays)));
  print();
  print(paint('bold', 'When the attempts are made, if all fail (a digit: so many in one column)'));
  print();
  for (const { name, jittered, delays } of rows) {
    print(`${name.padEnd(26)}${paint(jittered ? 'yellow' : 'cyan', marks(delays, end))}`);
  }
  print(paint('dim', `${' '.repeat(26)}0${`${end} ms`.padStart(WIDTH - 1)}`));

  print();
  print(paint('dim', 'Where a jitter can put its delays: npx holdfast schedule --jitter full --format plot'));
  return rows;
}

/**
 * One mark for each attempt, on a line from 0 to `end`.
 *
 * @param {number[]} delays
 * @param {number} end
 */
function marks(delays, end) {
  const counts = Array.from({ length: WIDTH }, () => 0);
  let time = 0;
  for (const delay of [0, ...delays]) {
    time += delay;
    const column = Math.round((time / end) * (WIDTH - 1));
    counts[column] = (counts[column] ?? 0) + 1;
  }
  return counts.map((count) => (count === 0 ? '·' : count === 1 ? '●' : count)).join('');
}

/**
 * @param {string} name
 * @param {string[]} cells
 */
function line(name, cells) {
  return name.padEnd(26) + cells.map((cell) => cell.padStart(7)).join('');
}

/** @param {number[]} delays */
function sum(delays) {
  return delays.reduce((total, delay) => total + delay, 0);
}
