import { invalid } from '../base/check.ts';
import { choiceFlag, numberFlag, readTime, timeFlag, type Flag, type FlagValues } from './flag.ts';

const STRATEGIES = ['constant', 'linear', 'exponential', 'fibonacci', 'sequence'] as const;
const JITTERS = ['none', 'full', 'equal', 'additive', 'proportional', 'decorrelated', 'smooth'] as const;

type Strategy = (typeof STRATEGIES)[number];
type Jitter = (typeof JITTERS)[number];

/** The flags that make a backoff. */
export interface BackoffFlags {
  readonly [name: string]: Flag<unknown>;
  readonly base: Flag<number>;
  readonly backoff: Flag<Strategy>;
  readonly factor: Flag<number>;
  readonly increment: Flag<number>;
  readonly delays: Flag<readonly number[]>;
  readonly cap: Flag<number>;
  readonly jitter: Flag<Jitter>;
  readonly spread: Flag<number>;
  readonly ratio: Flag<number>;
  readonly floor: Flag<number>;
}

/** The flags of a backoff, with the defaults of one command. */
export function backoffFlags(byDefault: {
  readonly base: string;
  readonly jitter: Jitter;
  readonly cap?: string;
}): BackoffFlags {
  return {
    base: timeFlag('The base delay: that before the first retry, where nothing else is said.', byDefault.base),
    backoff: choiceFlag('How delays grow.', STRATEGIES, 'exponential'),
    factor: numberFlag('Of exponential: what each delay is multiplied by.', [1, 1_000_000], '2'),
    increment: timeFlag('Of linear: what is added with each retry.', 'the base'),
    delays: {
      takes: 'TIME,…',
      says: 'Of sequence: the delays one by one; the last one repeats.',
      read: (text, name, action) => text.split(',').map((each) => readTime(each.trim(), name, action)),
    },
    cap: timeFlag('No delay is longer. Inside the jitter, so that callers spread.', byDefault.cap ?? 'none'),
    jitter: choiceFlag('Chance: decorrelated and smooth take the place of a backoff.', JITTERS, byDefault.jitter),
    spread: timeFlag('Of additive jitter: what is added at most.', 'the base'),
    ratio: numberFlag('Of proportional jitter: how far a delay may differ, as a part of it.', [0, 1], '0.25'),
    floor: timeFlag('No delay is shorter.', 'none'),
  };
}

/** A backoff as `backoffFrom` of `holdfast/json` reads it. */
export type BackoffJson = { readonly kind: string; readonly [option: string]: unknown };

/** Which flag belongs to which choice, so that none is given in vain. */
const BELONGS: { readonly [flag: string]: string } = {
  factor: 'exponential',
  increment: 'linear',
  delays: 'sequence',
  spread: 'additive',
  ratio: 'proportional',
};

/**
 * The backoff that the flags describe: the cap inside the jitter, the floor outside.
 *
 * @throws `TypeError` for flags that do not go together.
 */
export function backoffOf(
  flags: FlagValues<BackoffFlags>,
  byDefault: { readonly jitter: Jitter; readonly cap?: number },
  action: string,
): BackoffJson {
  const { jitter = byDefault.jitter, cap = byDefault.cap, floor, spread, ratio = 0.25 } = flags;
  const whole = jitter === 'decorrelated' || jitter === 'smooth';
  if (whole && flags.backoff)
    throw invalid(action, `--jitter ${jitter} without --backoff, whose place it takes`, 'both');
  const strategy = whole ? `${jitter}` : (flags.backoff ?? 'exponential');
  for (const [flag, owner] of Object.entries(BELONGS)) {
    if (flags[flag] !== undefined && ![strategy, jitter].includes(owner)) {
      throw invalid(action, `--${flag} only with ${owner}`, `${strategy}, jitter ${jitter}`);
    }
  }
  if (strategy === 'sequence' && !flags.delays) throw invalid(action, '--delays with --backoff sequence', 'none');

  const grown = grownBy(strategy, flags, cap);
  const bounded =
    cap === undefined || jitter === 'decorrelated' ? grown : { kind: 'capped', maxDelay: cap, inner: grown };
  const options = { additive: spread === undefined ? {} : { spread }, proportional: { ratio } };
  const jittered =
    whole || jitter === 'none'
      ? bounded
      : { kind: `${jitter}-jitter`, ...options[jitter as keyof typeof options], inner: bounded };
  return floor === undefined ? jittered : { kind: 'at-least', minDelay: floor, inner: jittered };
}

function grownBy(strategy: string, flags: FlagValues<BackoffFlags>, cap: number | undefined): BackoffJson {
  const { factor, increment, delays } = flags;
  if (strategy === 'decorrelated') return { kind: 'decorrelated-jitter', ...(cap !== undefined && { maxDelay: cap }) };
  if (strategy === 'smooth') return { kind: 'smooth-jitter' };
  return {
    kind: strategy,
    ...(factor !== undefined && { factor }),
    ...(increment !== undefined && { increment }),
    ...(delays && { delays }),
  };
}
