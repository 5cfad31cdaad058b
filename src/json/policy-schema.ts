import { policyDocument } from './policy-from.ts';
import type { Schema } from './read-shape.ts';
import { schemaOf } from './schema-of.ts';

/**
 * The JSON Schema (draft 2020-12) of what `policyFrom` reads, made of the same table. The package has it as a file too:
 * `holdfast/policy.schema.json`.
 *
 * It cannot say how long the text of a duration is, nor what several options mean together: that a retry stands in
 * another one, that `min` is above `max`. The reader can.
 *
 * @example
 * import { policySchema } from 'holdfast/json';
 * policySchema()['title']; // => 'A policy of holdfast'
 */
export function policySchema(): Schema {
  return schemaOf(policyDocument(), { title: 'A policy of holdfast' });
}
