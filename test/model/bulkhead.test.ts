import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  Bulkhead,
  BulkheadFullError,
  onObserverError,
  pipeline,
  timeout,
  TimeoutError,
  type Guarded,
  type Policy,
  type Releasable,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { turns } from '../rejection.ts';

const RUNS = 20_000;
/** The limit on an attempt, inside the bulkhead. */
const INNER = 15;
/** The limit on a whole call, around the bulkhead. */
const OUTER = 25;

/**
 * No two things that matter happen at the same time: every call has a fraction of a millisecond of its own, sums of
 * such fractions differ, and half a millisecond is that of the longest wait.
 */
const fraction = (id: number): number => 2 ** -(2 * id + 2);
/** That of the limit on a whole call, which has another one. */
const outer = (id: number): number => OUTER + 2 ** -(2 * id + 3);

interface Setup {
  readonly maxConcurrent: number;
  readonly maxQueued: number;
  readonly maxWait: number;
  readonly releaseOn: 'settle' | 'timeout';
}

/** What a call does, and what is around it. */
interface Work {
  readonly does: 'start';
  readonly ends: 'value' | 'error';
  /** Ms; 0: at once; `Infinity`: when it is let go. */
  readonly after: number;
  /** Whether it heeds its signal. */
  readonly listens: boolean;
  readonly limit: 'none' | 'inner' | 'outer';
}

type Step = (
  | Work
  | { readonly does: 'acquire' | 'tryAcquire' }
  | { readonly does: 'abort' | 'let go'; readonly which: number }
  | { readonly does: 'resize'; readonly to: number }
  | { readonly does: 'wait'; readonly ms: number }
) & {
  /** Whether what is ready runs before the next step; if not, that is made in the same turn. */
  readonly settles: boolean;
};

const PERMIT: Work = { does: 'start', ends: 'value', after: Infinity, listens: false, limit: 'none' };

interface ModelCall {
  readonly id: number;
  readonly kind: 'call' | 'permit' | 'bare permit';
  readonly work: Work;
  state: 'refused' | 'queued' | 'handed' | 'begun' | 'over';
  /** Whether it has a slot. */
  holds: boolean;
  /** When its work ends; `undefined`: it does not work. */
  worksUntil: number | undefined;
  patience: number;
  inner: number;
  outer: number;
  outcome: string | undefined;
}

/** A bulkhead written for being plain: a line, a number, and a list of all calls that is gone through every time. */
class Model {
  now = 0;
  running = 0;
  refusals = 0;
  max: number;
  readonly calls: ModelCall[] = [];
  readonly begun: number[] = [];
  readonly line: ModelCall[] = [];
  /** Handed a slot in this turn: they begin in the next. */
  #handed: ModelCall[] = [];
  /** Permits that were given in this turn: they arrive in the next. */
  #arriving: ModelCall[] = [];
  /** Their work has ended in this turn: that is seen in the next. */
  #ended: ModelCall[] = [];
  readonly #setup: Setup;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.max = setup.maxConcurrent;
  }

  get counts(): string {
    return `${this.running} running, ${this.line.length} queued`;
  }

  start(work: Work, kind: ModelCall['kind']): ModelCall {
    const id = this.calls.length;
    const call: ModelCall = {
      id,
      kind,
      work,
      state: 'queued',
      holds: false,
      worksUntil: undefined,
      patience: Infinity,
      inner: Infinity,
      outer: work.limit === 'outer' ? this.now + outer(id) : Infinity,
      outcome: undefined,
    };
    this.calls.push(call);
    if (this.running < this.max && !this.line.length) {
      this.#give(call);
      this.#begin(call);
    } else if (kind === 'bare permit' || this.line.length >= this.#setup.maxQueued || !this.#setup.maxWait) {
      this.#refuse(call);
      call.state = 'refused';
    } else {
      call.patience = this.now + this.#setup.maxWait;
      this.line.push(call);
    }
    return call;
  }

  abort(call: ModelCall): void {
    if (call.kind !== 'bare permit') this.#giveUp(call, `aborted ${call.id}`);
  }

  letGo(call: ModelCall): void {
    if (call.kind !== 'call') {
      if (call.outcome === 'a permit') this.#free(call);
    } else if (call.worksUntil === Infinity) this.#end(call);
  }

  resize(to: number): void {
    this.max = to;
    this.#handOver();
  }

  /** Lets what is ready run. */
  settle(): void {
    for (const call of this.calls) if (call.state === 'refused') call.state = 'over';
    while (this.#handed.length || this.#ended.length || this.#arriving.length) {
      for (const call of this.#handed.splice(0)) if (call.state === 'handed') this.#begin(call);
      for (const call of this.#arriving.splice(0)) {
        if (call.state !== 'begun') continue;
        call.outcome = 'a permit';
        call.state = 'over';
      }
      for (const call of this.#ended.splice(0)) {
        call.outcome ??= `${call.work.ends} ${call.id}`;
        call.state = 'over';
        this.#free(call);
      }
    }
  }

  wait(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      this.settle();
      let at = Infinity;
      let next = (): void => {};
      const consider = (time: number, then: () => void): void => {
        if (time >= at) return;
        at = time;
        next = then;
      };
      for (const call of this.calls) {
        const { id, state, inner, patience, worksUntil } = call;
        if (worksUntil !== undefined) consider(worksUntil, () => this.#end(call));
        if (state === 'over') continue;
        consider(call.outer, () => this.#giveUp(call, `timeout ${outer(id)}`));
        if (state === 'begun') consider(inner, () => this.#giveUp(call, `timeout ${INNER}`));
        if (state === 'queued') consider(patience, () => this.#lose(call));
      }
      if (at > end || at === Infinity) break;
      this.now = at;
      next();
    }
    this.now = Math.max(this.now, end);
  }

  #give(call: ModelCall): void {
    call.holds = true;
    this.running++;
  }

  #free(call: ModelCall): void {
    if (!call.holds) return;
    call.holds = false;
    this.running--;
    this.#handOver();
  }

  #handOver(): void {
    while (this.running < this.max && this.line.length) {
      const call = this.line.shift()!;
      this.#give(call);
      call.state = 'handed';
      this.#handed.push(call);
    }
  }

  #begin(call: ModelCall): void {
    const { id, kind, work } = call;
    call.state = 'begun';
    if (kind === 'bare permit') call.outcome = 'a permit';
    if (kind === 'permit') this.#arriving.push(call);
    if (kind !== 'call') return;
    this.begun.push(id);
    if (work.limit === 'inner') call.inner = this.now + INNER;
    call.worksUntil = work.after && this.now + work.after + fraction(id);
    if (!work.after) this.#end(call);
  }

  /** The work of a call has ended. */
  #end(call: ModelCall): void {
    call.worksUntil = undefined;
    this.#ended.push(call);
  }

  #giveUp(call: ModelCall, outcome: string): void {
    const { state, work } = call;
    if (state === 'over') return;
    if (state === 'refused') call.outcome = outcome;
    call.outcome ??= outcome;
    call.state = 'over';
    if (state === 'queued') this.line.splice(this.line.indexOf(call), 1);
    if (state === 'handed' || this.#setup.releaseOn === 'timeout') this.#free(call);
    if (state === 'begun' && work.listens && call.worksUntil !== undefined) this.#end(call);
    if (state === 'begun' && call.kind === 'permit' && call.holds) this.#ended.push(call);
  }

  #lose(call: ModelCall): void {
    this.line.splice(this.line.indexOf(call), 1);
    this.#refuse(call);
    call.state = 'over';
  }

  #refuse(call: ModelCall): void {
    this.refusals++;
    call.outcome = call.kind === 'bare permit' ? 'no permit' : this.counts;
  }
}

/** The bulkhead itself, and what is under way in it. */
class Real {
  readonly clock = new VirtualClock();
  refusals = 0;
  readonly begun: number[] = [];
  readonly calls: RealCall[] = [];
  readonly bulkhead: Bulkhead;
  readonly #policies: { readonly none: Policy; readonly inner: Policy };

  constructor(setup: Setup) {
    const { clock } = this;
    const rejected = (): never => {
      this.refusals++;
      throw new Error('an observer that throws');
    };
    this.bulkhead = new Bulkhead({ ...setup, clock, on: { rejected } });
    this.#policies = { none: this.bulkhead, inner: pipeline(this.bulkhead, timeout(INNER, { clock })) };
  }

  start(work: Work): void {
    const { clock } = this;
    const call = this.#add();
    const { id, signal } = call;
    const fn: Guarded<string> = (context) => {
      this.begun.push(id);
      if (storage.getStore() !== id) call.settlements.push(`in the async context of ${storage.getStore()}`);
      if (!work.after && work.ends === 'error') throw new Error(`error ${id}`);
      if (!work.after) return `value ${id}`;
      return new Promise<string>((resolve, reject) => {
        let cancel = (): void => {};
        const finish = (): void => (work.ends === 'value' ? resolve(`value ${id}`) : reject(new Error(`error ${id}`)));
        if (work.after < Infinity) cancel = clock.setTimer(work.after + fraction(id), finish);
        else call.letGo = finish;
        if (!work.listens) return;
        context.signal.addEventListener('abort', () => {
          cancel();
          reject(new Error('given up'));
        });
      });
    };
    const policy =
      work.limit === 'outer' ? pipeline(timeout(outer(id), { clock }), this.bulkhead) : this.#policies[work.limit];
    storage.run(id, () => this.#watch(call, policy.execute(fn, { signal })));
  }

  acquire(): void {
    const call = this.#add();
    const permit = this.bulkhead.acquire({ signal: call.signal });
    this.#watch(
      call,
      permit.then((given) => {
        call.letGo = () => giveBack(given);
        return 'a permit';
      }),
    );
  }

  tryAcquire(): void {
    const call = this.#add();
    const permit = this.bulkhead.tryAcquire();
    call.settlements.push(permit ? 'a permit' : 'no permit');
    call.letGo = () => permit && giveBack(permit);
  }

  #add(): RealCall {
    const controller = new AbortController();
    const { signal } = controller;
    const id = this.calls.length;
    const abort = (): void => controller.abort(`aborted ${id}`);
    const call: RealCall = { id, signal, abort, letGo: () => {}, settlements: [] };
    this.calls.push(call);
    return call;
  }

  #watch(call: RealCall, promise: Promise<string>): void {
    promise.then(
      (value) => call.settlements.push(value),
      (error: unknown) => call.settlements.push(told(error)),
    );
  }
}

interface RealCall {
  readonly id: number;
  readonly signal: AbortSignal;
  readonly abort: () => void;
  /** Ends its work, or gives its permit back. */
  letGo: () => void;
  readonly settlements: string[];
}

const storage = new AsyncLocalStorage<number>();

/** Twice: the second time changes nothing. */
function giveBack(permit: Releasable): void {
  permit.release();
  permit[Symbol.dispose]();
}

function told(error: unknown): string {
  if (error instanceof BulkheadFullError) return `${error.running} running, ${error.queued} queued`;
  if (error instanceof TimeoutError) return `timeout ${error.timeout}`;
  return error instanceof Error ? error.message : String(error);
}

async function settle(model: Model): Promise<void> {
  model.settle();
  await turns();
  await turns();
}

/** Gives a promise only where time has to pass: the others have to be made in the same turn. */
function make(step: Step, model: Model, real: Real): Promise<void> | void {
  switch (step.does) {
    case 'start':
      model.start(step, 'call');
      return real.start(step);
    case 'acquire':
      model.start(PERMIT, 'permit');
      return real.acquire();
    case 'tryAcquire':
      model.start(PERMIT, 'bare permit');
      return real.tryAcquire();
    case 'resize':
      model.resize(step.to);
      return real.bulkhead.resize(step.to);
    case 'wait':
      model.wait(step.ms);
      return real.clock.advance(step.ms);
    default: {
      const index = step.which % (real.calls.length || 1);
      const call = real.calls[index];
      if (!call) return;
      if (step.does === 'abort') {
        model.abort(model.calls[index]!);
        return call.abort();
      }
      if (model.calls[index]!.kind === 'permit') return letGoPermit(index, model, real);
      model.letGo(model.calls[index]!);
      return call.letGo();
    }
  }
}

/** A permit that was asked for in this very turn has not arrived. */
async function letGoPermit(index: number, model: Model, real: Real): Promise<void> {
  await settle(model);
  model.letGo(model.calls[index]!);
  real.calls[index]!.letGo();
  await settle(model);
}

/** What can be seen at any time. */
function compare(model: Model, real: Real): void {
  const { running, queued, maxConcurrent } = real.bulkhead;
  same(
    `${running} running, ${queued} queued, at most ${maxConcurrent}; begun: ${real.begun.join()}`,
    `${model.counts}, at most ${model.max}; begun: ${model.begun.join()}`,
  );
  same(real.refusals, model.refusals);
}

/** What can be seen when what is ready has run. */
function compareOutcomes(model: Model, real: Real): void {
  same(
    real.calls.map(({ settlements }) => settlements.join(' and ')).join('\n'),
    model.calls.map(({ outcome }) => outcome ?? '').join('\n'),
  );
}

/** `expect` alone would take most of the time. */
function same(actual: unknown, expected: unknown): void {
  if (actual !== expected) expect(actual).toBe(expected);
}

const steps: fc.Arbitrary<Step[]> = (() => {
  const settles = fc.boolean();
  const which = fc.nat(15);
  const start = fc.record({
    does: fc.constant('start' as const),
    ends: fc.constantFrom('value' as const, 'error' as const),
    after: fc.constantFrom(0, 10, 20, 40, Infinity, Infinity),
    listens: fc.boolean(),
    limit: fc.constantFrom('none' as const, 'inner' as const, 'outer' as const),
    settles,
  });
  const step = fc.oneof(
    { arbitrary: start, weight: 8 },
    { arbitrary: fc.record({ does: fc.constantFrom('acquire' as const, 'tryAcquire' as const), settles }), weight: 2 },
    { arbitrary: fc.record({ does: fc.constantFrom('abort' as const, 'let go' as const), which, settles }), weight: 5 },
    {
      arbitrary: fc.record({ does: fc.constant('resize' as const), to: fc.integer({ min: 1, max: 4 }), settles }),
      weight: 1,
    },
    {
      arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(1, 5, 13, 30), settles }),
      weight: 3,
    },
  );
  return fc.array(step, { minLength: 1, maxLength: 18, size: 'max' });
})();

const setups: fc.Arbitrary<Setup> = fc.record({
  maxConcurrent: fc.integer({ min: 1, max: 3 }),
  maxQueued: fc.integer({ min: 0, max: 5 }),
  maxWait: fc.constantFrom(0, 12.5, Infinity, Infinity),
  releaseOn: fc.constantFrom('settle' as const, 'timeout' as const),
});

describe('Bulkhead against its model', () => {
  const made = { sequences: 0, commands: 0, calls: 0, refusals: 0 };
  let observed = 0;
  beforeEach(() => onObserverError(() => observed++));
  afterEach(() => onObserverError(undefined));
  afterAll(() => {
    const { sequences, commands, calls, refusals } = made;
    console.log(
      `bulkhead fuzzer: ${sequences} command sequences, ${commands} commands, ${calls} calls, ${refusals} refused`,
    );
  });

  it('does what the model does, and gives every slot back', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(setups, steps, async (setup, sequence) => {
        const model = new Model(setup);
        const real = new Real(setup);
        const { bulkhead, clock, calls } = real;
        observed = 0;

        for (const step of sequence) {
          const { running } = bulkhead;
          const passing = make(step, model, real);
          if (passing) await passing;
          compare(model, real);
          expectAtMost(bulkhead.running, Math.max(running, bulkhead.maxConcurrent));
          if (!step.settles) continue;
          await settle(model);
          compare(model, real);
          compareOutcomes(model, real);
        }
        while (model.running || model.line.length) {
          await settle(model);
          for (const call of calls) {
            model.letGo(model.calls[call.id]!);
            call.letGo();
          }
          model.wait(100);
          await clock.advance(100);
          await settle(model);
          compare(model, real);
        }
        // Work that has been given up on may go on.
        await clock.advance(100);
        model.settle();
        compareOutcomes(model, real);

        same(calls.map(({ settlements }) => settlements.length).join(), calls.map(() => 1).join());
        same(
          calls.some(({ signal }) => getEventListeners(signal, 'abort').length),
          false,
        );
        same(`${bulkhead.running} running, ${bulkhead.queued} queued`, '0 running, 0 queued');
        same(clock.pending, 0);
        same(observed, model.refusals);
        made.sequences++;
        made.commands += sequence.length;
        made.calls += calls.length;
        made.refusals += model.refusals;
      }),
      { numRuns: RUNS },
    );
  });
});

function expectAtMost(actual: number, most: number): void {
  if (actual > most) expect(actual).toBeLessThanOrEqual(most);
}
