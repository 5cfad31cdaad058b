import { describe, expect, it } from 'vitest';
import { filled, shown, table } from './markdown.mjs';

describe('table()', () => {
  it('makes its columns as wide as their widest cell, and three characters at least', () => {
    expect(
      table(
        ['', 'name'],
        [
          ['a', 12],
          ['long', 'b'],
        ],
      ),
    ).toBe(['|      | name |', '| ---- | ---- |', '| a    | 12   |', '| long | b    |'].join('\n'));
    expect(table(['a'], [])).toBe(['| a   |', '| --- |'].join('\n'));
  });
});

describe('filled()', () => {
  const page = 'before <!-- one: begin -->old<!-- one: end --> after <!-- two: begin --><!-- two: end -->';

  it('replaces what stands between the markers, and nothing else', () => {
    const first = filled(page, { one: 'new', two: '$&' });

    expect(first).toBe(
      'before <!-- one: begin -->\n\nnew\n\n<!-- one: end --> after <!-- two: begin -->\n\n$&\n\n<!-- two: end -->',
    );
    expect(filled(first, { one: 'new', two: '$&' })).toBe(first);
  });

  it('refuses a section that the page has no place for', () => {
    expect(() => filled(page, { three: '' })).toThrow('the page has no place for three');
  });
});

describe('shown()', () => {
  it.each([
    [0, '0'],
    [0.666, '0.67'],
    [5.3, '5.3'],
    [12.34, '12.3'],
    [99.96, '100'],
    [123.4, '123'],
    [12_345.6, '12346'],
    [-3.333, '-3.33'],
    [null, '–'],
    [undefined, '–'],
    [Number.NaN, '–'],
  ])('writes %s as %s', (value, text) => {
    expect(shown(value)).toBe(text);
  });
});
