import type { TripRule } from '../state/trip-rule.ts';

/** How many calls are looked at, where the window is not one of calls: as many as one of calls holds at most. */
const MOST = 100_000;

/**
 * The fewest calls on which a rule trips, if all of them fail, slowly, or every other one does; `undefined` if there is
 * no such number. Found by asking, so it holds for rules made by hand too.
 */
export function tripPoint({ window, trips }: TripRule, share: 1 | 0.5): number | undefined {
  const most = window && 'calls' in window ? window.calls : MOST;
  for (let calls = 1 / share; calls <= most; calls += 1 / share) {
    const bad = calls * share;
    if (trips({ calls, failures: bad, slow: bad, consecutiveFailures: share === 1 ? bad : 1 })) return calls;
  }
  return undefined;
}

/** A rule in words: `3 in a row or 8 of 16 failed, in 10000 ms`. */
export function tripWords(rule: TripRule): string {
  const [straight, half] = [tripPoint(rule, 1), tripPoint(rule, 0.5)];
  const points = [straight && `${straight} in a row`, half && `${half / 2} of ${half}`].filter(Boolean);
  if (!points.length) return 'never';
  const { window, needsSlowCalls } = rule;
  const span = !window ? '' : 'calls' in window ? ` of the last ${window.calls}` : ` in ${window.duration} ms`;
  return `${points.join(' or ')} ${needsSlowCalls ? 'slow' : 'failed'}${span}`;
}
