import { callable, check } from '../base/check.ts';
import type { Json } from './json-value.ts';
import { leaves } from './leaves.ts';
import type { NamedShape, RecordShape } from './read-shape.ts';

/** What names a function. */
const name = (): RecordShape => ({
  fields: { function: leaves.text },
  required: ['function'],
  make({ function: name }: { readonly function: string }, { tools: { functions } }) {
    const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
    check(found, callable, `functions.${name.slice(0, 60)}`, 'look up a function');
    return found;
  },
});

/** What cannot be data: `{ "function": "isBusy" }` names one of the functions that are handed in beside the document. */
export const functionShape: NamedShape = { name: 'function', shape: name };

/** Whether a value names a function. */
export function namesFunction(json: Json): boolean {
  const { function: name, ...rest } = Object(json) as { readonly [key: string]: Json };
  return typeof name === 'string' && !Object.keys(rest).length;
}
