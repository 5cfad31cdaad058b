/** Somebody who holds something for as long as work runs that was begun inside of him, whoever has given up on it. */
export interface Holder {
  /** The next one outwards. */
  readonly outer: Holder | undefined;
  /** Attempts inside that have not really settled. */
  pending: number;
  /** Called when the last of them has. */
  idle?: (() => void) | undefined;
}

/** Notes that an attempt begins, or that it has really settled. */
export function begun(holder: Holder | undefined, change: number): void {
  for (; holder; holder = holder.outer) {
    holder.pending += change;
    const { idle } = holder;
    if (holder.pending || !idle) continue;
    holder.idle = undefined;
    idle();
  }
}
