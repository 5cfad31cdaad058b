import { describe, expect, it } from 'vitest';
import { pipeline, retry } from 'holdfast';
import { compare, simulate, type PolicyTools, type Scenario } from 'holdfast/simulator';
import { rejection } from '../rejection.ts';

const scenario: Scenario = {
  duration: 20_000,
  clients: [{ count: 4, arrivals: { kind: 'poisson', rate: 5 }, calls: 'api' }],
  services: { api: { workers: 4, serviceTime: { kind: 'exponential', mean: 50 }, errorRate: 0.2 } },
};
const bare = (): ReturnType<typeof pipeline> => pipeline();
const retried = ({ clock, random }: PolicyTools): ReturnType<typeof retry> => retry({ clock, random });

describe('compare()', () => {
  it('gives medians and spread over the seeds, and each policy the same arrivals', async () => {
    const seen: unknown[] = [];

    const { seeds, policies } = await compare({ bare, retried, data: 'retry' }, scenario, {
      seeds: [1, 2, 3],
      on: { progress: (event) => seen.push(event) },
    });

    const { bare: without, retried: by, data } = policies;
    const goodputs = await Promise.all([1, 2, 3].map(async (seed) => (await simulate({ ...scenario, seed })).goodput));
    const sorted = goodputs.toSorted();
    expect([seeds, without.goodput]).toEqual([[1, 2, 3], { median: sorted[1], min: sorted[0], max: sorted[2] }]);
    expect(by.goodput.min).toBeGreaterThan(without.goodput.max);
    expect(by.first.totals.offered).toBe(without.first.totals.offered);
    expect([without.amplification.max, without.verdicts]).toEqual([1, { stable: 3, slow: 0, metastable: 0 }]);
    expect(JSON.stringify(data)).toBe(JSON.stringify(by));
    expect(seen).toEqual(Array.from({ length: 9 }, (_, index) => ({ done: index + 1, runs: 9 })));
  });

  it('has the mean of the two in the middle as the median of an even number of seeds', async () => {
    const { policies } = await compare({ bare }, scenario, { seeds: [1, 2, 3, 4] });

    const goodputs = await Promise.all(
      [1, 2, 3, 4].map(async (seed) => (await simulate({ ...scenario, seed })).goodput),
    );
    const [, second, third] = goodputs.toSorted();
    expect(third).toBeGreaterThan(second!);
    expect(policies.bare.goodput.median).toBe((second! + third!) / 2);
  });

  it('takes ten seeds unless told', async () => {
    const { seeds } = await compare({ bare }, { ...scenario, duration: 1_000 });

    expect(seeds).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('has no latency where nothing succeeds', async () => {
    const services = { api: { ...scenario.services['api']!, errorRate: 1 } };

    const { policies } = await compare({ bare }, { ...scenario, services }, { seeds: [1, 2] });

    expect([policies.bare.p99, policies.bare.goodput.max]).toEqual([
      { median: Infinity, min: Infinity, max: Infinity },
      0,
    ]);
  });

  it('takes a policy of the name "__proto__" for one like any other', async () => {
    const policies = JSON.parse('{"__proto__":"retry","retry":"retry"}') as { readonly [name: string]: string };

    const compared = await compare(policies, scenario, { seeds: [1] });

    expect(Object.keys(compared.policies)).toEqual(['__proto__', 'retry']);
    expect(Object.entries(compared.policies)[0]![1]).toEqual(compared.policies['retry']);
    expect(Object.getPrototypeOf(compared.policies)).toBe(Object.prototype);
  });

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController();

    const outcome = rejection(
      compare({ bare }, scenario, { signal: controller.signal, on: { progress: () => controller.abort('enough') } }),
    );

    expect(await outcome).toBe('enough');
  });

  it('refuses what is no scenario', async () => {
    const error = await rejection(compare({ bare }, undefined as never));

    expect((error as Error).message).toBe('Cannot compare policies: expected scenario to be an object, got undefined');
    for (const wrong of [{}, { ...scenario, clients: 'x' }, { ...scenario, clients: undefined }]) {
      expect(await rejection(compare({ bare }, wrong as never))).toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringMatching(/^Cannot compare policies: expected (duration|clients) to be /) as string,
      });
    }
  });

  it.each([
    [{}, {}, 'at least one policy, got 0'],
    [[], {}, 'policies to be an object, got a value of type object'],
    [
      { bare },
      { seeds: [] },
      'seeds to be a list of 1 to 10000 integers from 0 to 4294967295, got a value of type object',
    ],
    [{ bare }, { sedes: [] }, 'a known option (did you mean seeds?), got "sedes"'],
  ])('refuses what cannot be compared (%#)', async (policies, options, message) => {
    const error = await rejection(compare(policies as never, scenario, options as never));

    expect((error as Error).message).toBe(`Cannot compare policies: expected ${message}`);
  });
});
