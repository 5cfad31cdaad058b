import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { fences, read } from '../house/docs-blocks.ts';

/** The functions of a program, without types, comments and what is of taste in writing them. */
function functionsIn(code: string): string[] {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, removeComments: true };
  const { outputText } = ts.transpileModule(code, { compilerOptions });
  const { statements } = ts.createSourceFile('shown.js', outputText, ts.ScriptTarget.ES2022, true);
  return statements.filter(ts.isFunctionDeclaration).map((each) => each.getText().replace(/^export /, ''));
}

describe('the pages that show an example whole', () => {
  it.each([
    ['docs/databases.md', 'docs/examples/pg-transaction.mjs'],
    ['docs/redis.md', 'docs/examples/redis-guard.mjs'],
  ])('%s shows the functions of %s, which the integration tests run', (page, example) => {
    const shown = fences(page).flatMap(({ code }) => functionsIn(code));

    const run = functionsIn(read(example));

    expect(run.length).toBeGreaterThan(2);
    expect(shown).toEqual(expect.arrayContaining(run));
  });
});
