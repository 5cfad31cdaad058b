import { invalid } from '../base/check.ts';
import { policyFrom } from '../json/index.ts';
import { functionsOf } from '../simulator/functions-of.ts';
import { scenarioFrom, type Scenario } from '../simulator/index.ts';
import { asExpected } from './as-expected.ts';
import { command, EXIT, type Command } from './command.ts';
import { choiceFlag, integerFlag, textFlag, type ManyFlag } from './flag.ts';
import type { Io } from './io.ts';
import { jsonFile } from './json-file.ts';
import { jsonOf } from './json-of.ts';
import { progressLine } from './progress-line.ts';
import { simulationPage } from './simulation-page.ts';
import { simulationRuns, type NamedScenario } from './simulation-runs.ts';
import { simulationText, type SimulationReport } from './simulation-text.ts';

const ACTION = 'run holdfast simulate';
const LAST_SEED = 2 ** 32 - 1;

const policyFlag: ManyFlag<string> = {
  ...textFlag('POLICY.json', 'A policy for all clients instead of theirs; several are compared.'),
  many: true,
};

/** `holdfast simulate`: what a policy does to a fleet. */
export const simulateCommand: Command = command({
  name: 'simulate',
  summary: 'a fleet of clients, its services and what goes wrong with them, in virtual time.',
  operands: 'SCENARIO.json',
  flags: {
    policy: policyFlag,
    seed: integerFlag('The first seed.', [0, LAST_SEED], 'that of the scenario, or 1'),
    seeds: integerFlag('How many seeds to run, one after the other.', [1, 1_000], '1'),
    expect: choiceFlag('Exit code 1 unless every run is at least that.', ['anything', 'slow', 'stable'], 'anything'),
    format: choiceFlag('How to show it; html is one page without a network.', ['text', 'json', 'html'], 'text'),
    out: textFlag('FILE', 'Writes it there instead of standard output.'),
  },
  notes:
    'A scenario is the JSON that holdfast/simulator reads; - is standard input. The same seed gives the same bytes.',
  examples: [
    'holdfast simulate brown-out.json',
    'holdfast simulate brown-out.json --policy mine.json --seeds 10 --expect stable',
    'holdfast simulate brown-out.json --format html --out report.html',
  ],
  async run({ flags, operands }, io) {
    const { format = 'text', out, expect = 'anything' } = flags;
    const [path, more] = operands;
    if (path === undefined || more !== undefined) throw invalid(ACTION, 'one scenario file', more ?? 'none');
    const file = await jsonFile(io, path);
    const scenario = file.reading((json) => scenarioFrom(json));
    const first = flags.seed ?? scenario.seed ?? 1;
    const seeds = Array.from({ length: flags.seeds ?? 1 }, (_, index) => first + index);
    if (seeds.at(-1)! > LAST_SEED) throw invalid(ACTION, `seeds up to ${LAST_SEED}`, seeds.at(-1), RangeError);
    const progress = progressLine(io);
    const policies = await simulationRuns(await variants(io, scenario, flags.policy ?? []), seeds, progress);
    progress.end();

    const report = { name: file.name.replace(/^.*[/\\]/, ''), scenario, seeds, policies };
    const text = FORMATS[format](report, io.columns);
    if (out === undefined) io.print(text);
    else {
      await io.writeText(out, text).catch(({ code, message }: NodeJS.ErrnoException) => {
        throw invalid('write a file', `${out} to be a file that can be written`, code ?? message);
      });
    }
    return asExpected(policies, expect) ? EXIT.ok : EXIT.failed;
  },
});

const FORMATS: {
  readonly [Format in 'text' | 'html' | 'json']: (report: SimulationReport, columns: number) => string;
} = {
  text: simulationText,
  html: simulationPage,
  json: ({ seeds, policies }) => {
    const [only] = policies;
    if (only && policies.length === 1 && seeds.length === 1) return jsonOf(only.first);
    return jsonOf({ seeds, policies: Object.fromEntries(policies.map(({ name, ...rest }) => [name, rest])) });
  },
};

/** The scenario with each of the policies: those of the flags, or its own, or as it is. */
async function variants(io: Io, scenario: Scenario, paths: readonly string[]): Promise<NamedScenario[]> {
  const { policies = {}, ...rest } = scenario;
  const named: [name: string, policy: NonNullable<Scenario['policies']>[string]][] = [];
  for (const path of paths) {
    const file = await jsonFile(io, path);
    const policy = file.reading((json) => {
      policyFrom(json, { functions: functionsOf(undefined) });
      return (json as { readonly policy: never }).policy;
    });
    named.push([file.name, policy]);
  }
  const short = named.map(([name]) => name.replace(/^.*[/\\]|\.json$/g, ''));
  // Files of one name in two folders keep their folders.
  if (new Set(short).size === short.length) named.forEach((each, index) => (each[0] = short[index]!));
  if (!paths.length) named.push(...Object.entries(policies));
  if (!named.length) return [{ name: 'as it is', scenario: rest }];
  return named.map(([name, policy]) => ({
    name,
    scenario: { ...rest, clients: rest.clients.map((group) => ({ ...group, policy })) },
  }));
}
