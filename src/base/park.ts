import type { Call } from './call.ts';
import { goOn } from './go-on.ts';

/**
 * For layer `at`, which keeps the call. The function returned lets it go on with `next`, a turn later: as a reaction of
 * the call's own promise, so that it keeps its async context whoever calls that, and only if it was not cut meanwhile.
 */
export function park(call: Call, at: number, next: (call: Call, at: number) => void): () => void {
  const { turn } = call;
  let go!: () => void;
  void new Promise<void>((resolve) => {
    go = resolve;
  }).then(() => {
    if (call.turn === turn) goOn(call, at, next);
  });
  return go;
}
