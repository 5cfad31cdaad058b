import { describe, expect, it } from 'vitest';
import { sparkLine } from '../../src/cli/spark-line.ts';

describe('sparkLine()', () => {
  it('draws every value on the scale', () => {
    expect(sparkLine([0, 0.1, 1, 2, 3, 4, 5, 6, 7, 8, null, -1], 8, 80)).toBe('.▁▁▂▃▄▅▆▇█ .');
  });

  it('keeps within its columns, and within its scale', () => {
    expect(sparkLine([8, 8, 16, 16], 8, 2)).toBe('██');
  });
});
