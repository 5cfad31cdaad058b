import { describe, expect, it } from 'vitest';
import { brokenOutput } from '../../src/cli/broken-output.ts';

describe('brokenOutput()', () => {
  it.each(['schedule', undefined])('of %s is no failure where nobody reads it', (command) => {
    expect(brokenOutput(command, { code: 'EPIPE', message: 'write EPIPE' })).toEqual({
      exit: 0,
      says: '',
      atOnce: true,
    });
  });

  it.each([
    [{ code: 'ENOSPC', message: 'no space left' }, 'ENOSPC'],
    [{ message: 'gone' }, 'gone'],
  ])('says what happened: %j', (error, got) => {
    expect(brokenOutput('schedule', error)).toEqual({
      exit: 2,
      says: `holdfast: Cannot write a file: expected standard output to be a file that can be written, got "${got}"\n`,
      atOnce: true,
    });
  });

  it('leaves it to the program that is run what to do where nobody reads it', () => {
    expect(brokenOutput('run', { code: 'EPIPE', message: '' })).toBeUndefined();
  });

  it('says it of a program that is run, and waits for its end', () => {
    expect(brokenOutput('run', { code: 'ENOSPC', message: '' })).toMatchObject({ exit: 2, atOnce: false });
  });
});
