/**
 * What becomes of a command whose output can no longer be written: the code to exit with, or `undefined` to go on. A
 * reader that stops reading, such as `holdfast schedule | head`, is no failure; a full disk is. A program that is run
 * has an end of its own to report.
 *
 * @param code of the error, such as `EPIPE`.
 */
export function brokenOutput(command: string | undefined, code: string | undefined): number | undefined {
  if (command === 'run') return undefined;
  return code === 'EPIPE' ? 0 : 1;
}
