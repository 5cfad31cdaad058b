import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { RateLimitedError, RateLimiter, type Clock, type Rate, type Reservation } from 'holdfast';

const RUNS = 20_400;

/** Time that passes when the test says so, without a macrotask for every step. */
class HandClock implements Clock {
  time = 0;
  timers: { readonly at: number; readonly ring: () => void }[] = [];
  readonly now = (): number => this.time;
  readonly setTimer = (delay: number, ring: () => void): (() => void) => {
    const timer = { at: this.time + delay, ring };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  };

  /** Moves to the next timer up to `end` and rings it. */
  step(end: number): boolean {
    const at = Math.min(...this.timers.map((timer) => timer.at));
    const next = this.timers.find((timer) => timer.at === at);
    if (!next || at > end) return false;
    this.timers = this.timers.filter((each) => each !== next);
    this.time = Math.max(this.time, at);
    next.ring();
    return true;
  }
}

/** Lets what is ready run: as many turns as the longest chain needs, and some more. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await undefined;
}

/** Something that happened to a limit: a grant or a charge of so much at a time, or a word that at most so much is left. */
type Entry = { readonly at: number; cost: number } | { readonly at: number; readonly left: number };

/** One limit: all that has ever been granted, recounted every time. */
class ModelLimit {
  readonly each: number;
  readonly burst: number;
  constructor({ limit, interval, burst = limit }: Rate) {
    this.each = interval / limit;
    this.burst = burst;
  }

  /** When all of it has been paid for. */
  paid(log: readonly Entry[]): number {
    let paid = 0;
    for (const entry of log) {
      if ('cost' in entry) paid = Math.max(entry.at, paid) + this.each * entry.cost;
      else paid = Math.max(paid, entry.at + this.each * (this.burst - entry.left));
    }
    return paid;
  }

  earliest(log: readonly Entry[], cost: number): number {
    return this.paid(log) + this.each * (cost - this.burst);
  }

  left(log: readonly Entry[], now: number): number {
    return Math.min(this.burst, this.burst - (this.paid(log) - now) / this.each);
  }

  /** No span holds more than its share: every pair of grants is looked at. */
  checkSpans(log: readonly Entry[]): void {
    const grants = log.flatMap((entry) => ('cost' in entry && !(entry as Charge).charge ? [entry] : []));
    grants.sort((one, other) => one.at - other.at);
    for (const [index, { at: from }] of grants.entries()) {
      let sum = 0;
      for (const { at, cost } of grants.slice(index)) {
        sum += cost;
        if (sum > this.burst + (at - from) / this.each) throw new Error(`${sum} units from ${from} to ${at}`);
      }
    }
  }
}

/** A debt rather than a grant: what a call has cost beyond what it was granted. */
interface Charge {
  readonly at: number;
  cost: number;
  readonly charge: true;
}

/** Whether a call is over as soon as it goes, and whether its cost may be corrected when it is over. */
type Kind = 'acquire' | 'execute' | 'execute and correct' | 'reserve' | 'tryAcquire';

interface ModelCall {
  readonly id: number;
  readonly cost: number;
  /** What it has been granted by each limit; nothing while it waits without a time of its own. */
  entries: { at: number; cost: number }[];
  readonly kind: Kind;
  state: 'waiting' | 'running' | 'over';
  /** When it came, and how much time its context says is left: always as much. */
  since: number;
  remaining: number;
}

/** A limiter written for being plain: lists, and a replay of them for every question. */
class Model {
  now = 0;
  held = 0;
  calls: ModelCall[] = [];
  line: ModelCall[] = [];
  reservations: ModelCall[] = [];
  trace: string[] = [];
  readonly limits: ModelLimit[];
  readonly logs: Entry[][];
  readonly setup: Setup;

  constructor(setup: Setup) {
    this.setup = setup;
    this.limits = (setup.calls ? [setup.rate, setup.calls] : [setup.rate]).map((rate) => new ModelLimit(rate));
    this.logs = this.limits.map(() => []);
  }

  /** When a cost can be had after `logs`, and not before `after`. */
  turn(cost: number, logs: readonly Entry[][] = this.logs, after = 0): number {
    const each = this.limits.map((limit, index) => limit.earliest(logs[index]!, index ? 1 : cost));
    return Math.max(after, this.held, this.now, ...each);
  }

  /** When each in line goes, and when one more would: the future, played out. */
  forecast(cost: number): number {
    const logs = this.logs.map((log) => [...log]);
    let last = 0;
    for (const call of this.line) {
      if (call.entries.length) {
        last = call.entries[0]!.at;
        continue;
      }
      last = this.turn(call.cost, logs, last);
      logs.forEach((log, index) => log.push({ at: last, cost: index ? 1 : call.cost }));
    }
    return this.turn(cost, logs, last);
  }

  /** Refuses those in line who would now have to wait for longer than they can. */
  refit(): void {
    const logs = this.logs.map((log) => [...log]);
    let last = 0;
    const line = this.line.slice();
    for (const call of line) {
      const [given] = call.entries;
      const turn = given ? given.at : this.turn(call.cost, logs, last);
      if (!given && (turn - call.since > this.setup.maxWait || turn - this.now >= call.remaining)) {
        call.state = 'over';
        this.line.splice(this.line.indexOf(call), 1);
        continue;
      }
      last = turn;
      if (!given) logs.forEach((log, index) => log.push({ at: turn, cost: index ? 1 : call.cost }));
    }
  }

  grant(call: ModelCall, at: number): void {
    call.entries = this.logs.map((log, index) => {
      const entry = { at, cost: index ? 1 : call.cost };
      log.push(entry);
      return entry;
    });
  }

  /** When the first in line goes. */
  next(): number {
    const [head] = this.line;
    if (!head) return Infinity;
    return head.entries[0]?.at ?? this.turn(head.cost, this.logs);
  }

  serve(): void {
    while (this.next() <= this.now) {
      const call = this.line.shift()!;
      if (!call.entries.length) this.grant(call, this.now);
      this.go(call);
    }
  }

  go(call: ModelCall): void {
    call.state = call.kind === 'acquire' ? 'over' : 'running';
    this.trace.push(`${call.id}: ${call.kind} goes at ${this.now}`);
  }

  correct(call: ModelCall, cost: number, calls: number): void {
    call.entries.forEach((entry, index) => {
      const actual = index ? calls : cost;
      if (!actual) this.logs[index]!.splice(this.logs[index]!.indexOf(entry), 1);
      else if (actual <= entry.cost) entry.cost = actual;
      else this.logs[index]!.push({ at: this.now, cost: actual - entry.cost, charge: true } as Charge);
    });
    call.entries = [];
    if (cost > call.cost) this.refit();
    this.serve();
  }

  leave(call: ModelCall): void {
    call.state = 'over';
    this.line = this.line.filter((each) => each !== call);
    this.correct(call, 0, 0);
  }

  passTo(end: number): void {
    for (let next = this.next(); next <= end; next = this.next()) {
      this.now = Math.max(this.now, next);
      this.serve();
    }
    this.now = end;
  }

  reserve(cost: number): ModelCall {
    let last = 0;
    for (const call of this.line) {
      if (!call.entries.length) this.grant(call, this.turn(call.cost, this.logs, last));
      last = call.entries[0]!.at;
    }
    const call = this.newCall(-1, cost, 'reserve');
    this.grant(call, this.turn(cost, this.logs, last));
    return call;
  }

  newCall(id: number, cost: number, kind: Kind): ModelCall {
    return { id, cost, kind, entries: [], state: 'over', since: this.now, remaining: Infinity };
  }

  /** A call comes: how long it would wait, if it is refused. */
  enter(call: ModelCall, remaining = Infinity): number | undefined {
    const { maxQueued, maxWait } = this.setup;
    const wait = this.forecast(call.cost) - this.now;
    if (!this.line.length && wait <= 0) {
      this.grant(call, this.now);
      this.go(call);
      return undefined;
    }
    if (this.line.length >= maxQueued || wait > maxWait || wait >= remaining) {
      this.trace.push(`${call.id}: ${call.kind} is refused`);
      return wait;
    }
    call.state = 'waiting';
    call.remaining = remaining;
    this.line.push(call);
    return undefined;
  }
}

interface Setup {
  readonly rate: Rate;
  readonly calls?: Rate | undefined;
  readonly cost: number;
  readonly maxQueued: number;
  readonly maxWait: number;
}

/** The limiter itself, and what is under way in it. */
interface Real {
  readonly limiter: RateLimiter;
  readonly clock: HandClock;
  readonly calls: RealCall[];
  readonly reservations: Reservation[];
  readonly trace: string[];
}

interface RealCall {
  readonly abort: () => void;
  readonly finish: (outcome: number | 'fails') => void;
  readonly settlements: unknown[];
}

type Command = fc.AsyncCommand<Model, Real>;
let commandsRun = 0;

function command(name: string, run: (model: Model, real: Real) => unknown): Command {
  return {
    check: () => true,
    async run(model, real) {
      commandsRun++;
      await run(model, real);
      await settled();
      model.serve();
      expect(inOrder(real.trace)).toEqual(inOrder(model.trace));
      expect(real.limiter.queued).toBe(model.line.length);
      const left = model.limits[0]!.left(model.logs[0]!, model.now);
      expect(real.limiter.available).toBe(model.held > model.now ? Math.min(0, left) : left);
      expect(real.calls.map(({ settlements }) => settlements.length)).toEqual(
        model.calls.map(({ state }) => Number(state === 'over')),
      );
      expect(real.clock.timers.length).toBe(model.line.length ? 1 : 0);
    },
    toString: () => name,
  };
}

/** In order for those of one kind: from its turn to its caller, an `acquire` is some turns longer on its way than an `execute`. */
function inOrder(trace: readonly string[]): unknown {
  const isAcquire = (line: string): boolean => line.includes('acquire');
  return [trace.filter(isAcquire), trace.filter((line) => !isAcquire(line))];
}

/** Starts a call on both sides, and looks at its refusal if it is refused. */
async function start(
  model: Model,
  real: Real,
  cost: number,
  kind: Kind,
  remaining: number,
  execute: (fn: () => unknown, signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const id = model.calls.length;
  const call = model.newCall(id, cost, kind);
  model.calls.push(call);
  const expected = model.enter(call, remaining);

  const controller = new AbortController();
  const settlements: unknown[] = [];
  let finish: RealCall['finish'] = () => {};
  real.calls.push({
    abort: () => controller.abort('stop'),
    finish: (outcome) => finish(outcome),
    settlements,
  });
  const promise = execute(() => {
    real.trace.push(`${id}: ${kind} goes at ${real.clock.time}`);
    if (kind === 'acquire') return undefined;
    return new Promise((resolve, reject) => {
      finish = (outcome) => (outcome === 'fails' ? reject(new Error('down')) : resolve(outcome));
    });
  }, controller.signal);
  promise.then(
    (value) => settlements.push(value),
    (error: unknown) => settlements.push(error),
  );
  await settled();
  if (expected === undefined) return;
  real.trace.push(`${id}: ${kind} is refused`);
  expect(settlements[0]).toBeInstanceOf(RateLimitedError);
  expect(settlements).toEqual([new RateLimitedError('rate limiter', expected)]);
}

const passes = (ms: number): Command =>
  command(`${ms} ms pass`, async (model, real) => {
    model.passTo(model.now + ms);
    const end = real.clock.time + ms;
    while (real.clock.step(end)) await settled();
    real.clock.time = end;
  });

const costs = fc.integer({ min: 1, max: 4 });
const actual = ({ value }: { value: unknown }): number => value as number;

const executes = fc
  .record({ cost: costs, corrected: fc.boolean() })
  .map(({ cost, corrected }) =>
    command(`execute ${cost}${corrected ? ', to be corrected' : ''}`, (model, real) =>
      start(model, real, cost, corrected ? 'execute and correct' : 'execute', Infinity, (fn, signal) =>
        real.limiter.execute(fn, { cost, signal, ...(corrected ? { actualCost: actual } : {}) }),
      ),
    ),
  );

const executesInTime = fc
  .constantFrom(1, 8, 25, Infinity)
  .map((remaining) =>
    command(`execute with ${remaining} ms left`, (model, real) =>
      start(model, real, model.setup.cost, 'execute', remaining, (fn, signal) =>
        real.limiter.execute(fn, { signal, remaining, attempt: 1 }),
      ),
    ),
  );

const acquires = costs.map((cost) =>
  command(`acquire ${cost}`, (model, real) =>
    start(model, real, cost, 'acquire', Infinity, async (fn, signal) => {
      await real.limiter.acquire(cost, { signal });
      await fn();
    }),
  ),
);

const triesToAcquire = costs.map((cost) =>
  command(`tryAcquire ${cost}`, (model, real) => {
    const expected = !model.line.length && model.turn(cost) <= model.now;
    if (expected) model.grant(model.newCall(-1, cost, 'tryAcquire'), model.now);
    expect(real.limiter.tryAcquire(cost)).toBe(expected);
  }),
);

const reserves = costs.map((cost) =>
  command(`reserve ${cost}`, (model, real) => {
    const expected = model.reserve(cost);
    model.reservations.push(expected);
    const reservation = real.limiter.reserve(cost);
    real.reservations.push(reservation);
    const { at } = expected.entries[0]!;
    expect([reservation.at, reservation.delay]).toEqual([at, at - model.now]);
  }),
);

const finishesReservation = fc
  .record({ which: fc.nat(20), cost: fc.constantFrom('cancel' as const, 'cancel' as const, 0, 1, 2, 3, 5) })
  .map(({ which, cost }) =>
    command(cost === 'cancel' ? `cancel ${which}` : `settle ${which} at ${cost}`, (model, real) => {
      const index = which % (real.reservations.length || 1);
      const [expected, reservation] = [model.reservations[index], real.reservations[index]];
      if (!expected || !reservation) return;
      if (cost === 'cancel') {
        model.correct(expected, 0, 0);
        reservation.cancel();
      } else {
        if (expected.entries.length) model.correct(expected, cost, 1);
        reservation.settle(cost);
      }
    }),
  );

const finishes = fc
  .record({ which: fc.nat(20), outcome: fc.constantFrom('fails' as const, 0, 0, 1, 2, 5) })
  .map(({ which, outcome }) =>
    command(`end call ${which}: ${outcome}`, (model, real) => {
      const running = model.calls.filter(({ state }) => state === 'running');
      const call = running[which % (running.length || 1)];
      if (!call) return;
      call.state = 'over';
      if (call.kind === 'execute and correct') model.correct(call, outcome === 'fails' ? call.cost : outcome, 1);
      real.calls[call.id]!.finish(outcome);
    }),
  );

const abort = (model: Model, real: Real, which: number): void => {
  const alive = model.calls.filter((call) => call.state !== 'over');
  const call = alive[which % (alive.length || 1)];
  if (!call) return;
  if (call.state === 'waiting') model.leave(call);
  call.state = 'over';
  real.calls[call.id]!.abort();
};

const aborts = fc.nat(20).map((which) => command(`abort ${which}`, (model, real) => abort(model, real, which)));

/** The turn of one has come, but it has not gone on yet when it is aborted: it has used nothing. */
const abortsBetween = fc.nat(20).map((which) =>
  command(`abort ${which} as the timer rings`, (model, real) => {
    const next = model.next();
    if (next === Infinity) return;
    const waiting = new Set(model.line);
    const { length } = model.trace;
    model.now = Math.max(model.now, next);
    model.serve();
    real.clock.step(Infinity);
    const gone = [...waiting].filter((call) => call.state !== 'waiting');
    const call = gone[which % gone.length]!;
    const served = model.trace.splice(length).filter((line) => !line.startsWith(`${call.id}:`));
    model.trace.push(...served);
    model.leave(call);
    real.calls[call.id]!.abort();
  }),
);

const observes = fc
  .record({ requests: fc.option(fc.nat(5), { nil: undefined }), tokens: fc.option(fc.nat(5), { nil: undefined }) })
  .map(({ requests, tokens }) =>
    command(`observe ${requests} requests, ${tokens} tokens`, (model, real) => {
      const { logs, now } = model;
      if (logs[1] && tokens !== undefined) logs[0]!.push({ at: now, left: tokens });
      if (requests !== undefined) (logs[1] ?? logs[0]!).push({ at: now, left: requests });
      if (requests !== undefined || (logs[1] && tokens !== undefined)) model.refit();
      model.serve();
      real.limiter.observe({
        ...(requests === undefined ? {} : { 'x-ratelimit-remaining': String(requests) }),
        ...(tokens === undefined ? {} : { 'x-ratelimit-remaining-tokens': String(tokens) }),
      });
    }),
  );

/** Lets nothing through for a while. Those in line who have been given a time already are another matter. */
const holds = fc.constantFrom(5, 20, 60).map((ms): Command => ({
  ...command(`hold for ${ms} ms`, (model, real) => {
    model.held = Math.max(model.held, model.now + ms);
    model.refit();
    real.limiter.observe({ 'retry-after': String(ms / 1_000) });
  }),
  check: ({ line }) => line.every(({ entries }) => !entries.length),
}));

const time = fc.constantFrom(0, 1, 2, 3, 5, 10, 20, 40, 100).map(passes);

const common = [executes, executes, acquires, acquires, triesToAcquire, reserves]
  .concat([finishesReservation, finishesReservation, finishes, finishes, aborts, aborts, abortsBetween])
  .concat([observes, time, time, time]);

/** Whole numbers and halves and quarters of them, so that nothing is rounded on either side. */
const rate = fc.record({
  limit: fc.constantFrom(1, 2, 4, 8),
  interval: fc.constantFrom(5, 8, 10, 40),
  burst: fc.constantFrom(4, 5, 8),
});
const callRate = fc.record({
  limit: fc.constantFrom(1, 2, 4),
  interval: fc.constantFrom(4, 10, 20),
  burst: fc.integer({ min: 1, max: 4 }),
});
const line = { rate, cost: costs, maxQueued: fc.nat(5) };
const patience = { maxWait: fc.constantFrom(Infinity, Infinity, 0, 10, 30) };

let sequences = 0;

async function play(setup: Setup, sequence: Iterable<Command>): Promise<void> {
  sequences++;
  const clock = new HandClock();
  const { rate, calls, cost, maxQueued, maxWait } = setup;
  const limiter = new RateLimiter({ ...rate, calls, cost, maxQueued, maxWait, clock });
  const model = new Model(setup);
  const real: Real = { limiter, clock, calls: [], reservations: [], trace: [] };
  await fc.asyncModelRun(() => ({ model, real }), sequence);
  model.passTo(1e6);
  while (clock.step(1e6)) await settled();
  for (const call of model.calls) if (call.state === 'running') real.calls[call.id]!.finish(1);
  await settled();
  expect(inOrder(real.trace)).toEqual(inOrder(model.trace));
  expect(real.calls.map(({ settlements }) => settlements.length)).toEqual(model.calls.map(() => 1));
  expect([clock.timers, limiter.queued]).toEqual([[], 0]);
  model.limits.forEach((limit, index) => limit.checkSpans(model.logs[index]!));
}

function fuzz(setups: fc.Arbitrary<Setup>, commands: fc.Arbitrary<Command>[], numRuns: number): Promise<void> {
  const sequence = fc.commands(commands, { maxCommands: 30, size: 'max' });
  return fc.assert(fc.asyncProperty(setups, sequence, play), { numRuns });
}

describe('RateLimiter against its model', () => {
  afterAll(() => console.log(`rate limiter fuzzer: ${sequences} sequences of ${commandsRun} commands`));

  it('does what the model does with one limit', { timeout: 300_000 }, async () => {
    await fuzz(fc.record({ ...line, ...patience }), [...common, executesInTime, holds], RUNS / 2);
  });

  it('does what the model does with two limits', { timeout: 300_000 }, async () => {
    await fuzz(fc.record({ ...line, ...patience, calls: callRate }), [...common, executesInTime, holds], RUNS / 2);
  });
});
