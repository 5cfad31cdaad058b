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
export function readArgs({ name, flags, operands }: Command, args: readonly string[]): Given {
  const action = `run holdfast ${name}`;
  if (args.length > MOST_ARGS) throw invalid(action, `at most ${MOST_ARGS} arguments`, args.length, RangeError);
  const end = args.indexOf('--');
  const rest = end < 0 ? undefined : args.slice(end + 1);
  const { tokens } = parseArgs({
    args: args.slice(0, end < 0 ? undefined : end),
    options: Object.fromEntries(
      Object.entries(flags).map(([flag, { takes }]) => [flag, { type: takes ? 'string' : 'boolean' } as const]),
    ),
    strict: false,
    tokens: true,
  });
  const texts: { [flag: string]: (string | undefined)[] } = Object.create(null);
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'option') (texts[token.name] ??= []).push(token.value);
    if (token.kind === 'positional') positionals.push(token.value);
  }
  const names = Object.keys(flags);
  const unknown = Object.keys(texts).find((flag) => !names.includes(flag));
  if (unknown !== undefined) {
    const near = nearName(unknown, names);
    throw invalid(action, `a known flag${near ? ` (did you mean --${near}?)` : ''}`, `--${unknown}`);
  }
  const values = Object.fromEntries(Object.entries(texts).map(([flag, given]) => [flag, valueOf(flag, given)]));
  if (positionals.length && !operands) throw invalid(action, 'no argument that is not a flag', positionals[0]);
  return { flags: values, operands: positionals, rest };

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
