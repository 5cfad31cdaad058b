import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { classify } from '../../src/http/classify.ts';
import { failureCodes, neverSentCodes, type FailureClass } from '../../src/http/failure-codes.ts';
import { tablesIn } from '../house/docs-tables.ts';

const classes = ['transient', 'throttled', 'permanent'] as const;
const rows = classes.flatMap((each) =>
  failureCodes[each].split('|').map((code): [string, FailureClass] => [code, each]),
);

/** A failure as those who use the code would make it. */
function failureWith(code: string): unknown {
  if (/^\d{3}$/.test(code)) return new Response(null, { status: Number(code) });
  if (code.startsWith('grpc'))
    return Object.assign(new Error('x'), { code: Number(code.slice(4)), details: '', metadata: {} });
  if (code.startsWith('-')) return Object.assign(new Error(`${code.slice(1)} says the server`), { name: 'ReplyError' });
  if (code.endsWith('xxx')) return Object.assign(new Error('x'), { code: code.replace('xxx', '000') });
  if (/ |\.$/.test(code)) return new Error(code.length < 24 ? code : `${code} and so on`);
  return /^[A-Z]\w+Error$/.test(code)
    ? Object.assign(new Error('x'), { name: code })
    : Object.assign(new Error('x'), { code });
}

/** What the page says: code and class, with the codes as they are in the data. */
function rowsOfThePage(): [string, string][] {
  return tablesIn('docs/classify.md')
    .filter(([header = []]) => header[1] === 'class')
    .flatMap(([, ...table]) =>
      table.flatMap(([codes = '', verdict = '']) =>
        [...codes.matchAll(/`([^`]+)`/g)].map(({ 1: code = '' }): [string, string] => [
          code.includes(' ') ? code.slice(0, 24) : code,
          verdict.replaceAll('`', ''),
        ]),
      ),
    );
}

describe('failureCodes', () => {
  it('has each code once', () => {
    const codes = rows.map(([code]) => code);

    expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
    expect(codes).not.toContain('');
  });

  it.each(rows)('makes %s %s', (code, expected) => {
    const verdict = classify(failureWith(code));

    expect(verdict).toBe(expected);
  });

  it('is what docs/classify.md says, code for code', () => {
    const page = rowsOfThePage();

    expect(page.map((row) => row.join(' ')).sort()).toEqual(rows.map((row) => row.join(' ')).sort());
  });

  it('has the names of the system errors right', () => {
    const named = rows.map(([code]) => code).filter((code) => /^E[A-Z0-9]+$/.test(code));

    // That of a name without an address is Node's own.
    expect(named.filter((code) => !(code in constants.errno))).toEqual(['ENOTFOUND']);
  });
});

describe('neverSentCodes', () => {
  it('are all codes of failures', () => {
    const known = new Set(rows.map(([code]) => code));

    expect(neverSentCodes.split('|').filter((code) => !known.has(code))).toEqual([]);
  });
});
