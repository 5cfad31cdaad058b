import { reportOutOfBand } from './observe.ts';

/** What waits on one signal: a single listener, however many calls share it. */
interface Hub {
  readonly waiting: Set<(reason: unknown) => void>;
  readonly listener: () => void;
}

const hubs: WeakMap<AbortSignal, Hub> = new WeakMap();

/**
 * Calls `wake` when `signal` is aborted; the caller has looked at `signal.aborted` already. The function returned ends
 * that, and the last one to leave takes the listener off the signal.
 */
export function watch(signal: AbortSignal, wake: (reason: unknown) => void): () => void {
  const { waiting, listener } = hubs.get(signal) ?? newHub(signal);
  if (!waiting.size) signal.addEventListener('abort', listener);
  waiting.add(wake);
  return () => {
    if (waiting.delete(wake) && !waiting.size) signal.removeEventListener('abort', listener);
  };
}

/** A function of its own: made beside a `wake`, the listener would keep all that this one can reach, as long as the signal. */
function newHub(signal: AbortSignal): Hub {
  const waiting: Hub['waiting'] = new Set();
  const hub = { waiting, listener: () => waiting.forEach((each) => tell(each, signal)) };
  hubs.set(signal, hub);
  return hub;
}

/** One that fails must not keep the others waiting. */
function tell(wake: (reason: unknown) => void, signal: AbortSignal): void {
  try {
    wake(signal.reason);
  } catch (error) {
    reportOutOfBand(signal, error, 'abort');
  }
}
