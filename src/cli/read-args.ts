// Needs node:util.
import { parseArgs } from 'node:util';
import { invalid } from '../base/check.ts';
import type { Command, Given } from './command.ts';
import { nearName } from './near-name.ts';

const MOST_ARGS = 10_000;

/**
 * Reads the arguments of a command by its table of flags. An unknown flag is refused with a name that is near, before the
 * values of the others are looked at.
 *
 * @throws `TypeError` or `RangeError` for a wrong argument.
 */
export function readArgs({ name, flags, operands: expected }: Command, args: readonly string[]): Given {
  const action = `run holdfast ${name}`;
  if (args.length > MOST_ARGS) throw invalid(action, `at most ${MOST_ARGS} arguments`, args.length, RangeError);
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const rest = args.slice(end + 1);
  const { tokens } = parseArgs({
    args: args.slice(0, end),
    options: Object.fromEntries(
      Object.entries(flags).map(([flag, { takes }]) => [flag, { type: takes ? 'string' : 'boolean' } as const]),
    ),
    strict: false,
    tokens: true,
  });
  const texts: { [flag: string]: (string | undefined)[] } = {};
  const names = Object.keys(flags);
  const found: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') found.push(token.value);
    if (token.kind !== 'option') continue;
    if (!names.includes(token.name)) {
      // As it was typed: what follows one dash is read letter by letter.
      const typed = args[token.index]!.split('=')[0]!;
      const near = nearName(typed.replace(/^-+/, ''), names);
      throw invalid(action, `a known flag${near ? ` (did you mean --${near}?)` : ''}`, typed);
    }
    (texts[token.name] ??= []).push(token.value);
  }
  const operands = [...found, ...rest];
  const values = Object.fromEntries(Object.entries(texts).map(([flag, given]) => [flag, valueOf(flag, given)]));
  if (operands.length && !expected) throw invalid(action, 'no argument that is not a flag', operands[0]);
  return { flags: values, operands, rest };

  function valueOf(flag: string, given: readonly (string | undefined)[]): unknown {
    const { takes, many, read } = flags[flag]!;
    const all = given.map((text) => {
      if (takes && !text) throw invalid(action, `--${flag} to have a value: ${takes}`, text ?? 'nothing');
      if (!takes && text !== undefined) throw invalid(action, `--${flag} to have no value`, text);
      return read(text ?? '', `--${flag}`, action);
    });
    if (!many && all.length > 1) throw invalid(action, `--${flag} once`, `${all.length} times`);
    return many ? all : all[0];
  }
}
