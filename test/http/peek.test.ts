import { describe, expect, it } from 'vitest';
import { peek, peekText } from '../../src/http/peek.ts';

describe('peek()', () => {
  it('reads a property of anything', () => {
    const read = [{ code: 'E' }, 'text', 7, undefined, null].map((value) => peek(value, 'code'));

    expect(read).toEqual(['E', undefined, undefined, undefined, undefined]);
  });
});

describe('peekText()', () => {
  it('gives texts of at most 64 characters, and empty ones for all else', () => {
    const texts = ['E', '', 'x'.repeat(64), 'x'.repeat(65), 7, {}, undefined].map((code) => peekText({ code }, 'code'));

    expect(texts).toEqual(['E', '', 'x'.repeat(64), '', '', '', '']);
  });

  it('gives longer ones on demand', () => {
    const texts = ['x'.repeat(100), 'x'.repeat(101)].map((message) => peekText({ message }, 'message', 100));

    expect(texts).toEqual(['x'.repeat(100), '']);
  });
});
