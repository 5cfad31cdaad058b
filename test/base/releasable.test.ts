import { describe, expect, it, vi } from 'vitest';
import { releasable } from '../../src/base/releasable.ts';

describe('releasable()', () => {
  it('gives nothing back by itself', () => {
    const giveBack = vi.fn();

    releasable(giveBack);

    expect(giveBack).not.toHaveBeenCalled();
  });

  it('gives back once, however often and by whichever way it is released', () => {
    const giveBack = vi.fn();
    const held = releasable(giveBack);

    held.release();
    held.release();
    held[Symbol.dispose]();

    expect(giveBack.mock.calls).toEqual([[]]);
  });

  it('gives back in the same turn', () => {
    let held = true;

    releasable(() => (held = false)).release();

    expect(held).toBe(false);
  });

  it('can be released by a function taken off it', () => {
    const giveBack = vi.fn();
    const { release } = releasable(giveBack);

    release();

    expect(giveBack).toHaveBeenCalledTimes(1);
  });

  it('gives back at the end of its block, also where that throws', () => {
    const giveBack = vi.fn();
    const block = (): void => {
      using held = releasable(giveBack);
      expect(held).toBeDefined();
      throw new Error('inside');
    };

    expect(block).toThrow('inside');
    expect(giveBack).toHaveBeenCalledTimes(1);
  });

  it('is over where giving back fails, or releases it again', () => {
    let calls = 0;
    const held = releasable(() => {
      calls++;
      held.release();
      throw new Error('cannot give back');
    });

    expect(() => held.release()).toThrow('cannot give back');
    held.release();

    expect(calls).toBe(1);
  });
});
