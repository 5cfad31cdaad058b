import { watch } from '../base/abort.ts';
import {
  abortSignal,
  callable,
  check,
  clockKind,
  durationOrNever,
  readOptions,
  refusePromise,
  type Kind,
} from '../base/check.ts';
import { asyncScope, type AsyncScope } from '../base/async-scope.ts';
import { elapsedBy, isGenuine, systemClock, type CancelTimer, type Clock } from '../base/clock.ts';
import { isA, StreamIdleError, StreamIncompleteError } from '../base/errors.ts';
import { END, eventIterator, type Read } from './event-iterator.ts';
import { quietly, readerOf, type Reader, type StreamSource } from './stream-source.ts';

/** How long a stream may keep its reader waiting, and how it has to end. */
export interface StreamLimits<T> {
  /** For the first event, from the first read on · ms or `Infinity` · default: as `idle`. */
  readonly firstEvent?: number | undefined;
  /** Between two events, as long as somebody waits for the next · ms or `Infinity` · default `Infinity`. */
  readonly idle?: number | undefined;
  /** For the whole stream · ms or `Infinity` · default `Infinity`. */
  readonly total?: number | undefined;
  /** Whether an event is progress; one that is not, such as a keep-alive, lets the limits run on · default: every one is. */
  readonly isProgress?: ((read: { readonly event: T }) => boolean) | undefined;
  /** Whether an event is the stream's last word. Given, a stream that ends without one is an error · default none. */
  readonly isComplete?: ((read: { readonly event: T }) => boolean) | undefined;
}

/** What `guardStream` may be told. */
export interface GuardStreamOptions<T> extends StreamLimits<T> {
  /** Ends the stream at once when aborted; the error is `signal.reason` itself. */
  readonly signal?: AbortSignal | undefined;
  /** Default `systemClock`. */
  readonly clock?: Clock | undefined;
}

/**
 * The same events, from a stream that cannot stall: when the next one takes too long, the reader gets a
 * `StreamIdleError` at once, and the source is cancelled and not waited for. A reader that leaves early cancels the
 * source too. But for `total`, the limits run only while somebody waits for an event: a slow reader is no stalled stream.
 *
 * @throws `TypeError` or `RangeError` for a wrong argument; the iteration throws `StreamIdleError`,
 * `StreamIncompleteError`, `signal.reason`, or what the source throws.
 * @example
 * import { guardStream } from 'holdfast/stream';
 * async function* words() { yield 'hold'; yield 'fast'; }
 * const read: string[] = [];
 * for await (const word of guardStream(words(), { idle: 10_000 })) read.push(word);
 * read; // => ['hold', 'fast']
 */
export function guardStream<T>(source: AsyncIterable<T>, options?: GuardStreamOptions<T>): AsyncIterable<T>;
/** For a web stream that has no iterator. One that has is read by that: its reader also speaks of what is not there. */
export function guardStream<T>(source: StreamSource<T>, options?: GuardStreamOptions<T>): AsyncIterable<T>;
export function guardStream<T>(source: StreamSource<T>, options?: GuardStreamOptions<T>): AsyncIterable<T> {
  const action = 'guard a stream';
  check(source, streamKind, 'source', action);
  const given = readOptions(action, options, GUARD_KINDS) as GuardStreamOptions<T>;
  return {
    [Symbol.asyncIterator]() {
      let opened = false;
      const open = async (): Promise<Reader<T>> => {
        opened = true;
        return readerOf(source);
      };
      // A source that nobody has begun to read is to stop as well.
      return guarding(open, given, 0, undefined, (reason) => opened || quietly(() => readerOf(source).cancel(reason)));
    },
  };
}

/**
 * Reads what `open` gives under limits. To open it is part of the wait for the first event.
 *
 * @param received events that were delivered before, by sources that this one goes on from.
 * @param elapsed how much of the time for the whole stream has passed, where others went before · default: none, until
 * the first read.
 * @param stopped told at once when the source is given up, which may not be open yet; and whether for good.
 */
export function guarding<T>(
  open: () => Promise<Reader<T>>,
  {
    firstEvent,
    idle = Infinity,
    total = Infinity,
    isProgress,
    isComplete,
    signal,
    clock = systemClock,
  }: GuardStreamOptions<T>,
  received = 0,
  elapsed?: () => number,
  stopped?: (reason: unknown, final: boolean) => unknown,
): AsyncIterator<T, undefined> {
  let now: () => number;
  let reader: Promise<Reader<T>> | undefined;
  /** What the limit on the next event is, and how much of it has been waited already. */
  let limit = firstEvent ?? idle;
  let which: 'firstEvent' | 'idle' = 'firstEvent';
  let spent = 0;
  /** Since when somebody waits for an event. */
  let since: number | undefined;
  let waiting: { resolve: (result: Read<T>) => void; reject: (error: unknown) => void } | undefined;
  let begun = false;
  let complete = false;
  let over = false;
  /** What the next read throws. */
  let failure: { readonly error: unknown } | undefined;
  let cancelTimer: CancelTimer | undefined;
  let timerDue = Infinity;
  let unwatch: (() => void) | undefined;
  /** What the source does to clean up is of this stream, not of whoever aborts it or moves its clock. */
  let scope: AsyncScope | undefined;

  const nextDue = (): number => Math.min(total, since === undefined ? Infinity : since + limit - spent);

  /** One timer, set for the nearest limit; one that rings too early is set again. */
  function arm(time: number): void {
    const due = nextDue();
    if (due >= timerDue) return;
    cancelTimer?.();
    timerDue = due;
    const wake = (): void => ring(due);
    cancelTimer = clock.setTimer(Math.max(0, due - time), () => (scope ? scope.runInAsyncScope(wake) : wake()));
  }

  function ring(due: number): void {
    // That it has rung is as good a proof of the time as the clock's reading.
    const rung = Math.max(due, now());
    timerDue = Infinity;
    if (nextDue() > rung) arm(rung);
    else if (total <= rung) fail(new StreamIdleError('total', total, received), true, true);
    else fail(new StreamIdleError(which, limit, received));
  }

  /** Ends the stream; with a reason, the source is asked to stop. */
  function close(reason?: unknown, stop = false, final = false): void {
    over = true;
    cancelTimer?.();
    unwatch?.();
    if (!stop) return;
    stopped?.(reason, final);
    stopReader(reason);
  }

  function stopReader(reason: unknown): void {
    reader?.then(({ cancel }) => cancel(reason)).catch(() => undefined);
  }

  function fail(error: unknown, stop = true, final = false): void {
    if (over) return;
    const reading = waiting;
    waiting = undefined;
    // After its last word a stream may be silent, or break: it has come to its end.
    const ended = complete && (!final || isA(error, StreamIdleError)) && !signal?.aborted;
    if (!ended && !reading) failure = { error };
    close(error, stop, final);
    if (ended) reading?.resolve(END);
    else reading?.reject(error);
  }

  function take(result: IteratorResult<T, unknown>): void {
    if (over) return;
    if (result.done) {
      if (isComplete && !complete) return fail(new StreamIncompleteError(received), false);
      close();
      settle(END);
      return;
    }
    const event = result.value;
    try {
      const progress = isProgress?.({ event }) ?? true;
      refusePromise(progress, 'isProgress');
      const completes = isComplete?.({ event }) ?? false;
      refusePromise(completes, 'isComplete');
      complete ||= completes;
      if (over) return;
      spent = progress ? 0 : spent + now() - since!;
      if (progress) {
        limit = idle;
        which = 'idle';
      }
    } catch (error) {
      fail(error, true, true);
      return;
    }
    received++;
    settle({ done: false, value: event });
  }

  function settle(result: Read<T>): void {
    const { resolve } = waiting!;
    waiting = since = undefined;
    resolve(result);
  }

  function begin(): void {
    now = elapsed ?? elapsedBy(clock);
    // The timers of the runtime keep it themselves.
    if (signal || !isGenuine(clock)) scope = asyncScope();
    if (signal?.aborted) fail(signal.reason);
    else if (signal) unwatch = watch(signal, (reason) => scope!.runInAsyncScope(() => fail(reason)));
  }

  const pull = (): Promise<Read<T>> =>
    new Promise((resolve, reject) => {
      if (!begun && !over) {
        begun = true;
        begin();
        if (!over) {
          reader = open();
          // To open it may end the stream: there was no reader then to be stopped.
          if (over) stopReader(failure?.error);
        }
      }
      if (failure) {
        const { error } = failure;
        failure = undefined;
        reject(error as Error);
      } else if (over) resolve(END);
      else {
        const time = now();
        waiting = { resolve, reject };
        since = time;
        arm(time);
        reader!
          .then(({ next }) => (over ? END : next()))
          .then(take, (error: unknown) => fail(error, false))
          .catch(fail);
      }
    });

  const leave = (): void => {
    failure = undefined;
    if (over) return;
    close(undefined, true);
    waiting?.resolve(END);
    waiting = undefined;
  };

  return eventIterator(pull, leave);
}

/** What can be read as a stream. */
export const streamKind: Kind = [
  'an async iterable or a ReadableStream',
  (value: (AsyncIterable<unknown> & ReadableStream) | null) =>
    typeof value?.[Symbol.asyncIterator] === 'function' || typeof value?.getReader === 'function',
];

/** The kinds of the limits of a stream. */
export const LIMIT_KINDS: { readonly [Key in keyof Required<StreamLimits<unknown>>]: Kind } = {
  firstEvent: durationOrNever,
  idle: durationOrNever,
  total: durationOrNever,
  isProgress: callable,
  isComplete: callable,
};
/** The kinds of the options of a guarded stream. */
export const GUARD_KINDS: { readonly [Key in keyof Required<GuardStreamOptions<unknown>>]: Kind } =
  /* @__PURE__ */ Object.assign({ signal: abortSignal, clock: clockKind }, LIMIT_KINDS);
