import { describe, expect, it } from 'vitest';
import { policyFrom } from 'holdfast/json';
import { lint } from 'holdfast/lint';
import { holdfast } from '../captured-io.ts';

const naive = {
  version: 1,
  policy: {
    kind: 'pipeline',
    policies: [
      { kind: 'timeout', timeout: '20s' },
      { kind: 'retry', maxAttempts: 4 },
      { kind: 'timeout', timeout: '2s' },
    ],
  },
};
const named = { version: 1, policy: { kind: 'retry', isRetryable: { function: 'isBusy' } } };
const files = {
  'naive.json': JSON.stringify(naive),
  'named.json': JSON.stringify(named),
  'standard.json': '{"version":1,"policy":"standard"}',
};
const fleet = ['--calls-per-second', '5', '--instances', '40', '--capacity', '220'];

describe('holdfast lint', () => {
  it('says what lint() says, and ends with 1 where something is found', async () => {
    const { text, findings } = lint(policyFrom(naive), { callsPerSecond: 5, instances: 40, capacity: 220 });

    expect(findings.length).toBeGreaterThan(0);
    expect(await holdfast(['lint', 'naive.json', ...fleet], { files })).toMatchObject({
      code: 1,
      out: `${text}\n`,
      err: '',
    });
  });

  it('ends with 0 where nothing is found', async () => {
    const { code, out } = await holdfast(['lint', 'standard.json', '--idempotent', 'yes'], { files });

    expect([code, out.split('\n')[0]]).toEqual([0, 'Nothing found.']);
  });

  it('gives the same as JSON, of all that is known', async () => {
    const flags = [...fleet, '--error-rate', '0.01', '--latency', '100ms', '--idempotent', 'no', '--hops', '2'];
    const { text: _, ...report } = lint(policyFrom(naive), {
      callsPerSecond: 5,
      instances: 40,
      capacity: 220,
      errorRate: 0.01,
      latency: 100,
      idempotent: false,
      hops: 2,
    });

    const { code, out } = await holdfast(['lint', 'naive.json', '--format', 'json', ...flags], { files });

    expect([code, JSON.parse(out)]).toEqual([1, JSON.parse(JSON.stringify(report))]);
  });

  it('reads a rate with an exponent', async () => {
    const at = (rate: string): ReturnType<typeof holdfast> =>
      holdfast(['lint', 'naive.json', '--capacity', '2000', '--calls-per-second', rate], { files });

    expect((await at('1e3')).out).toBe((await at('1000')).out);
  });

  it('needs none of the functions that a document names', async () => {
    const { code, err } = await holdfast(['lint', 'named.json'], { files });

    expect([code, err]).toEqual([1, '']);
  });

  it.each([
    [[], 'Cannot run holdfast lint: expected one policy file, got "none"'],
    [['a', 'b'], 'Cannot run holdfast lint: expected one policy file, got "b"'],
    [
      ['naive.json', '--capacity', '0'],
      'Cannot run holdfast lint: expected --capacity to be a finite number above 0, got "0"',
    ],
    [
      ['naive.json', '--calls-per-second', 'many'],
      'Cannot run holdfast lint: expected --calls-per-second to be a finite number above 0, got "many"',
    ],
    [
      ['naive.json', '--capacity', '1e999'],
      'Cannot run holdfast lint: expected --capacity to be a finite number above 0, got "1e999"',
    ],
    [
      ['naive.json', '--idempotent', 'maybe'],
      'Cannot run holdfast lint: expected --idempotent to be one of yes, no, unknown, got "maybe"',
    ],
  ])('refuses %j', async (args, says) => {
    const { code, err } = await holdfast(['lint', ...args], { files });

    expect([code, err.split('\n')[0]]).toEqual([2, `holdfast: ${says}`]);
  });
});
