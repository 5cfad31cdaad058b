import type { CancelTimer, Clock } from '../index.ts';
import type { Child, ChildEnd } from './io.ts';

/** Between two looks at whether somebody is left · ms. */
const STEP = 20;
/** How long what has been killed may take to be gone. It no longer runs, so there is no more to wait for · ms. */
const DYING = 1_000;

/** A program that can be told to stop, with all that it has started. */
export interface Stoppable {
  /**
   * Settles when it has ended, and, where it has been told to stop, when nothing is left of what it has started. Never
   * rejects.
   */
  readonly gone: Promise<ChildEnd>;
  /** Hands a signal on. The program takes the time that it wants; what it then leaves behind has the grace. */
  pass(signal: string): void;
  /** SIGTERM, and after the grace SIGKILL. */
  stop(): void;
}

/**
 * Makes a child stoppable. What a program has started is looked for only after the program has been told to stop: one
 * that ends by itself may leave something behind on purpose.
 *
 * @param grace from SIGTERM to SIGKILL · ms.
 */
export function stoppable(child: Child, clock: Clock, grace: number): Stoppable {
  let told = false;
  let force: CancelTimer | undefined;
  let patience = Infinity;

  const gone = child.ended.then(async (end) => {
    if (told) forceLater();
    while (told && child.left() && clock.now() < patience) {
      await new Promise<void>((resolve) => clock.setTimer(STEP, resolve));
    }
    force?.();
    if (told) child.letGo();
    return end;
  });
  return { gone, pass, stop };

  function pass(signal: string): void {
    told = true;
    child.kill(signal);
  }

  function stop(): void {
    pass('SIGTERM');
    forceLater();
  }

  function forceLater(): void {
    force ??= clock.setTimer(grace, () => {
      child.kill('SIGKILL');
      patience = clock.now() + DYING;
    });
  }
}
