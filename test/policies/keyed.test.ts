import { AsyncLocalStorage } from 'node:async_hooks';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  Bulkhead,
  CircuitBreaker,
  consecutiveFailures,
  keyed,
  pipeline,
  RateLimiter,
  retry,
  slowCallRate,
  timeout,
  type CallContext,
  type Keyed,
  type KeyedOptions,
  type Policy,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { rejection } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const down = new Error('down');
const fails = (): Promise<never> => Promise.reject(down);
const never = (): Promise<never> => new Promise(() => {});

/** One retry for each key, and which keys were made. */
function made(options: KeyedOptions = {}): { clock: VirtualClock; policies: Keyed<Policy>; log: string[] } {
  const clock = new VirtualClock();
  const log: string[] = [];
  const make = (key: string): Policy => {
    log.push(key);
    return retry();
  };
  return { clock, policies: keyed(make, { clock, ...options }), log };
}

/** Which of these keys it still holds, without making any. */
function held<Each extends Policy>(policies: Keyed<Each>, known: Record<string, Each>, log: unknown[]): string[] {
  return Object.keys(known).filter((key) => {
    const before = log.length;
    const same = policies.get(key) === known[key];
    return same && log.length === before;
  });
}

describe('keyed()', () => {
  describe('get()', () => {
    it('makes one policy for each key, and gives the same again', () => {
      const { policies, log } = made();

      const [first, other, again] = ['a', 'b', 'a'].map((key) => policies.get(key));

      expect(again).toBe(first);
      expect(other).not.toBe(first);
      expect([log, policies.size]).toEqual([['a', 'b'], 2]);
    });

    it('takes any string and any number, and tells 1 from "1"', () => {
      const seen: unknown[] = [];
      const policies = keyed<Policy, string | number>((key) => (seen.push(key), retry()));
      const keys = ['', '__proto__', 'constructor', '1', 1, 0, -0, NaN, NaN, Infinity];

      for (const key of keys) policies.get(key);

      expect(seen).toEqual(['', '__proto__', 'constructor', '1', 1, 0, NaN, Infinity]);
    });

    it.each([undefined, null, {}, Symbol.iterator, true, 5n])(
      'refuses %s, which is no key, and makes nothing',
      (key) => {
        const { policies, log } = made();

        expect(() => policies.get(key as never)).toThrow(
          /^Cannot get a policy: expected key to be a string or a number/,
        );
        expect([log, policies.size]).toEqual([[], 0]);
      },
    );

    it('lets an error of the maker out, and holds nothing', () => {
      const policies = keyed((): Policy => {
        throw down;
      });

      expect(() => policies.get('a')).toThrow(down);
      expect(policies.size).toBe(0);
    });

    it.each([undefined, null, {}, 5])('refuses a maker that returns %s, and holds nothing', (wrong) => {
      const policies = keyed(() => wrong as never);

      expect(() => policies.get('a')).toThrow(TypeError);
      expect(policies.size).toBe(0);
    });

    it('says in a sentence that the maker returns no policy', () => {
      const policies = keyed(() => 5 as never);

      expect(() => policies.get('a')).toThrow(
        wrongArgument(TypeError, 'Cannot get a policy: expected make to return a policy, got 5'),
      );
    });

    it('holds the last policy of a key for which the maker has asked as well', () => {
      let inner: Policy | undefined;
      let asked = false;
      const policies: Keyed<Policy> = keyed((key) => {
        if (asked) return retry();
        asked = true;
        inner = policies.get(key);
        return retry();
      });

      const policy = policies.get('a');

      expect([policies.get('a') === policy, policy === inner, policies.size]).toEqual([true, false, 1]);
    });

    it('may be called by the maker, for another key', () => {
      const policies: Keyed<Policy> = keyed((key) => (key === 'a' ? pipeline(policies.get('b')) : retry()));

      policies.get('a');

      expect(policies.size).toBe(2);
    });
  });

  describe('execute()', () => {
    it('calls fn under the policy of the key', async () => {
      const policies = keyed(() => new CircuitBreaker({ trip: consecutiveFailures(1) }));

      const error = await rejection(policies.execute('a', fails));
      const value = await policies.execute('b', ({ attempt }) => attempt);

      expect([error, value, policies.get('a').state, policies.get('b').state]).toEqual([down, 1, 'open', 'closed']);
    });

    it('hands a signal on, and the context of an outer call', async () => {
      const clock = new VirtualClock();
      const policies = keyed(() => timeout(100, { clock }));

      const aborted = await rejection(policies.execute('a', never, { signal: AbortSignal.abort('stop') }));
      const remaining = await timeout(50, { clock }).execute((outer) =>
        policies.execute('a', (context: CallContext) => context.remaining, outer),
      );

      expect([aborted, remaining]).toEqual(['stop', 50]);
    });

    it('never throws: a wrong key, a wrong function and a maker that fails come out as rejections', async () => {
      const policies = keyed((key): Policy => {
        if (key === 'bad') throw down;
        return retry();
      });

      const errors = await Promise.all([
        rejection(policies.execute(undefined as never, () => 1)),
        rejection(policies.execute('a', 'fn' as never)),
        rejection(policies.execute('bad', () => 1)),
      ]);

      expect(errors).toEqual([
        wrongArgument(TypeError, 'Cannot get a policy: expected key to be a string or a number, got undefined'),
        wrongArgument(TypeError, 'Cannot execute a call: expected fn to be a function, got "fn"'),
        down,
      ]);
    });

    it('keeps the async context of each call', async () => {
      const storage = new AsyncLocalStorage<string>();
      const { policies } = made();

      const seen = await Promise.all(
        ['one', 'two'].map((name) => storage.run(name, () => policies.execute('a', () => storage.getStore()))),
      );

      expect(seen).toEqual(['one', 'two']);
    });
  });

  describe('maxKeys', () => {
    it('bounds how many keys are held: the least recently used one makes room', () => {
      const { policies, log } = made({ maxKeys: 2 });

      for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) policies.get(key);

      // c makes b go, since a was used after it; b then makes c go.
      expect([log, policies.size]).toEqual([['a', 'b', 'c', 'b'], 2]);
    });

    it('of 1 holds the last one', () => {
      const { policies, log } = made({ maxKeys: 1 });

      for (const key of ['a', 'a', 'b', 'a']) policies.get(key);

      expect([log, policies.size]).toEqual([['a', 'b', 'a'], 1]);
    });

    it('is 1000 by default', () => {
      const { policies } = made();

      for (let key = 0; key < 1_500; key++) policies.get(`${key}`);

      expect(policies.size).toBe(1_000);
    });

    it('counts a call as a use', async () => {
      const { policies, log } = made({ maxKeys: 2 });

      policies.get('a');
      policies.get('b');
      await policies.execute('a', () => 1);
      policies.get('c');

      expect(policies.get('a')).toBeDefined();
      expect(log).toEqual(['a', 'b', 'c']);
    });

    it('behaves as a plain list of the last keys does', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(9), { maxLength: 60 }), (maxKeys, keys) => {
          const makings: number[] = [];
          const policies = keyed<Policy, number>((key) => (makings.push(key), retry()), { maxKeys });
          const expected: number[] = [];
          let list: number[] = [];
          for (const key of keys) {
            if (!list.includes(key)) expected.push(key);
            list = [...list.filter((other) => other !== key), key].slice(-maxKeys);
            policies.get(key);
            expect(policies.size).toBe(list.length);
          }
          expect(makings).toEqual(expected);
        }),
      );
    });
  });

  describe('given policies whose memory matters', () => {
    it('forgets an open breaker last', async () => {
      const clock = new VirtualClock();
      const log: string[] = [];
      const make = (key: string): CircuitBreaker => {
        log.push(key);
        return new CircuitBreaker({ clock, trip: consecutiveFailures(1) });
      };
      const policies = keyed(make, { maxKeys: 3, clock });
      await rejection(policies.execute('open', fails));
      const open = policies.get('open');

      for (let key = 0; key < 100; key++) policies.get(`${key}`);

      expect(held(policies, { open }, log)).toEqual(['open']);
      expect([policies.size, open.state]).toEqual([3, 'open']);
    });

    it('forgets the oldest of them where all are open', async () => {
      const clock = new VirtualClock();
      const policies = keyed(() => new CircuitBreaker({ clock, trip: consecutiveFailures(1) }), { maxKeys: 2, clock });
      for (const key of ['a', 'b']) await rejection(policies.execute(key, fails));
      const b = policies.get('b');

      policies.get('c');

      expect([policies.get('b') === b, policies.size]).toEqual([true, 2]);
    });

    it('forgets those with calls under way, or a limit partly used up, after the idle ones and before the open ones', async () => {
      const clock = new VirtualClock();
      const log: string[] = [];
      const kinds: Record<string, () => Policy> = {
        busy: () => new Bulkhead({ maxConcurrent: 5, clock }),
        used: () => new RateLimiter({ limit: 5, interval: 1_000_000, clock }),
        open: () => pipeline(retry({ maxAttempts: 1 }), new CircuitBreaker({ clock, trip: consecutiveFailures(1) })),
      };
      const make = (key: string): Policy => {
        log.push(key);
        return kinds[key]?.() ?? retry();
      };
      const policies = keyed(make, { maxKeys: 4, clock });
      await rejection(policies.execute('open', fails));
      const controller = new AbortController();
      const busy = rejection(policies.execute('busy', never, { signal: controller.signal }));
      await policies.execute('used', () => 1);
      policies.get('idle');

      const gone: string[][] = [];
      for (const key of ['x', 'y', 'z']) {
        log.length = 0;
        policies.get(key);
        gone.push([...log]);
      }
      const known = Object.fromEntries(['open', 'busy', 'used'].map((key) => [key, policies.get(key)]));
      controller.abort();
      await busy;

      // Only idle ones have gone: x for idle, y for x, z for y.
      expect(gone).toEqual([['x'], ['y'], ['z']]);
      expect(log).toEqual(['z']);
      expect(Object.keys(known)).toEqual(['open', 'busy', 'used']);
    });

    it('forgets a busy one before an open one', async () => {
      const clock = new VirtualClock();
      const make = (key: string): Policy =>
        key === 'busy'
          ? new Bulkhead({ maxConcurrent: 5, clock })
          : new CircuitBreaker({ clock, trip: consecutiveFailures(1) });
      const policies = keyed(make, { maxKeys: 2, clock });
      await rejection(policies.execute('open', fails));
      const open = policies.get('open');
      void policies.execute('busy', never);
      const busy = policies.get('busy');

      policies.get('new');

      expect([policies.get('open') === open, policies.get('busy') === busy]).toEqual([true, false]);
    });

    it('takes a policy made elsewhere for one that holds nothing', () => {
      const log: string[] = [];
      const foreign = (key: string): Policy => (log.push(key), { execute: async (fn) => fn(undefined as never) });
      const policies = keyed(foreign, { maxKeys: 1 });

      for (const key of ['a', 'b', 'a']) policies.get(key);

      expect(log).toEqual(['a', 'b', 'a']);
    });

    it('holds no more than it may, though an observer uses another key while room is made', () => {
      const clock = new VirtualClock();
      const make = (key: string): CircuitBreaker =>
        new CircuitBreaker({
          clock,
          slowCallDuration: 10,
          trip: slowCallRate({ threshold: 0.1, minimumCalls: 1, window: 1_000 }),
          on: { stateChange: () => void (key === 'slow' && policies.get('new').isolate()) },
        });
      const policies: Keyed<CircuitBreaker> = keyed(make, { maxKeys: 2, clock });
      policies.get('isolated').isolate();
      policies.get('slow').tryAcquire();
      clock.jump(20);

      policies.get('c');

      expect(policies.size).toBe(2);
    });
  });

  describe('given an observer that asks for a key while they are looked at', () => {
    const slow = { trip: slowCallRate({ threshold: 0.5, window: 1e5, minimumCalls: 1 }), slowCallDuration: 5 };

    it.each(['closed', 'open'] as const)(
      'forgets neither that key nor the one that has just opened (%s)',
      async (b) => {
        const clock = new VirtualClock();
        const known: Record<string, Policy> = {};
        const stateChange = (): unknown => policies.get('b');
        const make = (key: string): Policy =>
          (known[key] = new CircuitBreaker({ ...slow, clock, ...(key === 'a' && { on: { stateChange } }) }));
        const policies = keyed(make, { clock, maxKeys: 4 });
        for (const key of ['a', 'b', 'c', 'd']) policies.get(key);
        void policies.execute('a', never);
        for (const key of ['b', 'c', 'd']) policies.get(key);
        if (b === 'open') (known['b'] as CircuitBreaker).isolate();
        await clock.advance(10);

        policies.get('e');

        const before = { ...known };
        expect(['a', 'b', 'd', 'e'].filter((key) => policies.get(key) === before[key])).toEqual(['a', 'b', 'd', 'e']);
        expect(policies.get('c')).not.toBe(before['c']);
      },
    );

    it('looks at the others too where that is its own key', () => {
      const clock = new VirtualClock();
      const stateChange = (): unknown => policies.get('a');
      const make = (key: string): CircuitBreaker =>
        new CircuitBreaker({ ...slow, clock, ...(key === 'a' && { on: { stateChange } }) });
      const policies: Keyed<CircuitBreaker> = keyed(make, { clock, maxKeys: 2 });
      const [a, b] = ['a', 'b'].map((key) => policies.get(key));
      a!.tryAcquire();
      clock.jump(10);

      policies.get('c');

      expect([policies.get('a') === a, policies.get('b') === b]).toEqual([true, false]);
    });

    it('keeps a key that was made anew while its former policy was to go', () => {
      const clock = new VirtualClock();
      let anew: CircuitBreaker | undefined;
      const stateChange = (): void => {
        policies.get('c');
        anew = policies.get('b');
        anew.isolate();
      };
      const make = (key: string): CircuitBreaker =>
        new CircuitBreaker({ ...slow, clock, ...(key === 'a' && { on: { stateChange } }) });
      const policies: Keyed<CircuitBreaker> = keyed(make, { clock, maxKeys: 2 });
      policies.get('b').isolate();
      policies.get('a').tryAcquire();
      clock.jump(10);

      policies.get('d');

      expect([policies.get('b') === anew, policies.size]).toEqual([true, 2]);
    });
  });

  describe('given an observer that asks for keys while expired ones are looked at', () => {
    /** Breakers that a slow call opens once they are looked at; that of `slow` asks then for keys that are isolated. */
    function made(maxKeys: number, ...asked: string[]): { clock: VirtualClock; policies: Keyed<CircuitBreaker> } {
      const clock = new VirtualClock();
      const policies: Keyed<CircuitBreaker> = keyed(
        (key) =>
          new CircuitBreaker({
            clock,
            slowCallDuration: 10,
            trip: slowCallRate({ threshold: 0.5, minimumCalls: 1, window: 1e5 }),
            on: { stateChange: () => key === 'slow' && asked.forEach((each) => policies.get(each).isolate()) },
          }),
        { maxKeys, idleTtl: 100, clock },
      );
      return { clock, policies };
    }

    it('holds no more than it may, though another key was made while one expired that is kept', () => {
      const { clock, policies } = made(1, 'new');
      policies.get('slow').tryAcquire();

      clock.jump(101);

      expect(policies.size).toBe(1);
    });

    it('holds no more than it may, though the key that is asked for has made room for others meanwhile', () => {
      const { clock, policies } = made(3, 'x', 'y', 'z');
      policies.get('a').isolate();
      policies.get('b').isolate();
      const slow = policies.get('slow');
      slow.tryAcquire();
      clock.jump(101);

      const got = policies.get('slow');

      expect([got === slow, policies.size, policies.get('slow') === slow]).toEqual([true, 3, true]);
    });

    it('holds the last policy of a key that expires, is made anew meanwhile, and is kept', () => {
      const { clock, policies } = made(2, 'slow');
      const slow = policies.get('slow');
      slow.tryAcquire();
      clock.jump(101);

      const { size } = policies;

      expect([size, policies.get('slow') === slow]).toEqual([1, true]);
    });

    it('never holds more than it may, whatever is asked when', () => {
      const step = fc.oneof(
        fc.record({ get: fc.nat(5), isolate: fc.boolean(), slow: fc.boolean() }),
        fc.record({ pass: fc.constantFrom(1, 10, 60, 101, 1_000) }),
      );
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 4 }),
          fc.array(fc.array(fc.nat(5), { maxLength: 4 }), { minLength: 6, maxLength: 6 }),
          fc.array(step, { maxLength: 30 }),
          (maxKeys, asked, steps) => {
            const clock = new VirtualClock();
            const policies: Keyed<CircuitBreaker, number> = keyed(
              (key) =>
                new CircuitBreaker({
                  clock,
                  slowCallDuration: 10,
                  trip: slowCallRate({ threshold: 0.5, minimumCalls: 1, window: 1e5 }),
                  on: { stateChange: () => asked[key]!.forEach((each) => policies.get(each).tryAcquire()) },
                }),
              { maxKeys, idleTtl: 100, clock },
            );
            for (const each of steps) {
              if ('pass' in each) clock.jump(each.pass);
              else {
                const policy = policies.get(each.get);
                if (each.isolate) policy.isolate();
                if (each.slow) policy.tryAcquire();
              }
              expect(policies.size).toBeLessThanOrEqual(maxKeys);
            }
          },
        ),
        { numRuns: 500 },
      );
    });
  });

  describe('given a maker that asks for the same key', () => {
    it.each([
      ['when it makes room for another', ['a', 'b', 'a', 'c', 'a'], ['a', 'a', 'b', 'c']],
      ['at once', ['b', 'a', 'b'], ['b', 'a', 'a']],
    ])('forgets no other for the policy that is lost thereby, %s', (_, keys, makings) => {
      const log: string[] = [];
      const policies: Keyed<Policy> = keyed(
        (key) => {
          log.push(key);
          if (key === 'a' && !log.slice(0, -1).includes(key)) policies.get(key);
          return retry();
        },
        { maxKeys: 2 },
      );

      for (const key of keys) policies.get(key);

      expect([log, policies.size]).toEqual([makings, 2]);
    });
  });

  describe('given a flood of new keys', () => {
    /** A hundred used-up limiters, but for the last one, which is at rest. */
    function flooded(): { clock: VirtualClock; keys: Keyed<RateLimiter, number>; used: RateLimiter[] } {
      const clock = new VirtualClock();
      const make = (): RateLimiter => new RateLimiter({ limit: 1, interval: 1e9, clock });
      const keys = keyed<RateLimiter, number>(make, { maxKeys: 100, clock });
      const used = Array.from({ length: 100 }, (_, key) => keys.get(key));
      for (const limiter of used.slice(0, 99)) limiter.tryAcquire();
      return { clock, keys, used };
    }

    it('looks at all keys for one that is at rest', () => {
      const { keys, used } = flooded();

      keys.get(100).tryAcquire();

      expect([keys.get(0) === used[0], keys.size]).toEqual([true, 100]);
      expect(keys.get(99) === used[99]).toBe(false);
    });

    it('looks at the 64 oldest alone for the second after it has found none', () => {
      const { clock, keys, used } = flooded();
      used[99]!.tryAcquire();
      keys.get(100).tryAcquire(); // None is at rest: the oldest goes, which is 0.

      clock.jump(999);
      keys.get(101); // At rest itself, but not among the oldest: 1 goes.
      keys.get(102); // So does 2, since 101 is not looked at.
      clock.jump(1);
      keys.get(103); // Now it is.

      expect([1, 2].map((key) => keys.get(key) === used[key])).toEqual([false, false]);
      expect(keys.size).toBe(100);
    });
  });

  describe('idleTtl', () => {
    it('forgets a key that was not used for longer, without a timer', async () => {
      const { policies, log, clock } = made({ idleTtl: 100 });
      policies.get('a');

      await clock.advance(100);
      policies.get('a');
      const kept = [...log];
      await clock.advance(101);
      const { size } = policies;
      policies.get('a');

      expect([kept, size, log, clock.pending]).toEqual([['a'], 0, ['a', 'a'], 0]);
    });

    it('makes a stale key anew also where many others are stale before it', async () => {
      const { policies, log, clock } = made({ idleTtl: 100 });
      for (const key of ['a', 'b', 'c', 'd', 'e']) policies.get(key);

      await clock.advance(101);
      policies.get('e');

      expect(log).toEqual(['a', 'b', 'c', 'd', 'e', 'e']);
      expect(policies.size).toBe(1);
    });

    it('of 0 keeps a key as long as no time passes', async () => {
      const { policies, log, clock } = made({ idleTtl: 0 });

      policies.get('a');
      policies.get('a');
      await clock.advance(1);
      policies.get('a');

      expect(log).toEqual(['a', 'a']);
    });

    it('of Infinity, the default, keeps all', async () => {
      const { policies, clock } = made();

      policies.get('a');
      await clock.advance(1e15);

      expect(policies.size).toBe(1);
    });

    it('keeps up with new keys: two of the oldest go with each', async () => {
      const { policies, clock } = made({ idleTtl: 100, maxKeys: 1_000_000 });
      for (let key = 0; key < 1_000; key++) policies.get(`old ${key}`);
      await clock.advance(101);

      for (let key = 0; key < 500; key++) policies.get(`new ${key}`);

      expect(policies.size).toBe(500);
    });

    it('does not forget an open breaker, nor a bulkhead in use, until they are at rest', async () => {
      const clock = new VirtualClock();
      const make = (key: string): Policy =>
        key === 'open'
          ? new CircuitBreaker({ clock, trip: consecutiveFailures(1), openDuration: 1_000 })
          : new Bulkhead({ maxConcurrent: 5, clock });
      const policies = keyed(make, { idleTtl: 100, clock });
      const controller = new AbortController();
      await rejection(policies.execute('open', fails));
      const busy = rejection(
        policies.execute('busy', ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)), {
          signal: controller.signal,
        }),
      );
      const [open, bulkhead] = [policies.get('open'), policies.get('busy')];

      await clock.advance(5_000);
      const { size } = policies;
      const same = [policies.get('open') === open, policies.get('busy') === bulkhead];
      controller.abort();
      await busy;
      await clock.advance(101);

      expect([size, same, policies.size]).toEqual([2, [true, true], 1]);
    });

    it('keeps a breaker that opens as it is looked at, whatever its observer asks for', async () => {
      const clock = new VirtualClock();
      const made: CircuitBreaker[] = [];
      const make = (): CircuitBreaker => {
        const trip = slowCallRate({ threshold: 0.1, minimumCalls: 1 });
        const stateChange = (): unknown => policies.get('a');
        const breaker = new CircuitBreaker({ clock, trip, slowCallDuration: 10, on: { stateChange } });
        made.push(breaker);
        return breaker;
      };
      const policies: Keyed<CircuitBreaker> = keyed(make, { idleTtl: 100, clock });
      policies.get('a').tryAcquire();
      await clock.advance(101);

      const { size } = policies;

      expect([made.length, size, policies.get('a') === made[0], made[0]!.state]).toEqual([2, 1, true, 'open']);
    });

    it('counts no time where the clock goes back', async () => {
      const { policies, clock } = made({ idleTtl: 100 });
      policies.get('a');

      clock.jump(-1_000);
      await clock.advance(100);

      expect(policies.size).toBe(1);
    });
  });

  describe('given the clock of the machine', () => {
    it('sets no timer', () => {
      vi.useFakeTimers();

      keyed(() => retry(), { idleTtl: 100 }).get('a');
      const timers = vi.getTimerCount();
      vi.useRealTimers();

      expect(timers).toBe(0);
    });
  });

  describe('wrong arguments', () => {
    it.each([
      [[], TypeError, 'expected make to be a function, got undefined'],
      [[retry()], TypeError, 'expected make to be a function, got a value of type object'],
      [[retry, null], TypeError, 'expected options to be an object, got null'],
      [[retry, { maxKeys: 0 }], RangeError, 'expected maxKeys to be an integer ≥ 1, got 0'],
      [[retry, { maxKeys: Infinity }], RangeError, 'expected maxKeys to be an integer ≥ 1, got Infinity'],
      [[retry, { maxKeys: NaN }], RangeError, 'expected maxKeys to be an integer ≥ 1, got NaN'],
      [[retry, { maxKeys: '5' }], TypeError, 'expected maxKeys to be an integer ≥ 1, got "5"'],
      [[retry, { idleTtl: -1 }], RangeError, 'expected idleTtl to be a number of ms ≥ 0, or Infinity, got -1'],
      [[retry, { idleTtl: NaN }], RangeError, 'expected idleTtl to be a number of ms ≥ 0, or Infinity, got NaN'],
      [[retry, { clock: Date }], TypeError, 'expected clock to be a Clock, got a value of type function'],
      [[retry, { ttl: 1 }], TypeError, 'expected a known option (maxKeys, idleTtl, clock), got "ttl"'],
    ])('are refused (%#)', (parameters, Class, message) => {
      const make = (): unknown => (keyed as (...all: unknown[]) => unknown)(...parameters);

      expect(make).toThrow(wrongArgument(Class, `Cannot make a keyed policy: ${message}`));
      expect(make).toThrow(Class);
    });
  });
});
