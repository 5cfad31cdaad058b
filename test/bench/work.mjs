// What the measured calls are made of: all contenders are handed the very same functions.

const error = Object.assign(new Error('transient'), { code: 'ECONNRESET' });

export const work = {
  error,
  /** An immediate asynchronous function. */
  ok: async () => 42,
  /** An asynchronous function that always fails. */
  bad: async () => {
    throw error;
  },
  /** One turn of the event loop, as fast input and output take it. */
  turn: () => new Promise((resolve) => setImmediate(resolve, 42)),
  /**
   * A function that fails so many times, and then succeeds.
   *
   * @param {number} times
   */
  failing: (times) => {
    let failures = 0;
    return async () => {
      if (failures++ < times) throw error;
      return 42;
    };
  },
  /** A signal that nobody aborts. */
  signal: new AbortController().signal,
};
