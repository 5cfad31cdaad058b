import { describe, expect, it } from 'vitest';
import { explain } from 'holdfast';
import { policyFrom } from 'holdfast/json';
import { holdfast } from '../captured-io.ts';

const good = { version: 1, policy: { kind: 'standard' } };
const files = {
  'good.json': JSON.stringify(good),
  'tight.json': JSON.stringify({
    version: 1,
    policy: {
      kind: 'pipeline',
      policies: [
        { kind: 'timeout', timeout: '5s' },
        { kind: 'retry', maxAttempts: 4, isRetryable: { function: 'isBusy' } },
        { kind: 'timeout', timeout: '2s' },
      ],
    },
  }),
  'mine.json': '{"version":1,\n"policy":{"kind":"retry","backoff":{"function":"mine"}}}',
};

describe('holdfast explain', () => {
  it('says what explain() says of the policy', async () => {
    expect(await holdfast(['explain', 'good.json'], { files })).toMatchObject({
      code: 0,
      out: `${explain(policyFrom(good)).text}\n`,
      err: '',
    });
  });

  it('ends with 1 where there are warnings, and needs no functions for that', async () => {
    const { code, out } = await holdfast(['explain', 'tight.json'], { files });

    expect([code, out.trim().split('\n').at(-1)?.slice(0, 64)]).toEqual([
      1,
      'A timeout of 5000 ms has no room for 4 attempts of 2000 ms each.',
    ]);
  });

  it('gives the same as JSON', async () => {
    const { code, out } = await holdfast(['explain', '--format', 'json', 'good.json'], { files });

    const { text: _, ...facts } = explain(policyFrom(good));
    const finite = JSON.parse(
      JSON.stringify(facts, (_key, value: unknown) => (value === Infinity ? 'Infinity' : value)),
    ) as unknown;
    expect([code, JSON.parse(out)]).toEqual([0, finite]);
  });

  it('reads standard input', async () => {
    const { code } = await holdfast(['explain', '-'], { files: { '-': files['good.json'] } });

    expect(code).toBe(0);
  });

  it('takes what stands after -- for a file, whatever it is called', async () => {
    const dashed = { '-x.json': files['good.json'] };

    expect(await holdfast(['explain', '--', '-x.json'], { files: dashed })).toMatchObject({ code: 0, err: '' });
  });

  it('refuses a backoff that only a program knows, with its place', async () => {
    const { code, err } = await holdfast(['explain', 'mine.json'], { files });

    expect([code, err]).toEqual([
      2,
      'holdfast: mine.json:2:10: Cannot explain: expected a policy that can be looked at without calling the function mine, got "mine"\n',
    ]);
  });

  it.each([
    [[], 'none'],
    [['good.json', 'tight.json'], 'tight.json'],
    [['good.json', '--', 'tight.json'], 'tight.json'],
  ])('refuses %j', async (paths, got) => {
    const { code, err } = await holdfast(['explain', ...paths], { files });

    expect([code, err.split('\n')[0]]).toEqual([
      2,
      `holdfast: Cannot run holdfast explain: expected one policy file, got "${got}"`,
    ]);
  });
});
