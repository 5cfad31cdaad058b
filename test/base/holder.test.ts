import { describe, expect, it, vi } from 'vitest';
import { begun, type Holder } from '../../src/base/holder.ts';

describe('begun()', () => {
  describe('given nobody who holds anything', () => {
    it('does nothing', () => {
      expect(() => begun(undefined, 1)).not.toThrow();
    });
  });

  describe('given one inside another', () => {
    it('counts an attempt on both of them', () => {
      const outer: Holder = { outer: undefined, pending: 0 };
      const inner: Holder = { outer, pending: 0 };

      begun(inner, 1);
      begun(inner, 1);
      begun(outer, 1);
      begun(inner, -1);

      expect([inner.pending, outer.pending]).toEqual([1, 2]);
    });

    it('tells each of them when the last of his own has settled', () => {
      const told: string[] = [];
      const outer: Holder = { outer: undefined, pending: 0, idle: () => told.push('outer') };
      const inner: Holder = { outer, pending: 0, idle: () => told.push('inner') };
      begun(inner, 1);
      begun(outer, 1);

      begun(inner, -1);
      const before = [...told];
      begun(outer, -1);

      expect([before, told]).toEqual([['inner'], ['inner', 'outer']]);
    });

    it('tells the inner one first', () => {
      const told: string[] = [];
      const outer: Holder = { outer: undefined, pending: 0, idle: () => told.push('outer') };
      const inner: Holder = { outer, pending: 0, idle: () => told.push('inner') };

      begun(inner, 1);
      begun(inner, -1);

      expect(told).toEqual(['inner', 'outer']);
    });
  });

  describe('given one who does not ask to be told', () => {
    it('counts', () => {
      const holder: Holder = { outer: undefined, pending: 0, idle: undefined };

      begun(holder, 1);
      begun(holder, -1);

      expect(holder).toEqual({ outer: undefined, pending: 0, idle: undefined });
    });
  });

  describe('given one who asks while attempts run', () => {
    it('tells him when the last of them has settled, not before', () => {
      const idle = vi.fn();
      const holder: Holder = { outer: undefined, pending: 0 };
      begun(holder, 1);
      begun(holder, 1);

      holder.idle = idle;
      begun(holder, -1);
      const before = idle.mock.calls.length;
      begun(holder, -1);

      expect([before, idle.mock.calls]).toEqual([0, [[]]]);
    });
  });
});
