/** A property of anything; `undefined` where there is none. It throws what the property throws that is read. */
export function peek(value: unknown, name: string): unknown {
  return (value as { readonly [name: string]: unknown } | null | undefined)?.[name];
}

/**
 * The same, if it is a text; an empty one otherwise. So it is with one of more than `longest` characters, which is no
 * code: it is not looked through.
 */
export function peekText(value: unknown, name: string, longest = 64): string {
  const found = peek(value, name);
  return typeof found === 'string' && found.length <= longest ? found : '';
}
