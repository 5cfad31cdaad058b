import type { CallContext, Clock } from 'holdfast';
import type { OpenStream } from 'holdfast/stream';
import type { VirtualClock } from 'holdfast/testing';

const never = (): Promise<never> => new Promise(() => {});

/** What an attempt gives: events, each after some ms, and then an end, an error or a stall. */
export interface StreamScript {
  readonly after?: number;
  readonly events?: readonly string[];
  readonly last?: 'end' | 'stall' | { readonly throws: unknown };
}

/** A way to open streams that goes by a script for each attempt, and what became of each. */
export function scriptedStreams(
  clock: VirtualClock,
  scripts: readonly StreamScript[],
): { readonly open: OpenStream<string>; readonly contexts: CallContext[]; readonly log: string[] } {
  const contexts: CallContext[] = [];
  const log: string[] = [];
  const open = (context: CallContext): AsyncIterable<string> => {
    const name = contexts.push(context);
    const { after = 0, events = [], last = 'end' } = scripts[name - 1]!;
    void context.signal;
    log.push(`open ${context.attempt} at ${clock.now()}`);
    let index = 0;
    const iterator: AsyncIterator<string, undefined> = {
      next: async () => {
        if (after) await new Promise<void>((resolve) => void clock.setTimer(after, resolve));
        if (index < events.length) return { done: false, value: events[index++]! };
        if (last === 'end') return { done: true, value: undefined };
        if (last === 'stall') return never();
        throw last.throws;
      },
      return: () => {
        log.push(`return ${name} at ${clock.now()}`);
        return never();
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  };
  return { open, contexts, log };
}

/** Reads a stream to its end, and notes what came and when. */
export function trace<T>(
  stream: AsyncIterable<T>,
  clock: Pick<Clock, 'now'>,
  slowly: () => Promise<void> = async () => {},
): unknown[] {
  const seen: unknown[] = [];
  void (async () => {
    try {
      for await (const event of stream) {
        seen.push([event, clock.now()]);
        await slowly();
      }
      seen.push(['end', clock.now()]);
    } catch (error) {
      seen.push([error, clock.now()]);
    }
  })();
  return seen;
}
