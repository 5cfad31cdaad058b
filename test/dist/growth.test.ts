import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const CALLS = 12_000;
/** A call that kept anything would keep more, each time. */
const BYTES_A_CALL = 8;

interface Left {
  /** Heap kept for each call. */
  readonly bytes: number;
  /** What would keep the process alive. */
  readonly waits: readonly string[];
  readonly listeners: number;
}

/** What calls under each kind of policy leave behind, in a process where garbage is collected on demand. */
function leftBehind(): { readonly [policy: string]: Left } {
  const script = `
    import { getEventListeners } from 'node:events';
    import * as all from 'holdfast';
    const { retry, timeout, pipeline, keyed, hedge, fallback, standard, retryCall, consecutiveFailures } = all;
    const policies = {
      retry: retry({ baseDelay: 0 }),
      timeout: timeout(600_000),
      'breaker, consecutive': new all.CircuitBreaker({ trip: consecutiveFailures(5) }),
      'breaker, window': new all.CircuitBreaker(),
      bulkhead: new all.Bulkhead({ maxConcurrent: 10, maxQueued: 100 }),
      'rate limiter': new all.RateLimiter({ limit: 1e9, interval: 1_000 }),
      'adaptive limiter': new all.AdaptiveLimiter({ maxQueued: 100 }),
      'adaptive throttle': new all.AdaptiveThrottle(),
      hedge: hedge({ delay: 600_000 }),
      fallback: fallback('instead'),
      keyed: ((keys) => ({ execute: (fn, options) => keys.execute('key', fn, options) }))(keyed(() => retry())),
      retryCall: { execute: (fn, options) => retryCall(fn, 3, 0, options) },
      standard: standard(),
      pipeline: pipeline(retry(), new all.CircuitBreaker(), timeout(600_000), new all.Bulkhead({ maxConcurrent: 10 })),
    };
    const { signal } = new AbortController();
    const used = async () => {
      for (let time = 0; time < 3; time++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return process.memoryUsage().heapUsed;
    };
    const calls = async (policy, count) => {
      for (let call = 0; call < count; call++) await policy.execute(async () => call, { signal });
    };
    // The engine makes room, and learns the code, before anything is measured.
    for (const policy of Object.values(policies)) await calls(policy, ${CALLS} / 2);
    const left = {};
    for (const [name, policy] of Object.entries(policies)) {
      await calls(policy, ${CALLS} / 4);
      const kept = [];
      // What the engine learns of the code meanwhile, it learns once. What a call keeps, it keeps each time.
      // A round that gave something back shows no more than one that took as much.
      const least = () => Math.min(...kept.map(Math.abs));
      for (let time = 0; time < 2 || (time < 6 && least() > ${BYTES_A_CALL}); time++) {
        const before = await used();
        await calls(policy, ${CALLS});
        kept.push(Math.round(10 * ((await used()) - before) / ${CALLS}) / 10);
      }
      const bytes = least();
      const waits = process.getActiveResourcesInfo().filter((what) => !/Pipe|TTY|FS/.test(what));
      left[name] = { bytes, waits, listeners: getEventListeners(signal, 'abort').length };
    }
    console.log(JSON.stringify(left));`;
  const output = execFileSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
    timeout: 600_000,
  });
  return JSON.parse(output) as Record<string, Left>;
}

describe(`${CALLS} calls under one policy`, () => {
  const left = leftBehind();

  it.each(Object.entries(left))('leave nothing behind: %s', (_, { bytes, waits, listeners }) => {
    expect(bytes).toBeLessThanOrEqual(BYTES_A_CALL);
    expect([waits, listeners]).toEqual([[], 0]);
  });

  it('are made under every kind of policy', () => {
    console.log(
      `heap kept a call: ${Object.entries(left)
        .map(([name, { bytes }]) => `${name} ${bytes}`)
        .join(', ')}`,
    );
    expect(Object.keys(left)).toHaveLength(14);
  });
});
