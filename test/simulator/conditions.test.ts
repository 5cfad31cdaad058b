import { describe, expect, it } from 'vitest';
import { conditions, conditionsAt } from '../../src/simulator/conditions.ts';

const CALM = { slowdown: 1, capacity: 1, surge: 1, errors: 0, outage: false, partition: false, stall: false };

describe('conditions()', () => {
  it('is calm for ever without a trigger', () => {
    expect(conditions([])).toEqual([{ from: 0, until: Infinity, ...CALM }]);
  });

  it('holds from the beginning of a trigger up to its end', () => {
    const stretches = conditions([{ kind: 'outage', at: 10, duration: 5 }]);

    expect(stretches).toEqual([
      { from: 0, until: 10, ...CALM },
      { from: 10, until: 15, ...CALM, outage: true },
      { from: 15, until: Infinity, ...CALM },
    ]);
    expect([9.9, 10, 14.9, 15].map((time) => conditionsAt(stretches, time).outage)).toEqual([false, true, true, false]);
  });

  it('multiplies what overlaps', () => {
    const stretches = conditions([
      { kind: 'slowdown', at: 0, duration: 10, factor: 5 },
      { kind: 'slowdown', at: 5, duration: 10, factor: 2 },
      { kind: 'capacity', at: 5, duration: 15, factor: 0.5 },
      { kind: 'surge', at: 5, duration: 5, factor: 3 },
      { kind: 'errors', at: 5, duration: 5, rate: 0.5 },
      { kind: 'errors', at: 5, duration: 5, rate: 0.5 },
    ]);

    expect(stretches).toEqual([
      { from: 0, until: 5, ...CALM, slowdown: 5 },
      { from: 5, until: 10, ...CALM, slowdown: 10, capacity: 0.5, surge: 3, errors: 0.75 },
      { from: 10, until: 15, ...CALM, slowdown: 2, capacity: 0.5 },
      { from: 15, until: 20, ...CALM, capacity: 0.5 },
      { from: 20, until: Infinity, ...CALM },
    ]);
  });

  it.each(['partition', 'stall'] as const)('knows a %s', (kind) => {
    const [now] = conditions([{ kind, at: 0, duration: 1 }]);

    expect(now).toEqual({ from: 0, until: 1, ...CALM, [kind]: true });
  });

  it('is nothing for a trigger that lasts no time', () => {
    const stretches = conditions([{ kind: 'outage', at: 3, duration: 0 }]);

    expect(stretches.some(({ outage }) => outage)).toBe(false);
  });
});
