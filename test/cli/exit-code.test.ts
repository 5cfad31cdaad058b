import { describe, expect, it } from 'vitest';
import { endText, exitCode, TIMED_OUT } from '../../src/cli/exit-code.ts';

describe('exitCode()', () => {
  it.each([
    [{ code: 0 }, 0, 'exit code 0'],
    [{ code: 75 }, 75, 'exit code 75'],
    [{ signal: 'SIGTERM', number: 15 }, 143, 'ended by SIGTERM'],
    [{ failure: 'ENOENT' }, 127, 'command not found'],
    [{ failure: 'EACCES' }, 126, 'cannot be run (EACCES)'],
  ])('says what a shell says of %j', (end, code, text) => {
    expect([exitCode(end), endText(end)]).toEqual([code, text]);
  });

  it('has the code of GNU timeout for what took too long', () => {
    expect(TIMED_OUT).toBe(124);
  });
});
