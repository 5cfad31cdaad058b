import { describe, expect, it, vi } from 'vitest';
import { ALONE, around, Context, remaining, type Place } from '../../src/base/context.ts';

const holder = { outer: undefined, pending: 0 };
const place: Place = {
  layers: [{ kind: 'timeout', remaining: () => 50 }, { kind: 'retry' }],
  slots: ['the deadline', 'the run'],
  parent: ALONE,
  holder,
};

describe('Context', () => {
  describe('given a place', () => {
    it('speaks of it, and of what is left around it', () => {
      const context = new Context(place, 2, holder);

      expect([Context.placeOf(context), Context.askedOf(context)]).toEqual([place, place]);
      expect(Context.holderOf(context)).toBe(holder);
      expect([context.attempt, context.remaining]).toEqual([2, 50]);
    });

    it('has a signal that is aborted with the attempt, whenever it is read', () => {
      const [early, late] = [new Context(place, 1), new Context(place, 1)];
      const { signal } = early;

      Context.abort(early, 'stop');
      Context.abort(late, 'stop');

      expect([signal.reason, late.signal.reason, late.signal.aborted]).toEqual(['stop', 'stop', true]);
      expect([early.remaining, late.remaining]).toEqual([0, 0]);
    });
  });

  describe('given a place that is made when somebody asks', () => {
    it('has it made once, with its holder', () => {
      const make = vi.fn(() => place);
      const context = new Context(make, 1);
      const before = [make.mock.calls.length, Context.askedOf(context)];

      const found = [Context.holderOf(context), Context.placeOf(context), Context.askedOf(context), context.remaining];

      expect(before).toEqual([0, undefined]);
      expect([found, make.mock.calls.length]).toEqual([[holder, place, place, 50], 1]);
    });
  });

  describe('given a place that gives the attempt up when it is made', () => {
    it('has a signal that is aborted from the first', () => {
      const context: Context = new Context(() => (Context.abort(context, 'stop'), place), 1);

      expect([context.signal.aborted, context.signal.reason, context.remaining]).toEqual([true, 'stop', 0]);
    });
  });

  describe('given a context made elsewhere', () => {
    it('knows no place of it', () => {
      const made = { attempt: 1, remaining: 5, signal: new AbortController().signal };

      expect([Context.placeOf(made), Context.holderOf(made)]).toEqual([undefined, undefined]);
    });
  });
});

describe('remaining()', () => {
  it('is what the nearest deadline leaves, in this call and around it', () => {
    const inner = { layers: [], slots: [], parent: new Context(place, 1), holder: undefined };

    expect([remaining(inner), remaining(place), remaining(place, 0)]).toEqual([50, 50, Infinity]);
    expect(remaining({ ...inner, parent: {} })).toBe(Infinity);
  });
});

describe('around()', () => {
  it('finds the nearest slot of a kind, in this call and in those it was handed on from', () => {
    const inner: Place = { layers: [{ kind: 'retry' }], slots: ['own'], parent: new Context(place, 1), holder };

    expect([around(inner, 1, 'retry'), around(inner, 0, 'retry')]).toEqual(['own', 'the run']);
    expect([around(inner, 1, 'timeout'), around(inner, 1, 'hedge')]).toEqual(['the deadline', undefined]);
  });
});
