import { invalid } from '../base/check.ts';
import { parseDuration } from '../json/parse-duration.ts';

/** One flag of a command: how it is written, what it says, and how its text is read. */
export interface Flag<Value> {
  /** What stands after it in the help, such as `TIME`; without it the flag is a switch. */
  readonly takes?: string;
  /** One sentence for the help. */
  readonly says: string;
  /** Shown in the help. */
  readonly byDefault?: string;
  /** Whether it may be given several times. */
  readonly many?: boolean;
  /** Reads the text, or refuses it. */
  readonly read: (text: string, name: string, action: string) => Value;
}

/** A flag that may be given several times; its value is a list. */
export interface ManyFlag<Value> extends Flag<Value> {
  readonly many: true;
}

/** The flags of a command by name, without the dashes. */
export interface FlagTable {
  readonly [name: string]: Flag<unknown>;
}

/** What was given: a flag that was left out is not there. */
export type FlagValues<Flags extends FlagTable> = {
  readonly [Name in keyof Flags]?: Flags[Name] extends ManyFlag<infer Value>
    ? readonly Value[]
    : ReturnType<Flags[Name]['read']>;
};

/** A flag without a value. */
export function switchFlag(says: string): Flag<true> {
  return { says, read: () => true };
}

/** A duration: `100ms`, `1.5s`, `2m`, `1h`, `PT2S`, or a bare number of ms. */
export function timeFlag(says: string, byDefault?: string): Flag<number> {
  return { takes: 'TIME', says, ...(byDefault && { byDefault }), read: readTime };
}

/** A limit: a duration above 0. One of 0 would be over before anything could begin. */
export function limitFlag(says: string, byDefault: string): Flag<number> {
  const read: Flag<number>['read'] = (text, name, action) => {
    const limit = readTime(text, name, action);
    if (limit > 0) return limit;
    throw invalid(action, `${name} to be longer than 0`, text, RangeError);
  };
  return { takes: 'TIME', says, byDefault, read };
}

/** Reads one duration. */
export function readTime(text: string, name: string, action: string): number {
  try {
    return parseDuration(/^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : text);
  } catch {
    throw invalid(action, `${name} to be a duration, such as 100ms, 1.5s, 2m, 1h or PT2S`, text);
  }
}

/** An integer within bounds. */
export function integerFlag(says: string, [least, most]: readonly [number, number], byDefault?: string): Flag<number> {
  const read: Flag<number>['read'] = (text, name, action) => {
    const value = readNumber(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw invalid(action, `${name} to be an integer from ${least} to ${most}`, text, RangeError);
  };
  return { takes: 'N', says, ...(byDefault && { byDefault }), read };
}

/** A number within bounds. */
export function numberFlag(says: string, [least, most]: readonly [number, number], byDefault?: string): Flag<number> {
  const read: Flag<number>['read'] = (text, name, action) => {
    const value = readNumber(text);
    if (value >= least && value <= most) return value;
    throw invalid(action, `${name} to be a number from ${least} to ${most}`, text, RangeError);
  };
  return { takes: 'NUMBER', says, ...(byDefault && { byDefault }), read };
}

/** Reads a number as people write it: `12`, `0.25`, `.5`, `1e3`; NaN for all else, such as `0x10`. */
export function readNumber(text: string): number {
  return /^\+?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
}

/** One of a few words. */
export function choiceFlag<const Word extends string>(
  says: string,
  words: readonly Word[],
  byDefault: NoInfer<Word>,
): Flag<Word> {
  const read: Flag<Word>['read'] = (text, name, action) => {
    const word = words.find((each) => each === text);
    if (word !== undefined) return word;
    throw invalid(action, `${name} to be one of ${words.join(', ')}`, text);
  };
  return { takes: words.join('|'), says, byDefault, read };
}

/** Any text. */
export function textFlag(takes: string, says: string): Flag<string> {
  return { takes, says, read: (text) => text };
}
