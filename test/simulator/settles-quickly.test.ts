import { describe, expect, it } from 'vitest';
import { fallback, pipeline, retry, sleeperOf, standard, systemClock, type Policy } from 'holdfast';
import { settlesQuickly } from '../../src/simulator/settles-quickly.ts';

const sleep = sleeperOf(systemClock);
const elsewhere: Policy = { execute: async (fn) => fn({} as never) };

describe('settlesQuickly()', () => {
  it.each([[standard()], [pipeline()], [retry({ sleep })], [fallback('instead')]])('is so for ours (%#)', (policy) => {
    expect(settlesQuickly(policy, sleep)).toBe(true);
  });

  it.each([
    [elsewhere],
    [pipeline(retry(), elsewhere)],
    [retry({ sleep: sleeperOf(systemClock) })],
    [fallback(() => 'instead')],
  ])('is not so where something from elsewhere takes part (%#)', (policy) => {
    expect(settlesQuickly(policy, sleep)).toBe(false);
  });
});
