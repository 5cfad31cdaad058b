import { describe, expect, it } from 'vitest';
import { pipeline, retry, timeout } from 'holdfast';
import { simulate, smallestTrigger, type Scenario, type Trigger } from 'holdfast/simulator';
import { rejection } from '../rejection.ts';

const scenario: Scenario = {
  duration: 26_000,
  recoverWithin: 5_000,
  clients: [
    {
      count: 4,
      arrivals: { kind: 'poisson', rate: 5 },
      calls: 'api',
      policy: ({ clock, random }) => pipeline(retry({ clock, random, maxAttempts: 4 }), timeout(500, { clock })),
    },
  ],
  services: { api: { workers: 1, serviceTime: { kind: 'exponential', mean: 34 } } },
  triggers: [{ kind: 'slowdown', at: 6_000, duration: 5_000, factor: 5 }],
};
const withTrigger = (changes: object): Scenario => ({
  ...scenario,
  triggers: [{ ...scenario.triggers![0]!, ...changes } as Trigger],
});

describe('smallestTrigger()', () => {
  it('finds the shortest brown-out that the fleet does not recover from', async () => {
    const duration = await smallestTrigger(scenario, { mild: 0, severe: 10_000, precision: 0.05 });

    const verdicts = [duration, duration - 500].map(
      async (each) => (await simulate(withTrigger({ duration: each }))).verdict,
    );
    expect(duration).toBeGreaterThan(500);
    expect(await Promise.all(verdicts)).toEqual(['metastable', 'stable']);
  });

  it('finds the mildest factor, of a capacity too, where less is worse', async () => {
    const factor = await smallestTrigger(scenario, { vary: 'factor', mild: 1, severe: 9, precision: 0.25 });
    const lost = {
      ...scenario,
      triggers: [
        { kind: 'capacity', at: 6_000, duration: 5_000, factor: 1 },
        { kind: 'errors', at: 6_000, duration: 100, rate: 0.1 },
      ],
    } as const;
    const capacity = await smallestTrigger(lost, {
      vary: 'factor',
      mild: 1,
      severe: 0,
      precision: 0.25,
      seeds: [1, 2],
    });

    expect([factor > 1 && factor <= 9, capacity < 1 && capacity >= 0]).toEqual([true, true]);
  });

  it('is Infinity where the fleet recovers from the most severe one', async () => {
    expect(await smallestTrigger(scenario, { mild: 0, severe: 1 })).toBe(Infinity);
  });

  it('is the mildest one where the fleet does not even recover from that', async () => {
    expect(await smallestTrigger(scenario, { mild: 9_000, severe: 10_000 })).toBe(9_000);
  });

  it.each([
    [{}, 'mild to be a finite number ≥ 0, got undefined'],
    [{ mild: 1 }, 'severe to be a finite number ≥ 0, got undefined'],
    [{ mild: 1, severe: 2, trigger: 1 }, 'triggers[1] to have a duration, got undefined'],
    [{ mild: 1, severe: 2, vary: 'rate' }, 'triggers[0] to have a rate, got a value of type object'],
    [{ mild: 1, severe: 2, vary: 'at' }, "vary to be 'duration', 'factor' or 'rate', got \"at\""],
    [{ mild: 1, severe: 2, trigger: -1 }, 'trigger to be an integer ≥ 0, got -1'],
  ])('refuses what cannot be varied (%#)', async (options, message) => {
    const error = await rejection(smallestTrigger(scenario, options as never));

    expect((error as Error).message).toBe(`Cannot find the smallest trigger: expected ${message}`);
  });

  it.each([
    ['duration', { mild: 0, severe: 10_001 }, 26_001],
    ['duration', { mild: 11_000, severe: 0 }, 27_000],
    ['factor', { vary: 'factor', mild: 1, severe: 9 }, 27_000],
  ] as const)(
    'refuses to vary a %s in a run that ends before recovery can be told (%#)',
    async (vary, options, least) => {
      const error = await rejection(
        smallestTrigger(withTrigger({ duration: vary === 'factor' ? 11_000 : 0 }), options),
      );

      expect(error).toBeInstanceOf(RangeError);
      expect((error as Error).message).toBe(
        'Cannot find the smallest trigger: expected duration to be at least ' +
          `${least}, so that recoverWithin and five intervals follow the last trigger, got 26000`,
      );
    },
  );

  it('refuses a fleet that may take for ever to recover: no run is long enough to tell', async () => {
    const error = await rejection(smallestTrigger({ ...scenario, recoverWithin: Infinity }, { mild: 0, severe: 1 }));

    expect((error as Error).message).toBe(
      'Cannot find the smallest trigger: expected recoverWithin to be a finite number ≥ 0, got Infinity',
    );
  });

  it('refuses what is no scenario', async () => {
    const error = await rejection(smallestTrigger(undefined as never, { mild: 0, severe: 1 }));

    expect((error as Error).message).toBe(
      'Cannot find the smallest trigger: expected scenario to be an object, got undefined',
    );
  });

  it('has nothing to vary without a trigger', async () => {
    const { triggers: _, ...calm } = scenario;

    expect(await rejection(smallestTrigger(calm, { mild: 0, severe: 1 }))).toBeInstanceOf(TypeError);
  });
});
