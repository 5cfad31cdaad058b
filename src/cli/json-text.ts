/** A JSON text that has been read. */
export interface JsonText {
  readonly value: unknown;
  /** Where each value begins, by its path: `''` for the whole, then as in `policy.policies[1].maxDelay`. */
  readonly places: ReadonlyMap<string, number>;
}

/** What is wrong with a JSON text, and where. */
export class JsonMistake extends Error {
  /** Characters from the beginning. */
  readonly offset: number;
  constructor(expected: string, offset: number) {
    super(expected);
    this.offset = offset;
  }
}

/** Objects and lists within each other. */
const DEEPEST = 64;

const SPACE = /[ \t\n\r]*/y;
const TEXT = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/uy;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

/**
 * Reads a JSON text as `JSON.parse` does, and remembers where its values stand. Stricter in two things: a key may stand
 * only once in an object, and values are nested at most 64 deep.
 *
 * @throws `JsonMistake` with what was expected, and where.
 */
export function jsonText(text: string): JsonText {
  const places = new Map<string, number>();
  let at = text.startsWith('\ufeff') ? 1 : 0;

  function next(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  }

  function token(letter: string): boolean {
    next(SPACE);
    if (text[at] !== letter) return false;
    at++;
    return true;
  }

  function value(path: string, depth: number): void {
    next(SPACE);
    places.set(path, at);
    if (depth > DEEPEST) throw new JsonMistake(`values nested at most ${DEEPEST} deep`, at);
    if (token('{')) return members('}', depth, (keys) => key(path, keys));
    if (token('[')) {
      let index = 0;
      return members(']', depth, () => `${path}[${index++}]`);
    }
    if (next(TEXT) === undefined && next(SCALAR) === undefined) {
      throw new JsonMistake(text[at] === '"' ? 'a text that ends on its line' : 'a JSON value', at);
    }
  }

  function members(end: string, depth: number, name: (keys: Set<string>) => string): void {
    const keys = new Set<string>();
    if (token(end)) return;
    do value(name(keys), depth + 1);
    while (token(','));
    if (!token(end)) throw new JsonMistake(`"," or "${end}"`, at);
  }

  function key(path: string, keys: Set<string>): string {
    next(SPACE);
    const start = at;
    const quoted = next(TEXT);
    if (quoted === undefined) throw new JsonMistake('a key in quotes', at);
    const name = JSON.parse(quoted) as string;
    if (keys.has(name)) throw new JsonMistake(`the key ${quoted} only once`, start);
    keys.add(name);
    if (!token(':')) throw new JsonMistake('":"', at);
    return path ? `${path}.${name}` : name;
  }

  const start = at;
  value('', 0);
  next(SPACE);
  if (at < text.length) throw new JsonMistake('the end of the text', at);
  return { value: JSON.parse(text.slice(start)), places };
}
