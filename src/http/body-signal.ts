import { watch } from '../base/abort.ts';

/** A signal for one request. */
export interface BodySignal {
  readonly signal: AbortSignal;
  /** Told of the response that its caller gets, whose signal goes on to end it for as long as somebody has its body. */
  hold(response: Response): void;
}

/**
 * The signal that a request is sent with: aborted when its attempt is given up, and when its caller aborts while the
 * response is being read, as with plain fetch. A listener that stayed on the caller's signal for good would be a leak
 * where that lives long: the link goes when the body can be reached no more.
 *
 * @param attempt aborted when the attempt is given up.
 * @param caller that of the one who fetches, if there is one.
 */
export function bodySignal(attempt: AbortSignal, caller: AbortSignal | undefined): BodySignal {
  if (!caller) return { signal: attempt, hold: () => undefined };
  const controller = new AbortController();
  const { signal } = controller;
  attempt.addEventListener('abort', () => controller.abort(attempt.reason), { once: true });
  return {
    signal,
    hold({ body }) {
      if (!body) return;
      controllers.set(body, controller);
      const held = new WeakRef(controller);
      const unlink = watch(caller, (reason) => held.deref()?.abort(reason));
      (unreachable ??= new FinalizationRegistry((end) => end())).register(body, unlink);
    },
  };
}

/** What keeps a controller as long as the body that it can end. */
const controllers: WeakMap<object, AbortController> = new WeakMap();

/** Unlinks the bodies that are gone. Made when it is needed: some runtimes do without one. */
let unreachable: FinalizationRegistry<() => void> | undefined;
