import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { holdfast } from '../captured-io.ts';
import { fences, ROOT } from '../house/docs-blocks.ts';

/** The commands of a page that are followed by what they write; a last line `…` stands for more of it. */
const shown = ['README.md', 'docs/cli.md'].flatMap((page) =>
  fences(page).flatMap(({ language, code }, index, all) => {
    const next = all[index + 1];
    const [, line] = /^npx holdfast ([^\n]+)\n$/.exec(code) ?? [];
    return language === 'sh' && line && next?.language === 'text' ? [{ page, line, output: next.code }] : [];
  }),
);

describe('the commands that the docs show', () => {
  it.each(shown)('write what $page shows: holdfast $line', async ({ line, output }) => {
    const args = line.split(' ');
    const paths = args.filter((arg) => arg.endsWith('.json'));
    const files = Object.fromEntries(paths.map((path) => [path, readFileSync(`${ROOT}/${path}`, 'utf8')]));

    const { out, err } = await holdfast(args, { files });

    const expected = output.replace(/…\n$/, '');
    expect(err).toBe('');
    expect(output.endsWith('…\n') ? out.slice(0, expected.length) : out).toBe(expected);
  });

  it('are several', () => {
    expect(shown.length).toBeGreaterThan(5);
  });
});
