import { invalid } from '../base/check.ts';
import { EXIT } from './command.ts';

/**
 * What becomes of a command whose output can no longer be written: the code to exit with, what to say on standard error,
 * and whether that is all; or `undefined` to go on. A reader that stops reading, such as `holdfast schedule | head`, is no
 * failure, and nothing is said of it; a full disk is one. A program that is run has an end of its own, which is waited for.
 */
export function brokenOutput(
  command: string | undefined,
  { code, message }: { readonly code?: string | undefined; readonly message: string },
): { readonly exit: number; readonly says: string; readonly atOnce: boolean } | undefined {
  const atOnce = command !== 'run';
  if (code === 'EPIPE') return atOnce ? { exit: EXIT.ok, says: '', atOnce } : undefined;
  const error = invalid('write a file', 'standard output to be a file that can be written', code ?? message);
  return { exit: EXIT.usage, says: `holdfast: ${error.message}\n`, atOnce };
}
