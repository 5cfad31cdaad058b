import { amount, count, flag, ratio, readOptions, type Kind, type OptionKind } from '../base/check.ts';

/** What is known of those who use a policy, and of what they call. What is left out leaves laws unchecked. */
export interface LintOptions {
  /** Calls that each instance makes, without retries · per second, above 0 · default unknown. */
  readonly callsPerSecond?: number | undefined;
  /** Processes that each have the policy · an integer, at least 1 · default 1. */
  readonly instances?: number | undefined;
  /** What the service can do for all of them together · calls per second, above 0 · default unknown. */
  readonly capacity?: number | undefined;
  /** The part of the calls that fails on a good day · 0 to 1 · default unknown. */
  readonly errorRate?: number | undefined;
  /** How long a call takes on a good day · ms, at least 0 · default unknown. */
  readonly latency?: number | undefined;
  /** Whether a call may be made twice · default unknown. */
  readonly idempotent?: boolean | undefined;
  /** Services in a row that guard their calls like this, each calling the next · an integer, at least 1 · default 1. */
  readonly hops?: number | undefined;
}

/** The same, read. */
export type Fleet = Readonly<Omit<LintOptions, 'instances' | 'hops'>> & {
  readonly instances: number;
  readonly hops: number;
};

/** Reads what is known. */
export function fleet(options: LintOptions | undefined): Fleet {
  const { instances = 1, hops = 1, ...given } = readOptions('lint', options, KINDS);
  return { ...given, instances, hops };
}

const positive: Kind = ['a finite number above 0', (value) => value > 0 && value < Infinity, RangeError];
const KINDS: { readonly [Name in keyof Required<LintOptions>]: OptionKind } = {
  callsPerSecond: positive,
  instances: count,
  capacity: positive,
  errorRate: ratio,
  latency: amount,
  idempotent: flag,
  hops: count,
};
