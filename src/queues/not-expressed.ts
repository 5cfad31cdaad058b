import { same, type RetryCurve } from './retry-curve.ts';

/** The settings of an engine, and what they do not say. */
export interface Expressed<Settings> {
  readonly settings: Settings;
  /**
   * What differs from the backoff, one text each, in the form *‹kind›: ‹what it is› becomes ‹what the settings make of
   * it›*; the kinds are `jitter`, `curve`, `cap` and `attempts`. Empty where nothing does.
   */
  readonly notExpressed: readonly string[];
}

/** What the settings of an engine make of a retry. */
interface Waits {
  /** The delays that were to be met, in ms. */
  readonly wanted: readonly number[];
  /** Those that are. */
  readonly waited: readonly number[];
  /** The part of its longest from which the engine draws a delay evenly: 1 if it always waits the longest. */
  readonly share: number;
  /** How many retries it can be asked for at most. */
  readonly most: number;
}

/** Puts into words how what an engine waits differs from a backoff. */
export function notExpressed(curve: RetryCurve, { wanted, waited, share, most }: Waits): string[] {
  const notes: string[] = [];
  if (!curve.even || !same(curve.share, share)) {
    notes.push(`jitter: ${spread(curve.share)}${curve.even ? '' : ', unevenly,'} becomes ${spread(share)}`);
  }
  const off = wanted.map((delay, index) => (same(delay, waited[index]!) ? 0 : Math.abs(delay - waited[index]!)));
  const worst = off.indexOf(Math.max(...off));
  if (off[worst]) {
    const differ = `${off.filter(Boolean).length} of ${off.length} delays differ`;
    const [is, becomes] = [wanted, waited].map((delays) => `${Number(delays[worst]!.toPrecision(6))} ms`);
    notes.push(
      `curve: ${differ}, from retry ${off.findIndex(Boolean) + 1} on, most retry ${worst + 1}: ${is} becomes ${becomes}`,
    );
  }
  if (!curve.whole) notes.push(`cap: what changes after retry ${wanted.length} becomes constant`);
  if (curve.maxAttempts - 1 > most) notes.push(`attempts: ${curve.maxAttempts} becomes ${most + 1}`);
  return notes;
}

function spread(share: number): string {
  return share === 1 ? 'none' : `${Math.round(share * 100)} to 100 % of the longest delay`;
}
