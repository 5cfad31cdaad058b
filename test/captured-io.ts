import { VirtualClock } from 'holdfast/testing';
import type { Child, ChildEnd, Io, ReceivedSignal, SpawnOptions } from '../src/cli/io.ts';
import { main } from '../src/cli/main.ts';

/** A world for a command of which everything can be seen. */
export interface CapturedIo extends Io {
  readonly clock: VirtualClock;
  /** What it wrote. */
  readonly out: () => string;
  readonly err: () => string;
  /** By path; what it writes goes here, too. */
  readonly files: Map<string, string>;
  /** The children that it started. */
  readonly children: CapturedChild[];
  /** Sends a signal to it; says whether somebody listened. */
  readonly signal: (received: ReceivedSignal) => boolean;
}

/** A process that does what the test says. */
export interface CapturedChild extends Child {
  readonly argv: readonly string[];
  readonly env: SpawnOptions['env'];
  readonly signals: string[];
  readonly end: (end: ChildEnd) => void;
  /** Whether something of what it has started is left. */
  readonly leave: (some: boolean) => void;
  /** Whether its output is still waited for. */
  readonly isRead: () => boolean;
  readonly write: SpawnOptions['onOutput'];
}

/** What a test may say about it. */
export interface CapturedIoOptions {
  readonly files?: { readonly [path: string]: string };
  readonly terminal?: Partial<Io['terminal']>;
  readonly columns?: number;
  /** Instead of writing a file. */
  readonly onWrite?: () => Promise<void>;
  /** Called for each child, with its number from 1. */
  readonly onSpawn?: (child: CapturedChild, attempt: number) => void;
}

/** Makes such a world. */
export function capturedIo({ files, terminal, columns = 80, onSpawn, onWrite }: CapturedIoOptions = {}): CapturedIo {
  const written = { out: '', err: '' };
  const handlers = new Set<(received: ReceivedSignal) => void>();
  const children: CapturedChild[] = [];
  const all = new Map(Object.entries(files ?? {}));
  return {
    out: () => written.out,
    err: () => written.err,
    files: all,
    children,
    signal(received) {
      handlers.forEach((handler) => handler(received));
      return handlers.size > 0;
    },
    print: (text) => void (written.out += text),
    complain: (text) => void (written.err += text),
    terminal: { stdin: false, stdout: false, stderr: false, ...terminal },
    columns,
    clock: new VirtualClock(),
    random: () => 0.5,
    async readText(path, mostBytes) {
      const text = all.get(path);
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return text.slice(0, mostBytes);
    },
    async writeText(path, text) {
      if (onWrite) return onWrite();
      all.set(path, text);
    },
    spawn(program, args, { env, onOutput }) {
      let end!: (end: ChildEnd) => void;
      const ended = new Promise<ChildEnd>((resolve) => (end = resolve));
      const signals: string[] = [];
      let some = false;
      let read = true;
      const child: CapturedChild = {
        argv: [program, ...args],
        env,
        signals,
        ended,
        end,
        leave: (still) => void (some = still),
        left: () => some,
        letGo: () => void (read = false),
        isRead: () => read,
        write: onOutput,
        kill: (signal) => void signals.push(signal),
      };
      children.push(child);
      onSpawn?.(child, children.length);
      return child;
    },
    onSignal(handler) {
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    version: '9.8.7',
  };
}

/** Runs a command line in such a world, without waiting for time. */
export async function holdfast(
  args: readonly string[],
  options?: CapturedIoOptions,
): Promise<{ code: number; out: string; err: string; io: CapturedIo }> {
  const io = capturedIo(options);
  const [code] = await Promise.all([main(args, io), io.clock.runAll()]);
  return { code, out: io.out(), err: io.err(), io };
}
