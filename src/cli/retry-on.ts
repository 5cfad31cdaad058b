import { invalid } from '../base/check.ts';
import type { ManyFlag } from './flag.ts';
import { lineMatch } from './line-match.ts';

/** When a command that failed is worth another attempt. */
export interface RetryOn {
  readonly codes: readonly number[];
  readonly patterns: readonly string[];
}

/** `--retry-on`: exit codes, and after them at most one pattern, which may hold commas. */
export const retryOnFlag: ManyFlag<RetryOn> = {
  takes: 'CODES,PATTERN',
  many: true,
  says:
    'Only retries these exit codes, from 1 to 255 (128+n: ended by signal n), or where a line of the output holds this text, ' +
    'upper and lower case as they are, with * for anything in between; all that follows the codes is one text, commas too.',
  read(text, name, action) {
    const [, list = '', pattern = ''] = /^((?:\s*\d+\s*(?:,|$))*)([\s\S]*)$/.exec(text)!;
    const codes = list.split(',').filter(Boolean).map(Number);
    const wrong = codes.find((code) => code < 1 || code > 255);
    if (wrong !== undefined) throw invalid(action, `${name} to have exit codes from 1 to 255`, wrong, RangeError);
    if (pattern.startsWith(',') || (list.endsWith(',') && !pattern.trim()))
      throw invalid(action, `${name} to have something between its commas`, text);
    // It would look for that text, and never find it.
    if (/^[\d\s,;.+-]+$/.test(pattern))
      throw invalid(action, `${name} to have exit codes with commas between them`, text);
    if (pattern ? !/[^*\s]/.test(pattern) : !codes.length) {
      throw invalid(action, `${name} to have a text to look for`, pattern);
    }
    return { codes, patterns: pattern ? [pattern] : [] };
  },
};

/** The exit codes that say that a program could not be found or run: by default, no other attempt changes that. */
const NOT_RUN = [126, 127];

/**
 * The rule of one attempt.
 *
 * @param all what the flags say; without any, every failure is worth another attempt, but for 126 and 127.
 */
export function retryRule(all: readonly RetryOn[]): {
  /** Watches the output, if anything in it matters. */
  readonly watch: ((text: string) => void) | undefined;
  readonly isRetryable: (code: number) => boolean;
} {
  const codes = all.flatMap((each) => each.codes);
  const matches = all.flatMap(({ patterns }) => patterns.map(lineMatch));
  let matched = false;
  return {
    watch: matches.length
      ? (text) => {
          for (const match of matches) matched = match(text) || matched;
        }
      : undefined,
    isRetryable: (code) => (all.length ? matched || codes.includes(code) : !NOT_RUN.includes(code)),
  };
}
