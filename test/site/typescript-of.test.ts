import * as holdfast from 'holdfast';
import { explain, schedule, type Backoff, type Policy } from 'holdfast';
import { backoffFrom, policyFrom } from 'holdfast/json';
import { seededRandom } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { POLICIES } from '../../docs/site/playground/policy-choices.ts';
import { typescriptOf, type Code, type Json } from '../../docs/site/playground/typescript-of.ts';

/** Runs code with what it says it imports, and nothing else. */
function run({ text, imports }: Code): unknown {
  const names = [...imports];
  const make = new Function(...names, `return ${text};`) as (...values: unknown[]) => unknown;
  return make(...names.map((name) => holdfast[name as keyof typeof holdfast]));
}

describe('typescriptOf()', () => {
  it.each<[Json, string]>([
    ['exponential', 'exponential()'],
    [{ kind: 'exponential', factor: 3 }, 'exponential({ factor: 3 })'],
    [{ kind: 'sequence', delays: ['50ms', '1s'] }, 'sequence([50, 1_000])'],
    [
      { kind: 'full-jitter', inner: { kind: 'capped', maxDelay: '20s', inner: 'fibonacci' } },
      'fullJitter(capped(fibonacci(), 20_000))',
    ],
    [{ kind: 'additive-jitter', inner: 'constant' }, 'additiveJitter(constant())'],
    [
      { kind: 'proportional-jitter', inner: { kind: 'at-least', inner: 'linear', minDelay: 5 }, ratio: 0.5 },
      'proportionalJitter(atLeast(linear(), 5), 0.5)',
    ],
    [{ kind: 'decorrelated-jitter', maxDelay: '1m' }, 'decorrelatedJitter({ maxDelay: 60_000 })'],
    ['smooth-jitter', 'smoothJitter()'],
  ])('writes the backoff %j', (json, text) => {
    const code = typescriptOf(json);
    const options = { baseDelay: 100, retries: 9 };

    expect(code.text).toBe(text);
    expect(schedule(run(code) as Backoff, { ...options, random: seededRandom(3) })).toEqual(
      schedule(backoffFrom(json), { ...options, random: seededRandom(3) }),
    );
  });

  it.each<[string, Json]>([
    ...POLICIES.map(({ name, policy }) => [name, policy] as [string, Json]),
    [
      'everything',
      {
        kind: 'pipeline',
        policies: [
          { kind: 'fallback', substitute: { kind: 'cached', items: ['1s', null, true] } },
          { kind: 'timeout', timeout: 'PT1M' },
          { kind: 'rate-limiter', limit: 10, interval: '1s', maxWait: 'Infinity', name: "it's" },
          {
            kind: 'circuit-breaker',
            trip: {
              kind: 'any-of',
              rules: [
                { kind: 'consecutive-failures', failures: 5 },
                { kind: 'failure-rate', threshold: 0.5, window: '30s', minimumCalls: 10 },
              ],
            },
            openDuration: { kind: 'capped', inner: 'exponential', maxDelay: '5m' },
            probes: { required: 2, timeout: '3s' },
          },
          { kind: 'bulkhead', maxConcurrent: 1_000, releaseOn: 'timeout' },
          { kind: 'adaptive-limiter', min: 2 },
        ],
      },
    ],
    [
      'standard in full',
      { kind: 'standard', retry: { maxAttempts: 5, backoff: 'fibonacci' }, breaker: false, name: 'users' },
    ],
  ])('writes a policy that is explained as the document is: %s', (_, json) => {
    const code = typescriptOf(json);

    expect(explain(run(code) as Policy).text).toBe(explain(policyFrom({ version: 1, policy: json })).text);
  });

  it('names functions, and takes time and chance from around it', () => {
    const { text } = typescriptOf(
      { kind: 'retry', isRetryable: { function: 'isBusy' }, retryAfter: { function: 'a b' } },
      true,
    );

    expect(text).toBe("retry({ clock, random, sleep, isRetryable: isBusy, retryAfter: functions['a b'] })");
  });
});
