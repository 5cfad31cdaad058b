import { describe, expect, it } from 'vitest';
import { retryOnFlag, retryRule } from '../../src/cli/retry-on.ts';
import { wrongArgument } from '../wrong-argument.ts';

const read = (text: string): unknown => retryOnFlag.read(text, '--retry-on', 'run holdfast run');

describe('retryOnFlag', () => {
  it.each([
    ['1', [1], []],
    ['1,75', [1, 75], []],
    [' 1, 75 ,77', [1, 75, 77], []],
    ['2, 1,busy 12', [2, 1], ['busy 12']],
    ['1,75,connection * reset', [1, 75], ['connection * reset']],
    ['busy, try later', [], ['busy, try later']],
    ['429 too many', [], ['429 too many']],
    ['5xx', [], ['5xx']],
  ])('reads %s', (text, codes, patterns) => {
    expect(read(text)).toEqual({ codes, patterns });
  });

  it('refuses what is no exit code of a failure, and a pattern that says nothing', () => {
    const action = 'Cannot run holdfast run: expected --retry-on to have';

    expect(() => read('0')).toThrow(wrongArgument(RangeError, `${action} exit codes from 1 to 255, got 0`));
    expect(() => read('1,256')).toThrow(wrongArgument(RangeError, `${action} exit codes from 1 to 255, got 256`));
    expect(() => read('1,**')).toThrow(wrongArgument(TypeError, `${action} a text to look for, got "**"`));
    expect(() => read('')).toThrow(wrongArgument(TypeError, `${action} a text to look for, got ""`));
  });

  it.each(['1,,2', ',1', '1,,', ',', ', later'])('refuses a comma with nothing before it: %s', (text) => {
    const says = `Cannot run holdfast run: expected --retry-on to have something between its commas, got "${text}"`;

    expect(() => read(text)).toThrow(wrongArgument(TypeError, says));
  });

  it.each(['1,', '1,75,', '1, 75 , '])('refuses a comma with nothing after it: "%s"', (text) => {
    const says = `Cannot run holdfast run: expected --retry-on to have something between its commas, got "${text}"`;

    expect(() => read(text)).toThrow(wrongArgument(TypeError, says));
  });

  it.each(['75-77', '1;2', '1.5', '+1', '1,2-4', '-1'])('refuses what looks like codes and is none: %s', (text) => {
    const says = `Cannot run holdfast run: expected --retry-on to have exit codes with commas between them, got "${text}"`;

    expect(() => read(text)).toThrow(wrongArgument(TypeError, says));
  });

  it('says in the help that upper and lower case matter', () => {
    expect(retryOnFlag.says).toContain('upper and lower case as they are');
  });
});

describe('retryRule()', () => {
  it('retries every failure but 126 and 127 where nothing is said', () => {
    const { watch, isRetryable } = retryRule([]);

    expect([watch, ...[1, 126, 127, 128, 137].map(isRetryable)]).toEqual([undefined, true, false, false, true, true]);
  });

  it('retries the codes that are said, and no others', () => {
    const { watch, isRetryable } = retryRule([
      { codes: [75], patterns: [] },
      { codes: [127], patterns: [] },
    ]);

    expect([watch, ...[1, 75, 127].map(isRetryable)]).toEqual([undefined, false, true, true]);
  });

  it('retries every code once the output has matched', () => {
    const { watch, isRetryable } = retryRule([
      { codes: [75], patterns: ['busy'] },
      { codes: [], patterns: ['later'] },
    ]);

    const before = [1, 75].map(isRetryable);
    watch!('try later\n');
    watch!('or never\n');

    expect([before, [1, 75].map(isRetryable)]).toEqual([
      [false, true],
      [true, true],
    ]);
  });
});
