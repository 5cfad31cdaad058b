/** More calls and requests at once than this end a simulation: it is about a gigabyte. */
const MOST_AT_ONCE = 500_000;
/** More events than this end a simulation: it is some minutes. */
const MOST_EVENTS = 300_000_000;

/** Why a simulation has to end before its time; `undefined` if it may go on. */
export function beyondBounds(events: number, atOnce: number): string | undefined {
  if (events > MOST_EVENTS) return `more than ${MOST_EVENTS} events`;
  return atOnce > MOST_AT_ONCE ? `more than ${MOST_AT_ONCE} calls or requests at once` : undefined;
}
