import { isRefusal } from '../base/errors.ts';
import type { Guarded, Policy } from '../base/policy.ts';
import type { ArrivalProcess } from './arrivals.ts';
import { askAll, type Askable } from './ask-all.ts';
import type { EventQueue } from './event-queue.ts';
import type { Pulse } from './pulse.ts';
import type { Recorder } from './recorder.ts';

/** What a client has. */
export interface ClientParts {
  readonly arrivals: ArrivalProcess;
  /** What each of its calls asks. */
  readonly services: readonly Askable[];
  readonly policy: Policy<unknown>;
  /** Ms. */
  readonly patience: number;
}

/** What all clients share. */
export interface ClientSurroundings {
  readonly queue: EventQueue;
  readonly pulse: Pulse;
  readonly recorder: Recorder;
}

/** A client at work: makes its calls under its policy, and tells how they come out. */
export class Client {
  readonly #parts: ClientParts;
  readonly #around: ClientSurroundings;
  readonly #attempt: Guarded<void>;

  constructor(parts: ClientParts, around: ClientSurroundings) {
    const { services } = parts;
    const { pulse, recorder } = around;
    this.#parts = parts;
    this.#around = around;
    this.#attempt = (context) => {
      pulse.beats++;
      recorder.sent(services.length);
      return askAll(services, context);
    };
    this.#plan(parts.arrivals.first);
  }

  #plan(time: number): void {
    const { queue } = this.#around;
    queue.plan(time - queue.now(), () => this.#arrive());
  }

  #arrive(): void {
    const { arrivals } = this.#parts;
    const now = this.#around.queue.now();
    if (!arrivals.closed) this.#plan(arrivals.next(now));
    for (let calls = arrivals.size(now); calls > 0; calls--) this.#call();
  }

  #call(): void {
    const { arrivals, services, policy, patience } = this.#parts;
    const { queue, pulse, recorder } = this.#around;
    const begun = queue.now();
    const caller = patience < Infinity ? new AbortController() : undefined;
    const givesUp = caller && queue.plan(patience, () => this.#giveUp(caller));
    const settle = (outcome: 'succeeded' | 'failed' | 'refused'): void => {
      pulse.beats++;
      if (givesUp) queue.callOff(givesUp);
      recorder.settled(outcome, queue.now() - begun);
      if (arrivals.closed) this.#plan(arrivals.next(queue.now()));
    };
    const { sent } = recorder.total;
    recorder.offered(services.length);
    policy.execute(this.#attempt, caller && { signal: caller.signal }).then(
      () => settle('succeeded'),
      (error: unknown) => settle(isRefusal(error) ? 'refused' : 'failed'),
    );
    // A call whose request is on its way waits for nothing else; any other one may have been refused.
    if (recorder.total.sent === sent) pulse.stirred = true;
  }

  #giveUp(caller: AbortController): void {
    this.#around.pulse.stirred = true;
    caller.abort();
  }
}
