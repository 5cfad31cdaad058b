import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Child, ReceivedSignal } from '../../src/cli/io.ts';
import { systemIo } from '../../src/cli/system-io.ts';

const io = systemIo('1.2.3');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  rmSync(folder, { recursive: true });
});

/** A program of Node, so that no shell is needed. */
function node(script: string, onOutput?: (text: string) => void, from = io): Child {
  return from.spawn(process.execPath, ['-e', script, 'a b', '$HOME'], { env: { WHO: 'test' }, onOutput });
}

describe('systemIo()', () => {
  it('writes to standard output and standard error', () => {
    const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);

    io.print('a');
    io.complain('b');

    expect([out.mock.calls, err.mock.calls]).toEqual([[['a']], [['b']]]);
  });

  it('knows what is a terminal, and how wide it is', () => {
    const streams = [process.stdin, process.stdout, process.stderr] as const;
    const before = streams.map(({ isTTY }) => isTTY);
    const { columns } = process.stdout;
    const set = (tty: boolean | undefined, width: number | undefined): void => {
      streams.forEach((stream) => Object.assign(stream, { isTTY: tty }));
      Object.assign(process.stdout, { columns: width });
    };

    set(true, 123);
    const terminal = systemIo('1.2.3');
    set(undefined, undefined);
    const pipe = systemIo('1.2.3');
    streams.forEach((stream, index) => Object.assign(stream, { isTTY: before[index] }));
    Object.assign(process.stdout, { columns });

    expect([terminal.terminal, terminal.columns]).toEqual([{ stdin: true, stdout: true, stderr: true }, 123]);
    expect([pipe.terminal, pipe.columns, pipe.version]).toEqual([
      { stdin: false, stdout: false, stderr: false },
      80,
      '1.2.3',
    ]);
  });

  it('reads the beginning of a file, and writes one', async () => {
    const path = join(folder, 'a.txt');
    await io.writeText(path, 'hold'.repeat(50_000));

    expect(readFileSync(path, 'utf8')).toHaveLength(200_000);
    expect(await io.readText(path, 6)).toBe('holdho');
    expect(await io.readText(path, 1_000_000)).toHaveLength(200_000);
    await expect(io.readText(join(folder, 'none'), 1)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('reads standard input', async () => {
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(
      Readable.from([Buffer.from('hold'), Buffer.from('fast')]) as never,
    );

    expect(await io.readText('-', 100)).toBe('holdfast');
  });

  it('hears signals until it is told to stop', () => {
    const before = process.listenerCount('SIGHUP');
    const heard: ReceivedSignal[] = [];

    const stop = io.onSignal((received) => heard.push(received));
    process.emit('SIGHUP', 'SIGHUP');
    process.emit('SIGTERM', 'SIGTERM');
    stop();

    expect(heard).toEqual([
      { signal: 'SIGHUP', number: 1 },
      { signal: 'SIGTERM', number: 15 },
    ]);
    expect(process.listenerCount('SIGHUP')).toBe(before);
  });

  describe('spawn()', () => {
    it('says how a program ended', async () => {
      expect(await node('process.exit(7)').ended).toEqual({ code: 7 });
      expect(await node('process.kill(process.pid, "SIGKILL")').ended).toEqual({ signal: 'SIGKILL', number: 9 });
    });

    it('says that there is no such program, and that it may not be run', async () => {
      const path = join(folder, 'plain.txt');
      writeFileSync(path, 'text');
      const missing = io.spawn(join(folder, 'none'), [], { env: {} });

      missing.kill('SIGTERM');

      expect(await missing.ended).toEqual({ failure: 'ENOENT' });
      expect(await io.spawn(path, [], { env: {} }).ended).toEqual({ failure: 'EACCES' });
      const inFile = io.spawn(join(path, 'x'), [], { env: {} });
      inFile.kill('SIGTERM');
      expect(await inFile.ended).toEqual({ failure: 'ENOTDIR' });
      expect([missing.left(), inFile.left()]).toEqual([false, false]);
      expect([missing.letGo(), inFile.letGo()]).toEqual([undefined, undefined]);
    });

    it('shows its output, hands it on, and passes arguments and environment as they are', async () => {
      const seen: string[] = [];
      const shown = vi.spyOn(process.stdout, 'write').mockReturnValue(true);

      await node('console.log(process.env.WHO, ...process.argv.slice(1))', (text) => seen.push(text)).ended;

      expect(seen.join('')).toBe('test a b $HOME\n');
      expect(shown.mock.calls.map(([chunk]) => String(chunk)).join('')).toBe('test a b $HOME\n');
    });

    it('hands its output on byte by byte, whatever it is, and shows it as text', async () => {
      const seen: string[] = [];
      const shown = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      const bytes = [0xff, 0xfe, 0x61, 0x80, 0x62, 0xe2, 0x82, 0xac];
      // The last sign comes in two parts.
      const script = `
        process.stdout.write(Buffer.from([${String(bytes.slice(0, 6))}]));
        setTimeout(() => process.stdout.write(Buffer.from([${String(bytes.slice(6))}])), 50);`;

      await node(script, (text) => seen.push(text)).ended;

      expect(Buffer.concat(shown.mock.calls.map(([chunk]) => Buffer.from(chunk)))).toEqual(Buffer.from(bytes));
      expect(seen.join('')).toBe('\ufffd\ufffda\ufffdb€');
    });

    it.each(['stdout', 'stderr'] as const)('lets a program know that nobody reads it any more: %s', async (name) => {
      const write = vi.spyOn(process[name], 'write').mockReturnValue(true);
      const before = process[name].listenerCount('error');
      const script = `
        process.${name}.on('error', () => process.exit(9));
        setInterval(() => process.${name}.write('y'), 1);`;
      const child = node(script, () => {});
      await vi.waitFor(() => expect(write).toHaveBeenCalled(), 60_000);

      process[name].emit('error', Object.assign(new Error('nobody reads'), { code: 'EPIPE' }));

      expect([await child.ended, process[name].listenerCount('error')]).toEqual([{ code: 9 }, before]);
    });

    it('ends a program, and whatever that has started', async () => {
      vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      const seen: string[] = [];
      const script = `
        const { spawn } = require('node:child_process');
        const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
        console.log(child.pid);
        setInterval(() => {}, 1000);`;
      const child = node(script, (text) => seen.push(text));
      await vi.waitFor(() => expect(seen).toHaveLength(1), 60_000);

      child.kill('SIGTERM');

      expect(await child.ended).toEqual({ signal: 'SIGTERM', number: 15 });
      await vi.waitFor(() => expect(() => process.kill(Number(seen[0]), 0)).toThrow('ESRCH'), 60_000);
    });

    it('says whether something is left of what a program has started', async () => {
      vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      const seen: string[] = [];
      const stays = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up');`;
      const script = `
        const { spawn } = require('node:child_process');
        spawn(process.execPath, ['-e', ${JSON.stringify(stays)}], { stdio: 'inherit' });`;
      const child = node(script, (text) => seen.push(text));
      await vi.waitFor(() => expect(seen).toEqual(['up\n']), 60_000);

      child.kill('SIGTERM');
      await child.ended;
      const before = child.left();
      child.kill('SIGKILL');

      expect(before).toBe(true);
      await vi.waitFor(() => expect(child.left()).toBe(false), 60_000);
    });

    it('does not mind a signal to a program that has ended', async () => {
      const child = node('');

      const end = await child.ended;
      child.kill('SIGTERM');

      expect(end).toEqual({ code: 0 });
    });

    it.skipIf(process.platform !== 'linux')('lets its output go, which somebody out of reach holds open', async () => {
      vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      const seen: string[] = [];
      const script = `
        const { spawn } = require('node:child_process');
        const far = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'inherit' });
        far.unref();
        console.log(far.pid);
        process.exitCode = 5;`;
      const child = node(script, (text) => seen.push(text));
      const openPipes = (): number => process.getActiveResourcesInfo().filter((each) => each === 'PipeWrap').length;
      await vi.waitFor(() => expect([seen.length, child.left()]).toEqual([1, false]), 60_000);
      const before = openPipes();

      child.kill('SIGTERM');
      const end = await child.ended;
      child.letGo();
      await vi.waitFor(() => expect(openPipes()).toBe(before - 2), 60_000);
      child.letGo();

      const far = Number(seen[0]);
      expect([end, process.kill(far, 0)]).toEqual([{ code: 5 }, true]);
      process.kill(far, 'SIGKILL');
    });

    it('leaves a program at a terminal in its group', async () => {
      const stdin = process.stdin as { isTTY?: boolean };
      const before = stdin.isTTY;
      stdin.isTTY = true;
      const terminal = systemIo('1.2.3');
      Object.assign(stdin, { isTTY: before });
      const seen: string[] = [];
      vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      const child = node('console.log("up"); setInterval(() => {}, 1000)', (text) => seen.push(text), terminal);
      await vi.waitFor(() => expect(seen).toHaveLength(1), 60_000);

      child.kill('SIGTERM');

      expect([await child.ended, child.left()]).toEqual([{ signal: 'SIGTERM', number: 15 }, false]);
    });
  });
});
