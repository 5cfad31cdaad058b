import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Clock } from 'holdfast';
import { guardStream, StreamIdleError, StreamIncompleteError, type StreamSource } from 'holdfast/stream';
import { VirtualClock } from 'holdfast/testing';

const RUNS = 20_000;

const KINDS = ['generator', 'hand-made', 'web', 'readable'] as const;
type Kind = (typeof KINDS)[number];

/** What the source does next, `after` ms of being read. */
interface Move {
  readonly does: 'event' | 'ping' | 'last' | 'error' | 'stall';
  readonly after: number;
}

/** What the reader does next. */
interface Act {
  readonly does: 'read' | 'read twice' | 'wait' | 'pass' | 'return' | 'throw' | 'abort';
  readonly ms: number;
}

interface Script {
  readonly kind: Kind;
  readonly moves: readonly Move[];
  readonly acts: readonly Act[];
  readonly firstEvent: number | undefined;
  readonly idle: number;
  readonly total: number;
  readonly progress: boolean;
  readonly completes: boolean;
}

/** Reads, each with what came of it and when; `undefined` as long as it waits. */
type Reads = (string | undefined)[];

/**
 * No two things that matter happen at once: moves take a quarter of a ms more than a multiple of 10, of which no sum of
 * fewer than 40 is near one of the limits, and acts happen at whole ms.
 */
const LATE = 2 ** -6;

/** What the reader has to see, written for being plain: it goes through time from event to event. */
class Model {
  now = 0;
  readonly reads: Reads = [];
  /** How often the source was to be asked to stop. */
  stops = 0;
  readonly #script: Script;
  #move = 0;
  #received = 0;
  #begun = false;
  #over = false;
  #complete = false;
  #progressed = false;
  /** Before the first read. */
  #aborted = false;
  #spent = 0;
  /** Why the next read fails. */
  #failure: string | undefined;
  /** The read that is under way: since when, and what the source makes of it when. */
  #waiting: { readonly since: number; readonly at: number; readonly move: Move | undefined } | undefined;

  constructor(script: Script) {
    this.#script = script;
  }

  read(): void {
    this.reads.push(undefined);
    this.#next();
  }

  leave(): void {
    if (!this.#over) this.#end(true);
    this.#answerAll('end');
  }

  abort(): void {
    if (this.#over || !this.#begun) {
      this.#aborted = true;
      return;
    }
    this.#end(true);
    this.#fail('aborted');
  }

  /** Lets time pass up to `end`. */
  advance(end: number): void {
    for (;;) {
      const limits = this.#due();
      const source = this.#waiting?.at ?? Infinity;
      const at = Math.min(limits.at, source);
      if (at > end || at === Infinity) break;
      this.now = at;
      if (limits.at < source || (limits.at === source && !this.#waiting)) {
        this.#end(true);
        if (this.#complete) this.#answerAll('end');
        else this.#fail(limits.error);
      } else this.#arrive();
    }
    this.now = Math.max(this.now, end);
  }

  /** Whether there is an error that no read has been told of. */
  get owes(): boolean {
    return this.#failure !== undefined;
  }

  get waits(): boolean {
    return this.reads.includes(undefined);
  }

  #due(): { at: number; error: string } {
    const { firstEvent, idle, total } = this.#script;
    if (this.#over || !this.#begun) return { at: Infinity, error: '' };
    const which = this.#progressed ? 'idle' : 'firstEvent';
    const limit = this.#progressed ? idle : (firstEvent ?? idle);
    const at = this.#waiting ? this.#waiting.since + limit - this.#spent : Infinity;
    if (total <= at) return { at: total, error: `total ${total} after ${this.#received}` };
    return { at, error: `${which} ${limit} after ${this.#received}` };
  }

  #next(): void {
    if (this.#waiting || !this.waits) return;
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      this.#answer(failure);
      return this.#next();
    }
    if (this.#over) return this.#answerAll('end');
    this.#begun = true;
    if (this.#aborted) {
      this.#end(true);
      this.#fail('aborted');
      return;
    }
    const move = this.#script.moves[this.#move++];
    const after = !move ? 0 : move.does === 'stall' ? Infinity : move.after;
    this.#waiting = { since: this.now, at: this.now + after, move };
  }

  #arrive(): void {
    const { since, move } = this.#waiting!;
    this.#waiting = undefined;
    if (!move || move.does === 'error') {
      this.#end(false);
      if (this.#complete) this.#answerAll('end');
      else if (move) this.#fail('source failed');
      else if (this.#script.completes) this.#fail(`incomplete after ${this.#received}`);
      else this.#answerAll('end');
      return;
    }
    const progress = !this.#script.progress || move.does !== 'ping';
    if (this.#script.completes && move.does === 'last') this.#complete = true;
    this.#spent = progress ? 0 : this.#spent + this.now - since;
    if (progress) this.#progressed = true;
    this.#received++;
    this.#answer(`${move.does} ${this.#move - 1}`);
    this.#next();
  }

  #end(stop: boolean): void {
    this.#over = true;
    this.#waiting = undefined;
    if (stop) this.stops++;
  }

  #fail(error: string): void {
    if (this.waits) this.#answer(error);
    else if (!this.#complete || error === 'aborted') this.#failure = error;
    if (this.waits) this.#answerAll('end');
  }

  #answer(what: string): void {
    this.reads[this.reads.indexOf(undefined)] = `${what} at ${this.now}`;
  }

  #answerAll(what: string): void {
    while (this.waits) this.#answer(what);
  }
}

/** A source that does as it is told, and counts how often it was asked to stop. */
function sourceOf({ kind, moves }: Script, clock: VirtualClock, stopped: () => void): StreamSource<string> {
  let at = 0;
  /** The next event; `undefined` at the end. */
  const pull = async (): Promise<string | undefined> => {
    const index = at++;
    const move = moves[index];
    if (!move) return undefined;
    if (move.does === 'stall') await new Promise(() => {});
    if (move.after) await new Promise<void>((resolve) => void clock.setTimer(move.after, resolve));
    if (move.does === 'error') throw new Error('source failed');
    return `${move.does} ${index}`;
  };
  switch (kind) {
    case 'generator':
    case 'hand-made': {
      const made = (async function* () {
        for (let event = await pull(); event !== undefined; event = await pull()) yield event;
      })();
      const iterator: AsyncIterator<string, void> = {
        next: () => made.next(),
        return: () => {
          stopped();
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
          cancel: stopped,
        },
        { highWaterMark: 0 },
      );
    case 'readable': {
      let ended = false;
      return new Readable({
        objectMode: true,
        highWaterMark: 0,
        read() {
          pull().then(
            (event) => {
              ended ||= event === undefined;
              this.push(event ?? null);
            },
            (error: Error) => {
              ended = true;
              this.destroy(error);
            },
          );
        },
        destroy(error, done) {
          if (!ended) stopped();
          done(error);
        },
      });
    }
  }
}

/** A clock that counts its timers. */
function counted(clock: VirtualClock): Clock & { pending: number; most: number } {
  const own = {
    pending: 0,
    most: 0,
    now: clock.now,
    setTimer(delay: number, callback: () => void) {
      let open = true;
      const close = (): void => {
        if (open) own.pending--;
        open = false;
      };
      own.pending++;
      own.most = Math.max(own.most, own.pending);
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

function told(error: unknown): string {
  if (error instanceof StreamIdleError) return `${error.limit} ${error.timeout} after ${error.received}`;
  if (error instanceof StreamIncompleteError) return `incomplete after ${error.received}`;
  return error instanceof Error ? error.message : String(error);
}

/** `expect` alone would take most of the time. */
function same(actual: unknown, expected: unknown): void {
  if (actual !== expected) expect(actual).toBe(expected);
}

const scripts: fc.Arbitrary<Script> = fc.record({
  kind: fc.constantFrom(...KINDS),
  moves: fc.array(
    fc.record({
      does: fc.constantFrom(
        'event' as const,
        'event' as const,
        'event' as const,
        'ping' as const,
        'ping' as const,
        'last' as const,
        'error' as const,
        'stall' as const,
      ),
      after: fc.constantFrom(0, 0, 10 + LATE, 20 + LATE, 40 + LATE, 70 + LATE),
    }),
    { maxLength: 8 },
  ),
  acts: fc.array(
    fc.record({
      does: fc.constantFrom(
        'read' as const,
        'read' as const,
        'read' as const,
        'read' as const,
        'read twice' as const,
        'wait' as const,
        'pass' as const,
        'return' as const,
        'throw' as const,
        'abort' as const,
      ),
      ms: fc.constantFrom(0, 1, 5, 13, 37, 101),
    }),
    { minLength: 1, maxLength: 12 },
  ),
  firstEvent: fc.constantFrom(undefined, undefined, 30.25, 90.25, Infinity),
  idle: fc.constantFrom(25.5, 60.5, 60.5, Infinity),
  total: fc.constantFrom(Infinity, Infinity, 100.125, 230.125),
  progress: fc.boolean(),
  completes: fc.boolean(),
});

describe('guardStream() against its model', () => {
  const made = { streams: 0, reads: 0, stops: 0, stalls: 0, aborts: 0, incomplete: 0, failed: 0 };
  afterAll(() => {
    const { streams, reads, stops, stalls, aborts, incomplete, failed } = made;
    console.log(
      `streams fuzzer: ${streams} streams, ${reads} reads, ${stops} stopped; ${stalls} stalled, ${aborts} aborted, ${incomplete} incomplete, ${failed} failed`,
    );
  });

  it('shows its reader what the model does, and leaves nothing behind', { timeout: 300_000 }, async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      await fc.assert(
        fc.asyncProperty(scripts, async (script) => {
          const clock = new VirtualClock();
          const own = counted(clock);
          const model = new Model(script);
          const controller = new AbortController();
          let stops = 0;
          const source = sourceOf(script, clock, () => stops++);
          const { firstEvent, idle, total, progress, completes } = script;
          const iterator = guardStream(source, {
            firstEvent,
            idle,
            total,
            isProgress: progress ? ({ event }) => !event.startsWith('ping') : undefined,
            isComplete: completes ? ({ event }) => event.startsWith('last') : undefined,
            signal: controller.signal,
            clock: own,
          })[Symbol.asyncIterator]() as Required<AsyncIterator<string, undefined>>;
          const reads: Reads = [];
          const read = (): void => {
            const index = reads.push(undefined) - 1;
            const answer = (what: string): void => {
              same(reads[index], undefined);
              reads[index] = `${what} at ${clock.now()}`;
            };
            iterator.next().then(
              ({ done, value }) => answer(done ? 'end' : value),
              (error: unknown) => answer(told(error)),
            );
          };
          const advance = async (ms: number): Promise<void> => {
            await clock.advance(ms);
            await clock.advance(0);
            model.advance(clock.now());
          };
          let left = false;

          for (const { does, ms } of script.acts) {
            if (does === 'read' || does === 'read twice') {
              for (let count = does === 'read' ? 1 : 2; count; count--) {
                model.read();
                read();
              }
              await advance(0);
            } else if (does === 'wait') {
              for (let step = 0; step < 40 && model.waits; step++) await advance(13);
            } else if (does === 'pass') {
              // Time before the first read: whether `total` counts it is not what this is about.
              if (reads.length) await advance(ms);
            } else if (does === 'abort') {
              model.abort();
              controller.abort('aborted');
              await advance(0);
            } else {
              if (does === 'return') await iterator.return();
              else await iterator.throw('thrown').catch((error: unknown) => same(error, 'thrown'));
              // A reader that is still to be told of an error when it leaves has a test of its own.
              const reads = !model.owes;
              model.leave();
              left = true;
              if (reads) {
                model.read();
                read();
              }
              await advance(0);
            }
            same(reads.join('\n'), model.reads.join('\n'));
            same(own.pending <= 1, true);
            if (left) break;
          }
          if (!left) {
            model.leave();
            await iterator.return();
          }
          await advance(1_000);

          same(reads.join('\n'), model.reads.join('\n'));
          same(stops, model.stops);
          same(own.pending, 0);
          same(own.most <= 1, true);
          same(getEventListeners(controller.signal, 'abort').length, 0);
          if (source instanceof ReadableStream) same(source.locked, false);
          same(unhandled.length, 0);
          made.streams++;
          made.reads += reads.length;
          made.stops += stops;
          const ended = (how: RegExp): number => reads.filter((result) => how.test(result ?? '')).length;
          made.stalls += ended(/^(firstEvent|idle|total)/);
          made.aborts += ended(/^aborted/);
          made.incomplete += ended(/^incomplete/);
          made.failed += ended(/^source failed/);
        }),
        { numRuns: RUNS },
      );
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});
