import { describe, expect, it } from 'vitest';
import { cut, parts } from './parts.mjs';

describe('cut()', () => {
  it('takes a part out, and nothing else', () => {
    const source = 'before\n  begun(holder, 1);\n  call(fn);\n  begun(holder, -1);\nafter';

    expect(cut(source, ['nested'])).toBe('before\n\n  call(fn);\n\nafter');
    expect(cut(source, [])).toBe(source);
  });

  it('refuses code in which a part is not to be found, or only a half of it', () => {
    expect(() => cut('', ['clock'])).toThrow('the built code has no clock that could be left out');
    expect(() => cut('  begun(holder, 1);', Object.keys(parts).slice(-1))).toThrow('no nested');
  });
});
