import { describe, expect, it } from 'vitest';
import { help, overview } from '../../src/cli/help.ts';
import { commands } from '../../src/cli/main.ts';

describe('help()', () => {
  it('is made from the table of flags', () => {
    const text = help({
      name: 'test',
      summary: 'tests.',
      operands: 'FILE',
      flags: {
        quiet: { says: 'Says nothing.', read: () => true },
        policy: { takes: 'POLICY.json', says: 'A policy.', many: true, read: () => 1 },
        'a-very-long-flag-with-choices': {
          takes: 'one|two|three',
          says: 'word '.repeat(20).trim(),
          byDefault: 'one',
          read: () => 1,
        },
      },
      notes: 'A note.',
      examples: ['holdfast test x'],
      run: async () => 0,
    });

    expect(text).toBe(
      [
        'holdfast test: tests.',
        '',
        '  holdfast test [flags] FILE',
        '',
        'Flags',
        '  --quiet                     Says nothing.',
        '  --policy POLICY.json        A policy. May be given several times.',
        '  --a-very-long-flag-with-choices one|two|three',
        '                              word word word word word word word word word word word word word word',
        '                              word word word word word word Default one.',
        '  --help                      Says this.',
        '',
        'A note.',
        '',
        'Examples',
        '  holdfast test x',
        '',
      ].join('\n'),
    );
  });

  it('leaves out what there is not', () => {
    const text = help({ name: 'test', summary: '', operands: '', flags: {}, examples: [], run: async () => 0 });

    expect(text).toBe('holdfast test: \n\n  holdfast test [flags]\n\nFlags\n  --help  Says this.\n\nExamples\n');
  });

  it.each(commands)('of $name fits into 100 columns, and has an example', (each) => {
    const text = help(each);

    const [, folded = ''] = /Flags\n([\s\S]*?)\n\n/.exec(text)!;
    const lines = folded.split('\n').filter((line) => !/^ {2}--\S+ \S{40}/.test(line));
    expect(lines.every((line) => line.length <= 100)).toBe(true);
    expect(each.examples.every((example) => example.startsWith(`holdfast ${each.name} `))).toBe(true);
    expect(each.examples.length).toBeGreaterThan(0);
  });
});

describe('overview()', () => {
  it('names every command', () => {
    const text = overview(commands);

    expect(
      commands.every(({ name, summary }) => new RegExp(`^  ${name} +${summary.slice(0, 20)}`, 'm').test(text)),
    ).toBe(true);
  });
});
