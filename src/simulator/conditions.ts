import type { Trigger } from './trigger.ts';

/** What holds from one change to the next. */
export interface Conditions {
  /** From when on · ms. */
  readonly from: number;
  /** Until when · ms or `Infinity`. */
  readonly until: number;
  readonly slowdown: number;
  readonly capacity: number;
  readonly surge: number;
  readonly errors: number;
  readonly outage: boolean;
  readonly partition: boolean;
  readonly stall: boolean;
}

/**
 * What triggers make of one service, or of one group of clients: stretches of time, in order, without a gap, the last
 * one without end. Factors of triggers that overlap are multiplied, and so are the parts that do not fail.
 */
export function conditions(triggers: readonly Trigger[]): readonly Conditions[] {
  const edges = new Set([0, ...triggers.flatMap(({ at, duration }) => [at, at + duration])]);
  const starts = [...edges].sort((one, other) => one - other);
  return starts.map((from, index) => {
    const active = triggers.filter(({ at, duration }) => at <= from && from < at + duration);
    const product = (kind: 'slowdown' | 'capacity' | 'surge'): number =>
      active.reduce((all, each) => (each.kind === kind ? all * each.factor : all), 1);
    const any = (kind: Trigger['kind']): boolean => active.some((each) => each.kind === kind);
    return {
      from,
      until: starts[index + 1] ?? Infinity,
      slowdown: product('slowdown'),
      capacity: product('capacity'),
      surge: product('surge'),
      errors: 1 - active.reduce((all, each) => (each.kind === 'errors' ? all * (1 - each.rate) : all), 1),
      outage: any('outage'),
      partition: any('partition'),
      stall: any('stall'),
    };
  });
}

/** What holds at a time. */
export function conditionsAt(stretches: readonly Conditions[], time: number): Conditions {
  let index = stretches.length - 1;
  while (index && stretches[index]!.from > time) index--;
  return stretches[index]!;
}
