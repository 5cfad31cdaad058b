import { invalid } from '../base/check.ts';
import { backoffFrom } from '../json/index.ts';
import { seededRandom } from '../base/seeded-random.ts';
import { backoffFlags, backoffOf } from './backoff-flags.ts';
import { command, type Command } from './command.ts';
import { integerFlag, limitFlag, switchFlag, timeFlag } from './flag.ts';
import { retryOnFlag } from './retry-on.ts';
import { runProgram } from './run-program.ts';

/** `holdfast run`: any program, until it succeeds. */
export const runCommand: Command = command({
  name: 'run',
  summary: 'runs a program until it succeeds, and passes its exit code and signals through.',
  operands: '-- PROGRAM [ARGUMENT …]',
  flags: {
    attempts: integerFlag('How often to run it at most, the first time included.', [1, 1_000_000], '3'),
    ...backoffFlags({ base: '1s', jitter: 'full', cap: '20s' }),
    timeout: limitFlag('Ends it all after that time, waits included: exit code 124.', 'none'),
    'attempt-timeout': limitFlag('Ends one attempt after that time; it is then tried again.', 'none'),
    grace: timeFlag('How long a program that is out of time has to end, from SIGTERM to SIGKILL.', '5s'),
    'retry-on': retryOnFlag,
    seed: integerFlag('Makes the jitter repeatable.', [0, 2 ** 32 - 1]),
    quiet: switchFlag('Says nothing of the attempts.'),
  },
  notes: [
    'The program gets HOLDFAST_ATTEMPT, from 1, in its environment. No shell reads its arguments. Exit codes: that of the',
    'last attempt; 124 out of time, 126 cannot be run, 127 not found, 128+n ended by signal n. What is not found or cannot',
    'be run is not tried again. With a text in --retry-on the output goes through a pipe, and is no terminal to the program.',
  ].join('\n'),
  examples: [
    'holdfast run --attempts 5 --base 200ms --timeout 1m -- npm ci',
    "holdfast run --retry-on 75,'connection * reset' -- ./upload.sh today.tar",
    "holdfast run --attempt-timeout 10s --jitter none -- sh -c 'curl -fsS https://example.org | wc -c'",
  ],
  run({ flags, operands, rest }, io) {
    const action = 'run holdfast run';
    const [program, ...args] = rest;
    if (!program || operands.length > rest.length) {
      throw invalid(action, 'the program after --', operands[0] ?? 'none');
    }
    const byDefault = { jitter: 'full', cap: 20_000 } as const;
    return runProgram(io, {
      program,
      args,
      attempts: flags.attempts ?? 3,
      baseDelay: flags.base ?? 1_000,
      backoff: backoffFrom(backoffOf(flags, byDefault, action)),
      random: flags.seed === undefined ? io.random : seededRandom(flags.seed),
      limit: flags.timeout ?? Infinity,
      attemptLimit: flags['attempt-timeout'] ?? Infinity,
      grace: flags.grace ?? 5_000,
      retryOn: flags['retry-on'] ?? [],
      tell: (line, unfinished) => void (flags.quiet || io.complain(`${unfinished ? '\n' : ''}holdfast: ${line}\n`)),
    });
  },
});
