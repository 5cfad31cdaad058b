import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;

function npm(args: readonly string[]): string {
  const cli = process.env['npm_execpath'];
  const stdio: ('ignore' | 'pipe')[] = ['ignore', 'pipe', 'ignore'];
  const options = { cwd: folder, encoding: 'utf8' as const, stdio };
  return cli?.endsWith('.js')
    ? execFileSync(process.execPath, [cli, ...args], options)
    : execFileSync('npm', args, options);
}

/** The command as a user has it, installed from the tarball. */
function holdfast(args: readonly string[], input = ''): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(bin(), args, { cwd: folder, encoding: 'utf8', input, timeout: 60_000 });
  return { status, stdout, stderr };
}
const bin = (): string => join(folder, 'node_modules/.bin/holdfast');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  npm(['pack', '--ignore-scripts', '--silent', '--pack-destination', folder, root]);
  const [tarball = ''] = readdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  npm(['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', `./${tarball}`]);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the installed command', () => {
  it('is run by npx', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

    expect(npm(['exec', '--offline', '--', 'holdfast', '--version'])).toBe(`${version}\n`);
  });

  it('brings no other package along', () => {
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['holdfast']);
  });

  it('computes a schedule', () => {
    const { status, stdout } = holdfast([
      'schedule',
      '--base',
      '1.5s',
      '--retries',
      '4',
      '--unit',
      's',
      '--format',
      'csv',
    ]);

    expect([status, stdout]).toEqual([0, 'retry,delay,total\n1,1.5,1.5\n2,3,4.5\n3,6,10.5\n4,12,22.5\n']);
  });

  it('ends quietly where nobody reads to the end', () => {
    const script = `"${bin()}" schedule --retries 1000 | head -n 1`;

    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });

    expect([stdout.trim().split(/ +/), stderr]).toEqual([['retry', 'delay', 'total'], '']);
  });

  it('says that its output cannot be written', () => {
    const script = `"${bin()}" schedule > /dev/full`;

    const { status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });

    expect([status, stderr]).toEqual([
      2,
      'holdfast: Cannot write a file: expected standard output to be a file that can be written, got "ENOSPC"\n',
    ]);
  });

  it('says so of a program that it runs, too, and does not end well', () => {
    const script = `"${bin()}" run --retry-on busy -- echo done > /dev/full`;

    const { status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });

    expect([status, stderr]).toEqual([
      2,
      'holdfast: Cannot write a file: expected standard output to be a file that can be written, got "ENOSPC"\n',
    ]);
  });

  it('refuses a wrong flag', () => {
    const { status, stderr } = holdfast(['schedule', '--bsae', '1s']);

    expect([status, stderr.split('\n')[0]]).toEqual([
      2,
      'holdfast: Cannot run holdfast schedule: expected a known flag (did you mean --base?), got "--bsae"',
    ]);
  });

  it('explains and lints a policy from standard input', () => {
    const policy = '{ "version": 1, "policy": "standard" }';

    const [explained, linted] = [
      holdfast(['explain', '-'], policy),
      holdfast(['lint', '-', '--idempotent', 'yes'], policy),
    ];

    expect([explained.status, explained.stdout.split(':')[0]]).toEqual([0, '1. timeout']);
    expect([linted.status, linted.stdout.split('\n')[0]]).toEqual([0, 'Nothing found.']);
  });

  it('simulates an example to a page', () => {
    const [example, policy] = ['brown-out.json', 'guarded-policy.json'].map((name) =>
      join(root, 'docs/examples', name),
    );
    const flags = ['--policy', policy!, '--format', 'html', '--out', 'report.html'];

    const { status, stderr } = holdfast(['simulate', example!, ...flags]);

    expect([status, stderr, existsSync(join(folder, 'report.html'))]).toEqual([0, '', true]);
  });

  it('runs a program until it succeeds, and passes what it says', () => {
    const script = 'echo "$HOLDFAST_ATTEMPT $1"; test "$HOLDFAST_ATTEMPT" = 3';

    const { status, stdout, stderr } = holdfast(['run', '--base', '1ms', '--', 'sh', '-c', script, 'sh', '$(id); a b']);

    expect([status, stdout]).toEqual([0, '1 $(id); a b\n2 $(id); a b\n3 $(id); a b\n']);
    expect(stderr.split('\n').at(-2)).toBe('holdfast: attempt 3 of 3: succeeded');
  });

  it.each([
    [['--attempts', '2', '--base', '1ms', '--', 'sh', '-c', 'exit 7'], 7],
    [['--', 'no-such-program-of-ours'], 127],
    [['--attempts', '1', '--', 'sh', '-c', 'kill -9 $$'], 137],
    [['--timeout', '100ms', '--', 'sleep', '30'], 124],
    [['--timeout', '100ms', '--grace', '50ms', '--', 'sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'], 124],
  ])('run %j ends with %d', (args, exit) => {
    expect(holdfast(['run', '--quiet', ...args])).toMatchObject({ status: exit, stderr: '' });
  });

  it.each([
    ['echo y', '| head -n 1', 'y\n'],
    ['echo y >&2', '2>&1 >/dev/null | head -n 1', 'y\n'],
    ['echo y', '> /dev/full', ''],
  ])('ends a program whose output nobody takes: %s %s', (says, goesTo, seen) => {
    const run = `"${bin()}" run --quiet --base 1ms --retry-on zzz`;
    const script = `set -o pipefail; ${run} -- sh -c 'while :; do ${says}; done' ${goesTo}`;

    const { status, stdout, error } = spawnSync('bash', ['-c', script], { encoding: 'utf8', timeout: 60_000 });

    expect([status, stdout, error]).toEqual([141, seen, undefined]);
  });

  it('leaves nothing behind of a program that is out of time', () => {
    const script = '(trap "" TERM; exec sleep 90) & wait';
    const flags = ['--quiet', '--attempts', '2', '--base', '1ms', '--attempt-timeout', '1s', '--grace', '10ms'];
    const args = ['run', ...flags, '--', 'sh', '-c', script];

    const { status, error } = spawnSync(bin(), args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: 60_000 });

    // Whoever is left would hold the output open until the time is over.
    expect([status, error]).toEqual([124, undefined]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('is ended by %s in a wait, at once', async (signal, exit) => {
    const child = spawn(bin(), ['run', '--base', '1h', '--jitter', 'none', '--cap', '1h', '--', 'false'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await once(child.stderr, 'data');

    child.kill(signal);

    expect(await once(child, 'exit')).toEqual([exit, null]);
  });

  it('passes a signal on, and ends as the program does', async () => {
    const script = 'trap "echo bye; exit 5" TERM; echo up; while :; do sleep 0.05; done';
    const child = spawn(bin(), ['run', '--', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    let seen = '';
    child.stdout.on('data', (chunk) => (seen += String(chunk)));
    await once(child.stdout, 'data');

    child.kill('SIGTERM');

    // Its exit may be known before the last of its output is read.
    expect([await once(child, 'close'), seen]).toEqual([[5, null], 'up\nbye\n']);
  });
});
