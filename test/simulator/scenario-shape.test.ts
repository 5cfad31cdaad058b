import { describe, expect, it } from 'vitest';
import { leaves } from '../../src/json/leaves.ts';
import { readShape, type Shape } from '../../src/json/read-shape.ts';
import { orFunction, policyMakerShape, scenarioShape } from '../../src/simulator/scenario-shape.ts';

const tools = { functions: {}, clock: undefined, random: undefined, sleep: undefined, budgets: new Map() };
const read = (shape: Shape, value: unknown): unknown =>
  readShape(shape, value as never, { path: 'it', action: 'read', tools });

describe('scenarioShape()', () => {
  const { triggers, clients } = scenarioShape(leaves.any!).fields as { triggers: Shape; clients: Shape };

  it.each([
    { kind: 'slowdown', at: 1, duration: 2, factor: 3, service: 'a' },
    { kind: 'outage', at: 1, duration: 0 },
    { kind: 'errors', at: 1, duration: 2, rate: 0.5 },
    { kind: 'capacity', at: 1, duration: 2, factor: 0 },
    { kind: 'surge', at: 1, duration: 2, factor: 2, group: 'web' },
    { kind: 'partition', at: 1, duration: 2 },
    { kind: 'stall', at: 1, duration: 2 },
  ])('reads a trigger: $kind', (trigger) => {
    expect(read(triggers, [trigger])).toEqual([trigger]);
  });

  it.each([
    { kind: 'poisson', rate: 1 },
    { kind: 'constant', rate: 1 },
    { kind: 'closed', thinkTime: { kind: 'empirical', values: [1, 2] } },
    { kind: 'bursts', size: 3, every: 10 },
  ])('reads arrivals: $kind', (arrivals) => {
    const group = { count: 1, arrivals, calls: ['a', 'b'] };

    expect(read(clients, [group])).toEqual([group]);
  });
});

describe('orFunction()', () => {
  it('takes a function as it is, and all else by the shape', () => {
    const make = (): void => {};

    expect([read(orFunction(leaves.text), make), read(orFunction(leaves.text), 'text')]).toEqual([make, 'text']);
    expect(() => read(orFunction(leaves.text), 5)).toThrow('it to be a string');
  });
});

describe('policyMakerShape', () => {
  it('makes a fresh policy each time', () => {
    const make = read(policyMakerShape, 'standard') as (tools: object) => unknown;

    expect(make({})).not.toBe(make({}));
  });
});
