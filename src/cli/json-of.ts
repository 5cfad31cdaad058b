/** A value as JSON for people and programs. `Infinity`, for which JSON has no number, is the text `"Infinity"`. */
export function jsonOf(value: unknown): string {
  const written = (_key: string, each: unknown): unknown => (each === Infinity ? 'Infinity' : each);
  return `${JSON.stringify(value, written, 2)}\n`;
}
