import type { Call } from './call.ts';
import { goOn } from './go-on.ts';

/**
 * For a layer that keeps the call. The function returned lets it go on with `next`, a turn later: as a reaction of the
 * call's own, which keeps it in its async context, and unless it was cut meanwhile.
 */
export function park(call: Call, next: () => void): () => void {
  const { turn } = call;
  let go!: () => void;
  void new Promise<void>((resolve) => {
    go = resolve;
  }).then(() => {
    if (call.turn === turn) goOn(call, next);
  });
  return go;
}
