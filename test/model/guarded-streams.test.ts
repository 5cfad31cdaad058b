import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  Bulkhead,
  CircuitBreaker,
  consecutiveFailures,
  constant,
  pipeline,
  retry,
  timeout,
  TimeoutError,
  type CallContext,
  type Clock,
  type Policy,
} from 'holdfast';
import {
  guarded,
  retryStream,
  StreamIdleError,
  StreamIncompleteError,
  StreamInterruptedError,
  type StreamSource,
} from 'holdfast/stream';
import { VirtualClock } from 'holdfast/testing';

const RUNS = 10_000;

/** What a source does next, `after` ms of being read. */
interface Move {
  readonly does: 'event' | 'ping' | 'last' | 'error' | 'stall';
  readonly after: number;
}

/** What one attempt to open a stream gives. */
interface Attempt {
  readonly opens: 'at once' | 'later' | 'throws' | 'rejects' | 'hangs';
  readonly after: number;
  readonly kind: 'generator' | 'hand-made' | 'web' | 'readable';
  readonly moves: readonly Move[];
}

interface Script {
  readonly by: 'guarded' | 'retryStream';
  /** After the last of them, sources end at once. */
  readonly attempts: readonly Attempt[];
  readonly maxAttempts: number;
  readonly delay: number;
  /** Of the policies around a guarded stream; `maxAttempts: 1` stands for no retry. */
  readonly whole: number;
  readonly attemptTimeout: number;
  readonly breaker: boolean;
  readonly bulkhead: boolean;
  /** Of a retried stream. */
  readonly resume: boolean;
  readonly firstEvent: number | undefined;
  readonly idle: number;
  readonly total: number;
  readonly progress: boolean;
  readonly completes: boolean;
  /** Ms that the reader takes after each event, over and over. */
  readonly pauses: readonly number[];
  /** The reader leaves after so many events, or at a time. */
  readonly leavesAfter: number;
  readonly leavesAt: number;
  /** When its signal is aborted; 0 for before. */
  readonly abort: number;
}

/** No two things that matter happen at once: what sources do has a part of a ms of its own, and the limits each another. */
const LATE = 2 ** -10;
const OPEN_FOR = 15 + 2 ** -7;

/** A source that was opened, and what became of it. */
interface Source {
  readonly attempt: number;
  stops: number;
  /** Whether it came to its end, or broke, before it was asked to stop. */
  ended: boolean;
}

interface Seen {
  /** What the reader saw, and when. */
  readonly lines: string[];
  /** What was opened, announced and refused, each with how many events had been delivered. */
  readonly log: {
    readonly what: 'open' | 'resume' | 'retry';
    readonly at: number;
    readonly received: number;
  }[];
  readonly sources: Source[];
  readonly running: number[];
  over: boolean;
  ends: string;
  left: boolean;
  pending: number;
  listeners: number;
  state: string;
  free: boolean;
  bulkhead: number;
  /** Whether nothing but its script moved the reader, so that the oracle can tell all of it. */
  hung: boolean;
}

function told(error: unknown): string {
  if (error instanceof StreamInterruptedError) return `interrupted after ${error.received} by ${told(error.cause)}`;
  if (error instanceof StreamIdleError) return `${error.limit} ${error.timeout} after ${error.received}`;
  if (error instanceof StreamIncompleteError) return `incomplete after ${error.received}`;
  if (error instanceof TimeoutError) return `timeout ${error.timeout}`;
  return error instanceof Error ? error.message : String(error);
}

/** `expect` alone would take most of the time. */
function same(actual: unknown, expected: unknown): void {
  if (actual !== expected) expect(actual).toBe(expected);
}

/** A clock that counts its timers. */
function counted(clock: VirtualClock): Clock & { pending: number } {
  const own = {
    pending: 0,
    now: clock.now,
    setTimer(delay: number, callback: () => void) {
      let open = true;
      const close = (): void => {
        if (open) own.pending--;
        open = false;
      };
      own.pending++;
      const cancel = clock.setTimer(delay, () => {
        close();
        callback();
      });
      return () => {
        close();
        cancel();
      };
    },
  };
  return own;
}

const later = (clock: VirtualClock, ms: number): Promise<void> =>
  ms ? new Promise((resolve) => void clock.setTimer(ms, resolve)) : Promise.resolve();

/** A source that does as it is told; its events are named by the attempt and their place, from `first` on. */
function sourceOf({ kind, moves }: Attempt, clock: VirtualClock, source: Source, first: number): StreamSource<string> {
  let at = 0;
  const end = (): void => void (source.ended ||= !source.stops);
  const pull = async (): Promise<string | undefined> => {
    const index = at++;
    const move = moves[index];
    if (!move) return end() as undefined;
    if (move.does === 'stall') await new Promise(() => {});
    await later(clock, move.after);
    if (move.does === 'error') {
      end();
      throw new Error('source failed');
    }
    return `${move.does} ${first + index} of ${source.attempt}`;
  };
  const stop = (): void => void source.stops++;
  switch (kind) {
    case 'generator':
    case 'hand-made': {
      const made = (async function* () {
        for (let event = await pull(); event !== undefined; event = await pull()) yield event;
      })();
      const iterator: AsyncIterator<string, void> = {
        next: () => made.next(),
        return: () => {
          stop();
          return kind === 'generator' ? made.return() : new Promise(() => {});
        },
      };
      return { [Symbol.asyncIterator]: () => iterator };
    }
    case 'web':
      return new ReadableStream<string>(
        {
          async pull(controller) {
            const event = await pull();
            if (event === undefined) controller.close();
            else controller.enqueue(event);
          },
          cancel: stop,
        },
        { highWaterMark: 0 },
      );
    case 'readable':
      return new Readable({
        objectMode: true,
        highWaterMark: 0,
        read() {
          pull().then(
            (event) => this.push(event ?? null),
            (error: Error) => this.destroy(error),
          );
        },
        destroy(error, done) {
          if (!source.ended) stop();
          done(error);
        },
      });
  }
}

const NOTHING: Attempt = {
  opens: 'at once',
  after: 0,
  kind: 'hand-made',
  moves: [],
};

/** Plays a script, and notes what can be seen. */
async function play(script: Script): Promise<Seen> {
  const clock = new VirtualClock();
  const own = counted(clock);
  const controller = new AbortController();
  let received = 0;
  const seen: Seen = {
    lines: [],
    log: [],
    sources: [],
    running: [],
    over: false,
    ends: '',
    left: false,
    pending: 0,
    listeners: 0,
    state: '',
    free: true,
    bulkhead: 0,
    hung: false,
  };

  /** Every source gives what follows on what has been delivered, as `resume` is to have it. */
  const open = (
    what: 'open' | 'resume',
    context: CallContext,
  ): StreamSource<string> | Promise<StreamSource<string>> => {
    void context.signal;
    const attempt = seen.log.filter(({ what }) => what !== 'retry').length + 1;
    seen.log.push({ what, at: clock.now(), received });
    const given = script.attempts[attempt - 1] ?? NOTHING;
    const make = (): StreamSource<string> => {
      const source = { attempt, stops: 0, ended: false };
      seen.sources.push(source);
      return sourceOf(given, clock, source, received);
    };
    if (given.opens === 'throws') throw new Error('not open');
    if (given.opens === 'at once') return make();
    if (given.opens === 'hangs') return new Promise(() => {});
    return later(clock, given.after).then(() => {
      if (given.opens === 'rejects') throw new Error('not open');
      return make();
    });
  };

  const onRetry = (): void => void seen.log.push({ what: 'retry', at: clock.now(), received });
  const { maxAttempts, delay, firstEvent, idle, total, progress, completes } = script;
  const limits = {
    firstEvent,
    idle,
    total,
    isProgress: progress ? ({ event }: { event: string }) => !event.startsWith('ping') : undefined,
    isComplete: completes ? ({ event }: { event: string }) => event.startsWith('last') : undefined,
    signal: controller.signal,
    clock: own,
  };
  const retries = {
    maxAttempts,
    baseDelay: delay,
    backoff: constant(),
    clock: own,
    on: { retry: onRetry },
  };
  /** Half-open: what it says afterwards is what the stream was to it. */
  const breaker = new CircuitBreaker({
    clock: own,
    trip: consecutiveFailures(1),
    openDuration: OPEN_FOR,
    probes: { required: 1, concurrent: 1, timeout: Infinity },
  });
  const bulkhead = new Bulkhead({ maxConcurrent: 1, clock: own });
  if (script.breaker) {
    await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => undefined);
    await clock.runAll();
    await clock.advance(OPEN_FOR);
  }
  const start = clock.now();
  const now = (): number => clock.now() - start;
  const policies: Policy[] = [timeout(script.whole, { clock: own })];
  if (maxAttempts > 1) policies.push(retry(retries));
  if (script.breaker) policies.push(breaker);
  if (script.bulkhead) policies.push(bulkhead);
  policies.push(timeout(script.attemptTimeout, { clock: own }));
  const stream =
    script.by === 'guarded'
      ? guarded<string>(pipeline(...policies), (context) => open('open', context), limits)
      : retryStream<string>((context) => open('open', context), {
          ...retries,
          ...limits,
          resume: script.resume
            ? (broken) => {
                same(broken.received, received);
                return open('resume', broken.context);
              }
            : undefined,
        });
  const iterator = stream[Symbol.asyncIterator]() as Required<AsyncIterator<string, undefined>>;
  const end = (how: string): void => {
    same(seen.ends, '');
    seen.ends = how;
    seen.lines.push(`${how} at ${now()}`);
  };

  if (script.abort === 0) controller.abort('aborted');
  else if (script.abort < Infinity) clock.setTimer(script.abort, () => controller.abort('aborted'));
  const leave = (): void => {
    if (seen.ends) return;
    seen.left = true;
    void iterator.return();
  };
  if (script.leavesAt < Infinity) clock.setTimer(script.leavesAt, leave);
  const reading = (async () => {
    try {
      for (;;) {
        if (received >= script.leavesAfter) leave();
        const { done, value } = await iterator.next();
        if (done) return end('end');
        received++;
        seen.lines.push(`${value} at ${now()}`);
        if (script.bulkhead && script.by === 'guarded') seen.running.push(bulkhead.running);
        await later(clock, script.pauses[received % script.pauses.length]!);
      }
    } catch (error) {
      end(told(error));
    }
  })();
  await clock.runAll();
  if (!seen.ends) {
    seen.hung = true;
    leave();
  }
  await reading;
  same((await iterator.next()).done, true);
  await clock.runAll();
  seen.pending = own.pending;
  seen.listeners = getEventListeners(controller.signal, 'abort').length;
  seen.bulkhead = bulkhead.running;
  seen.state = breaker.state;
  seen.free = breaker.state !== 'half-open' || breaker.tryAcquire() !== undefined;
  return seen;
}

/** Whether nothing but the sources, the limits and the signal say what the reader sees. */
const isAlone = ({ breaker, pauses, leavesAfter, leavesAt, attempts }: Script): boolean =>
  !breaker &&
  pauses.every((pause) => !pause) &&
  leavesAfter === Infinity &&
  leavesAt === Infinity &&
  attempts.length > 0;

/** What a reader that reads on is to see, written for being plain; `undefined` where that is not told here. */
function oracle(script: Script): { lines: string[]; opens: number } | undefined {
  const { by, firstEvent, idle, total, completes, maxAttempts, delay } = script;
  const policies = by === 'guarded';
  const lines: string[] = [];
  const whole = policies ? script.whole : Infinity;
  const end = Math.min(whole, script.abort);
  let received = 0;
  let opens = 0;
  let tried = 0;
  const finish = (how: string, at: number): { lines: string[]; opens: number } => {
    lines.push(`${how} at ${at}`);
    return { lines, opens };
  };
  /** As the reader hears of it: what does not say how many events there were comes in an error that does. */
  const heard = (failure: string): string =>
    received && /^(source failed|not open|timeout)/.test(failure)
      ? `interrupted after ${received} by ${failure}`
      : failure;
  const stopped = (): { lines: string[]; opens: number } =>
    finish(script.abort < whole ? 'aborted' : heard(`timeout ${whole}`), end);
  if (script.abort === 0) return finish('aborted', 0);
  for (let start = 0; ;) {
    const { opens: how, after, moves } = script.attempts[opens++] ?? NOTHING;
    tried++;
    const before = received;
    const attemptEnd = policies ? start + script.attemptTimeout : Infinity;
    let limit = firstEvent ?? idle;
    let which = 'firstEvent';
    let spent = 0;
    let complete = false;
    let since = start;
    let at = how === 'at once' || how === 'throws' ? start : how === 'hangs' ? Infinity : start + after;
    let failure: string | undefined;
    let final = false;
    for (let next = 0; failure === undefined; next++) {
      const move = moves[next];
      const opened = how === 'at once' || how === 'later';
      const arrives = !opened ? at : !move ? at : move.does === 'stall' ? Infinity : at + move.after;
      const due = since + limit - spent;
      const first = Math.min(arrives, due, total, attemptEnd, end);
      if (first === Infinity) return undefined; // It waits for ever.
      if (complete && first < arrives && (first === attemptEnd || first === end)) return undefined;
      if (first === arrives) {
        at = arrives;
        if (!opened) failure = 'not open';
        else if (!move) {
          if (!completes || complete) return finish('end', at);
          failure = `incomplete after ${received}`;
        } else if (move.does === 'error') {
          if (complete) return finish('end', at);
          failure = 'source failed';
        } else {
          lines.push(`${move.does} ${before + next} of ${opens} at ${at}`);
          received++;
          complete ||= completes && move.does === 'last';
          const progress = !script.progress || move.does !== 'ping';
          spent = progress ? 0 : spent + at - since;
          if (progress) [limit, which] = [idle, 'idle'];
          since = at;
        }
        continue;
      }
      at = first;
      if (first === end) return stopped();
      if (first === attemptEnd) failure = `timeout ${script.attemptTimeout}`;
      else if (complete) return finish('end', at);
      else if (first === total) {
        failure = `total ${total} after ${received}`;
        final = true;
      } else failure = `${which} ${limit} after ${received}`;
    }
    const said = heard(failure);
    if (final) return finish(said, at);
    if (received > before) {
      if (policies || !script.resume) return finish(said, at);
      // A break is a first attempt that has failed.
      tried = 1;
    }
    if (tried >= maxAttempts) return finish(said, at);
    // In a wait of its policy `total` ends it; that is not reckoned here.
    if (policies && at + delay >= total) return undefined;
    if (at + delay >= Math.min(whole, policies ? Infinity : total)) return finish(said, at);
    start = at + delay;
    if (end < start) return stopped();
  }
}

/** What holds whatever the policies make of it. */
function holds(script: Script, seen: Seen): void {
  const { lines, log, sources } = seen;
  const events = lines.slice(0, -1);
  // Each once, in order, and all of one attempt but where a stream was resumed.
  events.forEach((line, at) => same(Number(line.split(' ')[1]), at));
  const attempts = events.map((line) => Number(line.split(' ')[3]));
  if (script.by === 'guarded' || !script.resume) attempts.forEach((attempt) => same(attempt, attempts[0]));
  else attempts.forEach((attempt, at) => same(at === 0 || attempt >= attempts[at - 1]!, true));

  const opens = log.filter(({ what }) => what !== 'retry');
  const retries = log.filter(({ what }) => what === 'retry');
  const spoken = script.completes && events.some((line) => line.startsWith('last'));
  for (const { received, what } of log) {
    if (script.by === 'guarded' || !script.resume) same(received, 0);
    if (what === 'open') same(received, 0);
  }
  if (script.by === 'guarded' || !script.resume) {
    same(opens.length <= script.maxAttempts, true);
    same(retries.length < script.maxAttempts, true);
    if (!script.breaker) same(opens.length === retries.length + 1 || opens.length === retries.length, true);
  }
  if (script.leavesAfter === 0) same(log.length, 0);
  for (const { stops, ended } of sources) same(stops, ended ? 0 : 1);
  same(
    seen.running.every((running) => running === 1),
    true,
  );
  same(seen.bulkhead, 0);
  same(seen.pending, 0);
  same(seen.listeners, 0);
  same(seen.free, true);
  if (script.by === 'guarded' && script.breaker && script.whole === Infinity && opens.length) {
    const { ends, left } = seen;
    if (ends === 'end' && !left) same(seen.state, 'closed');
    else if (left || ends === 'aborted') {
      // To leave says nothing, but after the last word, or where a limit has struck while the reader took its time.
      const unlimited = script.total === Infinity && script.attemptTimeout === Infinity;
      if (events.length && !spoken && unlimited) same(seen.state, 'half-open');
    } else if (events.length && !spoken) same(seen.state, 'open');
  }
}

const moves: fc.Arbitrary<Move> = fc.record({
  does: fc.constantFrom('event', 'event', 'event', 'event', 'ping', 'last', 'error', 'stall'),
  after: fc.constantFrom(0, 0, 10 + LATE, 20 + LATE, 40 + LATE, 70 + LATE),
});

const attempts: fc.Arbitrary<Attempt> = fc.record({
  opens: fc.constantFrom('at once', 'at once', 'at once', 'later', 'throws', 'rejects', 'hangs'),
  after: fc.constantFrom(0, 10 + LATE, 70 + LATE),
  kind: fc.constantFrom('generator', 'hand-made', 'hand-made', 'web', 'readable'),
  moves: fc.array(moves, { maxLength: 5 }),
});

function rarely<T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

const scripts: fc.Arbitrary<Script> = fc.record({
  by: fc.constantFrom('guarded', 'guarded', 'retryStream'),
  attempts: fc.array(attempts, { minLength: 1, maxLength: 4 }),
  maxAttempts: fc.constantFrom(1, 2, 3, 3),
  delay: fc.constantFrom(0, 30.03125, 90.03125),
  whole: rarely(Infinity, 90.375, 250.375),
  attemptTimeout: rarely(Infinity, 50.1875, 120.1875),
  breaker: rarely(false, true),
  bulkhead: fc.boolean(),
  resume: fc.boolean(),
  firstEvent: fc.constantFrom(undefined, undefined, 30.25, 90.25, Infinity),
  idle: fc.constantFrom(25.5, 60.5, 60.5, Infinity),
  total: fc.constantFrom(Infinity, Infinity, 100.125, 230.125),
  progress: fc.boolean(),
  completes: fc.boolean(),
  pauses: rarely<readonly number[]>([0], [0, 45 + 2 ** -9], [150 + 2 ** -9]),
  leavesAfter: rarely(Infinity, 0, 1, 2),
  leavesAt: rarely(Infinity, 15 + 2 ** -12, 80 + 2 ** -12),
  abort: rarely(Infinity, 0, 35 + 2 ** -11, 110 + 2 ** -11),
});

describe('guarded() and retryStream() against their oracle', () => {
  const made = {
    streams: 0,
    alone: 0,
    events: 0,
    opens: 0,
    stops: 0,
    ended: 0,
    left: 0,
  };
  afterAll(() => {
    const { streams, alone, events, opens, stops, ended, left } = made;
    console.log(
      `guarded streams fuzzer: ${streams} streams, ${alone} of them told in full; ${events} events, ${opens} opened, ${stops} stopped, ${ended} read to their end, ${left} left`,
    );
  });

  it('show their reader what the oracle says, and leave nothing behind', { timeout: 300_000 }, async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      await fc.assert(
        fc.asyncProperty(scripts, async (script) => {
          const seen = await play(script);

          const expected = isAlone(script) ? oracle(script) : undefined;
          if (expected) {
            same(seen.lines.join('\n'), expected.lines.join('\n'));
            same(seen.log.filter(({ what }) => what !== 'retry').length, expected.opens);
            made.alone++;
          }
          holds(script, seen);
          same(unhandled.length, 0);
          made.streams++;
          made.events += seen.lines.length - 1;
          made.opens += seen.sources.length;
          made.stops += seen.sources.filter(({ stops }) => stops).length;
          made.ended += seen.ends === 'end' && !seen.left ? 1 : 0;
          made.left += seen.left ? 1 : 0;
        }),
        { numRuns: RUNS },
      );
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});
