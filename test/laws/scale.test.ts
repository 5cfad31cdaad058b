import { getEventListeners } from 'node:events';
import {
  AdaptiveLimiter,
  AdaptiveThrottle,
  Bulkhead,
  CircuitBreaker,
  exponential,
  fallback,
  fullJitter,
  hedge,
  keyed,
  pipeline,
  RateLimiter,
  retry,
  sleeperOf,
  standard,
  timeout,
  type Policy,
} from 'holdfast';
import { seededRandom, VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

describe('retry()', () => {
  describe('given two thousand calls that have failed at the same time', () => {
    it('wakes each exactly after its own delay, and the last one after the longest', async () => {
      const clock = new VirtualClock();
      const delays: number[] = [];
      const policy = retry({
        maxAttempts: 2,
        baseDelay: 1_000,
        backoff: fullJitter(exponential()),
        random: seededRandom(5),
        clock,
        on: { retry: ({ delay }) => delays.push(delay) },
      });
      const woken: number[] = [];
      let settled = 0;

      for (let call = 0; call < 2_000; call++) {
        const fails = async ({ attempt }: { attempt: number }): Promise<void> => {
          if (attempt === 1) throw new Error('fails once');
          woken.push(clock.now());
        };
        void policy.execute(fails).then(() => settled++);
      }
      await clock.advance(0);
      const waiting = clock.pending;
      await clock.runAll();

      expect(waiting).toBe(2_000);
      expect(woken).toEqual(delays.toSorted((one, other) => one - other));
      expect(clock.now()).toBe(Math.max(...delays));
      expect([settled, clock.pending]).toEqual([2_000, 0]);
    });
  });
});

describe('a signal that outlives its calls', () => {
  const policies: readonly (readonly [name: string, make: (clock: VirtualClock) => Policy<unknown>])[] = [
    ['retry()', (clock) => retry({ clock, baseDelay: 10 })],
    ['timeout()', (clock) => timeout(1_000, { clock })],
    ['new CircuitBreaker()', (clock) => new CircuitBreaker({ clock })],
    ['new Bulkhead()', (clock) => new Bulkhead({ maxConcurrent: 2, maxQueued: 1_000, clock })],
    ['new RateLimiter()', (clock) => new RateLimiter({ limit: 2, interval: 10, maxQueued: 1_000, clock })],
    ['new AdaptiveLimiter()', (clock) => new AdaptiveLimiter({ max: 2, maxQueued: 1_000, clock })],
    ['new AdaptiveThrottle()', (clock) => new AdaptiveThrottle({ clock })],
    ['hedge()', (clock) => hedge({ delay: 5, clock })],
    ['fallback()', () => fallback('instead')],
    ['keyed()', (clock) => ofOneKey(clock)],
    ['standard()', (clock) => standard({ clock })],
    [
      'pipeline()',
      (clock) => pipeline(timeout(500, { clock }), retry({ clock, baseDelay: 10 }), timeout(90, { clock })),
    ],
  ];

  function ofOneKey(clock: VirtualClock): Policy {
    const all = keyed(() => new CircuitBreaker({ clock }), { clock });
    return { execute: (fn, options) => all.execute('key', fn, options) };
  }

  it.each(policies)(
    'hears of all calls under way under %s by one listener, and by none when they are over',
    async (_, make) => {
      const clock = new VirtualClock();
      const policy = make(clock);
      const { signal } = new AbortController();
      const sleep = sleeperOf(clock);
      const listeners = (): number => getEventListeners(signal, 'abort').length;
      let settled = 0;
      let most = 0;

      for (let burst = 0; burst < 20; burst++) {
        for (let call = 0; call < 100; call++) {
          let failures = call % 4 ? 0 : 1;
          const mostlyFine = async (): Promise<void> => {
            await sleep(1);
            most = Math.max(most, listeners());
            if (failures-- > 0) throw new Error('one of four fails once');
          };
          const done = (): number => settled++;
          policy.execute(mostlyFine, { signal }).then(done, done);
        }
        await clock.runAll();
        expect(listeners()).toBe(0);
      }

      expect([settled, most, clock.pending]).toEqual([2_000, 1, 0]);
    },
  );
});

describe('new CircuitBreaker()', () => {
  describe('given a hundred thousand calls, one of ten of which fails, one every ms', () => {
    it('remembers no more than at first, and counts exactly those of its window', async () => {
      const clock = new VirtualClock();
      const breaker = new CircuitBreaker({ clock });
      const fails = async (): Promise<never> => Promise.reject(new Error('one of ten'));
      const sizes: number[] = [];

      for (let call = 1; call <= 100_000; call++) {
        if (call % 10) await breaker.execute(works);
        else await breaker.execute(fails).catch(works);
        if (call === 20_000 || call === 100_000) sizes.push(JSON.stringify(breaker.snapshot(0)).length);
        clock.jump(1);
      }

      const { circuit } = breaker.snapshot(0) as unknown as { circuit: { windows: { sums: number[] }[] } };
      // The window has ten buckets of a second each; the calls at 0, 1 … 99 999 ms fill the last ten.
      expect(circuit.windows.map(({ sums }) => sums)).toEqual([[10_000, 1_000, 0]]);
      expect(breaker.state).toBe('closed');
      expect(sizes[1]! - sizes[0]!).toBeLessThan(10);
    });
  });
});

describe('new RateLimiter()', () => {
  describe('given a limit that divides no interval evenly, asked once every ms for ten minutes', () => {
    it('grants exactly when a bucket that is reckoned in whole numbers does', () => {
      const clock = new VirtualClock();
      const limiter = new RateLimiter({ limit: 7, interval: 3_000, clock });
      const [granted, expected]: [number[], number[]] = [[], []];
      let thousandths = 7_000 * 3;

      for (let time = 0; time < 600_000; time++) {
        if (limiter.tryAcquire()) granted.push(time);
        if (thousandths >= 3_000) {
          thousandths -= 3_000;
          expected.push(time);
        }
        thousandths = Math.min(7_000 * 3, thousandths + 7);
        clock.jump(1);
      }

      expect(granted.length).toBe(7 + 1_399);
      expect(granted).toEqual(expected);
    });
  });
});

describe('keyed()', () => {
  describe('given a hundred thousand keys, one after another', () => {
    it('never holds more than it may, and keeps those that were used last', () => {
      const made: string[] = [];
      const policies = keyed((key: string) => (made.push(key), pipeline()), { maxKeys: 100 });
      let most = 0;

      for (let key = 0; key < 100_000; key++) {
        policies.get(`${key}`);
        if (key % 1_000 === 0) most = Math.max(most, policies.size);
      }
      for (let key = 99_900; key < 100_000; key++) policies.get(`${key}`);

      expect([most, policies.size, made.length]).toEqual([100, 100, 100_000]);
    });
  });
});

async function works(): Promise<void> {}
