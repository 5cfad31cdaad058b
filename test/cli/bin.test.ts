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

    process.stdout.emit('error', new Error('EPIPE'));

    expect(exit).toHaveBeenCalledOnce();
    process.stdout.removeAllListeners('error');
  });
});
