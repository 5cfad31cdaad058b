import { describe, expect, it } from 'vitest';
import { commands, main } from '../../src/cli/main.ts';
import { capturedIo, holdfast } from '../captured-io.ts';

describe('main()', () => {
  it.each([['--version'], ['-v']])('says its version: %s', async (flag) => {
    expect(await holdfast([flag])).toMatchObject({ code: 0, out: '9.8.7\n', err: '' });
  });

  it.each([['--help'], ['-h'], ['help']])('says what there is: %s', async (flag) => {
    const { code, out, err } = await holdfast([flag]);

    expect([code, err]).toEqual([0, '']);
    expect(commands.map(({ name }) => name).filter((name) => !out.includes(`  ${name} `))).toEqual([]);
  });

  it('says the same without arguments, as a mistake', async () => {
    const { out } = await holdfast(['--help']);

    expect(await holdfast([])).toMatchObject({ code: 2, out, err: '' });
  });

  it.each(commands)('says what $name takes', async ({ name, summary }) => {
    for (const flag of ['--help', '-h']) {
      expect(await holdfast([name, '--nonsense', flag])).toMatchObject({
        code: 0,
        out: expect.stringContaining(`holdfast ${name}: ${summary}`),
        err: '',
      });
    }
  });

  it('leaves the --help of a program to the program', async () => {
    const { io, code } = await holdfast(['run', '--', 'tool', '--help'], {
      onSpawn: (child) => child.end({ code: 0 }),
    });

    expect([code, io.children[0]!.argv]).toEqual([0, ['tool', '--help']]);
  });

  it.each([
    [
      ['schedlue'],
      'Cannot run holdfast: expected a known command (did you mean schedule?), got "schedlue"\nSee holdfast --help\n',
    ],
    [['xyz'], 'Cannot run holdfast: expected a known command, got "xyz"\nSee holdfast --help\n'],
    [['--base', '1s'], 'Cannot run holdfast: expected a command before the flags, got "--base"\nSee holdfast --help\n'],
    [
      ['schedule', '--bsae', '1s'],
      'Cannot run holdfast schedule: expected a known flag (did you mean --base?), got "--bsae"\nSee holdfast schedule --help\n',
    ],
    [['explain', 'none.json'], 'Cannot read a file: expected none.json to be a file that can be read, got "ENOENT"\n'],
  ])('refuses %j with exit code 2', async (args, says) => {
    expect(await holdfast(args)).toMatchObject({ code: 2, out: '', err: `holdfast: ${says}` });
  });

  it('does not swallow what is not about arguments', async () => {
    const io = {
      ...capturedIo(),
      print: () => {
        throw new Error('disk full');
      },
    };

    await expect(main(['schedule'], io)).rejects.toThrow('disk full');
  });
});
