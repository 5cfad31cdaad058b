import { invalid } from '../base/check.ts';

/**
 * The functions that a document names: `{ "function": "isBusy" }`. They stand in for themselves where a policy is only
 * looked at; one that has to be called refuses.
 *
 * @param action what cannot be done without them.
 */
export function namedFunctions(json: unknown, action: string): { readonly [name: string]: () => never } {
  const functions: { [name: string]: () => never } = {};
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || !value) return;
    const { function: name } = value as { function?: unknown };
    if (typeof name === 'string' && Object.keys(value).length === 1) {
      functions[name] = () => {
        throw invalid(action, `a policy that can be looked at without calling the function ${name}`, name);
      };
    }
    Object.values(value).forEach(look);
  };
  look(json);
  return functions;
}
