import { describe, expect, it } from 'vitest';
import { command } from '../../src/cli/command.ts';
import { integerFlag, switchFlag, textFlag } from '../../src/cli/flag.ts';
import { readArgs } from '../../src/cli/read-args.ts';

const spec = {
  name: 'test',
  summary: '',
  flags: {
    retries: integerFlag('', [0, 9]),
    quiet: switchFlag(''),
    file: { ...textFlag('FILE', ''), many: true as const },
  },
  examples: [],
  run: async () => 0,
};
const withFile = command({ ...spec, operands: 'FILE' });
const without = command({ ...spec, operands: '' });

describe('readArgs()', () => {
  it('reads flags, operands, and what stands after --', () => {
    const args = [
      '--retries=3',
      'a.json',
      '--file',
      'x',
      '--quiet',
      '--file',
      'y',
      '--',
      'sh',
      '-c',
      '--',
      '--retries',
    ];

    expect(readArgs(withFile, args)).toEqual({
      flags: { retries: 3, quiet: true, file: ['x', 'y'] },
      operands: ['a.json', 'sh', '-c', '--', '--retries'],
      rest: ['sh', '-c', '--', '--retries'],
    });
  });

  it('leaves out what was not given', () => {
    expect(readArgs(without, [])).toEqual({ flags: {}, operands: [], rest: [] });
  });

  it('takes - for an operand', () => {
    expect(readArgs(withFile, ['-']).operands).toEqual(['-']);
  });

  it.each([
    [['--retires', '3'], 'a known flag (did you mean --retries?), got "--retires"'],
    [['--retires', '3', '--retries', 'x'], 'a known flag (did you mean --retries?), got "--retires"'],
    [['--then'], 'a known flag, got "--then"'],
    [['--__proto__=1'], 'a known flag, got "--__proto__"'],
    [['-q'], 'a known flag (did you mean --quiet?), got "-q"'],
    [['-x=1'], 'a known flag, got "-x"'],
    [['-quiet', '-x'], 'a known flag (did you mean --quiet?), got "-quiet"'],
    [['--retries'], '--retries to have a value: N, got "nothing"'],
    [['--retries='], '--retries to have a value: N, got ""'],
    [['--retries', '--quiet'], '--retries to be an integer from 0 to 9, got "--quiet"'],
    [['--quiet=yes'], '--quiet to have no value, got "yes"'],
    [['--retries', '1', '--retries', '2'], '--retries once, got "2 times"'],
    [['x'], 'no argument that is not a flag, got "x"'],
    [['--', '--quiet'], 'no argument that is not a flag, got "--quiet"'],
    [Array.from({ length: 10_001 }, () => 'x'), 'at most 10000 arguments, got 10001'],
  ])('refuses %j', (args, says) => {
    expect(() => readArgs(without, args)).toThrow(`Cannot run holdfast test: expected ${says}`);
  });
});
