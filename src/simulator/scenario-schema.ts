import type { Schema } from '../json/read-shape.ts';
import { schemaOf } from '../json/schema-of.ts';
import { scenarioDocument } from './scenario-from.ts';

/**
 * The JSON Schema (draft 2020-12) of what `scenarioFrom` reads, made of the same table. The package has it as a file
 * too: `holdfast/scenario.schema.json`.
 *
 * It cannot say that a service is called which there is, nor how large a scenario may be, nor that a trigger is over
 * before the run. The reader can.
 *
 * @example
 * import { scenarioSchema } from 'holdfast/simulator';
 * scenarioSchema()['title']; // => 'A scenario of holdfast'
 */
export function scenarioSchema(): Schema {
  return schemaOf(scenarioDocument(), { title: 'A scenario of holdfast' });
}
