import type { Json } from './json-value.ts';
import type { RecordShape, Schema, Shape } from './read-shape.ts';

/**
 * Says a shape as JSON Schema, draft 2020-12: with `$defs` for the shapes that have a name.
 *
 * @param shape of the whole document.
 * @param about title, `$id` and what else stands at its top.
 */
export function schemaOf(shape: Shape, about: Schema): Schema {
  const defs: { [name: string]: Json } = {};
  const schema = partOf(shape, defs);
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...about, ...schema, $defs: defs };
}

function partOf(shape: Shape, defs: { [name: string]: Json }): Schema {
  const part = (inner: Shape): Schema => partOf(inner, defs);
  if ('kind' in shape) return { description: shape.kind[0], ...shape.schema };
  if ('list' in shape) return { type: 'array', items: part(shape.list), minItems: shape.least };
  if ('map' in shape) return { type: 'object', additionalProperties: part(shape.map), minProperties: shape.least };
  if ('fields' in shape) return recordOf(shape, {}, part);
  if ('cases' in shape) return { anyOf: shape.cases.map(([, inner]) => part(inner)) };
  if ('kinds' in shape) {
    const kinds = Object.entries(shape.kinds);
    const short = kinds.filter(([, { required }]) => !required).map(([kind]) => kind);
    const long = kinds.map(([kind, record]) => recordOf(record, { kind: { const: kind } }, part));
    return { description: shape.says, anyOf: [...(short.length ? [{ enum: short }] : []), ...long] };
  }
  if ('maker' in shape) return part(shape.maker);
  const { name } = shape;
  if (!Object.hasOwn(defs, name)) {
    // Known before it is made: it may refer to itself.
    defs[name] = {};
    defs[name] = part(shape.shape());
  }
  return { $ref: `#/$defs/${name}` };
}

function recordOf({ fields, required = [] }: RecordShape, first: Schema, part: (shape: Shape) => Schema): Schema {
  const properties = Object.entries(fields).map(([name, field]) => [name, part(field)]);
  return {
    type: 'object',
    properties: { ...first, ...Object.fromEntries(properties) },
    required: [...Object.keys(first), ...required],
    additionalProperties: false,
  };
}
