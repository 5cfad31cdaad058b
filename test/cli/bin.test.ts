import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';

afterEach(() => vi.restoreAllMocks());

describe('bin', () => {
  it('runs the command line of the process, says the version of the package, and leaves its exit code', async () => {
    const { argv, exitCode } = process;
    const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    process.argv = ['node', 'holdfast', '--version'];
    const { bin } = await import('../../src/cli/bin.ts');
    await bin;

    const left = process.exitCode;
    Object.assign(process, { argv, exitCode });
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect([out.mock.calls, left]).toEqual([[[`${version}\n`]], 0]);
  });

  it('ends where its output cannot be written, and says why, unless nobody reads it', () => {
    const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
    const said: unknown[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation(((text: string, done: () => void) => {
      said.push(text, exit.mock.calls.length);
      done();
      return true;
    }) as never);
    const broken = (code: string): unknown =>
      process.stdout.emit('error', Object.assign(new Error('broken'), { code }));

    const { argv } = process;
    broken('EPIPE');
    broken('ENOSPC');
    process.stderr.emit('error', new Error('nobody reads'));
    process.argv = ['node', 'holdfast', 'run'];
    broken('ENOSPC');

    expect(exit.mock.calls).toEqual([[0], [2]]);
    expect(said).toEqual(['', 0, expect.stringContaining('got "ENOSPC"\n'), 1]);
    process.argv = argv;
    for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error');
  });
});
