import { describe, expect, it } from 'vitest';
import { functionShape, namesFunction } from '../../src/json/function-shape.ts';
import { readDocument } from '../../src/json/read-document.ts';
import { wrongArgument } from '../wrong-argument.ts';

const isBusy = (): boolean => true;
const read = (json: unknown): unknown =>
  readDocument('read it', functionShape, json, { functions: { isBusy, number: 5 } }, 'isRetryable');

describe('functionShape', () => {
  it('gives the very function that is named', () => {
    expect(read({ function: 'isBusy' })).toBe(isBusy);
  });

  it.each([
    ['isBsy', 'undefined'],
    ['number', '5'],
    ['constructor', 'undefined'],
  ])('refuses the name %s', (name, shown) => {
    const says = `isRetryable: Cannot look up a function: expected functions.${name} to be a function, got ${shown}`;

    expect(() => read({ function: name })).toThrow(wrongArgument(TypeError, `Cannot read it: ${says}`));
  });

  it.each([[{}], [{ function: 5 }], ['isBusy'], [{ function: 'isBusy', more: 1 }]])('refuses %j', (json) => {
    expect(() => read(json)).toThrow(TypeError);
  });
});

describe('namesFunction()', () => {
  it('says yes to an object with a name and nothing else', () => {
    const all = [{ function: 'a' }, { function: 1 }, { function: 'a', b: 1 }, {}, null, 'function', ['function']];

    expect(all.map(namesFunction)).toEqual([true, false, false, false, false, false, false]);
  });
});
