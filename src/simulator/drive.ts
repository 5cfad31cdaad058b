import { macrotask } from '../base/turn.ts';
import type { EventQueue } from './event-queue.ts';
import type { Pulse } from './pulse.ts';

/**
 * How to wait until policies have done all that an event has set going: `'quick'` until so many turns of promises have
 * passed without a sign of them, `'exact'` for a turn of the event loop.
 */
export type Settling = 'quick' | 'exact';

/** Turns of promises: twice as many as any policy of ours rests between two signs. */
const QUIET = 8;
/** After so many events the event loop gets a turn, so that a page stays alive. */
const BREATH = 4_096;

/** Stops a simulation: says why, or `undefined` to go on. */
export type Brake = (events: number) => string | undefined;

/**
 * Lets everything happen up to `end`, in order, each at its own time, with all that follows from it by promises done
 * before the next. Resolves to the number of events, and why it stopped before the end, if it did.
 *
 * @param breathe called whenever the event loop gets a turn, and asked whether to go on.
 */
export async function drive(
  queue: EventQueue,
  pulse: Pulse,
  end: number,
  settling: Settling,
  breathe: Brake,
): Promise<{ readonly events: number; readonly why: string | undefined }> {
  let events = 0;
  let why: string | undefined;
  while (!why) {
    const event = queue.next(end);
    if (!event) break;
    pulse.stirred = false;
    event.happen();
    events++;
    if (settling === 'exact') await macrotask();
    else if (pulse.stirred) {
      for (let quiet = 0, seen = -1; quiet < QUIET; quiet++) {
        await undefined;
        if (seen !== pulse.beats) quiet = 0;
        seen = pulse.beats;
      }
    }
    if (events % BREATH === 0) {
      await macrotask();
      why = breathe(events);
    }
  }
  return { events, why };
}
