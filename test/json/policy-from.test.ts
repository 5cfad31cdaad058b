import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explain, TimeoutError, type Policy } from 'holdfast';
import { policyFrom, type PolicyFromOptions } from 'holdfast/json';
import { recordingSleeper, seededRandom, VirtualClock } from 'holdfast/testing';
import { functions, policies, type Setting } from '../policy-documents.ts';
import { rejection } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const read = (policy: unknown, options?: PolicyFromOptions): Policy => policyFrom({ version: 1, policy }, options);

/** Steps that a guarded function takes, call by call: it fails or not, after some time. */
type Script = readonly { readonly fails: boolean; readonly after: number }[];

/** Everything that can be seen of a policy from outside, while it guards calls that begin at some times. */
async function trace(
  make: (setting: Setting) => Policy<unknown>,
  script: Script,
  starts: readonly number[],
  seed: number,
) {
  const clock = new VirtualClock();
  const policy = make({ clock, random: seededRandom(seed) });
  const seen: unknown[] = [];
  let calls = 0;
  const fn = (): Promise<string> => {
    const { fails, after } = script[calls++ % script.length]!;
    seen.push([clock.now(), 'called']);
    // A retry that waits for nothing and never ends would stop the time.
    if (calls > 100) throw new DOMException('enough', 'AbortError');
    return new Promise((resolve, reject) => {
      clock.setTimer(after, () => (fails ? reject(new Error(`failed ${after}`)) : resolve(`after ${after}`)));
    });
  };
  for (const start of starts) {
    clock.setTimer(start, () => {
      policy.execute(fn).then(
        (value) => seen.push([clock.now(), value]),
        (error: unknown) => seen.push([clock.now(), String(error)]),
      );
    });
  }
  await clock.advance(5_000);
  return { seen, explained: explain(policy).text };
}

describe('policyFrom()', () => {
  it('makes policies that behave as those made by hand, in 300 trees: the same calls and outcomes at the same times', async () => {
    const scripts = fc.array(fc.record({ fails: fc.boolean(), after: fc.nat(300) }), { minLength: 1, maxLength: 5 });
    const starts = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 4 });
    let events = 0;

    await fc.assert(
      fc.asyncProperty(policies, scripts, starts, fc.nat(), async ({ json, made }, script, at, seed) => {
        const byData = await trace((setting) => read(json, { functions, ...setting }), script, at, seed);
        const byHand = await trace(made, script, at, seed);

        expect(byData).toEqual(byHand);
        events += byHand.seen.length;
      }),
      { numRuns: 300 },
    );

    expect(events).toBeGreaterThan(1_000);
  });

  it('makes a fresh policy every time', async () => {
    const document = { version: 1, policy: { kind: 'bulkhead', maxConcurrent: 1 } };

    const [one, other] = [policyFrom(document), policyFrom(document)];
    const held = one.execute(() => new Promise(() => {}));

    void held;
    expect(await other.execute(() => 'free')).toBe('free');
  });

  it('waits with the sleep that is handed in, also inside a standard policy', async () => {
    const sleepers = [recordingSleeper(), recordingSleeper(), recordingSleeper()];
    const documents: readonly unknown[] = [
      { kind: 'retry', backoff: 'constant' },
      'standard',
      { kind: 'standard', retry: { kind: 'retry', maxAttempts: 2, backoff: 'constant' } },
    ];

    for (const [index, document] of documents.entries()) {
      const policy = read(document, { sleep: sleepers[index]!, random: () => 0.5 });
      await rejection(policy.execute(() => Promise.reject(new Error('down'))));
    }

    expect(sleepers.map(({ delays }) => delays)).toEqual([[50, 50], [25, 50], [50]]);
  });

  it('shares a budget between those who give it the same name', async () => {
    const budget = (ratio?: number): object => ({ name: 'users', ...(ratio !== undefined && { ratio, burst: 1 }) });
    const each = { kind: 'retry', baseDelay: 0, allowNestedRetry: true };
    const document = {
      kind: 'pipeline',
      policies: [
        { ...each, budget: budget(0) },
        { ...each, budget: budget() },
      ],
    };
    let calls = 0;

    await rejection(read(document).execute(() => (calls++, Promise.reject(new Error('down')))));

    // One retry in all, whichever of the two makes it.
    expect(calls).toBe(2);
  });

  it('takes the same settings twice for one budget, and refuses others', () => {
    const each = { kind: 'retry', allowNestedRetry: true };
    const pair = (first: object, second: object): unknown => ({
      kind: 'pipeline',
      policies: [
        { ...each, budget: { name: 'a', ...first } },
        { ...each, budget: { name: 'a', ...second } },
      ],
    });

    expect(() => read(pair({ burst: 3 }, { burst: 3 }))).not.toThrow();
    expect(() => read(pair({ burst: 3 }, { burst: 4 }))).toThrow(
      wrongArgument(
        TypeError,
        'Cannot read a policy: policy.policies[1].budget: Cannot share a retry budget: expected the settings of the first one of that name, or none, got "a"',
      ),
    );
  });

  it('says where an error of several options together comes from, and keeps it as the cause', async () => {
    const error = (await rejection(
      (async () => read({ kind: 'pipeline', policies: ['standard', { kind: 'adaptive-limiter', min: 9, max: 3 }] }))(),
    )) as Error & { code: string };

    expect([error.name, error.code, error.message]).toEqual([
      'RangeError',
      'ERR_INVALID_ARGUMENT',
      'Cannot read a policy: policy.policies[1]: Cannot make an adaptive limiter: expected max to be at least min (9), got 3',
    ]);
    expect((error.cause as Error).message).toBe(
      'Cannot make an adaptive limiter: expected max to be at least min (9), got 3',
    );
  });

  it.each([new TimeoutError(5), new AggregateError([], 'late'), null])('lets %s of a clock out as it is', (thrown) => {
    const clock = {
      now: () => {
        throw thrown;
      },
      setTimer: () => () => {},
    };
    let caught: unknown;
    try {
      read('circuit-breaker', { clock });
    } catch (error) {
      caught = error;
    }

    expect(caught).toBe(thrown);
  });

  it('looks functions up by their own names only, when the policy is made, and calls none of them', () => {
    const asked = { kind: 'retry', isRetryable: { function: 'toString' }, on: { retry: { function: 'busy' } } };
    let called = 0;

    expect(() => read(asked, { functions: { busy: () => called++ } })).toThrow(
      wrongArgument(
        TypeError,
        'Cannot read a policy: policy.isRetryable: Cannot look up a function: expected functions.toString to be a function, got undefined',
      ),
    );
    expect(() => read(asked, { functions: { busy: () => called++, toString: () => called++ } })).not.toThrow();
    expect(called).toBe(0);
  });

  it.each<[name: string, document: unknown, message: string]>([
    ['nothing', undefined, 'expected the document to be JSON, got undefined'],
    ['a text', '{"version": 1}', 'expected the document to be an object, got "{\\"version\\": 1}"'],
    ['no version', { policy: 'retry' }, 'expected version to be 1, got undefined'],
    ['another version', { version: 2, policy: 'retry' }, 'expected version to be 1, got 2'],
    ['no policy', { version: 1 }, 'expected policy to be a policy, such as { "kind": "retry" }, got undefined'],
    ['another key', { version: 1, polcy: 'retry' }, 'expected a known option (did you mean policy?), got "polcy"'],
    [
      'a wrong kind',
      { version: 1, policy: { kind: 'pipeline', policies: [{ kind: 'retry' }, { kind: 'tiemout' }] } },
      'expected policy.policies[1].kind to be a known kind (did you mean "timeout"?), got "tiemout"',
    ],
    [
      'a misspelt option',
      { version: 1, policy: { kind: 'circuit-breaker', probes: { require: 2 } } },
      'expected a known option (did you mean policy.probes.required?), got "policy.probes.require"',
    ],
    [
      'a missing option',
      { version: 1, policy: { kind: 'standard', bulkhead: {} } },
      'expected policy.bulkhead.maxConcurrent to be an integer ≥ 1, got undefined',
    ],
    [
      'a missing duration',
      { version: 1, policy: 'timeout' },
      'expected policy.timeout to be a duration: a number of ms, or a text such as "100ms", "1.5s", "2m", "1h" or "PT1M30S", or "Infinity", got undefined',
    ],
    [
      'a wrong value deep inside',
      {
        version: 1,
        policy: {
          kind: 'circuit-breaker',
          trip: { kind: 'any-of', rules: [{ kind: 'failure-rate', threshold: '1' }] },
        },
      },
      'expected policy.trip.rules[0].threshold to be a number from 0 to 1, got "1"',
    ],
  ])('refuses %s', (_, document, message) => {
    expect(() => policyFrom(document)).toThrow(wrongArgument(TypeError, `Cannot read a policy: ${message}`));
  });

  it('takes a $schema, for editors', () => {
    const policy = policyFrom({ $schema: './policy.schema.json', version: 1, policy: 'retry' });

    expect(explain(policy).policies[0]!.policy).toBe('retry');
  });

  it('takes a function only where it is named, not as a value', () => {
    expect(() => read({ kind: 'retry', isRetryable: () => true })).toThrow(
      'Cannot read a policy: expected policy.isRetryable to be JSON, got a value of type function',
    );
  });

  it('gives a substitute that only looks like a name as it is', async () => {
    const substitute = { function: 'busy', or: 1 };

    const value = read({ kind: 'fallback', substitute }).execute(() => Promise.reject(new Error('down')));

    expect(await value).toEqual(substitute);
  });

  it('refuses hostile documents fast', () => {
    const deep: unknown = JSON.parse('['.repeat(10_000) + ']'.repeat(10_000));
    const cycle: { kind: string; backoff?: unknown } = { kind: 'full-jitter' };
    cycle.backoff = cycle;
    const wide = { kind: 'pipeline', policies: Array.from({ length: 200_000 }, () => 'retry') };

    for (const hostile of [deep, cycle, wide, JSON.parse('{ "kind": "retry", "__proto__": { "maxAttempts": 9 } }')]) {
      expect(() => read(hostile)).toThrow(/^Cannot read a policy: expected (the document|policy) to /);
    }
  });
});
