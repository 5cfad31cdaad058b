/**
 * Round numbers from 0 up, for an axis: at most so many steps of 1, 2 or 5 times a power of ten. The last tick is not
 * below `max`.
 *
 * @param max finite, at least 0.
 */
export function niceTicks(max: number, most = 5): number[] {
  const rough = (max || 1) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough * (1 - 1e-9))!;
  const steps = Math.max(1, Math.ceil((max / (factor * power)) * (1 - 1e-9)));
  return Array.from({ length: steps + 1 }, (_, index) => Number((index * factor * power).toPrecision(12)));
}
