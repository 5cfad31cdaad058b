import { describe, expect, it, vi } from 'vitest';
import { instantSleeper, pipeline, retry, wrap, type Policy } from 'holdfast';
import { rejection } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

describe('wrap()', () => {
  describe('the function that it makes', () => {
    it("hands fn's own parameters on, and no context", async () => {
      const fn = vi.fn((a: number, b: number) => a + b);
      const guarded = wrap(pipeline(), fn);

      const sum = await guarded(1, 2);

      expect(sum).toBe(3);
      expect(fn.mock.calls).toEqual([[1, 2]]);
    });

    it('hands `this` on', async () => {
      const counter = {
        count: 5,
        plus: wrap(pipeline(), async function (this: { count: number }, more: number) {
          return this.count + more;
        }),
      };

      expect(await counter.plus(2)).toBe(7);
    });

    it('calls fn again with the same parameters and the same `this` when the policy retries', async () => {
      const seen: unknown[] = [];
      const self = {};
      const fn = function (this: object, ...parameters: unknown[]): string {
        seen.push([this, parameters]);
        if (seen.length < 3) throw new Error('busy');
        return 'up';
      };

      const value = await wrap(retry({ sleep: instantSleeper }), fn).call(self, 'a', undefined);

      expect(value).toBe('up');
      expect(seen).toEqual([
        [self, ['a', undefined]],
        [self, ['a', undefined]],
        [self, ['a', undefined]],
      ]);
      expect(seen.every((call) => (call as unknown[])[0] === self)).toBe(true);
    });

    it('turns a synchronous throw into a rejection', async () => {
      const down = new Error('down');
      const guarded = wrap(pipeline(), () => {
        throw down;
      });

      expect(await rejection(guarded())).toBe(down);
    });

    it('runs under a policy made elsewhere', async () => {
      const foreign: Policy = { execute: async (fn) => fn(undefined as never) };

      expect(await wrap(foreign, (text: string) => text.length)('four')).toBe(4);
    });
  });

  describe('wrong arguments', () => {
    it.each([
      [() => wrap(undefined as never, () => 1), 'expected policy to be a policy, got undefined'],
      [() => wrap(null as never, () => 1), 'expected policy to be a policy, got null'],
      [() => wrap({ execute: 1 } as never, () => 1), 'expected policy to be a policy, got a value of type object'],
      [() => wrap(pipeline(), 'fn' as never), 'expected fn to be a function, got "fn"'],
    ])('are refused (%#)', (make, message) => {
      expect(make).toThrow(wrongArgument(TypeError, `Cannot wrap a function: ${message}`));
    });
  });
});
