import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonValue } from '../../src/json/json-value.ts';
import { wrongArgument } from '../wrong-argument.ts';

const read = (value: unknown): unknown => jsonValue(value, 'policy', 'read it');
const nested = (depth: number): unknown => Array.from({ length: depth }).reduce((inner) => [inner], 0);

describe('jsonValue()', () => {
  it('copies whatever JSON can say, and nothing of it is shared', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const json: unknown = JSON.parse(JSON.stringify(value));
        fc.pre(!JSON.stringify(json).includes('__proto__'));

        const copy = read(json);

        expect(copy).toEqual(json);
        if (typeof copy === 'object' && copy) expect(copy).not.toBe(json);
      }),
    );
  });

  it('leaves out what is undefined, in an object', () => {
    expect(read({ a: undefined, b: 1 })).toEqual({ b: 1 });
  });

  it('takes objects without a prototype, and those of another realm', () => {
    const value = [Object.assign(Object.create(null), { a: 1 }), runInNewContext('({ b: [2] })')];

    expect(JSON.stringify(read(value))).toBe('[{"a":1},{"b":[2]}]');
  });

  it.each<[name: string, value: unknown, path: string, shown: string]>([
    ['undefined', undefined, 'policy', 'undefined'],
    ['a hole in a list', [1, , 2], 'policy[1]', 'undefined'], // oxlint-disable-line no-sparse-arrays
    ['NaN', { a: NaN }, 'policy.a', 'NaN'],
    ['Infinity', { a: [0, Infinity] }, 'policy.a[1]', 'Infinity'],
    ['a bigint', 1n, 'policy', '1n'],
    ['a symbol', { a: Symbol('x') }, 'policy.a', 'Symbol(x)'],
    ['a function', { a: () => {} }, 'policy.a', 'a value of type function'],
    ['a date', { a: new Date(0) }, 'policy.a', 'a value of type object'],
    ['a map', new Map(), 'policy', 'a value of type object'],
  ])('refuses %s', (_, value, path, shown) => {
    expect(() => read(value)).toThrow(
      wrongArgument(TypeError, `Cannot read it: expected ${path} to be JSON, got ${shown}`),
    );
  });

  it('runs no getter', () => {
    let ran = 0;
    const value = Object.defineProperty({}, 'a', { enumerable: true, get: () => ++ran });

    expect(() => read(value)).toThrow(
      wrongArgument(TypeError, 'Cannot read it: expected policy.a to be a value, got a value of type function'),
    );
    expect(ran).toBe(0);
  });

  it('refuses a key "__proto__", at any depth', () => {
    const value: unknown = JSON.parse('{ "a": [{ "__proto__": { "polluted": true } }] }');

    expect(() => read(value)).toThrow(
      wrongArgument(TypeError, 'Cannot read it: expected policy.a[0] to have no key "__proto__", got "__proto__"'),
    );
    expect('polluted' in {}).toBe(false);
  });

  it('takes 64 levels and refuses more, 10 000 or without end', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const refusal = wrongArgument(
      RangeError,
      'Cannot read it: expected policy to be nested at most 64 deep, got "more"',
    );

    expect(read(nested(64))).toEqual(nested(64));
    for (const value of [nested(65), nested(10_000), cycle]) expect(() => read(value)).toThrow(refusal);
  });

  it('takes 100 000 values and refuses more, before it copies a list that is too long', () => {
    const list = (length: number): number[] => Array.from({ length }, () => 0);
    const wide = Object.fromEntries(list(100_000).map((_, index) => [`k${index}`, index]));
    const refusal = wrongArgument(
      RangeError,
      'Cannot read it: expected policy to hold at most 100000 values, got "more"',
    );

    expect(read(list(99_999))).toHaveLength(99_999);
    const endless = Object.assign([], { length: 4e9 });
    for (const value of [endless, list(100_000), wide, [list(50_000), list(50_000)], { a: list(99_999) }]) {
      expect(() => read(value)).toThrow(refusal);
    }
  });

  it('calls a whole document what it is, and its parts by their path', () => {
    expect(() => jsonValue(0n, '', 'read it')).toThrow('Cannot read it: expected the document to be JSON, got 0n');
    expect(() => jsonValue({ a: [0n] }, '', 'read it')).toThrow('Cannot read it: expected a[0] to be JSON, got 0n');
  });
});
