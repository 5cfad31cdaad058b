import { readOptions, RECORD } from '../base/check.ts';
import { readDocument, type BackoffFromOptions } from '../json/read-document.ts';
import type { RecordShape } from '../json/read-shape.ts';
import { leaves } from '../json/leaves.ts';
import { checkScenario } from './check-scenario.ts';
import { functionsOf } from './functions-of.ts';
import type { Scenario } from './scenario.ts';
import { policyMakerShape, scenarioShape } from './scenario-shape.ts';

/** What the policies of a scenario may need. */
export interface ScenarioFromOptions extends BackoffFromOptions {}

/** The whole of a document: `{ "version": 1, "duration": …, … }`. */
export function scenarioDocument(): RecordShape {
  const { fields, required = [] } = scenarioShape(policyMakerShape);
  const { text, version } = leaves;
  return {
    fields: { $schema: text, version, ...fields },
    required: ['version', ...required],
    make: (given: object) => Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(fields, name))),
  };
}

/**
 * Makes a scenario of JSON. The fields are those of `Scenario`; a duration may also be a text such as `"2m"`, a policy
 * is as `policyFrom` reads it, without the version. Nothing in the document is run.
 *
 * The policies may name `{ "function": "retryAfter" }`, the hint in an answer of a service, and `isTransient`.
 *
 * @param json what `JSON.parse` gives.
 * @throws `TypeError` or `RangeError` with the path of what is wrong, such as `clients[0].arrivals.rate`.
 * @example
 * import { scenarioFrom, simulate } from 'holdfast/simulator';
 * const scenario = scenarioFrom({
 *   version: 1,
 *   duration: '1m',
 *   clients: [{ count: 10, arrivals: { kind: 'poisson', rate: 2 }, calls: 'users', policy: 'standard' }],
 *   services: { users: { workers: 4, serviceTime: { kind: 'exponential', mean: '100ms' } } },
 *   triggers: [{ kind: 'slowdown', at: '20s', duration: '5s', factor: 4 }],
 * });
 * (await simulate(scenario)).verdict; // => 'stable'
 */
export function scenarioFrom(json: unknown, options?: ScenarioFromOptions): Scenario {
  const action = 'read a scenario';
  const { functions } = readOptions(action, options, { functions: RECORD });
  const scenario = readDocument(action, scenarioDocument(), json, { functions: functionsOf(functions) }) as Scenario;
  checkScenario(scenario, action);
  return scenario;
}
