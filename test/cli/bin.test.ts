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

  it('ends quietly where nobody reads its output', () => {
    const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);

    const { argv } = process;
    process.stdout.emit('error', Object.assign(new Error('nobody reads'), { code: 'EPIPE' }));
    process.stderr.emit('error', new Error('nobody reads'));
    process.argv = ['node', 'holdfast', 'run'];
    process.stdout.emit('error', Object.assign(new Error('nobody reads'), { code: 'EPIPE' }));

    expect(exit.mock.calls).toEqual([[0]]);
    process.argv = argv;
    for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error');
  });
});
