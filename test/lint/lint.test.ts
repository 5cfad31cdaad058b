import { describe, expect, it } from 'vitest';
import { Bulkhead, pipeline, retry, standard, timeout, type Policy } from 'holdfast';
import { policyFrom } from 'holdfast/json';
import { lint } from 'holdfast/lint';
import { tablesIn } from '../house/docs-tables.ts';
import { wrongArgument } from '../wrong-argument.ts';

const fleet = { callsPerSecond: 6, instances: 40, capacity: 320, errorRate: 0.1, latency: 100 };
const naive = pipeline(timeout(10_000), retry(), timeout(2_000));

describe('lint()', () => {
  it('has nothing against standard() in a fleet', () => {
    expect(lint(standard(), fleet)).toEqual({ findings: [], unchecked: [], text: 'Nothing found.' });
  });

  it('says what is wrong, how bad, with which numbers, what to do and where that is written', () => {
    const { findings, text } = lint(naive, fleet);

    expect(findings).toEqual([
      {
        law: 'budget-bound',
        severity: 'error',
        message: 'At 75 % of its capacity, a service that fails is sent up to 225 %: an overload keeps itself alive.',
        fix: 'Give the retries and hedges one RetryBudget, with a ratio below 0.333.',
        numbers: { load: 240, capacity: 320, utilisation: 0.75, amplification: 3, amplifiedUtilisation: 2.25 },
        page: 'docs/lint.md#budget-bound',
      },
    ]);
    expect(text).toBe(
      [
        'error budget-bound: At 75 % of its capacity, a service that fails is sent up to 225 %: an overload keeps itself alive.',
        '  Give the retries and hedges one RetryBudget, with a ratio below 0.333. See docs/lint.md#budget-bound.',
      ].join('\n'),
    );
  });

  it('says what it could not check, and why', () => {
    const { unchecked, text } = lint(standard(), { callsPerSecond: 1 });

    expect(unchecked).toEqual([
      { law: 'budget-bound', needs: ['capacity'] },
      { law: 'fleet-floors', needs: ['capacity'] },
      { law: 'natural-errors', needs: ['errorRate'] },
    ]);
    expect(text).toBe(
      [
        'Nothing found.',
        'not checked: budget-bound, for want of capacity.',
        'not checked: fleet-floors, for want of capacity.',
        'not checked: natural-errors, for want of errorRate.',
      ].join('\n'),
    );
    expect(lint(standard()).unchecked.map(({ needs }) => needs.join())).toEqual([
      'callsPerSecond,capacity',
      'capacity',
      'callsPerSecond',
      'callsPerSecond,errorRate',
    ]);
  });

  it('says errors first', () => {
    const bulkhead = new Bulkhead({ maxConcurrent: 1 });
    const { findings } = lint(
      pipeline(timeout(100), retry({ backoff: ({ random }) => Math.min(random(), 0.5) }), bulkhead, bulkhead),
    );

    expect(findings.map(({ law, severity }) => [law, severity])).toEqual([
      ['same-policy-twice', 'error'],
      ['jitter-inside-cap', 'warning'],
    ]);
  });

  it('says that it knows nothing of a policy made elsewhere', () => {
    const foreign: Policy = { execute: async (fn, options) => fn(options as never) };

    expect(lint(pipeline(timeout(5), foreign)).findings).toEqual([
      {
        law: 'made-elsewhere',
        severity: 'warning',
        message: 'A policy made elsewhere is part of it; what that does is not known here.',
        fix: 'Look at it by itself.',
        numbers: {},
        page: 'docs/lint.md#made-elsewhere',
      },
    ]);
  });

  it('says the same of a policy from JSON', () => {
    const policies = [{ kind: 'timeout', timeout: '10s' }, 'retry', { kind: 'timeout', timeout: '2s' }];

    const read = policyFrom({ version: 1, policy: { kind: 'pipeline', policies } });

    expect(lint(read, fleet)).toEqual(lint(naive, fleet));
  });

  it('has a heading on its page for every law of its table', () => {
    const [, ...rows] = tablesIn('docs/lint.md').find(([header]) => header![0] === 'law')!;

    expect(rows.map(([law]) => law)).toHaveLength(16);
    for (const [law] of rows) expect(law).toMatch(/^\[`([a-z-]+)`\]\(#\1\)$/);
  });

  it.each([undefined, null, {}, 'standard'])('refuses %j', (wrong) => {
    expect(() => lint(wrong as never)).toThrow(/^Cannot lint: expected policy to be a policy, got /);
  });

  it('refuses what is not known of a fleet', () => {
    expect(() => lint(naive, { instance: 4 } as never)).toThrow(
      wrongArgument(TypeError, 'Cannot lint: expected a known option (did you mean instances?), got "instance"'),
    );
  });
});
