import { describe, expect, it } from 'vitest';
import { brokenOutput } from '../../src/cli/broken-output.ts';

describe('brokenOutput()', () => {
  it.each([
    ['schedule', 'EPIPE', 0],
    ['schedule', 'ENOSPC', 1],
    [undefined, undefined, 1],
    ['run', 'EPIPE', undefined],
    ['run', 'ENOSPC', undefined],
  ])('of %s with %s is %s', (command, error, code) => {
    expect(brokenOutput(command, error)).toBe(code);
  });
});
