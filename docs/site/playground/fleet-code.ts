import { parseDuration } from 'holdfast/json';
import { chosenPolicies, scenarioJson } from './fleet-scenario.ts';
import type { FleetValues } from './fleet-form.ts';
import { importText, indented, numberText, objectText } from './source-text.ts';
import { typescriptOf, type Json } from './typescript-of.ts';

/** Fields of a scenario that hold durations, as texts. */
const DURATIONS = new Set(['duration', 'interval', 'mean', 'p99', 'at']);

/** The form as a program: the fleet once, and each of the policies in it. */
export function fleetCode(values: FleetValues): string {
  const { version: _, clients, ...scenario } = scenarioJson(values);
  const [group] = clients as readonly [{ readonly [field: string]: Json }];
  const policies = chosenPolicies(values).map(({ label, policy }) => {
    const { text, imports, tools } = typescriptOf(policy, true);
    return { imports, line: `${quoted(label)}: ({ ${tools.join(', ')} }) =>\n${indented(text)},` };
  });
  const names = [...new Set(policies.flatMap(({ imports }) => [...imports]))].toSorted();
  const fields = Object.entries(scenario).map(([name, value]) => [name, literal(value, name)] as const);
  const client = objectText([
    ...Object.entries(group).map(([name, value]) => [name, literal(value, name)] as const),
    ['policy', 'policy'],
  ]);
  return [
    importText(names, 'holdfast'),
    `import { simulate, type PolicyMaker, type Scenario } from 'holdfast/simulator';`,
    '',
    `const fleet = (policy: PolicyMaker): Scenario => (${objectText([...fields, ['clients', `[${client}]`]])});`,
    '',
    'const policies: Record<string, PolicyMaker> = {',
    ...policies.map(({ line }) => indented(line)),
    '};',
    '',
    'for (const [name, policy] of Object.entries(policies)) {',
    '  const { verdict, goodput, amplification, recovery } = await simulate(fleet(policy));',
    '  console.log(name, { verdict, goodput, amplification, recovery });',
    '}',
    '',
  ].join('\n');
}

function literal(json: Json, field: string): string {
  if (typeof json === 'number') return numberText(json);
  if (typeof json === 'string') return DURATIONS.has(field) ? numberText(parseDuration(json)) : quoted(json);
  if (Array.isArray(json)) return `[${json.map((each: Json) => literal(each, field)).join(', ')}]`;
  return objectText(
    Object.entries(json as object).map(([name, value]: [string, Json]) => [name, literal(value, name)]),
  );
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`\'`)}'`;
}
