import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The floors: which room may import which, and what may not stand in it. */
const rooms: Record<string, { imports: string[]; forbidden?: RegExp }> = {
  base: { imports: ['base'] },
  backoff: { imports: ['base', 'backoff'], forbidden: /\basync\b|\bPromise\b|\bsetTimeout\b|\bDate\b|Math\.random/ },
  state: { imports: ['base', 'state'], forbidden: /\basync\b|\bPromise\b|\bsetTimeout\b|\bDate\b|Math\.random/ },
  policies: { imports: ['base', 'backoff', 'state', 'policies'], forbidden: TIME_AND_CHANCE() },
  // The command: what it shares with the machine stands in files that say so. Its version is that of the package.
  cli: { imports: ['base', 'cli', 'json', 'lint', 'simulator', 'index.ts', '..'], forbidden: TIME_AND_CHANCE() },
  http: { imports: ['base', 'http', 'index.ts'], forbidden: TIME_AND_CHANCE() },
  json: { imports: ['base', 'json', 'index.ts'], forbidden: TIME_AND_CHANCE() },
  lint: { imports: ['base', 'backoff', 'state', 'policies', 'lint'], forbidden: TIME_AND_CHANCE() },
  queues: { imports: ['base', 'queues', 'index.ts'], forbidden: TIME_AND_CHANCE() },
  simulator: { imports: ['base', 'json', 'simulator', 'index.ts'], forbidden: TIME_AND_CHANCE() },
  stream: { imports: ['base', 'stream', 'index.ts'], forbidden: TIME_AND_CHANCE() },
  testing: { imports: ['base', 'testing', 'type backoff'], forbidden: TIME_AND_CHANCE() },
};

/** Clock and chance come in by the door, and the door is in `base/`. */
function TIME_AND_CHANCE(): RegExp {
  return /\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|\bDate\b(?!\.UTC)|\bperformance\b|Math\.random|AbortSignal\.(any|timeout)/;
}

interface Source {
  /** From `src/`, with slashes. */
  readonly path: string;
  readonly room: string;
  readonly text: string;
  /** Without comments. */
  readonly code: string;
  readonly file: ts.SourceFile;
}

const sources: Source[] = (readdirSync(join(root, 'src'), { recursive: true }) as string[])
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const name = path.replaceAll('\\', '/');
    const text = readFileSync(join(root, 'src', path), 'utf8');
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
    return {
      path: name,
      room: name.split('/')[0]!,
      text,
      code,
      file: ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true),
    };
  });
const files = sources.filter(({ path }) => path !== 'index.ts' && !path.endsWith('/index.ts'));

/** What a file imports: the path from `src/` or the package, and whether only types. */
function importsOf({ path, file }: Source): { target: string; typeOnly: boolean }[] {
  return file.statements.flatMap((statement) => {
    const isImport = ts.isImportDeclaration(statement);
    if (!isImport && !ts.isExportDeclaration(statement)) return [];
    const specifier = statement.moduleSpecifier;
    if (!specifier || !ts.isStringLiteral(specifier)) return [];
    const clause = isImport ? statement.importClause : statement;
    const bindings = isImport ? statement.importClause?.namedBindings : statement.exportClause;
    const typeOnly =
      (clause !== undefined && 'isTypeOnly' in clause && clause.isTypeOnly) ||
      (bindings !== undefined &&
        'elements' in bindings &&
        bindings.elements.every((element) => 'isTypeOnly' in element && element.isTypeOnly));
    const target = specifier.text.startsWith('.') ? posix.join(dirname(path), specifier.text) : specifier.text;
    return [{ target, typeOnly }];
  });
}

describe('the house', () => {
  it('has only the rooms of its plan', () => {
    expect([...new Set(sources.map(({ path, room }) => (path === 'index.ts' ? '' : room)))].sort()).toEqual([
      '',
      ...Object.keys(rooms).sort(),
    ]);
  });

  it.each(files.map((file) => [file.path, file] as const))('lets %s import only what its floor allows', (_, source) => {
    const { imports, forbidden } = rooms[source.room]!;

    for (const { target, typeOnly } of importsOf(source)) {
      if (target === 'fast-check') {
        // An optional peer, loaded by one file, and elsewhere not even as a type.
        expect([source.path, typeOnly]).toEqual(['testing/arbitraries.ts', true]);
        continue;
      }
      if (target.startsWith('node:') && source.room === 'cli') {
        expect(source.text, `${source.path} says that it needs ${target}`).toMatch(
          new RegExp(`^(#!.*\\n)?// Needs .*${target}\\b`),
        );
        continue;
      }
      expect(existsSync(join(root, 'src', target)), `${target} is a file of ours`).toBe(true);
      const room = target.split('/')[0]!;
      const allowed = imports.includes(room) || (typeOnly && imports.includes(`type ${room}`));
      expect(allowed, `${source.path} may import ${target}`).toBe(true);
    }
    if (forbidden) expect(source.code.match(forbidden)?.[0]).toBeUndefined();
    expect(source.text.includes('node:') && !/^\/\/.*node:|getBuiltinModule/m.test(source.text)).toBe(false);
  });

  it('has no two files that import each other, types included', () => {
    const graph = new Map(sources.map((source) => [source.path, importsOf(source).map(({ target }) => target)]));
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): void => {
      expect(trail.includes(path), `cycle: ${[...trail, path].join(' → ')}`).toBe(false);
      if (done.has(path)) return;
      for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
  });

  it('has a front door without logic: named exports only', () => {
    for (const door of sources.filter(({ path }) => path.endsWith('index.ts'))) {
      for (const statement of door.file.statements) {
        const named =
          ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause);
        expect(named, `${door.path}: ${statement.getText()}`).toBeTruthy();
      }
    }
  });

  it.each(files.map((file) => [file.path, file] as const))(
    'gives %s a name, a document and a test of its own',
    (_, source) => {
      const base = posix.basename(source.path, '.ts');
      const exported = exportsOf(source);

      expect(base).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(base).not.toMatch(/util|helper|common|misc|manager/);
      if (source.room !== 'base') {
        const camel = base.replace(/-([a-z])/g, (__, letter: string) => letter.toUpperCase());
        const names = exported.map(({ name }) => name.toLowerCase());
        expect(names, `${source.path} exports what it is called`).toContain(camel.toLowerCase());
      }
      expect(existsSync(join(root, 'test', source.path.replace(/\.ts$/, '.test.ts'))), `test/${base}.test.ts`).toBe(
        true,
      );
      for (const { name, documented } of exported)
        expect(documented, `${source.path}: ${name} is documented`).toBe(true);
    },
  );

  it('keeps its files short: the median within 60 lines, nine in ten within 200, none over 300', () => {
    const lines = files.map(({ text }) => text.split('\n').length).sort((a, b) => a - b);

    expect(lines[Math.floor(lines.length / 2)]!).toBeLessThanOrEqual(60);
    expect(lines[Math.floor(lines.length * 0.9)]!).toBeLessThanOrEqual(200);
    expect(lines.at(-1)!).toBeLessThanOrEqual(300);
  });

  it('has no tests without a source', () => {
    for (const room of Object.keys(rooms)) {
      for (const test of readdirSync(join(root, 'test', room))) {
        expect(existsSync(join(root, 'src', room, test.replace('.test.ts', '.ts'))), `${room}/${test}`).toBe(true);
      }
    }
  });

  it('has nothing at its top level but what the plan names', () => {
    const tracked = readdirSync(root).filter((name) => !['node_modules', 'dist', 'coverage'].includes(name));

    expect(tracked.filter((name) => !name.startsWith('.')).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'docs',
      'package-lock.json',
      'package.json',
      'src',
      'test',
      'tsconfig.json',
    ]);
  });

  it('has development packages that a decision names, and no other package', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies?: object;
      devDependencies: object;
    };
    const decisions = readdirSync(join(root, 'docs/decisions')).map((name) =>
      readFileSync(join(root, 'docs/decisions', name), 'utf8'),
    );
    const chosen = Object.keys(devDependencies).filter(
      (name) => !['vitest', 'fast-check', 'tsup', 'typescript'].includes(name),
    );

    expect(dependencies).toBeUndefined();
    for (const name of chosen)
      expect(
        decisions.some((page) => page.includes(name)),
        name,
      ).toBe(true);
  });

  it('says nothing of the machine it was made on', () => {
    const tracked = ['src', 'test', 'docs'].flatMap((folder) =>
      (readdirSync(join(root, folder), { recursive: true }) as string[]).map((name) => join(root, folder, name)),
    );
    const ours = tracked.filter((name) => /\.(ts|mjs|md|json)$/.test(name) && !name.includes('node_modules'));
    for (const path of ours) {
      expect(readFileSync(path, 'utf8').match(/\/(work|root|home)\/[a-z.]/)?.[0], relative(root, path)).toBeUndefined();
    }
  });
});

function exportsOf({ file }: Source): { name: string; documented: boolean }[] {
  return file.statements.flatMap((statement, at) => {
    // What implements an overloaded function is not what callers see: its overloads are.
    const before = file.statements[at - 1];
    if (before && ts.isFunctionDeclaration(before) && !before.body && ts.isFunctionDeclaration(statement)) {
      if (statement.body) return [];
    }
    const exported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!exported) return [];
    const documented = ts.getJSDocCommentsAndTags(statement).length > 0;
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map(({ name }) => ({ name: name.getText(), documented }));
    }
    const { name } = statement as unknown as { name?: ts.Identifier };
    return name ? [{ name: name.text, documented }] : [];
  });
}
