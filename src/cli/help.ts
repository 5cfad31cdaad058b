import type { Command } from './command.ts';

/** The help of one command, made from its table of flags. */
export function help({ name, summary, operands, flags, examples, notes }: Command): string {
  const rows = Object.entries(flags).map(([flag, { takes, says, byDefault, many }]): [string, string] => [
    `--${flag}${takes ? ` ${takes}` : ''}`,
    `${says}${many ? ' May be given several times.' : ''}${byDefault === undefined ? '' : ` Default ${byDefault}.`}`,
  ]);
  rows.push(['--help', 'Says this.']);
  return [
    `holdfast ${name}: ${summary}`,
    '',
    `  holdfast ${name} [flags]${operands && ` ${operands}`}`,
    '',
    'Flags',
    ...listed(rows),
    '',
    ...(notes ? [notes, ''] : []),
    'Examples',
    ...examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

/** The help of the whole. */
export function overview(commands: readonly Command[]): string {
  return [
    'holdfast: see what a policy does before you ship it, and retry any command.',
    '',
    'Commands',
    ...listed(commands.map(({ name, summary }) => [name, summary])),
    '',
    'Flags',
    ...listed([
      ['--help', 'Says this; after a command, what that takes.'],
      ['--version', 'Says the version.'],
    ]),
    '',
    'Durations are 100ms, 1.5s, 2m, 1h, PT2S, or a number of ms.',
    'Exit codes: 0 ok, 1 failed or found something, 2 wrong arguments or a wrong file; `run` passes on that of its program.',
    '',
  ].join('\n');
}

/** Two columns; a long left one has a line of its own. */
function listed(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(WIDEST, Math.max(...rows.map(([left]) => left.length)));
  return rows.flatMap(([left, right]) => {
    const lines = folded(right, LINE - width - 4);
    const [first = '', ...more] = left.length > width ? ['', ...lines] : lines;
    return [`  ${left.padEnd(width)}  ${first}`.trimEnd(), ...more.map((line) => `${' '.repeat(width + 4)}${line}`)];
  });
}

const WIDEST = 26;
const LINE = 100;

function folded(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}
