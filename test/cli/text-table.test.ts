import { describe, expect, it } from 'vitest';
import { textTable } from '../../src/cli/text-table.ts';

describe('textTable()', () => {
  it('makes columns as wide as their widest cell, numbers to the right', () => {
    const rows = [
      ['policy', 'calls', 'p99'],
      ['retry', '10000', '3'],
    ];

    expect(textTable(rows)).toBe('policy  calls  p99\n retry  10000    3\n');
    expect(textTable(rows, 1)).toBe('policy  calls  p99\nretry   10000    3\n');
  });

  it('leaves no spaces at the end of a line', () => {
    expect(textTable([['long word'], ['x']], 1)).toBe('long word\nx\n');
  });
});
