// oxlint-disable unicorn/no-thenable -- hostile values are what these tests are about
import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  AdaptiveLimiter,
  AdaptiveThrottle,
  Bulkhead,
  BulkheadFullError,
  CircuitBreaker,
  CircuitOpenError,
  consecutiveFailures,
  constant,
  fallback,
  fallbackChain,
  hedge,
  HoldfastError,
  keyed,
  onObserverError,
  pipeline,
  quantile,
  RateLimitedError,
  RateLimiter,
  retry,
  RetryBudget,
  sleeperOf,
  standard,
  timeout,
  type CallContext,
  type Clock,
  type Policy,
} from 'holdfast';
import { seededRandom } from 'holdfast/testing';

const RUNS = 20_000;
/** Calls that one tree is given at most, those included that observers make. */
const MOST_CALLS = 8;
const total = {
  trees: 0,
  policies: 0,
  calls: 0,
  attempts: 0,
  aborts: 0,
  troubles: 0,
  outcomes: new Map<string, number>(),
};
/** Stands for the script itself where the id of a call is asked for. */
const SCRIPT = -1;
const storage = new AsyncLocalStorage<number>();
const unhandled: unknown[] = [];

/** Everything that is ready has run when the event loop comes round: the clock here needs no turn of its own. */
function drain(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
  /** Whether a policy has set it; else it is a part of the work. */
  readonly ours: boolean;
}

/** A clock that fires in order and at once. Its reading may jump; its timers go by the time that really passes. */
class ScriptClock implements Clock {
  #time = 0;
  #ahead = 0;
  readonly #timers: Timer[] = [];
  readonly wrong: string[] = [];

  readonly now = (): number => this.#time + this.#ahead;

  readonly setTimer = (delay: number, callback: () => void, ours = true): (() => void) => {
    if (!(delay >= 0 && delay < Infinity)) this.wrong.push(`a timer of ${delay} ms`);
    const timer: Timer = { at: this.#time + delay, callback, ours };
    const index = this.#timers.findIndex(({ at }) => at > timer.at);
    this.#timers.splice(index < 0 ? this.#timers.length : index, 0, timer);
    return () => {
      const found = this.#timers.indexOf(timer);
      if (found >= 0) this.#timers.splice(found, 1);
    };
  };

  /** Timers that policies have set. */
  get pending(): number {
    return this.#timers.filter(({ ours }) => ours).length;
  }

  /** Fires the next timer, if it comes within so many ms. */
  fire(within = Infinity): boolean {
    const [next] = this.#timers;
    if (!next || next.at > this.#time + within) return false;
    this.#timers.shift();
    this.#time = Math.max(this.#time, next.at);
    next.callback();
    return true;
  }

  /** Ms until a time, by the time that really passes. */
  until(time: number): number {
    return time - this.#time;
  }

  get time(): number {
    return this.#time;
  }

  pass(ms: number): void {
    this.#time += Math.max(0, ms);
  }

  jump(ms: number): void {
    this.#ahead += ms;
  }
}

/** What one attempt does. */
interface Step {
  readonly how: 'at once' | 'async' | 'thenable' | 'twice' | 'later' | 'hang';
  readonly what: What;
  readonly ms: number;
  /** Whether it gives up, with the reason, when its signal says so. */
  readonly listens: boolean;
  /** Whether it aborts its own call. */
  readonly aborts: boolean;
}
type What =
  'value' | 'error' | 'refusal' | 'hint' | 'frozen' | 'getters' | 'proxy' | 'primitive' | 'nothing' | 'poison';

interface Attempt {
  readonly context: CallContext;
  done: boolean;
}

interface Call {
  readonly id: number;
  readonly script: readonly Step[];
  readonly controller: AbortController | undefined;
  /** What it may come out with, beside the errors of policies. */
  readonly origins: Set<unknown>;
  readonly attempts: Attempt[];
  /** What the substitutes of fallbacks do for it. */
  readonly standIns: Attempt[];
  /** Whether a function of the user's has returned what it must not. */
  odd: boolean;
  /** Whether it has to come out with the reason of its abort. */
  aborted: boolean;
  outcome: { readonly ok: boolean; readonly value: unknown } | undefined;
  settled: number;
}

/** What goes wrong in one of a policy's functions: when it is called for the n-th time. */
interface Trouble {
  readonly nth: number;
  readonly what: 'throw' | 'odd' | 'abort' | 'call' | 'release' | 'jump';
}

/** A policy to be made, with a name that says all. */
interface Part {
  readonly shows: string;
  /** How many policies it is. */
  readonly size: number;
  /** @param every whether all calls come through it, not only those of a key. */
  make(world: World, every: boolean): Policy<unknown>;
}

/** One step of the script. */
interface Move {
  readonly shows: string;
  run(world: World): Promise<void> | void;
}

/** One tree and everything that happens in it. */
class World {
  readonly clock = new ScriptClock();
  readonly random = seededRandom(1);
  readonly calls: Call[] = [];
  readonly controllers: AbortController[];
  readonly reasons: unknown[];
  readonly signals: AbortSignal[] = [];
  readonly lines: (Bulkhead | AdaptiveLimiter)[] = [];
  /** Those whose slots are given back with the call, and those that see the work itself. */
  readonly impatient = new Set<unknown>();
  readonly seeing: (Bulkhead | AdaptiveLimiter)[] = [];
  readonly breakers: CircuitBreaker[] = [];
  readonly throttles: AdaptiveThrottle[] = [];
  /** What the script itself holds of a bulkhead or a rate limiter, and how to give it back. */
  readonly #held: (() => void)[] = [];
  readonly limiters: { readonly limiter: RateLimiter; readonly burst: number; readonly refill: number }[] = [];
  readonly substitutes = new Set<unknown>();
  readonly provoked = new Set<unknown>();
  readonly broken: string[] = [];
  /** Whose an error or a value is. */
  readonly #owners = new Map<unknown, number>();
  readonly #hanging: (() => boolean)[] = [];
  readonly #root: Policy<unknown>;
  #quiet = true;
  #over = false;

  constructor(tree: Part, reasons: readonly (() => unknown)[]) {
    this.reasons = reasons.map((make) => make());
    this.controllers = reasons.map(() => new AbortController());
    this.#root = tree.make(this, true);
  }

  /** A law does not hold. */
  breaks(law: string): void {
    this.broken.push(law);
  }

  /** The call whose context this is. */
  current(where: string): Call | undefined {
    const id = storage.getStore();
    const call = this.calls[id ?? -1];
    if (!call && id !== SCRIPT) this.breaks(`${where} runs in the async context of no call`);
    return call;
  }

  /** Notes whose a thing is, when it is seen first. */
  owns(call: Call, thing: unknown, where: string): void {
    const shared = (typeof thing !== 'object' && typeof thing !== 'symbol') || thing === null;
    if (shared || this.#isReason(thing) || this.substitutes.has(thing)) return;
    const owner = this.#owners.get(thing) ?? call.id;
    if (owner !== call.id) this.breaks(`${where} of call ${call.id} sees what is of call ${owner}`);
    this.#owners.set(thing, owner);
  }

  #isReason(thing: unknown): boolean {
    return this.controllers.some(({ signal }) => signal.aborted && Object.is(signal.reason, thing));
  }

  /** A new error that a function of the user's may throw. */
  provoke(call: Call | undefined): Error {
    const error = new Error('provoked');
    this.provoked.add(error);
    call?.origins.add(error);
    if (call) this.owns(call, error, 'provoke');
    return error;
  }

  start(script: readonly Step[], controller?: AbortController): void {
    const id = this.calls.length;
    if (id >= MOST_CALLS) return;
    const aborted = controller?.signal.aborted ?? false;
    const call: Call = {
      id,
      script,
      controller,
      aborted,
      origins: new Set(),
      attempts: [],
      standIns: [],
      odd: false,
      outcome: undefined,
      settled: 0,
    };
    this.calls.push(call);
    this.#quiet = false;
    const options = controller && { signal: controller.signal };
    storage.run(id, () => {
      const promise = this.#root.execute((context) => this.#attempt(call, context), options);
      promise.then(
        (value) => this.#settle(call, true, value),
        (error: unknown) => this.#settle(call, false, error),
      );
    });
  }

  #settle(call: Call, ok: boolean, value: unknown): void {
    call.settled++;
    call.outcome ??= { ok, value };
    if (ok) {
      const winner = call.attempts.find(({ context }) => this.#returned.get(context) === value && value !== undefined);
      if (winner?.context.signal.aborted) this.breaks(`call ${call.id} succeeds, and its signal is aborted`);
    }
  }

  readonly #returned = new Map<CallContext, unknown>();

  #attempt(call: Call, context: CallContext): unknown {
    total.attempts++;
    if (this.current('fn') !== call) this.breaks(`fn of call ${call.id} runs in the async context of another`);
    if (call.controller?.signal.aborted) this.breaks(`fn of call ${call.id} is called after its abort`);
    if (call.outcome) this.breaks(`fn of call ${call.id} is called after its end`);
    if (!Number.isInteger(context.attempt) || context.attempt < 1) this.breaks(`attempt is ${context.attempt}`);
    if (!(context.remaining >= 0)) this.breaks(`remaining is ${context.remaining}`);
    for (const line of this.lines) {
      if (line instanceof Bulkhead && line.running > line.maxConcurrent) this.breaks('too many at once');
    }
    const { how, what, ms, listens, aborts } = call.script[call.attempts.length] ?? PLAIN;
    const attempt: Attempt = { context, done: false };
    call.attempts.push(attempt);
    if (aborts) this.abort(call.controller, call);
    const settle = (): unknown => {
      attempt.done = true;
      const value = this.#produce(call, what);
      this.#returned.set(context, value);
      return value;
    };
    if (how === 'at once') return settle();
    if (how === 'async') return (async () => settle())();
    return new Work((resolve, reject) => {
      const finish = (): boolean => {
        if (attempt.done) return false;
        try {
          resolve(settle());
          if (how === 'twice') reject(new Error('twice'));
        } catch (error) {
          reject(error);
          if (how === 'twice') resolve('twice');
        }
        return true;
      };
      if (how === 'later') this.clock.setTimer(ms, finish, false);
      else if (how === 'hang') this.#hanging.push(finish);
      else finish();
      if (!listens) return;
      context.signal.addEventListener('abort', () => {
        if (this.current('a listener of the signal') !== call) this.breaks('a listener runs in another context');
        if (attempt.done) return;
        attempt.done = true;
        reject(context.signal.reason);
      });
    }, how === 'thenable');
  }

  /** Makes a value to return, or throws. */
  #produce(call: Call, what: What): unknown {
    const thing = makeThing(what);
    for (const each of thing.comes) {
      call.origins.add(each);
      this.owns(call, each, 'fn');
    }
    if ('value' in thing) return thing.value;
    throw thing.error;
  }

  /**
   * Aborts a signal.
   *
   * @param by the call in whose flow that happens; it has not settled.
   */
  abort(controller: AbortController | undefined, by?: Call): void {
    if (!controller || controller.signal.aborted) return;
    total.aborts++;
    for (const call of this.calls) {
      const waits = call.controller === controller && !call.outcome;
      if (waits && (this.#quiet || call === by)) call.aborted = true;
    }
    this.#quiet = false;
    controller.abort(this.reasons[this.controllers.indexOf(controller)]);
  }

  /** Lets some work that hangs come to its end. */
  release(which = 0): boolean {
    this.#quiet = false;
    while (this.#hanging.length) {
      const [finish] = this.#hanging.splice(which % this.#hanging.length, 1);
      if (finish!()) return true;
    }
    return false;
  }

  /** Takes a slot, or a part of a rate limit, beside all calls. */
  hold(which: number): void {
    this.#quiet = false;
    const all = [...this.lines.filter((line) => line instanceof Bulkhead), ...this.limiters];
    const one = all[which % all.length];
    storage.run(SCRIPT, () => {
      if (one instanceof Bulkhead) {
        const slot = one.tryAcquire();
        if (slot) this.#held.push(slot.release);
      } else if (one) this.#held.push(one.limiter.reserve().cancel);
    });
  }

  /** Gives back what was taken first. */
  letGo(): boolean {
    this.#quiet = false;
    const giveBack = this.#held.shift();
    storage.run(SCRIPT, () => giveBack?.());
    return giveBack !== undefined;
  }

  hang(finish: () => void): void {
    this.#hanging.push(() => (finish(), true));
  }

  fire(within?: number): boolean {
    this.#quiet = false;
    return this.clock.fire(within);
  }

  /** Lets microtasks run, but not all of them. */
  async ticks(count: number): Promise<void> {
    for (let tick = 0; tick < count; tick++) await Promise.resolve();
  }

  /** Lets everything run that is ready, then looks at what has to hold whenever nothing moves. */
  async rest(): Promise<void> {
    await drain();
    this.#quiet = true;
    for (const call of this.calls) {
      const { id, controller, outcome } = call;
      if (controller?.signal.aborted && !outcome) this.breaks(`call ${id} goes on after its abort`);
      if (outcome && call.aborted && (outcome.ok || !Object.is(outcome.value, controller!.signal.reason))) {
        this.breaks(`call ${id} does not come out with the reason of its abort`);
      }
    }
    const working = this.calls.filter(({ attempts }) => attempts.some(({ done }) => !done)).length;
    for (const line of this.seeing) {
      if (line.running < working) this.breaks(`${working} calls work, and ${line.running} have a slot`);
    }
    for (const line of this.lines) {
      if (line.running < 0 || (line instanceof Bulkhead && line.running > line.maxConcurrent)) {
        this.breaks(`${line.running} have a slot`);
      }
    }
  }

  /** Lets all calls come to their end, and looks at what is left. */
  async finish(): Promise<void> {
    await this.rest();
    for (let round = 0; this.calls.some(({ outcome }) => !outcome); round++) {
      if (round === 2_000) return this.breaks('calls that go on for ever');
      if (!this.fire() && !this.release(round) && !this.letGo()) return this.breaks('calls that wait for nothing');
      await this.rest();
    }
    await this.rest();
    for (const call of this.calls) this.#judge(call);
    const { pending } = this.clock;
    if (pending) this.breaks(`${pending} timer(s) left`);
    for (const signal of [...this.signals, ...this.controllers.map(({ signal }) => signal)]) {
      const listeners = getEventListeners(signal, 'abort').length;
      if (listeners) this.breaks(`${listeners} listener(s) left`);
    }
    for (const line of this.lines) {
      if (line.queued) this.breaks(`${line.queued} in line, and no call is left`);
      if (this.impatient.has(line) && line.running > this.#held.length)
        this.breaks(`${line.running} have a slot, and no call is left`);
    }
    for (const { id, attempts, standIns } of this.calls) {
      const forgotten = [...attempts, ...standIns].filter(
        ({ done, context }) => !done && !context.signal.aborted,
      ).length;
      if (forgotten) this.breaks(`${forgotten} attempt(s) of call ${id} were given up and not aborted`);
    }
    await this.#workOff();
  }

  /** Now all work really settles. */
  async #workOff(): Promise<void> {
    while (this.letGo() || this.release() || this.fire()) await drain();
    await drain();
    this.#over = true;
    const { pending } = this.clock;
    if (pending) this.breaks(`${pending} timer(s) left in the end`);
    for (const { running, queued } of this.lines) {
      if (running || queued) this.breaks(`in the end ${running} have a slot, ${queued} are in line`);
    }
    this.clock.jump(1_000_000);
    for (const { limiter, burst, refill } of this.limiters) {
      if (limiter.queued) this.breaks(`in the end ${limiter.queued} are in the line of a rate limiter`);
      if (limiter.available !== burst) this.breaks(`of a burst of ${burst} ${limiter.available} are left after a rest`);
      if (refill) this.#useUp(limiter, burst, refill);
    }
    for (const breaker of this.breakers) {
      if (!breaker.tryAcquire()) this.breaks(`in the end a breaker that is ${breaker.state} lets no probe through`);
    }
    for (const { probability } of this.throttles) {
      if (!(probability >= 0 && probability < 1))
        this.breaks(`a throttle refuses with a probability of ${probability}`);
    }
    for (const { id, settled } of this.calls) if (settled !== 1) this.breaks(`call ${id} settles ${settled} times`);
    for (const wrong of this.clock.wrong) this.breaks(wrong);
    if (unhandled.length) this.breaks(`${unhandled.length} unhandled rejection(s)`);
  }

  /** Takes all of a limiter but one call, which has to get through: nobody is ahead of it any more. */
  #useUp(limiter: RateLimiter, burst: number, refill: number): void {
    limiter.tryAcquire(burst);
    this.clock.jump(refill + 0.001);
    if (burst > 1) limiter.tryAcquire(burst - 1);
    this.clock.jump(0.001);
    let called = false;
    limiter.execute(() => (called = true)).catch(() => {});
    if (!called) this.breaks('a rate limiter keeps a place for somebody who has left');
  }

  #judge(call: Call): void {
    const { ok, value } = call.outcome!;
    if (!this.#isLegitimate(call, ok, value)) this.breaks(`call ${call.id} comes out with ${nameOf(value)}`);
    this.owns(call, value, 'the caller');
    const kind = ok ? 'value' : this.#isReason(value) ? 'reason' : nameOf(value);
    total.outcomes.set(kind, (total.outcomes.get(kind) ?? 0) + 1);
  }

  #isLegitimate(call: Call, ok: boolean, value: unknown): boolean {
    const { signal } = call.controller ?? {};
    if (call.origins.has(value)) return true;
    if (ok) return this.substitutes.has(value);
    if (signal?.aborted && Object.is(value, signal.reason)) return true;
    if (value instanceof HoldfastError) return true;
    if (value instanceof AggregateError) {
      const { errors } = value;
      return errors.length > 1 && errors.every((each: unknown) => this.#isLegitimate(call, false, each));
    }
    return call.odd && value instanceof Error && 'code' in value && value.code === 'ERR_INVALID_ARGUMENT';
  }

  /** What the functions of one policy do besides: they look at whose they are, and may make trouble. */
  hooks(trouble: Trouble | undefined): Hooks {
    let calls = 0;
    const stir = (where: string, event: object, settling: boolean): 'throw' | 'odd' | undefined => {
      if (this.#over) return undefined;
      const call = this.current(where);
      for (const key of ['error', 'value'] as const) {
        if (call && key in event) this.owns(call, (event as { error: unknown; value: unknown })[key], where);
      }
      if (call?.controller?.signal.aborted && GOES_ON.has(where)) this.breaks(`${where} is called after the abort`);
      if (++calls !== trouble?.nth) return undefined;
      total.troubles++;
      const { what } = trouble;
      if (what === 'throw' || what === 'odd') return what;
      if (what === 'abort') this.abort(call?.controller, settling ? undefined : call);
      if (what === 'call') this.start([PLAIN]);
      if (what === 'release') this.release();
      if (what === 'jump') this.clock.jump(5);
      return undefined;
    };
    return {
      watch: (name) => (event) => {
        const verdict = stir(name, event, name === 'timeout');
        if (verdict === 'throw') throw this.provoke(undefined);
        return verdict && Promise.reject(this.provoke(undefined));
      },
      ask: (name, answer, odd) => (event) => {
        const verdict = stir(name, event, false);
        const call = this.calls[storage.getStore() ?? -1];
        if (verdict === 'throw') throw this.provoke(call);
        if (verdict === 'odd' && call) call.odd = true;
        return verdict === 'odd' ? (odd as never) : answer(event);
      },
    };
  }
}

/** Functions that are called only if a call goes on: never after its abort. */
const GOES_ON: ReadonlySet<string> = new Set(
  (
    'retry hedge fallback substitute actualCost ' +
    'isRetryable isRetryableResult isFailure isFailureResult isHandled chain.isHandled isHedgeable'
  ).split(' '),
);

interface Hooks {
  /** An observer. */
  readonly watch: (name: string) => (event: object) => unknown;
  /** A function that decides; `odd` is what it must not return. */
  readonly ask: <Event extends object, T>(
    name: string,
    answer: (event: Event) => T,
    odd: unknown,
  ) => (event: Event) => T;
}

/** Work that goes on for a while: a promise, or a thenable that only looks like one. */
class Work {
  constructor(executor: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void, bare: boolean) {
    if (bare) return { then: executor } as unknown as Work;
    return new Promise(executor) as unknown as Work;
  }
}

const PLAIN: Step = { how: 'async', what: 'value', ms: 0, listens: false, aborts: false };

/** Something to return or to throw, and everything that may come of it. */
function makeThing(what: What): ({ value: unknown } | { error: unknown }) & { comes: unknown[] } {
  const thrower = (error: unknown) => () => {
    throw error;
  };
  const failing = (error: unknown): { error: unknown; comes: unknown[] } => ({ error, comes: [error] });
  switch (what) {
    case 'value': {
      const value = { a: 'value' };
      return { value, comes: [value] };
    }
    case 'nothing':
      return { value: undefined, comes: [undefined] };
    case 'error':
      return failing(new Error('down'));
    case 'refusal':
      return failing(new BulkheadFullError('another bulkhead', 1, 0));
    case 'hint':
      return failing(new RateLimitedError('another limiter', 3));
    case 'frozen':
      return failing(Object.freeze(new CircuitOpenError('another breaker', undefined)));
    case 'primitive':
      return failing(0);
    case 'getters': {
      const inner = new Error('getter');
      const error = new Error('hostile');
      for (const name of ['name', 'message', 'code', 'cause']) {
        Object.defineProperty(error, name, { get: thrower(inner) });
      }
      return { error, comes: [error, inner] };
    }
    case 'proxy': {
      const inner = new Error('trap');
      const traps = Object.fromEntries(['get', 'getPrototypeOf', 'has'].map((name) => [name, thrower(inner)]));
      const error = new Proxy({}, traps);
      return { error, comes: [error, inner] };
    }
    case 'poison': {
      const inner = new Error('then');
      return { value: Object.defineProperty({}, 'then', { get: thrower(inner) }), comes: [inner] };
    }
  }
}

/** The name of a thing, which may be hostile. */
function nameOf(value: unknown): string {
  try {
    return value instanceof Error ? value.name : typeof value;
  } catch {
    return 'something hostile';
  }
}

/** Policies that others have made. */
const FOREIGN: Readonly<Record<string, (world: World) => Policy<unknown>>> = {
  handing: () => ({ execute: async (fn, options) => fn(options as never) }),
  careless: () => ({ execute: (fn) => Promise.resolve().then(() => fn(undefined as never)) }),
  /** One that makes a second attempt. */
  stubborn: () => ({
    execute: async (fn, options) => {
      try {
        return await fn(options as never);
      } catch {
        return fn(options as never);
      }
    },
  }),
  /** One with a deadline and a signal of its own. */
  strict: (world) => ({
    async execute(fn) {
      const call = world.current('a foreign policy');
      const controller = new AbortController();
      world.signals.push(controller.signal);
      const cancel = world.clock.setTimer(4, () => controller.abort(world.provoke(call)));
      try {
        return await fn({ attempt: 1, signal: controller.signal, remaining: Infinity });
      } finally {
        cancel();
      }
    },
  }),
  broken: (world) => ({
    execute() {
      throw world.provoke(world.current('a foreign policy'));
    },
  }),
};

const ms = fc.constantFrom(0, 1, 2, 5, 10);
const few = fc.integer({ min: 1, max: 3 });
const trouble: fc.Arbitrary<Trouble | undefined> = fc.option(
  fc.record({
    nth: fc.integer({ min: 1, max: 6 }),
    what: fc.constantFrom<Trouble['what'][]>('throw', 'odd', 'abort', 'call', 'release', 'jump'),
  }),
  { nil: undefined, freq: 2 },
);

/** A kind of policy: its options by chance. Only those that are shown matter. */
function leaf<Options extends object>(
  name: string,
  options: { [Key in keyof Options]: fc.Arbitrary<Options[Key]> },
  make: (options: Options, hooks: Hooks, world: World, every: boolean) => Policy<unknown>,
): fc.Arbitrary<Part> {
  return fc.record({ given: fc.record(options) as unknown as fc.Arbitrary<Options>, trouble }).map((drawn) => {
    const { given, trouble: goesWrong } = drawn;
    const settings = Object.entries(given).map(([key, value]) => `${key} ${String(value)}`);
    if (goesWrong) settings.push(`${goesWrong.what} in function call ${goesWrong.nth}`);
    return {
      shows: `${name}(${settings.join(', ')})`,
      size: 1,
      make: (world, every) => make(given, world.hooks(goesWrong), world, every),
    };
  });
}

const queue = { queue: fc.constantFrom(0, 1, 3), maxWait: fc.constantFrom(0, 2, 10, Infinity) };

const leaves: readonly fc.Arbitrary<Part>[] = [
  leaf(
    'retry',
    {
      attempts: few,
      delay: ms,
      budget: fc.constantFrom(undefined, 0, 2),
      maxElapsed: fc.constantFrom(Infinity, 8),
      asks: fc.boolean(),
      sleeps: fc.boolean(),
    },
    ({ attempts, delay, budget, maxElapsed, asks, sleeps }, { watch, ask }, { clock, random }) =>
      retry({
        maxAttempts: attempts,
        baseDelay: delay,
        maxElapsed,
        budget: budget === undefined ? undefined : new RetryBudget({ burst: budget }),
        backoff: ask('backoff', constant(), NaN),
        retryAfter: ask('retryAfter', () => undefined, 'soon'),
        ...(asks && {
          isRetryable: ask('isRetryable', () => true, Promise.resolve(true)),
          isRetryableResult: ask(
            'isRetryableResult',
            ({ attempt }: { attempt: number }) => attempt < 2,
            Promise.resolve(true),
          ),
        }),
        sleep: sleeps ? sleeperOf(clock) : undefined,
        allowNestedRetry: true,
        clock,
        random,
        on: { retry: watch('retry'), giveUp: watch('giveUp') },
      }),
  ),
  leaf('timeout', { ms: fc.oneof(ms, fc.constant(Infinity)) }, (given, { watch }, { clock }) =>
    timeout(given.ms, { clock, on: { timeout: watch('timeout') } }),
  ),
  leaf(
    'breaker',
    {
      trip: few,
      required: few,
      concurrent: few,
      lease: fc.constantFrom(5, Infinity),
      slow: fc.constantFrom(2, Infinity),
    },
    ({ trip, required, concurrent, lease, slow }, { watch, ask }, world) => {
      const breaker = new CircuitBreaker({
        trip: consecutiveFailures(trip),
        openDuration: ask('openDuration', () => 5, NaN),
        probes: { required, concurrent, timeout: lease },
        slowCallDuration: slow,
        isFailure: ask('isFailure', () => true, Promise.resolve(true)),
        isFailureResult: ask('isFailureResult', () => false, Promise.resolve(true)),
        clock: world.clock,
        random: world.random,
        on: { stateChange: watch('stateChange'), rejected: watch('rejected') },
      });
      world.breakers.push(breaker);
      return breaker;
    },
  ),
  leaf(
    'bulkhead',
    { max: few, ...queue, releaseOn: fc.constantFrom('settle' as const, 'timeout' as const) },
    ({ max, queue: maxQueued, maxWait, releaseOn }, { watch }, world, every) => {
      const on = { rejected: watch('rejected') };
      const bulkhead = new Bulkhead({ maxConcurrent: max, maxQueued, maxWait, releaseOn, clock: world.clock, on });
      world.lines.push(bulkhead);
      if (releaseOn === 'timeout') world.impatient.add(bulkhead);
      else if (every) world.seeing.push(bulkhead);
      return bulkhead;
    },
  ),
  leaf(
    'limiter',
    { max: few, target: fc.constantFrom(2, Infinity), ...queue },
    ({ max, target, queue: maxQueued, maxWait }, { watch, ask }, world, every) => {
      const limiter = new AdaptiveLimiter({
        max,
        target,
        maxQueued,
        maxWait,
        isFailure: ask('isFailure', () => true, Promise.resolve(true)),
        isFailureResult: ask('isFailureResult', () => false, Promise.resolve(true)),
        clock: world.clock,
        on: { rejected: watch('rejected'), limitChange: watch('limitChange') },
      });
      world.lines.push(limiter);
      if (every) world.seeing.push(limiter);
      return limiter;
    },
  ),
  leaf(
    'rateLimiter',
    { limit: few, interval: fc.constantFrom(4, 10), ...queue, calls: fc.boolean(), actual: fc.option(fc.nat(3)) },
    ({ limit, interval, queue: maxQueued, maxWait, calls, actual }, { watch, ask }, world) => {
      const limiter = new RateLimiter({
        limit,
        interval,
        maxQueued,
        maxWait,
        calls: calls ? { limit: 1, interval: 3 } : undefined,
        actualCost: actual === null ? undefined : ask('actualCost', () => actual, NaN),
        clock: world.clock,
        on: { rejected: watch('rejected') },
      });
      world.limiters.push({ limiter, burst: limit, refill: calls ? 0 : interval });
      return limiter;
    },
  ),
  leaf('throttle', {}, (_, { watch, ask }, world) => {
    const throttle = new AdaptiveThrottle({
      k: 1,
      window: 20,
      isFailure: ask('isFailure', () => true, Promise.resolve(true)),
      isFailureResult: ask('isFailureResult', () => false, Promise.resolve(true)),
      clock: world.clock,
      random: world.random,
      on: { rejected: watch('rejected') },
    });
    world.throttles.push(throttle);
    return throttle;
  }),
  leaf(
    'hedge',
    {
      delay: ms,
      by: fc.constantFrom('number', 'function', 'quantile'),
      maxHedges: few,
      budget: fc.constantFrom(undefined, 0, 2),
    },
    ({ delay, by, maxHedges, budget }, { watch, ask }, { clock }) =>
      hedge({
        delay:
          by === 'number'
            ? delay
            : by === 'quantile'
              ? quantile(0.5, { initial: delay + 1 })
              : ask('delay', () => delay, NaN),
        maxHedges,
        budget: budget === undefined ? undefined : new RetryBudget({ burst: budget }),
        isHedgeable: ask('isHedgeable', () => true, Promise.resolve(true)),
        clock,
        on: { hedge: watch('hedge') },
      }),
  ),
  leaf(
    'fallback',
    { to: fc.constantFrom('value', 'function', 'error', 'later', 'hang'), handles: fc.boolean() },
    ({ to, handles }, { watch, ask }, world) => {
      const substitute = { to };
      world.substitutes.add(substitute);
      const work = ({ context }: { readonly context: CallContext }): unknown => {
        const call = world.current('a substitute');
        const attempt: Attempt = { context, done: false };
        call?.standIns.push(attempt);
        const finish = (resolve?: (value: unknown) => void): unknown => {
          attempt.done = true;
          resolve?.(substitute);
          return substitute;
        };
        if (to === 'later') return new Promise((resolve) => world.clock.setTimer(3, () => finish(resolve), false));
        if (to === 'hang') return new Promise((resolve) => world.hang(() => finish(resolve)));
        finish();
        if (to === 'error') throw world.provoke(call);
        return substitute;
      };
      return fallback(to === 'value' ? substitute : ask('substitute', work, substitute), {
        ...(handles && { isHandled: ask('isHandled', () => true, Promise.resolve(true)) }),
        on: { fallback: watch('fallback') },
      });
    },
  ),
  leaf('standard', { timeout: ms, hedged: fc.boolean() }, ({ timeout: whole, hedged }, { watch }, world, every) => {
    const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueued: 1, clock: world.clock });
    world.lines.push(bulkhead);
    if (every) world.seeing.push(bulkhead);
    return standard({
      timeout: whole * 4,
      retry: { baseDelay: 2, allowNestedRetry: true },
      hedge: hedged && { delay: 2 },
      rateLimiter: { limit: 2, interval: 5, maxQueued: 2 },
      bulkhead,
      attemptTimeout: 5,
      clock: world.clock,
      random: world.random,
      on: {
        retry: watch('retry'),
        giveUp: watch('giveUp'),
        stateChange: watch('stateChange'),
        rejected: watch('rejected'),
        timeout: watch('timeout'),
      },
    });
  }),
  leaf('foreign', { which: fc.constantFrom(...Object.keys(FOREIGN)) }, ({ which }, _, world) =>
    pipeline(FOREIGN[which]!(world)),
  ),
  leaf('chain', { targets: few, guarded: fc.boolean() }, ({ targets, guarded }, { watch, ask }, { clock }) => {
    const guards = keyed(() => new CircuitBreaker({ trip: consecutiveFailures(1), openDuration: 5, clock }));
    const names = ['a', 'b', 'c'].slice(0, targets);
    const chain = fallbackChain(names, {
      guards: guarded ? guards : undefined,
      isHandled: ask('chain.isHandled', () => true, Promise.resolve(true)),
      recovery: 5,
      clock,
      on: { fallback: watch('fallback') },
    });
    return { execute: (fn, options) => chain.execute((_target, context) => fn(context), options) };
  }),
];

/** Several parts as one. */
function composed(name: string, parts: readonly Part[], make: (world: World, every: boolean) => Policy<unknown>): Part {
  return {
    shows: `${name}(${parts.map(({ shows }) => shows).join(', ')})`,
    size: parts.reduce((sum, { size }) => sum + size, 1),
    make,
  };
}

function inPipeline(parts: readonly Part[]): Part {
  const make = (world: World, every: boolean): Policy<unknown> =>
    pipeline(...parts.map((part) => part.make(world, every)));
  return composed('pipeline', parts, make);
}

function nested(outer: Part, inner: Part): Part {
  return composed('nested', [outer, inner], (world, every) => {
    const [around, inside] = [outer.make(world, every), inner.make(world, every)];
    return { execute: (fn, options) => around.execute((context) => inside.execute(fn, context), options) };
  });
}

function byKey(part: Part, maxKeys: number): Part {
  return composed(`keyed to ${maxKeys}`, [part], (world) => {
    const policies = keyed(() => part.make(world, false), { maxKeys, clock: world.clock, idleTtl: 3 });
    const key = (): string => `key ${(world.current('a key')?.id ?? 0) % 2}`;
    return { execute: (fn, options) => policies.execute(key(), fn, options) };
  });
}

function ofOneKey(part: Part): Part {
  const make = (world: World, every: boolean): Policy<unknown> => keyed(() => part.make(world, every)).get('key');
  return composed('key of', [part], make);
}

const tree: fc.Arbitrary<Part> = fc.letrec<{ tree: Part; composite: Part }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6, depthIdentifier: 'tree', depthSize: 'max', withCrossShrink: true },
    { weight: 3, arbitrary: fc.oneof(...leaves) },
    { weight: 5, arbitrary: tie('composite') },
  ),
  composite: fc.oneof(
    { depthIdentifier: 'tree' },
    {
      weight: 4,
      arbitrary: fc.array(tie('tree'), { maxLength: 4, size: 'max', depthIdentifier: 'tree' }).map(inPipeline),
    },
    { weight: 2, arbitrary: fc.tuple(tie('tree'), tie('tree')).map((parts) => nested(...parts)) },
    { weight: 1, arbitrary: fc.tuple(tie('tree'), few).map((parts) => byKey(...parts)) },
    { weight: 1, arbitrary: tie('tree').map(ofOneKey) },
  ),
})).tree;

const outcome: fc.Arbitrary<Step> = fc.record({
  how: fc.constantFrom<Step['how'][]>('at once', 'async', 'thenable', 'twice', 'later', 'later', 'hang', 'hang'),
  what: fc.constantFrom<What[]>(
    ...(['value', 'error', 'error', 'refusal', 'hint', 'frozen', 'getters'] as const),
    ...(['proxy', 'primitive', 'nothing', 'poison'] as const),
  ),
  ms,
  listens: fc.boolean(),
  aborts: fc.integer({ min: 0, max: 15 }).map((drawn) => drawn === 15),
});

const start: fc.Arbitrary<Move> = fc
  .record({ script: fc.array(outcome, { maxLength: 4 }), signal: fc.option(fc.nat(1), { nil: undefined }) })
  .map(({ script, signal }) => {
    const steps = script.map(
      ({ how, what, ms: after, listens, aborts }) =>
        `${what} ${how}${how === 'later' ? ` (${after} ms)` : ''}${listens ? ', listening' : ''}${aborts ? ', aborting' : ''}`,
    );
    return {
      shows: `call with ${signal === undefined ? 'no signal' : `signal ${signal}`}: [${steps.join('; ')}]`,
      run: (world) => world.start(script, signal === undefined ? undefined : world.controllers[signal]),
    };
  });

function move(shows: string, run: Move['run']): Move {
  return { shows, run };
}

const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: start },
  { weight: 2, arbitrary: fc.nat(9).map((n) => move(`${n} microtasks`, (world) => world.ticks(n))) },
  { weight: 3, arbitrary: fc.constant(move('rest', (world) => world.rest())) },
  {
    weight: 4,
    arbitrary: ms.map((time) =>
      move(`${time} ms pass`, async (world) => {
        await world.rest();
        const end = world.clock.time + time;
        while (world.fire(world.clock.until(end))) await world.rest();
        world.clock.pass(world.clock.until(end));
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: ms.map((time) =>
      move(`${time} ms pass without a rest`, (world) => {
        const end = world.clock.time + time;
        while (world.fire(world.clock.until(end)));
        world.clock.pass(world.clock.until(end));
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.nat(1).map((which) => move(`abort ${which}`, (world) => world.abort(world.controllers[which]))),
  },
  { weight: 2, arbitrary: fc.nat(3).map((which) => move(`release ${which}`, (world) => void world.release(which))) },
  { weight: 1, arbitrary: fc.nat(3).map((which) => move(`hold ${which}`, (world) => world.hold(which))) },
  { weight: 1, arbitrary: fc.constant(move('let go', (world) => void world.letGo())) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-1_000, 3, 50).map((by) => move(`jump ${by} ms`, (world) => world.clock.jump(by))),
  },
);

/** What an abort gives as its reason. */
const reason = fc.constantFrom<[string, () => unknown][]>(
  ['a symbol', () => Symbol('reason')],
  ['an error', () => new Error('stop')],
  ['a frozen error', () => Object.freeze(new Error('stop'))],
  ['the default', () => undefined],
  ['null', () => null],
  ['a text', () => 'stop'],
  ['a hostile object', () => (makeThing('proxy') as { error: unknown }).error],
  ['a hostile error', () => (makeThing('getters') as { error: unknown }).error],
);

/** A tree and a script; how it is shown is all there is to know of it. */
class Scenario {
  readonly tree: Part;
  readonly moves: readonly Move[];
  readonly reasons: readonly (readonly [string, () => unknown])[];

  constructor([policies, starts, moves, reasons]: [Part, Move[], Move[], [string, () => unknown][]]) {
    this.tree = policies;
    this.moves = [...starts, ...moves];
    this.reasons = reasons;
  }

  toString(): string {
    const lines = [this.tree.shows, ...this.moves.map(({ shows }, index) => `${index + 1}. ${shows}`)];
    return `\n${lines.join('\n')}\nreasons: ${this.reasons.map(([name]) => name).join(', ')}\n`;
  }
}

const scenario = fc
  .tuple(
    tree,
    fc.array(start, { minLength: 1, maxLength: 4, size: 'max' }),
    fc.array(moves, { maxLength: 12, size: 'max' }),
    fc.array(reason, { minLength: 2, maxLength: 2 }),
  )
  .map((drawn) => new Scenario(drawn));

async function play({ tree: policies, moves: script, reasons }: Scenario): Promise<void> {
  unhandled.length = 0;
  const world = new World(
    policies,
    reasons.map(([, make]) => make),
  );
  onObserverError((error, event) => {
    const odd = ['openDuration', 'actualCost'].includes(event) && error instanceof RangeError;
    if (!odd && !world.provoked.has(error)) world.breaks(`${nameOf(error)} of "${event}" is reported`);
  });
  for (const { run } of script) {
    await run(world);
    if (world.broken.length) break;
  }
  await world.finish();
  total.trees++;
  total.policies += policies.size;
  total.calls += world.calls.length;
  if (world.broken.length) throw new Error([...new Set(world.broken)].join('; '));
}

afterEach(() => onObserverError(undefined));

describe('trees of policies', () => {
  const note = (error: unknown): void => void unhandled.push(error);
  const warn = vi.spyOn(console, 'warn');
  beforeEach(() => void process.on('unhandledRejection', note));
  afterEach(() => void process.off('unhandledRejection', note));
  afterAll(() => {
    const { trees, policies, calls, attempts, aborts, troubles, outcomes } = total;
    const kinds = [...outcomes].toSorted(([, a], [, b]) => b - a).map(([kind, count]) => `${kind} ${count}`);
    console.log(
      `policy trees: ${trees} trees, ${policies} policies, ${calls} calls, ${attempts} attempts, ` +
        `${aborts} aborts, ${troubles} troubles in functions; outcomes: ${kinds.join(', ')}`,
    );
  });

  it(`leave nothing behind, whatever happens in them (${RUNS} trees)`, { timeout: 300_000 }, async () => {
    await fc.assert(fc.asyncProperty(scenario, play), { numRuns: RUNS });

    expect(warn).not.toHaveBeenCalled();
  });
});

describe('an abort of a call', () => {
  const controller = (): AbortController => new AbortController();
  const reason = Symbol('reason');

  it('by the delay function of a hedge ends it: fn is not called, and no timer is left', async () => {
    const clock = new ScriptClock();
    const aborted = controller();
    let calls = 0;
    const policy = hedge({ clock, delay: () => (aborted.abort(reason), 5) });

    const settled = policy.execute(() => ++calls, { signal: aborted.signal }).catch((error: unknown) => error);
    await drain();

    expect([await settled, calls, clock.pending]).toEqual([reason, 0, 0]);
  });

  it('by the open duration of a breaker gives the place of its probe back', async () => {
    const clock = new ScriptClock();
    const aborted = controller();
    const openDuration = (): number => (aborted.abort(reason), 5);
    const probes = { timeout: Infinity };
    const breaker = new CircuitBreaker({ clock, trip: consecutiveFailures(1), openDuration, probes });

    await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => {});
    clock.jump(10);
    const settled = breaker.execute(() => 'value', { signal: aborted.signal }).catch((error: unknown) => error);

    expect(await settled).toBe(reason);
    expect(breaker.tryAcquire()).toBeDefined();
  });

  it('with a hostile object as its reason leaves no timer of a retry', async () => {
    const clock = new ScriptClock();
    const aborted = controller();
    const hostile = makeThing('proxy') as { error: unknown };
    const policy = retry({ clock, baseDelay: 10 });
    const report = vi.fn();
    onObserverError(report);

    const settled = policy
      .execute(() => Promise.reject(new Error('down')), { signal: aborted.signal })
      .catch((error: unknown) => Object.is(error, hostile.error));
    await drain();
    aborted.abort(hostile.error);

    expect([await settled, clock.pending, report.mock.calls.length]).toEqual([true, 0, 0]);
  });
  it('with a hostile object as its reason gives the place of a probe back', async () => {
    const clock = new ScriptClock();
    const aborted = controller();
    const hostile = makeThing('proxy') as { error: unknown };
    const trip = consecutiveFailures(1);
    const breaker = new CircuitBreaker({ clock, trip, openDuration: 5, probes: { timeout: Infinity } });
    onObserverError(() => {});

    await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => {});
    void breaker.state;
    clock.jump(5);
    const settled = breaker.execute(() => new Promise(() => {}), { signal: aborted.signal }).catch(() => 'aborted');
    aborted.abort(hostile.error);

    expect(await settled).toBe('aborted');
    expect(breaker.tryAcquire()).toBeDefined();
  });

  it('by isHandled of a chain says nothing of another target', async () => {
    const aborted = controller();
    const seen = vi.fn();
    const isHandled = (): boolean => (aborted.abort(reason), true);
    const chain = fallbackChain(['a', 'b'], { isHandled, on: { fallback: seen } });

    const settled = chain.execute(() => Promise.reject(new Error('down')), { signal: aborted.signal });

    expect(await settled.catch((error: unknown) => error)).toBe(reason);
    expect(seen).not.toHaveBeenCalled();
  });
});

describe('a bulkhead around a policy that is handed the context', () => {
  it('holds its slot until the work has really settled', async () => {
    const clock = new ScriptClock();
    const bulkhead = new Bulkhead({ clock, maxConcurrent: 1 });
    const inner = timeout(5, { clock });
    const hang = (): Promise<never> => new Promise(() => {});

    const settled = bulkhead.execute((context) => inner.execute(hang, context)).catch((error: Error) => error.name);
    clock.fire();

    expect([await settled, bulkhead.running]).toEqual(['TimeoutError', 1]);
  });
});
