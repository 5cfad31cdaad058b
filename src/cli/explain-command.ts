import { invalid } from '../base/check.ts';
import { explain } from '../index.ts';
import { policyFrom } from '../json/index.ts';
import { command, EXIT, type Command } from './command.ts';
import { choiceFlag } from './flag.ts';
import { jsonFile } from './json-file.ts';
import { jsonOf } from './json-of.ts';
import { namedFunctions } from './named-functions.ts';

/** `holdfast explain`: what a policy will do. */
export const explainCommand: Command = command({
  name: 'explain',
  summary: 'what a policy will do: its order, its worst case, and what in it cannot work.',
  operands: 'POLICY.json',
  flags: { format: choiceFlag('How to show it.', ['text', 'json'], 'text') },
  notes: 'A policy is the JSON that holdfast/json reads; - is standard input. Exit code 1: there are warnings.',
  examples: ['holdfast explain policy.json'],
  async run({ flags: { format = 'text' }, operands }, io) {
    const [path, more] = operands;
    if (path === undefined || more !== undefined) {
      throw invalid('run holdfast explain', 'one policy file', more ?? 'none');
    }
    const file = await jsonFile(io, path);
    const functions = namedFunctions(file.value, 'explain');
    const { text, ...facts } = file.reading((json) => explain(policyFrom(json, { functions })));
    io.print(format === 'json' ? jsonOf(facts) : `${text}\n`);
    return facts.warnings.length ? EXIT.failed : EXIT.ok;
  },
});
