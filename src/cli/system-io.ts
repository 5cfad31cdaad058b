// Needs node:buffer, node:child_process, node:fs, node:fs/promises, node:os, node:process, node:stream: the door to the machine.
import { Buffer } from 'node:buffer';
import { spawn, type ChildProcess } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { systemClock } from '../index.ts';
import { systemRandom } from '../base/random.ts';
import { groupLeft } from './group-left.ts';
import type { Child, ChildEnd, Io, SpawnOptions } from './io.ts';

/**
 * The machine that the command runs on.
 *
 * @param version of this package.
 */
export function systemIo(version: string): Io {
  const { stdin, stdout, stderr } = process;
  const terminal = { stdin: stdin.isTTY ?? false, stdout: stdout.isTTY ?? false, stderr: stderr.isTTY ?? false };
  return {
    print: (text) => void stdout.write(text),
    complain: (text) => void stderr.write(text),
    terminal,
    columns: stdout.columns ?? 80,
    clock: systemClock,
    random: systemRandom,
    readText,
    writeText: (path, text) => writeFile(path, text),
    spawn: (program, args, options) => start(program, args, options, Object.values(terminal).includes(true)),
    onSignal(handler) {
      const listeners = SIGNALS.map((signal) => {
        const listener = (): void => handler({ signal, number: constants.signals[signal] });
        process.on(signal, listener);
        return () => process.off(signal, listener);
      });
      return () => listeners.forEach((stop) => stop());
    },
    version,
  };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function readText(path: string, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let room = mostBytes;
  const source: AsyncIterable<Buffer> = path === '-' ? process.stdin : createReadStream(path);
  for await (const chunk of source) {
    chunks.push(chunk.subarray(0, room));
    room -= chunk.length;
    if (room <= 0) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Away from a terminal, the program gets a process group of its own, and signals go to the whole of it: nothing that it
 * has started is left behind. At a terminal it stays in the group that the terminal's keys reach.
 */
function start(program: string, args: readonly string[], { env, onOutput }: SpawnOptions, atTerminal: boolean): Child {
  const grouped = !atTerminal && process.platform !== 'win32';
  const passed = onOutput ? 'pipe' : 'inherit';
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      stdio: ['inherit', passed, passed],
      env: { ...process.env, ...env },
      detached: grouped,
      windowsHide: true,
    });
  } catch (error) {
    // Some reasons come as an event, others, such as ENOTDIR, at once.
    return { ended: Promise.resolve(failureOf(error)), kill: () => {}, left: () => false, letGo: () => {} };
  }
  let killed = false;
  let settle!: (end: ChildEnd) => void;
  const ended = new Promise<ChildEnd>((resolve) => (settle = resolve));
  const end = (code: number | null, signal: NodeJS.Signals | null): void =>
    settle(signal ? { signal, number: constants.signals[signal] } : { code: code! });
  child.on('error', (error) => settle(failureOf(error)));
  child.on('close', end);
  // What has been killed may leave somebody behind who holds the pipes open.
  child.on('exit', (code, signal) => killed && end(code, signal));
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    if (from) pass(from, to, onOutput!);
  }
  return {
    ended,
    kill(signal) {
      if (child.pid === undefined) return;
      killed = true;
      try {
        process.kill(grouped ? -child.pid : child.pid, signal);
      } catch {
        // It has ended by itself.
      }
      const { exitCode, signalCode } = child;
      if (exitCode !== null || signalCode !== null) end(exitCode, signalCode);
    },
    left: () => grouped && child.pid !== undefined && groupLeft(child.pid),
    letGo() {
      const pipes = [child.stdout, child.stderr];
      if (pipes.every((pipe) => !pipe || pipe.closed)) return;
      const cancel = systemClock.setTimer(DRAIN, () => pipes.forEach((pipe) => pipe?.destroy()));
      child.on('close', cancel);
    },
  };
}

/** In so many ms, what has been written is read. */
const DRAIN = 100;

/**
 * Passes output on, and shows it to who watches. Where nobody takes it any more, the program cannot write any more
 * either: it gets SIGPIPE, as if it wrote there itself, or once before that an error, where we had not read it all.
 */
function pass(from: Readable, to: Writable, onOutput: (text: string) => void): void {
  const broken = (): void => void from.destroy();
  to.on('error', broken);
  from.on('close', () => to.off('error', broken));
  from.pipe(to, { end: false });
  // What is passed on stays as it is, byte by byte; of a pipe that decodes it would not.
  const decoder = new TextDecoder();
  from.on('data', (chunk: Buffer) => onOutput(decoder.decode(chunk, { stream: true })));
}

function failureOf(error: unknown): ChildEnd {
  return { failure: `${(error as NodeJS.ErrnoException).code}` };
}
