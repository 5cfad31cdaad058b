import ts from 'typescript';
import { filesIn, read } from './docs-blocks.ts';

/** A table of a page: its cells, the header first. */
export type Table = readonly (readonly string[])[];

/** The tables of a page. */
export function tablesIn(file: string): Table[] {
  return linedTablesIn(file).map((table) => table.filter((_, row) => row !== 1));
}

/** The tables of a page, each with the line under its header. */
export function linedTablesIn(file: string): Table[] {
  return [...proseOf(file).matchAll(/(?:^\|.*\n)+/gm)].map(([table]) =>
    table
      .trim()
      .split('\n')
      .map((line) =>
        line
          .slice(1, -1)
          .split(/(?<!\\)\|/)
          .map((cell) => cell.trim()),
      ),
  );
}

/** One option, as its doc comment describes it. */
export interface SaidOption {
  /** As written after "default", or an en dash. */
  readonly byDefault: string;
  /** Whether it comes from an interface that this one extends. */
  readonly inherited: boolean;
}

/** The options in the source, by interface and name. */
export function optionsInSource(): Map<string, Map<string, SaidOption>> {
  const declared = new Map<string, ts.InterfaceDeclaration>();
  for (const file of filesIn('src', '.ts')) {
    const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2022, true);
    source.statements.filter(ts.isInterfaceDeclaration).forEach((each) => declared.set(each.name.text, each));
  }
  const fieldsOf = (name: string): [string, SaidOption][] => {
    const { heritageClauses = [], members } = declared.get(name)!;
    const bases = heritageClauses.flatMap(({ types }) => types.map(baseOf));
    const inherited = bases
      .filter(({ base }) => declared.has(base))
      .flatMap(({ base, picked }) => fieldsOf(base).filter(([field]) => picked?.includes(field) ?? true));
    const own = members.filter(({ name: field }) => field);
    return [
      ...inherited.map(([field, said]): [string, SaidOption] => [field, { ...said, inherited: true }]),
      ...own.map((member): [string, SaidOption] => [
        member.name!.getText(),
        { byDefault: saidDefault(member.getFullText()) ?? '–', inherited: false },
      ]),
    ];
  };
  return new Map([...declared.keys()].map((name) => [name, new Map(fieldsOf(name))]));
}

/** What an interface extends: another one, or, as `Pick` has it, some fields of one. */
function baseOf({ expression, typeArguments = [] as never }: ts.ExpressionWithTypeArguments): {
  readonly base: string;
  readonly picked?: readonly string[];
} {
  const [base, names] = typeArguments.map((each) => each.getText());
  return expression.getText() === 'Pick' && base && names
    ? { base, picked: [...names.matchAll(/\w+/g)].map(([name]) => name) }
    : { base: expression.getText() };
}

/** `· default 3 000.` and its like: up to the end of the sentence, or to a colon that explains. */
function saidDefault(text: string): string | undefined {
  const comment = text.slice(0, text.indexOf('*/') + 1).replaceAll(/\s*\n\s*\*\s?/g, ' ');
  return /default:? (.+?)(?=: |\.(?:\s|\*|$))/i.exec(comment)?.[1]?.replaceAll('`', '');
}

/** The names that a front door exports. */
export function publicNames(file: string): string[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2022, true);
  return source.statements
    .filter(ts.isExportDeclaration)
    .flatMap(({ exportClause }) => (exportClause && ts.isNamedExports(exportClause) ? [...exportClause.elements] : []))
    .map(({ name }) => name.text);
}

/** The anchors of a page: its headings, as GitHub writes them. */
export function anchorsIn(file: string): Set<string> {
  const seen = new Map<string, number>();
  const headings = [...proseOf(file).matchAll(/^#+ (.+)$/gm)];
  return new Set(
    headings.map(([, heading = '']) => {
      const slug = heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-');
      const times = seen.get(slug) ?? 0;
      seen.set(slug, times + 1);
      return times ? `${slug}-${times}` : slug;
    }),
  );
}

/** The links of a page, outside its code. */
export function linksIn(file: string): string[] {
  const prose = proseOf(file).replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** A page without its blocks of code. */
function proseOf(file: string): string {
  return read(file).replaceAll(/^```[\s\S]*?^```$/gm, '');
}
