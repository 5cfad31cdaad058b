import { invalid } from '../base/check.ts';

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Objects and lists within each other. */
const DEEPEST = 64;
/** Values in a document, those within others included. */
const MOST = 100_000;

/**
 * Copies a value that is to be JSON: from a file, or made by hand. Nothing of it is run: getters and classes are
 * refused, as are cycles, `__proto__`, more than 64 levels and more than 100 000 values. `undefined` is left out.
 *
 * @param name the path that those of its parts begin with; empty for a whole document.
 * @throws `TypeError` for what is not JSON; `RangeError` for what is too deep or too large.
 */
export function jsonValue(value: unknown, name: string, action: string): Json {
  let room = MOST;
  const refuse = (path: string, says: string, got: unknown, Class?: ErrorConstructor): Error =>
    invalid(action, `${path || 'the document'} to ${says}`, got, Class);

  function part(owner: object, key: string, path: string, depth: number): Json | undefined {
    const found = Object.getOwnPropertyDescriptor(owner, key);
    if (found && !('value' in found)) throw refuse(path, 'be a value', found.get);
    return Array.isArray(owner) || found!.value !== undefined ? copy(found?.value, path, depth) : undefined;
  }

  function copy(given: unknown, path: string, depth: number): Json {
    if (given === null || ['boolean', 'string'].includes(typeof given) || Number.isFinite(given)) {
      if (--room < 0) throw refuse(name, `hold at most ${MOST} values`, 'more', RangeError);
      return given as Json;
    }
    if (typeof given !== 'object' || !isPlain(given)) throw refuse(path, 'be JSON', given);
    if (depth >= DEEPEST) throw refuse(name, `be nested at most ${DEEPEST} deep`, 'more', RangeError);
    const length = Array.isArray(given) ? given.length : 0;
    room -= 1 + length;
    if (room < 0) throw refuse(name, `hold at most ${MOST} values`, 'more', RangeError);
    if (Array.isArray(given)) {
      room += length;
      return Array.from({ length }, (_, index) => part(given, `${index}`, `${path}[${index}]`, depth + 1)!);
    }
    const record: { [key: string]: Json } = {};
    for (const key of Object.keys(given)) {
      const at = `${path && `${path}.`}${key.slice(0, 60)}`;
      if (key === '__proto__') throw refuse(path, 'have no key "__proto__"', key);
      const value = part(given, key, at, depth + 1);
      if (value !== undefined) record[key] = value;
    }
    return record;
  }

  return copy(value, name, 0);
}

/** A list, or an object without a class, of whichever realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
}
