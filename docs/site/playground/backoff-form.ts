import { parseDuration } from 'holdfast/json';
import type { Fields, Values } from './field.ts';

/** The longest list of delays that can be given. */
const MOST_DELAYS = 50;

/** What the backoff view asks for. */
export const BACKOFF_FORM = {
  strategy: {
    kind: 'choice',
    label: 'Strategy',
    initial: 'exponential',
    choices: [
      ['exponential', 'exponential'],
      ['linear', 'linear'],
      ['fibonacci', 'Fibonacci'],
      ['constant', 'constant'],
      ['sequence', 'a sequence of your own'],
      ['decorrelated-jitter', 'decorrelated jitter'],
      ['smooth-jitter', 'smooth jitter'],
    ],
  },
  base: { kind: 'duration', label: 'Base delay', initial: '100ms' },
  factor: { kind: 'number', label: 'Factor', initial: 2, min: 1, max: 1_000 },
  increment: { kind: 'duration', label: 'Increment', initial: '', optional: true, hint: 'empty: the base delay' },
  delays: {
    kind: 'text',
    label: 'Delays',
    initial: '50ms, 200ms, 1s',
    maxLength: 600,
    wrong: wrongDelays,
    hint: 'with commas; the last one repeats',
  },
  cap: { kind: 'duration', label: 'Cap', initial: '20s', optional: true, hint: 'empty: none' },
  jitter: {
    kind: 'choice',
    label: 'Jitter',
    initial: 'full-jitter',
    choices: [
      ['none', 'none'],
      ['full-jitter', 'full'],
      ['equal-jitter', 'equal'],
      ['additive-jitter', 'additive'],
      ['proportional-jitter', 'proportional'],
    ],
  },
  spread: { kind: 'duration', label: 'Spread', initial: '', optional: true, hint: 'empty: the base delay' },
  ratio: { kind: 'number', label: 'Ratio', initial: 0.25, min: 0, max: 1, hint: '0.25 is ±25 %' },
  retries: { kind: 'number', label: 'Retries', initial: 8, min: 1, max: 60, whole: true },
  unit: {
    kind: 'choice',
    label: 'Show in',
    initial: 'ms',
    choices: [
      ['ms', 'milliseconds'],
      ['s', 'seconds'],
      ['min', 'minutes'],
      ['h', 'hours'],
    ],
  },
  seed: { kind: 'number', label: 'Seed', initial: 1, min: 0, max: 2 ** 32 - 1, whole: true, hint: 'of the samples' },
} as const satisfies Fields;

/** What is filled in there. */
export type BackoffValues = {
  readonly [Name in keyof Values<typeof BACKOFF_FORM>]: Widened<(typeof BACKOFF_FORM)[Name]['initial']>;
};

type Widened<Value> = Value extends number ? number : string;

/** Whether a field means anything beside the others. */
export function asksFor(name: keyof BackoffValues, { strategy, jitter }: BackoffValues): boolean {
  const jitters = strategy === 'decorrelated-jitter' || strategy === 'smooth-jitter';
  switch (name) {
    case 'factor':
      return strategy === 'exponential';
    case 'increment':
      return strategy === 'linear';
    case 'delays':
      return strategy === 'sequence';
    case 'jitter':
      return !jitters;
    case 'spread':
      return !jitters && jitter === 'additive-jitter';
    case 'ratio':
      return !jitters && jitter === 'proportional-jitter';
    case 'seed':
      return jitters || jitter !== 'none';
    default:
      return true;
  }
}

/** The delays of a sequence, one by one, as written. */
export function listed(text: string): string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);
}

function wrongDelays(text: string): string | undefined {
  const delays = listed(text);
  if (!delays.length || delays.length > MOST_DELAYS) return `has to be one to ${MOST_DELAYS} delays with commas`;
  try {
    delays.forEach((each) => parseDuration(each));
    return undefined;
  } catch {
    return 'has to be durations with commas, such as 50ms, 200ms, 1s';
  }
}
