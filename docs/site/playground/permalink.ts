import { initialOf, type Fields, type Values } from './field.ts';
import { readField } from './read-field.ts';

/** The version of the form of a permalink. A link of another version is refused, not guessed at. */
const VERSION = 'v1';

/** The longest hash that is read, in characters. */
const LONGEST = 8_000;

/** What a permalink says: the view, and what is filled in; or why it cannot be read. */
export type Link<View extends string> =
  { readonly view: View; readonly values: Values } | { readonly wrong: string } | undefined;

/** The hash for a view: only what differs from the beginning, so that links stay short. */
export function linkTo(view: string, fields: Fields, values: Values): string {
  const said = Object.entries(fields).filter(([name, { initial }]) => values[name] !== initial);
  const query = new URLSearchParams(said.map(([name]) => [name, String(values[name])])).toString();
  return `#${VERSION}/${view}${query && `?${query}`}`;
}

/**
 * Reads a hash that anybody may have written.
 *
 * @returns nothing for an empty hash; either all of the values, checked, or what is wrong with it.
 */
export function readLink<View extends string>(hash: string, forms: Readonly<Record<View, Fields>>): Link<View> {
  if (hash === '' || hash === '#') return undefined;
  if (hash.length > LONGEST) return { wrong: `it is longer than ${LONGEST} characters` };
  const [, version, view, query = ''] = /^#([^/?]*)\/([^/?]*)(?:\?(.*))?$/s.exec(hash) ?? [];
  if (version !== VERSION || view === undefined) return { wrong: `it does not begin with #${VERSION}/ and a view` };
  if (!Object.hasOwn(forms, view)) return { wrong: `the views are ${Object.keys(forms).join(' and ')}` };
  const fields = new Map(Object.entries(forms[view as View]));
  const values = new Map(Object.entries(initialOf(forms[view as View])));
  for (const [name, text] of new URLSearchParams(query)) {
    const field = fields.get(name);
    if (!field) return { wrong: `nothing is called ${name.slice(0, 40)}` };
    const reading = readField(field, text);
    if ('wrong' in reading) return { wrong: `${name} ${reading.wrong}` };
    values.set(name, reading.value);
  }
  return { view: view as View, values: Object.fromEntries(values) };
}
