import * as fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CircuitBreaker,
  CircuitOpenError,
  consecutiveFailures,
  failureRate,
  onObserverError,
  slowCallRate,
  type Releasable,
  type Permit,
  type TripRule,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { turns } from '../rejection.ts';

const RUNS = 20_000;
const OPEN = 100;
const LEASE = 50;
const WINDOW = 200;

/** A breaker written for being plain: lists, recounted every time. */
class Model {
  now = 0;
  state: 'closed' | 'open' | 'half-open' = 'closed';
  isolations = 0;
  era = 0;
  since = 0;
  probes: { from: number }[] = [];
  successes = 0;
  inARow = 0;
  seen: { at: number; failed: boolean; slow: boolean; counted: boolean }[] = [];
  calls: ModelCall[] = [];
  dependencyCalls = 0;
  readonly setup: Setup;

  constructor(setup: Setup) {
    this.setup = setup;
  }

  get visible(): string {
    return this.isolations ? 'isolated' : this.state;
  }

  change(state: Model['state'], at = this.now): void {
    if (state !== this.state) this.since = at;
    this.state = state;
    this.era++;
    this.probes = [];
    this.successes = 0;
  }

  close(): void {
    this.change('closed');
    this.inARow = 0;
    this.seen = [];
  }

  /** Brings everything up to now. */
  catchUp(): void {
    const [first] = this.probes;
    const late = first && first.from + Math.min(LEASE, this.setup.slow);
    if (late && late <= this.now) this.change('open', late);
    for (const call of this.calls) {
      if (call.over || call.wasSlow || this.now - call.from < this.setup.slow) continue;
      call.wasSlow = true;
      if (call.era !== this.era) continue;
      call.counted = true;
      this.record(false, true, true);
    }
  }

  record(failed: boolean, slow: boolean, counted: boolean): void {
    this.seen.push({ at: this.now, failed, slow, counted });
    const width = WINDOW / 10;
    const inside = this.seen.filter(({ at }) => Math.floor(this.now / width) - Math.floor(at / width) < 10);
    const sum = (part: 'failed' | 'slow' | 'counted'): number => inside.filter((outcome) => outcome[part]).length;
    const [failures, slowCalls] = [sum('failed'), sum('slow')];
    const calls = Math.max(sum('counted'), failures, slowCalls);
    if (this.setup.trips({ calls, failures, slow: slowCalls, inARow: this.inARow })) this.change('open');
  }

  start(): ModelCall | undefined {
    this.catchUp();
    if (this.isolations) return undefined;
    if (this.state === 'open' && this.now >= this.since + OPEN) this.change('half-open');
    if (this.state === 'open') return undefined;
    const call: ModelCall = { era: this.era, from: this.now, over: false, wasSlow: false, counted: false };
    if (this.state === 'half-open') {
      const { concurrent, required } = this.setup;
      if (this.probes.length >= concurrent || this.probes.length + this.successes >= required) return undefined;
      this.probes.push(call);
    }
    this.calls.push(call);
    return call;
  }

  finish(call: ModelCall, outcome: 'success' | 'failure' | 'neutral'): void {
    if (call.over) return;
    call.over = true;
    this.catchUp();
    if (call.era !== this.era) return;
    const slow = this.now - call.from >= this.setup.slow;
    if (this.state === 'half-open') {
      this.probes.splice(this.probes.indexOf(call), 1);
      if (outcome === 'neutral') return;
      if (outcome === 'failure') this.change('open');
      else if (++this.successes === this.setup.required) this.close();
    } else if (outcome !== 'neutral') {
      const failed = outcome === 'failure';
      this.inARow = failed ? this.inARow + 1 : 0;
      this.record(failed, slow && !call.counted, !call.counted);
    }
  }
}

interface ModelCall {
  readonly era: number;
  readonly from: number;
  over: boolean;
  wasSlow: boolean;
  counted: boolean;
}

interface Setup {
  readonly name: string;
  readonly rule: TripRule;
  readonly trips: (counts: { calls: number; failures: number; slow: number; inARow: number }) => boolean;
  /** Ms from which on a call is slow. */
  readonly slow: number;
  readonly required: number;
  readonly concurrent: number;
}

/** The breaker itself, and what is under way in it. */
interface Real {
  readonly breaker: CircuitBreaker;
  readonly clock: VirtualClock;
  readonly calls: RealCall[];
  readonly isolations: Releasable[];
  dependencyCalls: number;
}

interface RealCall {
  settle(outcome: 'success' | 'failure' | 'neutral'): void;
  abort?(): void;
  rejection?: unknown;
}

type Command = fc.AsyncCommand<Model, Real>;

function command(name: string, run: (model: Model, real: Real) => void | Promise<void>): Command {
  return {
    check: () => true,
    async run(model, real) {
      await run(model, real);
      model.catchUp();
      expect(real.breaker.state).toBe(model.visible);
      expect(real.dependencyCalls).toBe(model.dependencyCalls);
    },
    toString: () => name,
  };
}

const neutral = new CircuitOpenError('another breaker', 1);

const commands: fc.Arbitrary<Command>[] = [
  fc.constant(
    command('execute', async (model, real) => {
      const expected = model.start();
      const controller = new AbortController();
      const call: RealCall = { settle: () => {}, abort: () => controller.abort('stop') };
      const promise = real.breaker.execute(
        () => {
          real.dependencyCalls++;
          return new Promise<void>((resolve, reject) => {
            call.settle = (outcome) => {
              if (outcome === 'success') resolve();
              else reject(outcome === 'failure' ? new Error('down') : neutral);
            };
          });
        },
        { signal: controller.signal },
      );
      promise.catch((error: unknown) => (call.rejection = error));
      await turns();
      if (expected) {
        model.dependencyCalls++;
        real.calls.push(call);
      } else {
        expect(call.rejection).toBeInstanceOf(CircuitOpenError);
        const wait = model.state === 'open' ? Math.max(0, model.since + OPEN - model.now) : 0;
        expect((call.rejection as CircuitOpenError).retryAfter).toBe(model.isolations ? undefined : wait);
      }
    }),
  ),
  fc.constant(
    command('tryAcquire', (model, real) => {
      const expected = model.start();
      const permit = real.breaker.tryAcquire();
      expect(permit !== undefined).toBe(expected !== undefined);
      if (permit) real.calls.push({ settle: (outcome) => answer(permit, outcome) });
    }),
  ),
  fc
    .record({ which: fc.nat(20), outcome: fc.constantFrom('success', 'success', 'failure', 'failure', 'neutral') })
    .map(({ which, outcome }) =>
      command(`settle ${which} as ${outcome}`, async (model, real) => {
        const index = which % (real.calls.length || 1);
        const call = real.calls[index];
        if (!call) return;
        model.finish(model.calls[index]!, outcome as 'success');
        call.settle(outcome as 'success');
        await turns();
      }),
    ),
  fc.nat(20).map((which) =>
    command(`abort ${which}`, async (model, real) => {
      const index = which % (real.calls.length || 1);
      const call = real.calls[index];
      if (!call?.abort) return;
      const expected = model.calls[index]!;
      const slow = model.now - expected.from >= model.setup.slow;
      model.finish(expected, slow ? 'failure' : 'neutral');
      call.abort();
      await turns();
    }),
  ),
  fc.constantFrom(1, 10, LEASE, OPEN, OPEN, WINDOW).map((ms) =>
    command(`${ms} ms pass`, (model, real) => {
      model.now += ms;
      real.clock.jump(ms);
    }),
  ),
  fc.constant(
    command('the clock goes back', (_, real) => {
      real.clock.jump(-1_000);
      void real.breaker.state;
    }),
  ),
  fc.constant(
    command('isolate', (model, real) => {
      model.catchUp();
      if (!model.isolations++) model.change(model.state);
      real.isolations.push(real.breaker.isolate());
    }),
  ),
  fc.constant(
    command('release', (model, real) => {
      const isolation = real.isolations.pop();
      if (!isolation) return;
      model.catchUp();
      if (!--model.isolations) model.change(model.state);
      isolation.release();
      isolation.release();
    }),
  ),
  fc.constant(
    command('reset', (model, real) => {
      model.catchUp();
      model.close();
      real.breaker.reset();
    }),
  ),
];

/** Isolations and resets are rare, so that the rest gets somewhere. */
const weighted = [...commands.slice(0, 6), ...commands.slice(0, 6), ...commands.slice(0, 5), ...commands];

const setups: readonly Setup[] = [
  {
    name: 'in a row',
    rule: consecutiveFailures(2),
    trips: ({ inARow }) => inARow >= 2,
    slow: Infinity,
    required: 1,
    concurrent: 1,
  },
  {
    name: 'rate',
    rule: failureRate({ threshold: 0.5, minimumCalls: 2, window: WINDOW }),
    trips: ({ calls, failures }) => calls >= 2 && failures / calls >= 0.5,
    slow: Infinity,
    required: 3,
    concurrent: 2,
  },
  {
    name: 'slow calls',
    rule: slowCallRate({ threshold: 0.5, minimumCalls: 2, window: WINDOW }),
    trips: ({ calls, slow }) => calls >= 2 && slow / calls >= 0.5,
    slow: 40,
    required: 2,
    concurrent: 1,
  },
  {
    name: 'slow calls, which outlive the lease of a probe',
    rule: slowCallRate({ threshold: 0.5, minimumCalls: 2, window: WINDOW }),
    trips: ({ calls, slow }) => calls >= 2 && slow / calls >= 0.5,
    slow: 60,
    required: 2,
    concurrent: 2,
  },
];

describe('CircuitBreaker against its model', () => {
  let observed = 0;
  let sequences = 0;
  beforeEach(() => onObserverError(() => observed++));
  afterEach(() => onObserverError(undefined));
  afterAll(() =>
    console.log(`breaker fuzzer: ${sequences} command sequences, ${observed} errors of observers contained`),
  );

  it.each(setups)('does what the model does ($name)', { timeout: 300_000 }, async (setup) => {
    await fc.assert(
      fc.asyncProperty(fc.commands(weighted, { maxCommands: 40, size: 'max' }), async (sequence) => {
        sequences++;
        const clock = new VirtualClock(1_000_000);
        const breaker = new CircuitBreaker({
          trip: setup.rule,
          openDuration: OPEN,
          probes: { required: setup.required, concurrent: setup.concurrent, timeout: LEASE },
          slowCallDuration: setup.slow,
          clock,
          on: {
            stateChange() {
              throw new Error('an observer that throws');
            },
            rejected: () => Promise.reject(new Error('an observer that rejects')),
          },
        });
        const real: Real = { breaker, clock, calls: [], isolations: [], dependencyCalls: 0 };
        await fc.asyncModelRun(() => ({ model: new Model(setup), real }), sequence);
        expect(clock.pending).toBe(0);
        const restored = CircuitBreaker.restore(
          JSON.parse(JSON.stringify(breaker.snapshot(0))),
          { trip: setup.rule, openDuration: OPEN, slowCallDuration: setup.slow, clock },
          0,
        );
        for (const isolation of real.isolations) isolation.release();
        expect(restored.state).toBe(breaker.state);
      }),
      { numRuns: Math.ceil(RUNS / setups.length) },
    );
  });
});

function answer(permit: Permit, outcome: 'success' | 'failure' | 'neutral'): void {
  if (outcome === 'success') permit.succeed();
  else if (outcome === 'failure') permit.fail();
  else permit.release();
}
