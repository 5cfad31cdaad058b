/**
 * One limit of a rate limiter, by the generic cell rate algorithm, as plain data. Times are counted in ms · `limit`, so
 * that whole numbers stay whole: a unit of cost takes `interval`.
 *
 * A grant of `cost` at a time turns the theoretical arrival time into max(time, tat) + interval · cost. For a grant that
 * may still be corrected, what came after it is kept as one such step, so that it can be done again without it.
 *
 * Source: ITU-T I.371, 2004, annex A, virtual scheduling, where TAT is the theoretical arrival time.
 */
export interface Gcra {
  /** Units of cost in an interval. */
  readonly limit: number;
  /** Ms. */
  readonly interval: number;
  /** Units that may be used at once. */
  readonly burst: number;
  /** When everything granted so far has been paid for. */
  tat: number;
  /** The same for what came before the first open grant; says nothing while there is none. */
  base: number;
  /** Grants whose cost may still be corrected, in order. */
  readonly open: Grant[];
}

/** A step of the theoretical arrival time: max(tat + sum, floor). */
interface Step {
  sum: number;
  floor: number;
}

/** A grant whose cost may still be corrected. */
export interface Grant {
  readonly cost: number;
  /** When it was granted for, in ms · `limit`. */
  readonly start: number;
  /** What came after it, up to the next open grant. */
  readonly next: Step;
}

/** The most grants that are kept open; the oldest tenth is closed for the next. */
const MOST_OPEN = 10_000;

/** A limit that nothing has been taken from. */
export function gcra(limit: number, interval: number, burst: number): Gcra {
  return { limit, interval, burst, tat: 0, base: 0, open: [] };
}

/** The first moment, in ms, at which `cost` can be granted once everything up to `tat` has been. */
export function earliest(state: Gcra, cost: number, tat: number = state.tat): number {
  return due(state, cost, tat) / state.limit;
}

/** What `tat` becomes by a grant of `cost` at `time`. */
export function advance(state: Gcra, cost: number, time: number, tat: number = state.tat): number {
  // Exactly when all was paid for, if that is when it comes, so that no rounding adds up.
  return (tat / state.limit < time ? time * state.limit : tat) + state.interval * cost;
}

/** Takes `cost` at `time`, for good. */
export function charge(state: Gcra, cost: number, time: number): void {
  if (!state.open.length) state.tat = advance(state, cost, time);
  else add(state, state.interval * cost, begin(state, cost, time, time));
}

/** Grants `cost` at `time`, which is not before `earliest`, nor `now`. The grant is open until it is corrected. */
export function grant(state: Gcra, cost: number, time: number, now: number = time): Grant {
  const { open } = state;
  const granted = { cost, start: begin(state, cost, time, now), next: { sum: 0, floor: -Infinity } };
  if (!open.length) state.base = state.tat;
  state.tat = advance(state, cost, time);
  open.push(granted);
  if (open.length > MOST_OPEN) state.base = replay(state, open.splice(0, MOST_OPEN / 10));
  return granted;
}

/**
 * Corrects what a grant has cost, once, and closes it. Less: as if it had been so from the beginning, with all that has
 * been granted since at the times when it was. More: the rest is charged now, whether or not so much is left.
 */
export function correct(state: Gcra, granted: Grant, cost: number, now: number): void {
  close(state, granted, Math.min(cost, granted.cost));
  if (cost > granted.cost) charge(state, cost - granted.cost, now);
}

/** Lowers what is left at `time` to `units`, for good; never raises it. */
export function lower(state: Gcra, units: number, time: number): void {
  add(state, 0, time * state.limit + state.interval * (state.burst - units));
}

/** How many units are left at `now`. */
export function unitsLeft({ limit, interval, burst, tat }: Gcra, now: number): number {
  return Math.min(burst, burst - (tat - now * limit) / interval);
}

function due({ interval, burst }: Gcra, cost: number, tat: number): number {
  return tat + interval * (cost - burst);
}

/**
 * When a grant counts from: exactly when it was due, if that is when it comes. After a rest that is over, nothing that was
 * granted before it matters any more.
 */
function begin(state: Gcra, cost: number, time: number, now: number): number {
  const exact = due(state, cost, state.tat);
  const start = exact / state.limit === time ? exact : time * state.limit;
  if (start > state.tat && time <= now) state.open.length = 0;
  return start;
}

function after(tat: number, { sum, floor }: Step): number {
  return Math.max(tat + sum, floor);
}

/** Adds a cost of `sum` from `start` on, after all that has been. */
function add(state: Gcra, sum: number, start: number): void {
  const step = { sum, floor: start + sum };
  state.tat = after(state.tat, step);
  follow(state, state.open.length - 1, step);
}

/** Adds a step to what came after an open grant, or before all of them. */
function follow(state: Gcra, index: number, step: Step): void {
  const { next } = state.open[index] ?? {};
  if (!next) state.base = after(state.base, step);
  else {
    next.floor = after(next.floor, step);
    next.sum += step.sum;
  }
}

/** Makes `cost` the last word on a grant. One that has cost nothing leaves no trace. */
function close(state: Gcra, granted: Grant, cost: number): void {
  const { open, interval } = state;
  const index = open.indexOf(granted);
  if (index < 0) return;
  open.splice(index, 1);
  const sum = interval * cost;
  if (cost) follow(state, index - 1, { sum, floor: granted.start + sum });
  follow(state, index - 1, granted.next);
  if (cost !== granted.cost) state.tat = replay(state, open);
}

/** What `tat` becomes from `base` on by open grants and what came after them. */
function replay({ base, interval }: Gcra, grants: readonly Grant[]): number {
  return grants.reduce((tat, { start, cost, next }) => after(Math.max(start, tat) + interval * cost, next), base);
}
