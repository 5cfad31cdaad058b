import { describe, expect, it, vi } from 'vitest';
import { Call } from '../../src/base/call.ts';
import { goOn } from '../../src/base/go-on.ts';

describe('goOn()', () => {
  it('goes on at once', () => {
    const next = vi.fn();

    goOn(new Call([], () => {}, {}), next);

    expect(next.mock.calls).toEqual([[]]);
  });

  it('ends the call with what that throws', () => {
    const down = new Error('down');
    const rejected = vi.fn();
    const call = new Call([], () => {}, {}, vi.fn(), rejected);

    goOn(call, () => {
      throw down;
    });

    expect(rejected.mock.calls).toEqual([[down]]);
  });
});
