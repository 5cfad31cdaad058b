import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { capturedIo, holdfast, type CapturedIoOptions } from '../captured-io.ts';

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

  it.each([
    ['an attempt that is out of time', ['--attempt-timeout', '2s'], 2, 0],
    ['the last attempt where all time is over', ['--timeout', '2s'], 1, 124],
    ['an attempt that a signal came in', [], 1, 3],
  ])('ends what is left of %s, by force after the grace, before it goes on', async (_, flags, attempts, exit) => {
    const io = capturedIo({ onSpawn: (child, attempt) => void (attempt > 1 && child.end({ code: 0 })) });
    const code = main(['run', '--base', '0', '--grace', '5s', ...flags, '--', 'tool'], io);
    const [child] = io.children;

    await io.clock.advance(2_000);
    if (!flags.length) io.signal({ signal: 'SIGTERM', number: 15 });
    child!.leave(true);
    child!.end({ code: 3 });
    await io.clock.advance(4_999);
    const before = [io.children.length, ...child!.signals];
    await io.clock.advance(1);
    child!.leave(false);
    await io.clock.advance(100);

    expect([before, child!.signals]).toEqual([
      [1, 'SIGTERM'],
      ['SIGTERM', 'SIGKILL'],
    ]);
    expect([io.children.length, io.clock.pending, await code]).toEqual([attempts, 0, exit]);
  });

  it('leaves alone what a program leaves that ends by itself', async () => {
    const io = capturedIo({ onSpawn: (child) => child.leave(true) });
    const code = main(['run', '--timeout', '1m', '--attempts', '1', '--', 'tool'], io);

    io.children[0]!.end({ code: 3 });

    expect([await code, io.children[0]!.signals, io.clock.pending]).toEqual([3, [], 0]);
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
