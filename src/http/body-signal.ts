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
  attempt.addEventListener('abort', () => controller.abort(attempt.reason), { once: true });
  return {
    signal: controller.signal,
    hold({ body }) {
      if (caller.aborted) controller.abort(caller.reason);
      else if (body) link(caller, controller, body);
    },
  };
}

/** What keeps a controller as long as the body that it can end. */
const controllers: WeakMap<object, AbortController> = new WeakMap();

/** Unlinks the bodies that are gone. */
let unreachable: FinalizationRegistry<() => void> | undefined;

function link(caller: AbortSignal, controller: AbortController, body: object): void {
  // Some runtimes cannot tell that a body is gone; there the link is as old as the signal.
  if (typeof FinalizationRegistry !== 'function') return void follow(caller, { deref: () => controller });
  controllers.set(body, controller);
  unreachable ??= new FinalizationRegistry(call);
  unreachable.register(body, follow(caller, new WeakRef(controller)));
}

/** A function of its own: what its watcher can reach is the reference and nothing else. */
function follow(caller: AbortSignal, controller: Pick<WeakRef<AbortController>, 'deref'>): () => void {
  return watch(caller, (reason) => controller.deref()?.abort(reason));
}

function call(fn: () => void): void {
  fn();
}
