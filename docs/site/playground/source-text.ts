/** The width that code is kept within, where it can be. */
const WIDTH = 80;

/** A call: on one line if it fits, else an argument a line; a single argument that opens a bracket stays beside it. */
export function callText(name: string, args: readonly string[]): string {
  const flat = `${name}(${args.join(', ')})`;
  if (!flat.includes('\n') && flat.length <= WIDTH) return flat;
  if (args.length === 1 && /^[{[]/.test(args[0]!)) return flat;
  if (args.length === 2 && !args[0]!.includes('\n') && args[1]!.startsWith('{')) return flat;
  return `${name}(\n${args.map((arg) => `${indented(arg)},`).join('\n')}\n)`;
}

/** An object literal. */
export function objectText(fields: readonly (readonly [name: string, value: string])[]): string {
  const parts = fields.map(([name, value]) => (name === value ? name : `${keyText(name)}: ${value}`));
  const flat = `{ ${parts.join(', ')} }`;
  if (!flat.includes('\n') && flat.length <= WIDTH) return parts.length ? flat : '{}';
  return `{\n${parts.map((part) => `${indented(part)},`).join('\n')}\n}`;
}

/** An array literal. */
export function listText(items: readonly string[]): string {
  const flat = `[${items.join(', ')}]`;
  if (!flat.includes('\n') && flat.length <= WIDTH) return flat;
  return `[\n${items.map((item) => `${indented(item)},`).join('\n')}\n]`;
}

/** An import of some names. */
export function importText(names: readonly string[], from: string): string {
  const flat = `import { ${names.join(', ')} } from '${from}';`;
  if (flat.length <= WIDTH) return flat;
  return `import {\n${names.map((name) => `  ${name},`).join('\n')}\n} from '${from}';`;
}

/** A number as people write it in code: `20_000`. */
export function numberText(value: number): string {
  if (!Number.isInteger(value) || Math.abs(value) < 1_000 || Math.abs(value) >= 1e21) return String(value);
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, '_');
}

/** Two spaces before every line. */
export function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}

function keyText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
