import { describe, expect, it } from 'vitest';
import { lineMatch } from '../../src/cli/line-match.ts';

describe('lineMatch()', () => {
  it.each([
    ['reset', 'connection reset by peer\n', true],
    ['connection * peer', 'connection reset by peer\n', true],
    ['peer*connection', 'connection reset by peer\n', false],
    ['a*a', 'a\na\n', false],
    ['a.c', 'abc\n', false],
    ['*', 'anything\n', true],
    ['Reset', 'reset\n', false],
  ])('says of %s and %j: %s', (pattern, text, found) => {
    expect(lineMatch(pattern)(text)).toBe(found);
  });

  it('finds a line that comes in pieces, also the last one without its end', () => {
    const match = lineMatch('try * later');

    expect(['please tr', 'y again ', 'lat', 'er', '\nother\n'].map(match)).toEqual([false, false, false, true, true]);
  });

  it('forgets what is too far back in a line without end', () => {
    const match = lineMatch('begin*end');

    match(`begin${'x'.repeat(70_000)}`);

    expect(match('end')).toBe(false);
  });

  it('takes a megabyte of what a backtracking pattern would choke on', () => {
    const match = lineMatch('a*a*a*a*a*a*a*a*a*a*b');

    expect(match(`${'a'.repeat(1_000_000)}\n`)).toBe(false);
  });
});
