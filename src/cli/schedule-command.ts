import { invalid } from '../base/check.ts';
import { backoffFrom } from '../json/index.ts';
import { backoffFlags, backoffOf } from './backoff-flags.ts';
import { command, EXIT, type Command } from './command.ts';
import { exactMeans } from './exact-means.ts';
import { choiceFlag, integerFlag } from './flag.ts';
import { UNITS, type Unit } from './in-unit.ts';
import { scheduleReport, type ScheduleFormat } from './schedule-report.ts';
import { scheduleRows } from './schedule-rows.ts';

const FORMATS = Object.keys(scheduleReport) as ScheduleFormat[];

/** `holdfast schedule`: the delays of a backoff, computed and not waited for. */
export const scheduleCommand: Command = command({
  name: 'schedule',
  summary: 'the delays between the attempts of a retry, computed and not waited for.',
  operands: '',
  flags: {
    ...backoffFlags({ base: '100ms', jitter: 'none' }),
    retries: integerFlag('How many delays: one fewer than attempts.', [1, 1_000], '8'),
    samples: integerFlag('How many schedules to draw; only with a jitter.', [0, 20], '1'),
    seed: integerFlag('Of the chance: the same seed draws the same delays.', [0, 2 ** 32 - 1], '1'),
    unit: choiceFlag('What to count in.', Object.keys(UNITS) as Unit[], 'ms'),
    format: choiceFlag('How to show it.', FORMATS, 'table'),
  },
  notes:
    'Without jitter every delay is exact, by default base · 2^(n−1) before retry n, in every unit whose decimals end.',
  examples: [
    'holdfast schedule --base 100ms --retries 5',
    'holdfast schedule --base 1s --cap 20s --jitter full --unit s --format plot',
    'holdfast schedule --jitter decorrelated --cap 20s --samples 3 --format svg > schedule.svg',
  ],
  async run({ flags }, io) {
    const { base: baseDelay = 100, retries = 8, seed = 1, unit = 'ms', format = 'table' } = flags;
    const action = 'run holdfast schedule';
    const backoff = backoffOf(flags, { jitter: 'none' }, action);
    const chance = (flags.jitter ?? 'none') !== 'none';
    const { samples = Number(chance) } = flags;
    if (samples && !chance) throw invalid(action, '--samples only with a --jitter', 'jitter none');
    const means = exactMeans(backoff, { baseDelay, retries });
    const rows = scheduleRows(backoffFrom(backoff), { baseDelay, retries, samples, seed, means });
    const exact = !chance || means !== undefined;
    io.print(scheduleReport[format]({ rows, unit, baseDelay, backoff, seed, exact, columns: io.columns }));
    return EXIT.ok;
  },
});
