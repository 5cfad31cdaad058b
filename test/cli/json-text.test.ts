import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonMistake, jsonText } from '../../src/cli/json-text.ts';

function mistake(text: string): [message: string, offset: number] {
  try {
    jsonText(text);
  } catch (error) {
    if (error instanceof JsonMistake) return [error.message, error.offset];
  }
  throw new Error('it was read');
}

describe('jsonText()', () => {
  it('reads a value and says where its parts begin', () => {
    const { value, places } = jsonText('{\n  "policy": { "policies": [1, { "a b": null }] }\n}');

    expect(value).toEqual({ policy: { policies: [1, { 'a b': null }] } });
    expect(Object.fromEntries(places)).toEqual({
      '': 0,
      policy: 14,
      'policy.policies': 28,
      'policy.policies[0]': 29,
      'policy.policies[1]': 32,
      'policy.policies[1].a b': 41,
    });
  });

  it.each([
    ['', 'a JSON value', 0],
    ['{"a": 1,}', 'a key in quotes', 8],
    ['{a: 1}', 'a key in quotes', 1],
    ['{"a" 1}', '":"', 5],
    ['[1 2]', '"," or "]"', 3],
    ['{"a": 1', '"," or "}"', 7],
    ['[1, 2] 3', 'the end of the text', 7],
    ['[01]', 'a JSON value', 1],
    ['[NaN]', 'a JSON value', 1],
    ['["a\n"]', 'a text that ends on its line', 1],
    ['["\\x"]', 'a text that ends on its line', 1],
    ["['a']", 'a JSON value', 1],
    ['[1, // no\n2]', 'a JSON value', 4],
    ['{"a": 1, "\\u0061": 2}', 'the key "\\u0061" only once', 9],
    [`${'['.repeat(66)}`, 'values nested at most 64 deep', 65],
  ])('refuses %j', (text, message, offset) => {
    expect(mistake(text)).toEqual([message, offset]);
  });

  it('does not mind a byte order mark', () => {
    expect(jsonText('\ufeff{"a": 1}').value).toEqual({ a: 1 });
  });

  it('keeps a key called __proto__ as a key', () => {
    expect(Object.keys(jsonText('{"__proto__": 1}').value as object)).toEqual(['__proto__']);
  });

  it('reads what JSON.parse reads, as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t'), (json, space) => {
        const text = JSON.stringify(JSON.parse(json), undefined, space);

        expect(jsonText(text).value).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const broken = fc
      .tuple(fc.json({ maxDepth: 3 }), fc.nat(200), fc.constantFrom('', ',', '"', '{', ']', ':', '0', '\\', '\u0001'))
      .map(([text, at, letter]) => text.slice(0, at % text.length) + letter + text.slice((at % text.length) + 1));
    fc.assert(
      fc.property(broken, (text) => {
        let parsed: unknown;
        try {
          parsed = JSON.parse(text);
        } catch {
          expect(mistake(text)[1]).toBeLessThanOrEqual(text.length);
          return;
        }
        try {
          expect(jsonText(text).value).toEqual(parsed);
        } catch (error) {
          expect((error as Error).message).toMatch(/only once/);
        }
      }),
    );
  });
});
