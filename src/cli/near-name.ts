/**
 * The name that was probably meant by a wrong one: one that it abbreviates, or that is at most a third of its letters
 * away, in letters that are missing, too many, wrong or swapped with the next; `undefined` where none is so near. The
 * library, which has to be small, goes by which letters there are (`instead`).
 */
export function nearName(wrong: string, names: readonly string[]): string | undefined {
  const word = wrong.slice(0, LONGEST).toLowerCase();
  let nearest: string | undefined;
  let least = Infinity;
  for (const name of names) {
    const far = distance(word, name);
    const near = (word && name.startsWith(word)) || far <= Math.max(word.length, name.length) / 3;
    if (near && far < least) [nearest, least] = [name, far];
  }
  return nearest;
}

/** Letters of a wrong name that are looked at: more than any name has. */
const LONGEST = 40;

/** How many letters have to be added, left out, replaced or swapped with the next to make one word of the other. */
function distance(one: string, other: string): number {
  let last: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let up = 1; up <= one.length; up++) {
    const next = [up];
    for (let at = 1; at <= other.length; at++) {
      const same = one[up - 1] === other[at - 1];
      const least = Math.min(row[at]! + 1, next[at - 1]! + 1, row[at - 1]! + Number(!same));
      const swapped = one[up - 1] === other[at - 2] && one[up - 2] === other[at - 1];
      next.push(swapped ? Math.min(least, last[at - 2]! + 1) : least);
    }
    [last, row] = [row, next];
  }
  return row.at(-1)!;
}
