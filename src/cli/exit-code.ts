import type { ChildEnd } from './io.ts';

/** The exit code of a shell for how a program ended: its own, 128 + n for signal n, 127 not found, 126 not to be run. */
export function exitCode(end: ChildEnd): number {
  if ('code' in end) return end.code;
  if ('signal' in end) return 128 + end.number;
  return end.failure === 'ENOENT' ? 127 : 126;
}

/** How a program ended, in words. */
export function endText(end: ChildEnd): string {
  if ('code' in end) return `exit code ${end.code}`;
  if ('signal' in end) return `ended by ${end.signal}`;
  return end.failure === 'ENOENT' ? 'command not found' : `cannot be run (${end.failure})`;
}

/** What `timeout` of GNU coreutils says of a program that took too long. */
export const TIMED_OUT = 124;
