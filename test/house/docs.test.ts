import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onObserverError } from 'holdfast';
// Loaded before timers are faked: the kit keeps the real ones.
import 'holdfast/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chatServer } from './chat-server.ts';
import {
  clientsAreHere,
  exampleBlocks,
  fences,
  filesIn,
  needsClients,
  pageBlocks,
  programOf,
  read,
  ROOT,
  typeErrors,
  writePrograms,
  type Block,
} from './docs-blocks.ts';
import { anchorsIn, linedTablesIn, linksIn, optionsInSource, publicNames, tablesIn } from './docs-tables.ts';

const pages = ['README.md', 'CHANGELOG.md', 'SECURITY.md', ...filesIn('docs', '.md')];
const blocks = [...pages.flatMap(pageBlocks), ...filesIn('src', '.ts').flatMap(exampleBlocks)].filter(
  (block) => clientsAreHere || !needsClients(block),
);
const programs = blocks.map((block, index) => programOf(block, numberInFile(block, index)));
const config = writePrograms(programs);

function numberInFile({ file }: Block, index: number): number {
  return blocks.slice(0, index + 1).filter((block) => block.file === file).length;
}

describe('the examples', () => {
  beforeEach(() => {
    vi.stubGlobal('fetch', chatServer());
    vi.stubGlobal('AI_SDK_LOG_WARNINGS', false);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    onObserverError(undefined);
  });

  it.each(programs.filter(({ block }) => block.runs).map((program) => [program.block.name, program] as const))(
    '%s runs and gives the values that it shows',
    async (_, { path, values }) => {
      const { default: example } = (await import(path)) as { default: () => Promise<void> };
      vi.useFakeTimers();
      vi.setTimerTickMode('nextTimerAsync');

      await example();

      expect.soft(expect.getState().assertionCalls).toBeGreaterThanOrEqual(values.length);
    },
  );

  it.skipIf(!clientsAreHere)('include those with the clients of others', () => {
    expect(blocks.filter(needsClients).length).toBeGreaterThan(0);
  });

  it('are of the right types', () => {
    expect(typeErrors(config, programs)).toEqual([]);
  });

  it('are run, but for those marked `no-run`, which are few', () => {
    const languages = new Set(pages.flatMap((page) => fences(page).map(({ language }) => language)));

    expect(blocks.filter(({ runs }) => !runs).length).toBeLessThanOrEqual(3);
    expect(['', 'sh', 'text', 'mermaid', 'json', 'ts', 'ts no-run']).toEqual(expect.arrayContaining([...languages]));
  });
});

describe('the pages', () => {
  it.each(pages)('%s has no dead link and no dead anchor', (page) => {
    const dead = linksIn(page).filter((target) => {
      if (/^[a-z]+:/.test(target)) return false;
      const [path = '', anchor] = target.split('#');
      const file = path ? join(dirname(page), path) : page;
      return !existsSync(join(ROOT, file)) || (anchor !== undefined && !anchorsIn(file).has(anchor));
    });

    expect(dead).toEqual([]);
  });

  it.each(pages.filter(isPacked))('%s links to nothing that the package leaves out', (page) => {
    const targets = linksIn(page).filter((target) => !/^(#|[a-z]+:)/.test(target));

    const missing = targets.filter((target) => !isPacked(join(dirname(page), target.split('#')[0]!)));

    expect(missing).toEqual([]);
  });

  it.each(filesIn('docs', '.md').filter((page) => page !== 'docs/README.md'))(
    '%s can be found from the map',
    (page) => {
      const linked = ['docs/README.md', 'docs/decisions/README.md']
        .filter((map) => pages.includes(map))
        .flatMap((map) => linksIn(map).map((target) => join(dirname(map), target.split('#')[0]!)));

      expect(linked).toContain(page);
    },
  );

  it('name every public name at least once', () => {
    const text = pages.map(read).join('\n');
    const names = [
      'src/index.ts',
      'src/http/index.ts',
      'src/json/index.ts',
      'src/lint/index.ts',
      'src/queues/index.ts',
      'src/simulator/index.ts',
      'src/stream/index.ts',
      'src/testing/index.ts',
    ].flatMap(publicNames);

    const missing = names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text));

    expect(names.length).toBeGreaterThan(60);
    expect(missing).toEqual([]);
  });

  it('list the error codes of the source, and no others', () => {
    const codesIn = (text: string): string[] => [...new Set(text.match(/ERR_[A-Z_]+/g))].sort();

    expect(codesIn(read('docs/errors.md'))).toEqual(codesIn(filesIn('src/base', '.ts').map(read).join('\n')));
  });
});

/** Whether `files` of package.json, or npm by itself, puts it into the package. */
function isPacked(path: string): boolean {
  const { files } = JSON.parse(read('package.json')) as { files: string[] };
  const isIn = (place: string): boolean => path === place || path.startsWith(`${place}/`);
  const [left, kept] = [true, false].map((out) => files.filter((file) => file.startsWith('!') === out));
  return [...kept!, 'README.md', 'LICENSE', 'package.json'].some(isIn) && !left!.some((file) => isIn(file.slice(1)));
}

describe('the tables', () => {
  const options = optionsInSource();
  const all = pages.flatMap((page) => tablesIn(page).map((table) => ({ page, table, name: nameOf(table[0]?.[0]) })));
  const tables = all.filter(({ name }) => /(Options|Observers)$/.test(name) && options.has(name));

  it.each(tables)('of $name in $page has its options, with the defaults that the source says', ({ table, name }) => {
    const [header = [], ...rows] = table;
    const at = header.indexOf('default');
    const shown = new Map(rows.map((cells) => [nameOf(cells[0]), cells[at]?.replaceAll('`', '')]));

    // Options of an interface that this one extends may stand in another table.
    const said = [...options.get(name)!].filter(([field, { inherited }]) => !inherited || shown.has(field));

    expect(at).toBeGreaterThan(0);
    expect(Object.fromEntries(shown)).toEqual(
      Object.fromEntries(said.map(([field, { byDefault }]) => [field, byDefault])),
    );
  });

  it.each(pages)('of %s are whole: a line under the header, rows, and as many cells in each', (page) => {
    const broken = linedTablesIn(page).filter(
      ([header = [], lines = [], ...rows]) =>
        !rows.length ||
        [lines, ...rows].some(({ length }) => length !== header.length) ||
        !lines.every((line) => /^:?-{3,}:?$/.test(line)),
    );

    expect(broken).toEqual([]);
  });

  it('exist for every kind of options', () => {
    const shown = new Set(tables.map(({ name }) => name));
    const names = [
      'src/index.ts',
      'src/http/index.ts',
      'src/json/index.ts',
      'src/lint/index.ts',
      'src/queues/index.ts',
      'src/simulator/index.ts',
      'src/stream/index.ts',
      'src/testing/index.ts',
    ].flatMap(publicNames);
    const bases = ['RetryDecisionOptions', 'RetryWaitOptions', 'ExecuteOptions', 'FetchRetryOptions'];

    expect(names.filter((name) => name.endsWith('Options') && !bases.includes(name) && !shown.has(name))).toEqual([]);
  });

  it('show under "measured" only numbers that an example of the page has computed', () => {
    const measured = all.flatMap(({ page, table: [header = [], ...rows] }) =>
      rows.flatMap((cells) =>
        cells.filter((_, column) => /measured/.test(header[column]!)).map((cell) => ({ page, cell })),
      ),
    );
    const computed = (page: string): string[] =>
      programs
        .filter(({ block }) => block.file === page)
        .flatMap(({ values }) => values.join(' ').match(/[\d_.]+/g) ?? []);

    const invented = measured.filter(({ page, cell }) => !computed(page).includes(cell));

    expect(measured.length).toBeGreaterThan(0);
    expect(invented).toEqual([]);
  });

  function nameOf(cell = ''): string {
    return cell.replaceAll('`', '');
  }
});
