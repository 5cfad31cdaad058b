import { INVALID_ARGUMENT, invalid } from '../base/check.ts';
import { EXIT, type Command } from './command.ts';
import { explainCommand } from './explain-command.ts';
import { help, overview } from './help.ts';
import type { Io } from './io.ts';
import { lintCommand } from './lint-command.ts';
import { nearName } from './near-name.ts';
import { readArgs } from './read-args.ts';
import { runCommand } from './run-command.ts';
import { scheduleCommand } from './schedule-command.ts';
import { simulateCommand } from './simulate-command.ts';

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [scheduleCommand, runCommand, simulateCommand, lintCommand, explainCommand];

/**
 * The command line: finds the command, and says what is wrong with its arguments.
 *
 * @param args without the program itself.
 * @returns the exit code.
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const [name = '--help', ...given] = args;
  try {
    if (name === '--version' || name === '-v') return said(`${io.version}\n`);
    if (name === '--help' || name === '-h' || name === 'help') return said(overview(commands));
    const command = commandOf(name);
    const own = given.slice(0, given.indexOf('--') < 0 ? undefined : given.indexOf('--'));
    if (own.includes('--help') || own.includes('-h')) return said(help(command));
    return await command.run(readArgs(command, given), io);
  } catch (error) {
    if ((error as { code?: unknown }).code !== INVALID_ARGUMENT) throw error;
    const { message } = error as Error;
    const known = commands.some((each) => each.name === name);
    const more = message.startsWith('Cannot run holdfast') ? `See holdfast ${known ? `${name} ` : ''}--help\n` : '';
    io.complain(`holdfast: ${message}\n${more}`);
    return EXIT.usage;
  }

  function said(text: string): number {
    io.print(text);
    return args.length ? EXIT.ok : EXIT.usage;
  }
}

function commandOf(name: string): Command {
  const found = commands.find((each) => each.name === name);
  if (found) return found;
  const action = 'run holdfast';
  if (name.startsWith('-')) throw invalid(action, 'a command before the flags', name);
  const near = nearName(
    name,
    commands.map((each) => each.name),
  );
  throw invalid(action, `a known command${near ? ` (did you mean ${near}?)` : ''}`, name);
}
