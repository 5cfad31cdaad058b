import { describe, expect, it } from 'vitest';
import { scenarioFrom, simulate } from 'holdfast/simulator';
import { holdfast } from '../captured-io.ts';

const scenario = {
  version: 1,
  seed: 5,
  duration: '30s',
  clients: [{ count: 4, arrivals: { kind: 'poisson', rate: 5 }, calls: 'users' }],
  services: { users: { workers: 4, serviceTime: { kind: 'exponential', mean: '50ms' } } },
  triggers: [{ kind: 'outage', at: '10s', duration: '2s' }],
};
const late = { ...scenario, triggers: [{ kind: 'outage', at: '10s', duration: '19s' }] };
const policy = (...policies: object[]): string =>
  JSON.stringify({ version: 1, policy: { kind: 'pipeline', policies } });
const files = {
  'dir/s.json': JSON.stringify(scenario),
  'late.json': JSON.stringify(late),
  'typo.json': JSON.stringify({ ...scenario, triggers: [{ kind: 'outage', at: '10m', duration: '2s' }] }),
  'named.json': JSON.stringify({ ...scenario, policies: { bare: 'standard', retry: { kind: 'retry' } } }),
  'retry.json': policy({ kind: 'retry', isRetryable: { function: 'isTransient' } }),
  'a/p.json': policy({ kind: 'timeout', timeout: '1s' }),
  'b/p.json': policy({ kind: 'retry' }),
  'busy.json': policy({ kind: 'retry', isRetryable: { function: 'isBusy' } }),
};
const run = (...args: string[]): ReturnType<typeof holdfast> => holdfast(['simulate', ...args], { files });

describe('holdfast simulate', () => {
  it('gives the result of simulate() as JSON', async () => {
    const { code, out, err } = await run('dir/s.json', '--format', 'json');

    const result = await simulate(scenarioFrom(scenario));
    expect([code, JSON.parse(out), err]).toEqual([0, JSON.parse(JSON.stringify(result)), '']);
    expect(result.seed).toBe(5);
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    const [one, again, other] = await Promise.all(
      ['7', '7', '8'].map(async (seed) => (await run('dir/s.json', '--format', 'json', '--seed', seed)).out),
    );

    expect([one === again, one === other]).toEqual([true, false]);
  });

  it('says never as a text', async () => {
    const { out } = await run('late.json', '--format', 'json');

    expect(JSON.parse(out)).toMatchObject({ recovery: 'Infinity', verdict: 'metastable' });
  });

  it('is a report in text without flags', async () => {
    const { out } = await run('dir/s.json');

    expect(out.split('\n')[0]).toBe('s.json: 30 s simulated, 4 clients, seed 5');
    expect(out).toMatch(/\nas it is {2}stable /);
  });

  it('calls standard input by that name', async () => {
    const from = (input: string, ...args: string[]): ReturnType<typeof holdfast> =>
      holdfast(['simulate', ...args], { files: { ...files, '-': input } });

    const scenarios = await Promise.all(['text', 'html'].map((to) => from(files['dir/s.json'], '-', '--format', to)));
    const policy = await from(files['retry.json'], 'dir/s.json', '--policy', '-');

    expect(scenarios[0]!.out.split('\n')[0]).toBe('standard input: 30 s simulated, 4 clients, seed 5');
    expect(scenarios[1]!.out).toContain('<title>standard input');
    expect(policy.out).toMatch(/\nstandard input {2}/);
  });

  it('compares the policies of the scenario', async () => {
    const { out } = await run('named.json', '--seeds', '2', '--format', 'json');

    const { seeds, policies } = JSON.parse(out) as { seeds: number[]; policies: object };
    expect([seeds, Object.keys(policies)]).toEqual([
      [5, 6],
      ['bare', 'retry'],
    ]);
  });

  it('puts the policies of files in their place', async () => {
    const { out } = await run('named.json', '--policy', 'retry.json', '--policy', 'a/p.json', '--format', 'json');

    const { policies } = JSON.parse(out) as { policies: { [name: string]: { amplification: { median: number } } } };
    expect(Object.keys(policies)).toEqual(['retry', 'p']);
    expect(policies['retry']!.amplification.median).toBeGreaterThan(policies['p']!.amplification.median);
  });

  it('keeps the folders of files that are called the same', async () => {
    const { out } = await run('dir/s.json', '--policy', 'a/p.json', '--policy', 'b/p.json', '--format', 'json');

    expect(Object.keys((JSON.parse(out) as { policies: object }).policies)).toEqual(['a/p.json', 'b/p.json']);
  });

  it('writes a page to a file', async () => {
    const { code, out, io } = await run('dir/s.json', '--format', 'html', '--out', 'report.html');

    expect([code, out, io.files.get('report.html')!.slice(0, 15)]).toEqual([0, '', '<!doctype html>']);
  });

  it('says that it cannot write there', async () => {
    const io = (error: object): ReturnType<typeof holdfast> =>
      holdfast(['simulate', 'dir/s.json', '--out', 'no/x'], { files, onWrite: () => Promise.reject(error) });

    expect(await io({ code: 'EACCES' })).toMatchObject({
      code: 2,
      err: 'holdfast: Cannot write a file: expected no/x to be a file that can be written, got "EACCES"\n',
    });
    expect((await io(new Error('gone'))).err).toContain('got "gone"');
  });

  it.each([
    ['dir/s.json', 'stable', 0],
    ['dir/s.json', 'slow', 0],
    ['late.json', 'anything', 0],
    ['late.json', 'slow', 1],
    ['late.json', 'stable', 1],
  ])('ends with %s, where %s is expected, with %d', async (path, expected, exit) => {
    expect((await run(path, '--expect', expected, '--format', 'json')).code).toBe(exit);
  });

  it('runs the last seed, and refuses one after it', async () => {
    const last = ['dir/s.json', '--seed', '4294967294', '--format', 'json', '--seeds'];

    const [two, three] = [await run(...last, '2'), await run(...last, '3')];

    expect((JSON.parse(two.out) as { seeds: number[] }).seeds).toEqual([4_294_967_294, 4_294_967_295]);
    expect([three.code, three.err.split('\n')[0]]).toEqual([
      2,
      'holdfast: Cannot run holdfast simulate: expected seeds up to 4294967295, got 4294967296',
    ]);
  });

  it('has seed 1 where nobody says another', async () => {
    const { seed: _, ...unseeded } = scenario;

    const { out } = await holdfast(['simulate', 's.json'], { files: { 's.json': JSON.stringify(unseeded) } });

    expect(out).toContain('seed 1\n');
  });

  it.each([
    [[], 'Cannot run holdfast simulate: expected one scenario file, got "none"'],
    [['a', 'b'], 'Cannot run holdfast simulate: expected one scenario file, got "b"'],
    [
      ['retry.json'],
      'retry.json:1:23: Cannot read a scenario: expected a known option ($schema, version, seed, duration, interval, clients, services, triggers, recoverWithin, policies), got "policy"',
    ],
    [
      ['typo.json', '--expect', 'stable'],
      'typo.json:1:239: Cannot read a scenario: expected triggers[0].at to be less than 30000, so that it is over before the run, got 600000',
    ],
    [
      ['dir/s.json', '--policy', 'dir/s.json'],
      'dir/s.json:1:21: Cannot read a policy: expected a known option ($schema, version, policy), got "seed"',
    ],
  ])('refuses %j', async (args, says) => {
    const { code, err } = await run(...args);

    expect([code, err.split('\n')[0]]).toEqual([2, `holdfast: ${says}`]);
  });

  it('refuses a policy with a function that a simulation does not know', async () => {
    const { code, err } = await run('dir/s.json', '--policy', 'busy.json');

    expect(code).toBe(2);
    expect(err).toMatch(/^holdfast: busy\.json:1:\d+: Cannot .*functions\.isBusy/);
  });
});
