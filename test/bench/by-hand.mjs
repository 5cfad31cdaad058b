// What the peers and holdfast are held against besides the bare call.

/** What a careful programmer writes by hand, without a library. */
export const byHand = {
  async retry(fn) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await fn();
      } catch (error) {
        if (attempt > 3) throw error;
      }
    }
  },
  async sleepingRetry(fn, longest) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await fn();
      } catch (error) {
        if (attempt > 3) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * longest * 2 ** (attempt - 1)));
      }
    }
  },
  breaker(record, isOpen = () => false) {
    return async (fn) => {
      if (isOpen()) throw new Error('the breaker is open');
      try {
        const value = await fn();
        record(false);
        return value;
      } catch (error) {
        record(true);
        throw error;
      }
    };
  },
  consecutive() {
    let failures = 0;
    let openedAt = -1;
    return byHand.breaker(
      (failed) => {
        failures = failed ? failures + 1 : 0;
        if (failures >= 5) openedAt = Date.now();
      },
      () => openedAt >= 0 && Date.now() - openedAt < 30_000,
    );
  },
  window() {
    const counts = [new Uint32Array(10), new Uint32Array(10)];
    let current = -1;
    return byHand.breaker((failed) => {
      const second = Math.floor(Date.now() / 1_000);
      for (; current < second; current = current < second - 10 ? second - 10 : current + 1) {
        for (const count of counts) count[(current + 1) % 10] = 0;
      }
      counts[Number(failed)][second % 10]++;
    });
  },
  open() {
    return byHand.breaker(
      () => {},
      () => true,
    );
  },
  timeout(fn) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('timeout')), 5_000);
      fn().then(
        (value) => (clearTimeout(timer), resolve(value)),
        (error) => (clearTimeout(timer), reject(error)),
      );
    });
  },
  /** @param {number} [free] */
  semaphore(free = 10) {
    const line = [];
    return async (fn) => {
      if (free > 0) free--;
      else await new Promise((resolve) => line.push(resolve));
      try {
        return await fn();
      } finally {
        if (line.length) line.shift()();
        else free++;
      }
    };
  },
  bucket() {
    let tokens = 1e9;
    let last = Date.now();
    return () => {
      const now = Date.now();
      if (now !== last) {
        tokens = Math.min(1e9, tokens + (now - last) * 1e6);
        last = now;
      }
      return tokens >= 1 && tokens-- > 0;
    };
  },
  acquire() {
    const take = byHand.bucket();
    return async () => {
      if (!take()) throw new Error('limited');
    };
  },
  delay() {
    let attempt = 0;
    return () => Math.random() * Math.min(30_000, 100 * 2 ** (attempt++ & 7));
  },
  /** @param {number} limit */
  pipeline(limit) {
    const [breaker, semaphore] = [byHand.consecutive(), byHand.semaphore(limit)];
    return (fn) => byHand.retry(() => breaker(() => byHand.timeout(() => semaphore(fn))));
  },
};
