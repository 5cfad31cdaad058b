type Immediate = (callback: () => void) => unknown;

/** Taken when loaded: faked timers must not hold the kit that moves time in tests. */
const { setImmediate, setTimeout, clearTimeout } = globalThis as unknown as {
  readonly setImmediate?: Immediate;
  readonly setTimeout: typeof globalThis.setTimeout;
  readonly clearTimeout: typeof globalThis.clearTimeout;
};

/** Resolves when everything that is ready to run has run. For the testing kit. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    if (setImmediate) setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

/** Calls `bark` after `ms` of real time, unless called off; does not keep the process alive. For the testing kit. */
export function watchdog(ms: number, bark: () => void): () => void {
  const timer: unknown = setTimeout(bark, ms);
  (timer as { unref?(): void }).unref?.();
  return () => clearTimeout(timer as ReturnType<typeof globalThis.setTimeout>);
}
