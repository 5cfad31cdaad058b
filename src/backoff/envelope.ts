import { delayOf, nextStep, type Backoff } from './backoff.ts';
import { firstStep, schedule, type ScheduleOptions } from './schedule.ts';

/** What one delay of a schedule can be, in ms. */
export interface DelayBounds {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

/** How many schedules the mean is taken over: a prime. */
const SAMPLES = 2039;
/** From one draw to the next: of those tried, the one whose means are the best. */
const GENERATOR = 629;

/** So many draws a delay have chance of their own; what makes more gets the same ends again. */
const DRAWS = 4;

/**
 * How far each delay of a schedule can lie, and its mean: for plots, and for seeing what a jitter does.
 *
 * Deterministic. The bounds hold for every backoff that draws at most four times for a delay, which is the shortest and
 * the longest where each draw, and each of the delays so far, is at an end: for all of ours, unless they are nested
 * deeper. The mean is taken over 2039 evenly spread schedules: within about 1 % of the true one where each delay draws
 * for itself, within about 3 % for `decorrelatedJitter` and a capped `smoothJitter`. A jitter around
 * `decorrelatedJitter`, from which that goes on, makes rare long delays, and the mean may be off by a fifth.
 *
 * @returns one entry per retry.
 * @throws `TypeError` or `RangeError` for a wrong argument, or a backoff that returns no delay.
 * @example
 * import { envelope, exponential, fullJitter } from 'holdfast';
 * const [first] = envelope(fullJitter(exponential()), { baseDelay: 100, retries: 1 });
 * [first!.min, Math.round(first!.max), Math.round(first!.mean)]; // => [0, 100, 50]
 */
export function envelope(backoff: Backoff, options: Omit<ScheduleOptions, 'random'>): DelayBounds[] {
  const start = firstStep('compute an envelope', backoff, options);
  const { baseDelay, retries } = start;
  const means = meanSchedule(backoff, { baseDelay, retries });
  let previous = [baseDelay];
  let totals = [0];
  return means.map((mean, index) => {
    const delays: number[] = [];
    const sums: number[] = [];
    for (const previousDelay of previous) {
      for (const totalDelay of totals) {
        for (let ends = 0; ends < 1 << DRAWS; ends++) {
          let draw = 0;
          const random = (): number => (ends >> (draw++ % DRAWS)) & 1;
          const step = { attempt: index + 1, baseDelay, previousDelay, totalDelay, random };
          const delay = delayOf(backoff, step);
          delays.push(delay);
          sums.push(nextStep(step, delay).totalDelay);
        }
      }
    }
    previous = [Math.min(...delays), Math.max(...delays)];
    totals = [Math.min(...sums), Math.max(...sums)];
    return { min: previous[0]!, max: previous[1]!, mean };
  });
}

/**
 * The mean of many schedules. Over all of them each draw comes to lie once in each 2039th of [0, 1), and any few draws
 * together fill their square, or cube, evenly. Each delay has draws of its own, however many those before it have made.
 *
 * Source: N. M. Korobov, 1959: the method of good lattice points.
 */
function meanSchedule(backoff: Backoff, options: ScheduleOptions): number[] {
  const means = Array.from({ length: options.retries }, () => 0);
  for (let sample = 0; sample < SAMPLES; sample++) {
    let [factor, next] = [1, 1];
    const random = (): number => {
      factor = (factor * GENERATOR) % SAMPLES;
      return (((sample * factor) % SAMPLES) + 0.5) / SAMPLES;
    };
    const evenly: Backoff = (step) => {
      factor = next;
      next = (next * GENERATOR ** DRAWS) % SAMPLES;
      return backoff(step);
    };
    schedule(evenly, { ...options, random }).forEach((delay, index) => {
      // So the mean of equal ones is what they are.
      means[index]! += (delay - means[index]!) / (sample + 1);
    });
  }
  return means;
}
