import type { FlagTable, FlagValues } from './flag.ts';
import type { Io } from './io.ts';

/** The exit codes of the command, but for `run`, which passes that of its program on. */
export const EXIT: { readonly ok: 0; readonly failed: 1; readonly usage: 2 } = { ok: 0, failed: 1, usage: 2 };

/** What was given to a command. */
export interface Given<Flags extends FlagTable = FlagTable> {
  readonly flags: FlagValues<Flags>;
  /** The arguments that are no flags: after `--`, all of them. */
  readonly operands: readonly string[];
  /** Those of them that stand after `--`. */
  readonly rest: readonly string[];
}

/** One command: what it is called, what it takes, and what it does. */
export interface Command<Flags extends FlagTable = FlagTable> {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** What stands after the flags, such as `SCENARIO`; `''` for nothing. */
  readonly operands: string;
  readonly flags: Flags;
  /** Lines that work. */
  readonly examples: readonly string[];
  /** Anything else that the help has to say. */
  readonly notes?: string;
  /**
   * @returns the exit code.
   * @throws by rejection: an error with the code `ERR_INVALID_ARGUMENT` for what the user can put right.
   */
  run(given: Given<Flags>, io: Io): Promise<number>;
}

/** Lets the types of the flags reach `run`. */
export function command<Flags extends FlagTable>(made: Command<Flags>): Command {
  return made as unknown as Command;
}
