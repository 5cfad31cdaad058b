import { describe, expect, it } from 'vitest';
import { jsonOf } from '../../src/cli/json-of.ts';

describe('jsonOf()', () => {
  it('says Infinity as a text, and ends with a line break', () => {
    expect(jsonOf({ recovery: Infinity, list: [1, null] })).toBe(
      '{\n  "recovery": "Infinity",\n  "list": [\n    1,\n    null\n  ]\n}\n',
    );
  });
});
