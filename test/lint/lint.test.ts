import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AdaptiveThrottle,
  Bulkhead,
  CircuitBreaker,
  hedge,
  pipeline,
  RateLimiter,
  retry,
  RetryBudget,
  standard,
  timeout,
  type Policy,
} from 'holdfast';
import { policyFrom } from 'holdfast/json';
import { lint, type LintOptions } from 'holdfast/lint';
import { tablesIn } from '../house/docs-tables.ts';
import { wrongArgument } from '../wrong-argument.ts';

const fleet = { callsPerSecond: 6, instances: 40, capacity: 320, errorRate: 0.1, latency: 100, idempotent: true };
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
      { law: 'repeats', needs: ['idempotent'] },
    ]);
    expect(text).toBe(
      [
        'Nothing found.',
        'not wholly checked: budget-bound, for want of capacity.',
        'not wholly checked: fleet-floors, for want of capacity.',
        'not wholly checked: natural-errors, for want of errorRate.',
        'not wholly checked: repeats, for want of idempotent.',
      ].join('\n'),
    );
    expect(lint(standard()).unchecked.map(({ needs }) => needs.join())).toEqual([
      'callsPerSecond,capacity',
      'capacity,callsPerSecond',
      'callsPerSecond',
      'callsPerSecond,errorRate',
      'idempotent',
    ]);
  });

  it('says what it could check in part', () => {
    const unchecked = (policy: Policy, options?: LintOptions): unknown =>
      lint(policy, options).unchecked.map(({ law, needs }) => [law, ...needs]);
    const bulkhead = new Bulkhead({ maxConcurrent: 1 });
    const limiter = new RateLimiter({ limit: 1, interval: 1_000 });
    const { latency, callsPerSecond, instances, capacity, errorRate } = fleet;
    const rest = { instances, capacity, errorRate };
    const known = { ...rest, callsPerSecond };

    expect(unchecked(bulkhead, known)).toEqual([['limits-below-load', 'latency']]);
    expect([unchecked(bulkhead, { ...known, latency }), unchecked(limiter, known)]).toEqual([[], []]);
    expect(unchecked(retry(), { ...known, latency })).toEqual([['repeats', 'idempotent']]);
    expect([unchecked(retry(), fleet), unchecked(retry({ maxAttempts: 1 }), known)]).toEqual([[], []]);
    expect(unchecked(hedge({ delay: 1, budget: new RetryBudget() }), rest)).toEqual([
      ['budget-bound', 'callsPerSecond'],
      ['fleet-floors', 'callsPerSecond'],
    ]);
    expect(lint(pipeline(limiter, bulkhead), known).findings.map(({ law }) => law)).toContain('limits-below-load');
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

  describe('the number in a fix', () => {
    const calls = fc.double({ min: 0.01, max: 5_000, noNaN: true });
    const known = fc.record({ callsPerSecond: calls, instances: fc.integer({ min: 1, max: 500 }), capacity: calls });
    const limiter = (limit: number, burst = 1, cost = 1): Policy =>
      new RateLimiter({ limit, interval: 1_000, burst, cost });
    /** The numbers that a policy is told to have, by what is said before them. */
    const told = (policy: Policy, options: LintOptions, law: string, says: RegExp): number[] =>
      lint(policy, options)
        .findings.filter((finding) => finding.law === law)
        .flatMap(({ fix }) => (says.test(fix) ? [Number(says.exec(fix)![1])] : []));

    it.each<[string, RegExp, (value: number) => Policy, LintOptions, number]>([
      ['limits-below-load', /least limit ([\d.]+)\./, (limit) => limiter(limit), {}, 0.001],
      ['limits-below-load', /least limit ([\d.]+)\./, (limit) => limiter(limit, 7, 7), {}, 0.001],
      ['fleet-floors', /^Set limit ([\d.]+) in/, (limit) => limiter(limit), {}, 1e6],
      ['fleet-floors', /^Set burst ([\d.]+) in/, (burst) => limiter(0.001, burst, 3), {}, 1e6],
      ['fleet-floors', /least (\d+) ms/, (openDuration) => new CircuitBreaker({ openDuration }), {}, 0.01],
      ['fleet-floors', /most ([\d.]+)\./, (burst) => retry({ budget: new RetryBudget({ burst }) }), {}, 1e6],
    ])('does away with %s (%s)', (law, says, make, options, before) => {
      fc.assert(
        fc.property(known, (fleet) => {
          for (const value of told(make(before), { ...options, ...fleet }, law, says)) {
            fc.pre(value > 0);
            expect(told(make(value), { ...options, ...fleet }, law, says)).toEqual([]);
          }
        }),
      );
    });

    it('is a limit and a burst that a limiter can have, whatever a call costs', () => {
      const cost = fc.double({ min: 0.01, max: 20, noNaN: true });
      fc.assert(
        fc.property(known, cost, fc.boolean(), (fleet, cost, told) => {
          const made = (limit: number, burst: number | undefined): Policy =>
            new RateLimiter({ limit, interval: 1_000, cost, burst });
          const fixes = (policy: Policy): string[] => lint(policy, fleet).findings.map(({ fix }) => fix);
          const limited = (burst?: number): readonly (readonly [number, number | undefined])[] =>
            fixes(made(1e6, burst))
              .map((fix) => /^Set limit ([\d.]+)(?: and burst ([\d.]+))? in each/.exec(fix))
              .flatMap((found) => (found ? [[Number(found[1]), found[2] ? Number(found[2]) : burst] as const] : []));

          for (const [limit, burst] of limited(told ? 1e6 : undefined)) {
            fc.pre(limit > 0);
            expect(fixes(made(limit, burst)).join(' ')).not.toMatch(/Set limit/);
          }
          for (const [, burst] of fixes(made(1e-3, 1e6))
            .join(' ')
            .matchAll(/Set burst ([\d.]+) in/g)) {
            expect(fixes(made(1e-3, Number(burst))).join(' ')).not.toMatch(/Set burst/);
          }
        }),
      );
    });

    it('is none where there is no room', () => {
      const hops = { callsPerSecond: 0.29, instances: 100, capacity: 29, hops: 2 };

      const { findings } = lint(pipeline(timeout(1), retry()), hops);

      expect(findings[0]!.fix).toBe('Add capacity, or send less: below 0.29 calls a second from each instance.');
      expect(JSON.stringify(findings)).not.toContain('NaN');
    });

    it('is a k that a throttle is to be above', () => {
      fc.assert(
        fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), (errorRate) => {
          const options = { callsPerSecond: 1, errorRate };
          const at = (k: number): number[] =>
            told(new AdaptiveThrottle({ k }), options, 'natural-errors', /above (.*)\./);

          const [k] = at(1) as [number];

          expect(at(k * 1.0001)).toEqual([]);
        }),
      );
    });
  });
});
