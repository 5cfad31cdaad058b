import type { CallContext } from '../base/context.ts';
import type { SimulatedEvent } from './event-queue.ts';
import type { Waiting } from './request-line.ts';

/** Who waits for an answer: the context of the attempt, as far as there is one. */
export type Asker = Partial<CallContext> | undefined;

/** One request to a service. */
export class Request implements Waiting {
  readonly asker: Asker;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  gone = false;
  /** The end of its work, while it is worked on. */
  event: SimulatedEvent | undefined;
  /** Its own calls to other services. */
  inner: AbortController | undefined;
  unwatch: (() => void) | undefined;

  constructor(asker: Asker, resolve: () => void, reject: (error: unknown) => void) {
    this.asker = asker;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Whether nobody waits for the answer any more. */
  get expired(): boolean {
    const remaining: unknown = this.asker?.remaining;
    return typeof remaining === 'number' && remaining <= 0;
  }
}
