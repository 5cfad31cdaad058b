import { describe, expect, it } from 'vitest';
import * as fastCheck from 'fast-check';
import { pipeline, retry, schedule, timeout, type Policy } from 'holdfast';
import { arbitraries, scriptedCall, VirtualClock } from 'holdfast/testing';

const { fc, delay, step, backoff, outcomes, policy } = await arbitraries();

describe('arbitraries()', () => {
  it('brings the fast-check of the project', () => {
    expect(fc).toBe(fastCheck);
  });

  it('makes delays that are finite and at least 0, among them 0, fractions and the largest', () => {
    const made = fc.sample(delay(), 2_000);

    expect(made.every((each) => each >= 0 && each < Infinity)).toBe(true);
    expect([0, 0.5, 1, 100, 2 ** 31, Number.MAX_VALUE].filter((each) => !made.includes(each))).toEqual([]);
  });

  it('makes steps of attempts 1 to 10 000, whose chance starts over with each', () => {
    const made = fc.sample(step(), 500);

    expect(made.every(({ attempt }) => Number.isInteger(attempt) && attempt >= 1 && attempt <= 10_000)).toBe(true);
    expect(made.map((each) => Object.keys(each))).toEqual(
      made.map(() => ['attempt', 'baseDelay', 'previousDelay', 'totalDelay', 'random']),
    );
    expect(made.every(({ random }) => random() < 1)).toBe(true);
  });

  it('makes backoffs that are pure', () => {
    const made = fc.sample(backoff(), 100);

    const [one, other] = [0, 1].map(() =>
      made.map((each) => schedule(each, { baseDelay: 100, retries: 10, random: () => 0.5 })),
    );

    expect(one).toEqual(other);
    expect(new Set(one!.map(String)).size).toBeGreaterThan(50);
  });

  it('makes outcomes that can be scripted, of every kind', () => {
    const clock = new VirtualClock();
    const made = fc.sample(outcomes(), 500);

    const kinds = new Set(made.flat().map((each) => Object.keys(each)[0]));

    expect(kinds).toEqual(new Set(['returns', 'throws', 'stalls']));
    expect(() => made.forEach((steps) => scriptedCall(steps, { clock }))).not.toThrow();
  });

  it('makes trees of policies up to a depth, that work as policies', async () => {
    const clock = new VirtualClock();
    let depth = 0;
    const leaf = fc.constantFrom(retry({ clock }), timeout(10, { clock }));
    const compose = (...policies: Policy[]): Policy => {
      depth = Math.max(depth, policies.length);
      return pipeline(...policies.map((each): Policy => ({ execute: (fn, options) => each.execute(fn, options) })));
    };

    const made = fc.sample(policy(leaf, compose, 3), 50);
    const shallow = fc.sample(policy(leaf, compose), 5);
    const values = await Promise.all([...made, ...shallow].map((each) => each.execute(() => 'ok')));

    expect(values).toEqual(values.map(() => 'ok'));
    expect(depth).toBe(3);
  });
});
