import { describe, expect, it } from 'vitest';
import { namedFunctions } from '../../src/cli/named-functions.ts';

describe('namedFunctions()', () => {
  it('finds the functions that a document names, wherever they stand', () => {
    const functions = namedFunctions([{ a: { function: 'isBusy' } }, { function: 'other' }, null, 'x'], 'explain');

    expect(Object.keys(functions)).toEqual(['isBusy', 'other']);
  });

  it('takes nothing else for one', () => {
    expect(namedFunctions({ a: { function: 7 }, b: { function: 'f', more: 1 } }, 'explain')).toEqual({});
  });

  it('refuses to be called', () => {
    const { isBusy } = namedFunctions({ function: 'isBusy' }, 'explain');

    expect(isBusy).toThrow(
      'Cannot explain: expected a policy that can be looked at without calling the function isBusy, got "isBusy"',
    );
  });
});
