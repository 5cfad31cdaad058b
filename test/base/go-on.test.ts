import { describe, expect, it, vi } from 'vitest';
import { Call } from '../../src/base/call.ts';
import { goOn } from '../../src/base/go-on.ts';

describe('goOn()', () => {
  it('goes on at once, with the call and the place of the layer', () => {
    const next = vi.fn();
    const call = new Call([], () => {}, {});

    goOn(call, 2, next);

    expect(next.mock.calls).toEqual([[call, 2]]);
  });

  it('ends the call with what that throws', () => {
    const down = new Error('down');
    const rejected = vi.fn();
    const call = new Call([], () => {}, {}, vi.fn(), rejected);

    goOn(call, 0, () => {
      throw down;
    });

    expect(rejected.mock.calls).toEqual([[down]]);
  });
});
