import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The root of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Where the examples are written as programs. */
const PROGRAMS = join(ROOT, '.cache/docs');

/** The packages of others that examples may import: the clients of the integration tests. */
const CLIENTS = join(ROOT, 'test/integration/node_modules');

/** Whether those are installed. */
export const clientsAreHere = existsSync(join(CLIENTS, '.package-lock.json'));

/** An example of the docs or of a doc comment. */
export interface Block {
  /** Where it stands: file and line. */
  readonly name: string;
  readonly file: string;
  readonly code: string;
  /** Whether it can be run, not only type-checked. */
  readonly runs: boolean;
}

/** An example as a module whose default export runs it. */
export interface Program {
  readonly block: Block;
  readonly path: string;
  readonly text: string;
  /** The values after `// =>`, as written. */
  readonly values: readonly string[];
}

/** The files of ours below a folder whose names end in `extension`, from the root. */
export function filesIn(folder: string, extension: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension) && !name.includes('node_modules'))
    .map((name) => join(folder, name))
    .sort();
}

/** The text of one file of the project. */
export function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** Whether an example imports a package of others. */
export function needsClients({ code }: Block): boolean {
  return /^(import|\} from) (?:.* from )?'(?!holdfast\b|vitest\b|node:)/m.test(code);
}

const FENCE = /^```([^\n]*)\n([\s\S]*?)^```$/gm;

/** All fenced blocks of a page, with what stands after the fence. */
export function fences(file: string): { readonly language: string; readonly code: string; readonly line: number }[] {
  const text = read(file);
  return [...text.matchAll(FENCE)].map(({ 1: language = '', 2: code = '', index }) => ({
    language,
    code,
    line: lineAt(text, index) + 1,
  }));
}

/** The `ts` blocks of a page. */
export function pageBlocks(file: string): Block[] {
  return fences(file)
    .filter(({ language }) => /^ts( |$)/.test(language))
    .map(({ language, code, line }) => ({ name: `${file}:${line}`, file, code, runs: language === 'ts' }));
}

/** The `@example`s in the doc comments of a source file. They end at the next tag, at `Source:`, or with the comment. */
export function exampleBlocks(file: string): Block[] {
  const text = read(file);
  return [...text.matchAll(/\/\*\*(?:(?!\*\/)[\s\S])*?\*\//g)].flatMap(({ 0: comment, index }) => {
    const lines = comment.split('\n').map((line) => line.replace(/^\s*(\/\*\*|\*\/|\* ?)/, ''));
    return lines.flatMap((line, start) => {
      if (!line.startsWith('@example')) return [];
      const rest = lines.slice(start + 1);
      const end = rest.findIndex((each) => /^(@|Source:)/.test(each));
      const code = `${rest
        .slice(0, end < 0 ? undefined : end)
        .join('\n')
        .trim()}\n`;
      return [{ name: `${file}:${lineAt(text, index) + start + 1}`, file, code, runs: true }];
    });
  });
}

/**
 * Writes an example as a module. Line for line the example itself; its imports stay outside, the rest becomes a
 * function, and `expression; // => value`, on one line or two, becomes an assertion.
 */
export function programOf(block: Block, number: number): Program {
  const { code, file, name } = block;
  const path = join(PROGRAMS, `${file.replace(/\.\w+$/, '').replaceAll(/[^\w-]+/g, '-')}-${number}.ts`);
  const source = ts.createSourceFile(path, code, ts.ScriptTarget.ES2022, true);
  const edits: [at: number, text: string][] = [];
  const values: string[] = [];
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    const value =
      ts.isExpressionStatement(node) && /^[^\S\n]*\n?[^\S\n]*\/\/ => (.+)/.exec(code.slice(node.end))?.[1]?.trim();
    if (!value) return;
    const { expression } = node as ts.ExpressionStatement;
    edits.push([expression.getStart(), '$expect('], [expression.end, `).toEqual(${value})`]);
    values.push(value);
  };
  visit(source);
  if (values.length !== code.split('// =>').length - 1)
    throw new Error(`${name}: a value that belongs to no statement`);
  const imports = source.statements.filter(ts.isImportDeclaration);
  edits.push([0, "import { expect as $expect } from 'vitest'; "]);
  edits.push([imports.at(-1)?.end ?? 0, ' export default async (): Promise<void> => {']);
  const text = edits
    .map((edit, order) => ({ edit, order }))
    .sort((a, b) => b.edit[0] - a.edit[0] || b.order - a.order)
    .reduce((all, { edit: [at, insert] }) => all.slice(0, at) + insert + all.slice(at), code);
  return { block, path, text: `${text}};\n`, values };
}

/** Writes the programs out, with a `tsconfig.json` beside them, and returns its path. */
export function writePrograms(programs: readonly Program[]): string {
  mkdirSync(PROGRAMS, { recursive: true });
  const packages = join(PROGRAMS, 'node_modules');
  if (clientsAreHere && !existsSync(packages)) symlinkSync(CLIENTS, packages, 'junction');
  const up = relative(PROGRAMS, ROOT);
  const config = {
    extends: `${up}/tsconfig.json`,
    compilerOptions: {
      paths: {
        holdfast: [`${up}/src/index.ts`],
        'holdfast/http': [`${up}/src/http/index.ts`],
        'holdfast/json': [`${up}/src/json/index.ts`],
        'holdfast/lint': [`${up}/src/lint/index.ts`],
        'holdfast/queues': [`${up}/src/queues/index.ts`],
        'holdfast/simulator': [`${up}/src/simulator/index.ts`],
        'holdfast/stream': [`${up}/src/stream/index.ts`],
        'holdfast/testing': [`${up}/src/testing/index.ts`],
      },
      noUnusedLocals: false,
      noUnusedParameters: false,
      isolatedDeclarations: false,
    },
    include: [],
    files: programs.map(({ path }) => relative(PROGRAMS, path)),
  };
  const path = join(PROGRAMS, 'tsconfig.json');
  programs.forEach((program) => write(program.path, program.text));
  write(path, JSON.stringify(config, undefined, 2));
  return path;
}

/** What the TypeScript compiler has against the programs: `file:line message`, in the lines of the docs. */
export function typeErrors(config: string, programs: readonly Program[]): string[] {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} };
  const { options, fileNames, errors } = ts.getParsedCommandLineOfConfigFile(config, {}, host)!;
  const program = ts.createProgram(fileNames, options);
  return [...errors, ...ts.getPreEmitDiagnostics(program)].map(({ file, start, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, '\n');
    const found = programs.find(({ path }) => path === file?.fileName);
    const at = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line : 0;
    const [where = '', line] = found?.block.name.split(':') ?? [file?.fileName];
    return `${where}:${Number(line ?? 0) + at + 1} ${message}`;
  });
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length - 1;
}
