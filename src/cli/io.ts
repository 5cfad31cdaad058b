import type { Clock, Random } from '../index.ts';

/** How a child process ended. */
export type ChildEnd =
  | { readonly code: number }
  /** Ended by a signal. */
  | { readonly signal: string; readonly number: number }
  /** Never started: `ENOENT`, `EACCES` and their like. */
  | { readonly failure: string };

/** A process that was started. */
export interface Child {
  /** Never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** Sends it a signal. Without effect once it has ended. */
  kill(signal: string): void;
  /** Once it has ended: whether anybody still runs whom its signals reach, so as what it has started. */
  left(): boolean;
  /** Reads no more of its output than there is: somebody else may hold that open, out of reach. */
  letGo(): void;
}

/** How to start a process. */
export interface SpawnOptions {
  /** Added to the environment. */
  readonly env: { readonly [name: string]: string };
  /** Gets what the process writes, as it is passed on. Without it the process has the terminal for itself. */
  readonly onOutput?: ((text: string) => void) | undefined;
}

/** A signal that the operating system sends to this process. */
export interface ReceivedSignal {
  readonly signal: string;
  readonly number: number;
}

/** Everything that a command may touch outside of itself, so that a test can hand in a world of its own. */
export interface Io {
  /** Writes to standard output. */
  print(text: string): void;
  /** Writes to standard error. */
  complain(text: string): void;
  /** Which of the three are a terminal. */
  readonly terminal: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** Of the terminal, or 80. */
  readonly columns: number;
  readonly clock: Clock;
  readonly random: Random;
  /** The beginning of a file, at most so many bytes as text; `-` is standard input. Rejects where it cannot be read. */
  readText(path: string, mostBytes: number): Promise<string>;
  /** Writes a file anew. */
  writeText(path: string, text: string): Promise<void>;
  /** Starts a program with these arguments, as they are: no shell reads them. */
  spawn(program: string, args: readonly string[], options: SpawnOptions): Child;
  /** Calls `handler` for SIGINT, SIGTERM and SIGHUP instead of ending, until the returned function is called. */
  onSignal(handler: (received: ReceivedSignal) => void): () => void;
  /** The version of this package. */
  readonly version: string;
}
