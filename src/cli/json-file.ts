import { INVALID_ARGUMENT, invalid } from '../base/check.ts';
import type { Io } from './io.ts';
import { jsonText, type JsonMistake } from './json-text.ts';

/** The largest file that is read: 4 MiB. */
const MOST_BYTES = 4 * 2 ** 20;

/** A JSON file that has been read. */
export interface JsonFile {
  /** Its path, or `standard input`. */
  readonly name: string;
  readonly value: unknown;
  /**
   * Runs what reads the value. Its errors about wrong arguments get the name of the file, and the line and column of
   * the value whose path they name.
   */
  reading<Read>(read: (value: unknown) => Read): Read;
}

/**
 * Reads a JSON file, of at most 4 MiB. Nothing in it is run.
 *
 * @param path `-` is standard input.
 * @throws by rejection: `TypeError` or `RangeError` with file, line and column.
 */
export async function jsonFile(io: Io, path: string): Promise<JsonFile> {
  const name = path === '-' ? 'standard input' : path;
  const text = await io.readText(path, MOST_BYTES + 1).catch((error: NodeJS.ErrnoException) => {
    throw invalid('read a file', `${name} to be a file that can be read`, error.code ?? error.message);
  });
  if (new TextEncoder().encode(text).length > MOST_BYTES) {
    throw invalid('read a file', `${name} to have at most ${MOST_BYTES} bytes`, 'more', RangeError);
  }
  const where = (offset: number): string => {
    const lines = text.slice(0, offset).split('\n');
    return `${name}:${lines.length}:${lines.at(-1)!.length + 1}`;
  };
  try {
    const { value, places } = jsonText(text);
    return {
      name,
      value,
      reading(read) {
        try {
          return read(value);
        } catch (error) {
          if ((error as { code?: unknown }).code !== INVALID_ARGUMENT) throw error;
          const { message, constructor } = error as Error;
          const Class = constructor === RangeError ? RangeError : TypeError;
          throw Object.assign(new Class(`${where(placeIn(message, places))}: ${message}`), { code: INVALID_ARGUMENT });
        }
      },
    };
  } catch (error) {
    const { message, offset } = error as JsonMistake;
    const got = offset < text.length ? text.slice(offset, offset + 12).split('\n')[0] : 'the end of the file';
    const { message: whole } = invalid('read JSON', message, got);
    throw Object.assign(new TypeError(`${where(offset)}: ${whole}`), { code: INVALID_ARGUMENT });
  }
}

/** Where the value stands whose path is named in a message; of a value that is missing, what it is missing in. */
function placeIn(message: string, places: ReadonlyMap<string, number>): number {
  // What could stand there instead is no path of what does.
  const paths = message.replace(/^Cannot [^:]*: | \(.*?\)/g, '').matchAll(/[\w$-][^\s",:]*/g);
  let best = '';
  for (const [path] of paths) {
    let known = path.replace(/\.$/, '');
    while (known && !places.has(known)) known = known.replace(/(\.?[^.[\]]*|\[\d*\])$/, '');
    if (known.length > best.length) best = known;
  }
  return places.get(best)!;
}
