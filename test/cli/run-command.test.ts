import { describe, expect, it } from 'vitest';
import { holdfast, type CapturedIoOptions } from '../captured-io.ts';

const failing: CapturedIoOptions = { onSpawn: (child) => child.end({ code: 7 }) };
const run = (...args: string[]): ReturnType<typeof holdfast> => holdfast(['run', ...args, '--', 'tool'], failing);

describe('holdfast run', () => {
  it('makes three attempts without flags, and says so', async () => {
    const { code, io, err, out } = await run('--base', '0');

    expect([code, io.children.length, out]).toEqual([7, 3, '']);
    expect(err).toBe(
      [
        'holdfast: attempt 1 of 3: exit code 7; next in 0 s\n',
        'holdfast: attempt 2 of 3: exit code 7; next in 0 s\n',
        'holdfast: attempt 3 of 3: exit code 7; gave up\n',
      ].join(''),
    );
  });

  it('says nothing where it is to be quiet', async () => {
    const { code, err } = await run('--base', '0', '--quiet', '--attempts', '2');

    expect([code, err]).toEqual([7, '']);
  });

  it('passes every flag on', async () => {
    const flags = ['--timeout', '1m', '--attempt-timeout', '10s', '--grace', '1s', '--retry-on', '75', '--seed', '3'];

    const { code, err } = await run(...flags, '--retry-on', '76');

    expect([code, err]).toEqual([7, 'holdfast: attempt 1 of 3: exit code 7; not retried\n']);
  });

  it.each(['--timeout', '--attempt-timeout'])('refuses %s 0', async (flag) => {
    const { code, err, io } = await run(flag, '0');

    expect([code, io.children.length]).toEqual([2, 0]);
    expect(err).toContain(`expected ${flag} to be longer than 0, got "0"`);
  });

  it('begins a line of its own where the program has left one unfinished', async () => {
    const { err } = await holdfast(['run', '--base', '0', '--attempts', '3', '--retry-on', 'busy', '--', 'tool'], {
      onSpawn(child, attempt) {
        if (attempt < 3) child.write!(attempt < 2 ? 'busy' : 'busy\n');
        child.end({ code: 7 });
      },
    });

    expect(err).toBe(
      [
        '\nholdfast: attempt 1 of 3: exit code 7; next in 0 s\n',
        'holdfast: attempt 2 of 3: exit code 7; next in 0 s\n',
        'holdfast: attempt 3 of 3: exit code 7; not retried\n',
      ].join(''),
    );
  });

  it('draws its jitter from the seed, and by default from the machine', async () => {
    const [one, again, other, none] = await Promise.all(
      [['--seed', '1'], ['--seed', '1'], ['--seed', '2'], []].map(async (seed) => (await run(...seed)).err),
    );

    expect(one).toContain('next in 0.858 s');
    expect([again === one, other === one]).toEqual([true, false]);
    expect(none).toContain('next in 0.5 s');
  });

  it.each([
    [[], 'none'],
    [['--'], 'none'],
    [['tool'], 'tool'],
    [['tool', '--', 'other'], 'tool'],
  ])('refuses to run %j', async (args, got) => {
    const { code, err } = await holdfast(['run', ...args], failing);

    expect([code, err]).toEqual([
      2,
      `holdfast: Cannot run holdfast run: expected the program after --, got "${got}"\nSee holdfast run --help\n`,
    ]);
  });
});
