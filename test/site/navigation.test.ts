import { describe, expect, it } from 'vitest';
import { navigationFrom } from '../../docs/site/build/navigation.mjs';
import { filesIn, read } from '../house/docs-blocks.ts';

const files = navigationFrom(read('docs/README.md')).flatMap(({ entries }) => entries.map(({ file }) => file));

describe('navigationFrom()', () => {
  it('makes a group of every heading with a table, and an entry of every row', () => {
    const map = `# Map
## Guide
| page           | answers |
| -------------- | ------- |
| [retry](retry.md) | When?   |
## Talk
Nothing here.
## Decisions
| no.  | decision |
| ---- | -------- |
| 0001 | [One machine](decisions/0001-one.md) |
`;

    expect(navigationFrom(map)).toEqual([
      { title: 'Guide', entries: [{ file: 'docs/retry.md', label: 'retry', answers: 'When?' }] },
      { title: 'Decisions', entries: [{ file: 'docs/decisions/0001-one.md', label: 'One machine', answers: '' }] },
    ]);
  });

  it.each(filesIn('docs', '.md').filter((page) => page !== 'docs/README.md'))('leads to %s', (page) => {
    expect(files).toContain(page.replaceAll('\\', '/'));
  });
});
