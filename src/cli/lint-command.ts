import { invalid } from '../base/check.ts';
import { policyFrom } from '../json/index.ts';
import { lint, type LintOptions } from '../lint/index.ts';
import { command, EXIT, type Command } from './command.ts';
import { choiceFlag, integerFlag, numberFlag, readNumber, timeFlag, type Flag } from './flag.ts';
import { jsonFile } from './json-file.ts';
import { jsonOf } from './json-of.ts';
import { namedFunctions } from './named-functions.ts';

const ACTION = 'run holdfast lint';

/** A rate: above 0. */
function rateFlag(says: string): Flag<number> {
  const read: Flag<number>['read'] = (text, name, action) => {
    const value = readNumber(text);
    if (value > 0 && value < Infinity) return value;
    throw invalid(action, `${name} to be a finite number above 0`, text, RangeError);
  };
  return { takes: 'NUMBER', says, byDefault: 'unknown', read };
}

/** `holdfast lint`: whether a policy is safe for a fleet. */
export const lintCommand: Command = command({
  name: 'lint',
  summary: 'whether a policy is safe for a fleet: which laws it breaks, the numbers, and the fix.',
  operands: 'POLICY.json',
  flags: {
    'calls-per-second': rateFlag('Calls that each instance makes, without retries.'),
    instances: integerFlag('Processes that each have the policy.', [1, 1_000_000_000], '1'),
    capacity: rateFlag('What the service can do for all of them together: calls per second.'),
    'error-rate': numberFlag('The part of the calls that fails on a good day.', [0, 1], 'unknown'),
    latency: timeFlag('How long a call takes on a good day.', 'unknown'),
    idempotent: choiceFlag('Whether a call may be made twice.', ['yes', 'no', 'unknown'], 'unknown'),
    hops: integerFlag('Services in a row that guard their calls like this.', [1, 1_000], '1'),
    format: choiceFlag('How to show it.', ['text', 'json'], 'text'),
  },
  notes: 'A policy is the JSON that holdfast/json reads; - is standard input. Exit code 1: something was found.',
  examples: ['holdfast lint policy.json --calls-per-second 5 --instances 40 --capacity 300'],
  async run({ flags, operands }, io) {
    const [path, more] = operands;
    if (path === undefined || more !== undefined) throw invalid(ACTION, 'one policy file', more ?? 'none');
    const file = await jsonFile(io, path);
    const options: LintOptions = {
      callsPerSecond: flags['calls-per-second'],
      instances: flags.instances,
      capacity: flags.capacity,
      errorRate: flags['error-rate'],
      latency: flags.latency,
      idempotent: { yes: true, no: false, unknown: undefined }[flags.idempotent ?? 'unknown'],
      hops: flags.hops,
    };
    const functions = namedFunctions(file.value, 'lint');
    const { text, ...report } = file.reading((json) => lint(policyFrom(json, { functions }), options));
    io.print(flags.format === 'json' ? jsonOf(report) : `${text}\n`);
    return report.findings.length ? EXIT.failed : EXIT.ok;
  },
});
