/** Longer lines are cut into pieces of so many characters. */
const LONGEST_LINE = 65_536;

/**
 * Watches output for lines that hold a text, with `*` for anything in between. Takes a time in proportion to what it
 * reads, whatever the pattern: there are no regular expressions, so nothing can be made to run for ever.
 *
 * @returns a function that takes the next piece of output; once a line has matched, it says `true` for good.
 */
export function lineMatch(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*').filter(Boolean);
  let line = '';
  let found = false;
  const look = (text: string): void => {
    let at = 0;
    found ||= parts.every((part) => {
      const next = text.indexOf(part, at);
      at = next + part.length;
      return next >= 0;
    });
  };
  return (text) => {
    if (found) return true;
    const lines = (line + text).split('\n');
    line = lines.pop()!;
    lines.forEach(look);
    // The rest may still grow, but what has matched matches.
    look(line);
    if (line.length > LONGEST_LINE) line = line.slice(-LONGEST_LINE / 2);
    return found;
  };
}
