const nobody = new Int32Array(new SharedArrayBuffer(4));

/**
 * Ns that this thread has had the processor for: while it waits, or others have their turn, that stands still. Where the
 * runtime cannot tell its threads apart, the time of all of them.
 *
 * Linux brings the figure up to date every few ms, and whenever the thread lets go of the processor, hence the nap.
 */
export function cpuTime() {
  Atomics.wait(nobody, 0, 0, 0.1);
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) * 1e3;
}
