import { describe, expect, it } from 'vitest';
import { leaves } from '../../src/json/leaves.ts';
import { readShape, type Maker, type Place, type Shape } from '../../src/json/read-shape.ts';
import { wrongArgument } from '../wrong-argument.ts';

const tools = { functions: {}, clock: undefined, random: undefined, sleep: undefined, budgets: new Map() };
const read = (shape: Shape, json: unknown, path = 'it'): unknown =>
  readShape(shape, json as never, { path, action: 'read', tools });
const refusal = (message: string, Class: ErrorConstructor = TypeError): Error =>
  wrongArgument(Class, `Cannot read: ${message}`);

describe('readShape()', () => {
  it('calls a value without a path the document', () => {
    expect(() => read(leaves.count, 0, '')).toThrow(
      refusal('expected the document to be an integer ≥ 1, got 0', RangeError),
    );
  });

  describe('given a list', () => {
    const list: Shape = { list: leaves.count, least: 2 };

    it('reads each of it, and says which one is wrong', () => {
      expect(read(list, [1, 2])).toEqual([1, 2]);
      expect(() => read(list, [1, 2, 0])).toThrow(refusal('expected it[2] to be an integer ≥ 1, got 0', RangeError));
    });

    it('refuses one that is too short, and what is none', () => {
      const says = 'expected it to be a list of at least 2, got ';

      expect(() => read(list, [1])).toThrow(refusal(`${says}a value of type object`));
      expect(() => read(list, undefined)).toThrow(refusal(`${says}undefined`));
      expect(() => read({ list: leaves.count, least: 0 }, {}, '')).toThrow(
        refusal('expected the document to be a list, got a value of type object'),
      );
    });
  });

  describe('given a map', () => {
    const map: Shape = { map: leaves.count, least: 1 };

    it('reads each value by its name, whatever that is', () => {
      expect(Object.entries(read(map, { a: 1, constructor: 2 }) as object)).toEqual([
        ['a', 1],
        ['constructor', 2],
      ]);
    });

    it.each<[json: unknown, path: string, message: string]>([
      [{}, 'it', 'expected it to be an object with at least 1 of them, got a value of type object'],
      [5, '', 'expected the document to be an object with at least 1 of them, got 5'],
      [{ a: '1' }, 'it', 'expected it.a to be an integer ≥ 1, got "1"'],
      [{ a: '1' }, '', 'expected a to be an integer ≥ 1, got "1"'],
    ])('refuses %j at %j', (json, path, message) => {
      expect(() => read(map, json, path)).toThrow(refusal(message));
    });

    it('may be empty where none is needed', () => {
      expect(Object.keys(read({ map: leaves.count, least: 0 }, {}) as object)).toEqual([]);
    });
  });

  describe('given a record', () => {
    const record: Shape = { fields: { size: leaves.count, name: leaves.text }, required: ['size'] };

    it('reads its fields, and leaves out what is not there', () => {
      expect({ ...(read(record, { size: 1 }) as object) }).toEqual({ size: 1 });
    });

    it.each<[json: unknown, path: string, message: string]>([
      [{}, 'it', 'expected it.size to be an integer ≥ 1, got undefined'],
      [{}, '', 'expected size to be an integer ≥ 1, got undefined'],
      [{ size: '1' }, '', 'expected size to be an integer ≥ 1, got "1"'],
      [{ size: 1, nam: 'x' }, 'it', 'expected a known option (did you mean it.name?), got "it.nam"'],
      [5, 'it', 'expected it to be an object, got 5'],
      [5, '', 'expected the document to be an object, got 5'],
    ])('refuses %j at %j', (json, path, message) => {
      expect(() => read(record, json, path)).toThrow(refusal(message));
    });

    it('gives what is made of its fields, and where that failed', () => {
      const made: Shape = {
        ...record,
        make({ size }: { readonly size: number }) {
          if (size > 1) throw Object.assign(new RangeError('too big'), { code: 'ERR_INVALID_ARGUMENT' });
          return size + 1;
        },
      };

      expect(read(made, { size: 1 })).toBe(2);
      expect(() => read(made, { size: 2 })).toThrow(refusal('it: too big', RangeError));
      expect(() => read(made, { size: 2 }, '')).toThrow(refusal('the document: too big', RangeError));
    });
  });

  describe('given kinds', () => {
    const kinds: Shape = {
      says: 'a form',
      kinds: {
        dot: { fields: {}, make: () => 'dot' },
        disc: { fields: { size: leaves.count }, required: ['size'], make: ({ size }: { size: number }) => size },
      },
    };

    it('gives the fields, the kind among them, where nothing is made of them', () => {
      const forms: Shape = { says: 'a form', kinds: { dot: { fields: { size: leaves.count } } } };

      const all = [{ kind: 'dot', size: 2 }, 'dot'].map((json) => ({ ...(read(forms, json) as object) }));

      expect(all).toEqual([{ kind: 'dot', size: 2 }, { kind: 'dot' }]);
    });

    it('reads the kind alone where nothing else is required, and the fields of each', () => {
      const made = ['dot', { kind: 'dot' }, { kind: 'disc', size: 3 }].map((json) => read(kinds, json));

      expect(made).toEqual(['dot', 'dot', 3]);
    });

    it.each<[json: unknown, path: string, message: string]>([
      [undefined, 'it', 'expected it to be a form, got undefined'],
      [7, '', 'expected the document to be a form, got 7'],
      [{}, 'it', 'expected it.kind to be a known kind (dot, disc), got undefined'],
      [{ kind: 'disk' }, 'it', 'expected it.kind to be a known kind (dot, disc), got "disk"'],
      [{ kind: 'disk' }, '', 'expected kind to be a known kind (dot, disc), got "disk"'],
      ['disk', 'it', 'expected it to be a known kind (dot, disc), got "disk"'],
      ['disk', '', 'expected the document to be a known kind (dot, disc), got "disk"'],
      ['disc', 'it', 'expected it.size to be an integer ≥ 1, got undefined'],
      [{ kind: 'dot', size: 3 }, 'it', 'expected a known option (kind), got "it.size"'],
    ])('refuses %j at %j', (json, path, message) => {
      expect(() => read(kinds, json, path)).toThrow(refusal(message));
    });
  });

  describe('given cases', () => {
    const cases: Shape = {
      cases: [
        [(json) => json === false, leaves.none],
        [(json) => typeof json === 'number', leaves.count],
        [Boolean, leaves.text],
      ],
    };

    it('reads by the first whose test says yes, and else by the last', () => {
      expect([false, 2, ''].map((json) => read(cases, json))).toEqual([false, 2, '']);
      expect(() => read(cases, 0)).toThrow(refusal('expected it to be an integer ≥ 1, got 0', RangeError));
      expect(() => read(cases, undefined)).toThrow(refusal('expected it to be a string, got undefined'));
    });
  });

  describe('given a shape that refers to itself', () => {
    const tree: Shape = { name: 'tree', shape: (): Shape => ({ list: tree, least: 0 }) };

    it('reads it to the end', () => {
      expect(read(tree, [[], [[]]])).toEqual([[], [[]]]);
    });
  });

  describe('given what is to be made anew each time', () => {
    const made: Shape = { maker: { fields: { size: leaves.count }, make: (_: object, { tools: given }) => given } };

    it('refuses it when it is read', () => {
      expect(() => read(made, { size: 0 })).toThrow(
        refusal('expected it.size to be an integer ≥ 1, got 0', RangeError),
      );
    });

    it('makes it of other tools, with budgets of its own', () => {
      const make = read(made, { size: 1 }) as Maker<Place['tools']>;
      const random = (): number => 0;

      const [one, other] = [make({ random }), make({})];

      expect([one.random, other.random]).toEqual([random, undefined]);
      expect(new Set([one.budgets, other.budgets, tools.budgets]).size).toBe(3);
    });
  });
});
