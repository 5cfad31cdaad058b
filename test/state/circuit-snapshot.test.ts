import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anyOf,
  CircuitBreaker,
  consecutiveFailures,
  failureRate,
  type CircuitBreakerOptions,
  type CircuitSnapshot,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { circuit, type Circuit, type CircuitRules } from '../../src/state/circuit.ts';
import { circuitFrom, snapshotOf } from '../../src/state/circuit-snapshot.ts';
import { failureConfidence, rulesOf } from '../../src/state/trip-rule.ts';
import { wrongArgument } from '../wrong-argument.ts';

const REFUSED = /^Cannot restore a circuit breaker: /;
const trip = anyOf(
  consecutiveFailures(3),
  failureRate({ threshold: 0.9, minimumCalls: 20, window: 1_000 }),
  failureRate({ threshold: 0.9, minimumCalls: 20, window: { calls: 20 } }),
);
const make = (clock: VirtualClock, more: CircuitBreakerOptions = {}): CircuitBreakerOptions => ({
  trip,
  clock,
  openDuration: 100,
  probes: { required: 2 },
  ...more,
});
const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

type Path = readonly (string | number)[];
type Loose = Record<string | number, unknown>;

/** A copy in which the value at a path is another one, or is missing. */
function changed(snapshot: unknown, path: Path, change: (parent: Loose, key: string | number) => void): never {
  const copy = json(snapshot) as Loose;
  const parent = path.slice(0, -1).reduce<Loose>((value, key) => value[key] as Loose, copy);
  change(parent, path.at(-1)!);
  return copy as never;
}

function put(snapshot: unknown, path: string, value: unknown): never {
  return changed(snapshot, path.split('.'), (parent, key) => (parent[key] = value));
}

/** Every path in a value. */
function paths(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || !value) return [at];
  return [...(at.length ? [at] : []), ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...at, key]))];
}

/** A closed breaker at 500 ms that has seen a few calls. */
function used(): { clock: VirtualClock; breaker: CircuitBreaker } {
  const clock = new VirtualClock(7_000);
  const breaker = new CircuitBreaker(make(clock));
  for (const outcome of ['succeed', 'fail', 'fail'] as const) {
    clock.jump(150);
    breaker.tryAcquire()![outcome]();
  }
  clock.jump(50);
  return { clock, breaker };
}

/** One that was opened 20 ms ago, and one that is half-open with one success. */
function opened(): { clock: VirtualClock; breaker: CircuitBreaker } {
  const made = used();
  made.breaker.tryAcquire()!.fail();
  made.clock.jump(20);
  return made;
}
function halfOpen(): { clock: VirtualClock; breaker: CircuitBreaker } {
  const made = opened();
  made.clock.jump(80);
  made.breaker.tryAcquire()!.succeed();
  return made;
}

const restore = (snapshot: CircuitSnapshot, more?: CircuitBreakerOptions, at = 1_000): CircuitBreaker =>
  CircuitBreaker.restore(snapshot, make(new VirtualClock(42), more), at);

describe('snapshotOf()', () => {
  it('tells counts and times, and neither probes nor isolations', () => {
    const trips = [consecutiveFailures(3)];
    const rules: CircuitRules = { trips, required: 1, concurrent: 1, lease: 1, slowCallDuration: Infinity, calm: 1 };
    const memory: Circuit = { ...circuit(rules), isolations: 2, probes: [5], reason: 'isolated', era: 0 };

    const snapshot = snapshotOf(memory, 50, 1_000);

    expect(snapshot).toEqual({
      version: 1,
      takenAt: 1_000,
      now: 50,
      circuit: { ...memory, isolations: 0, probes: [], reason: 'reset' },
    });
  });

  it('is a copy', () => {
    const { breaker } = used();
    const snapshot = breaker.snapshot(1_000);
    const before = json(snapshot);

    breaker.tryAcquire()!.fail();

    expect(snapshot).toEqual(before);
  });
});

describe('circuitFrom()', () => {
  describe('given what JSON made of a snapshot', () => {
    it.each([
      ['closed', used],
      ['open', opened],
      ['half-open', halfOpen],
    ] as const)('goes on from a %s breaker', (state, prepare) => {
      const { clock, breaker } = prepare();
      const snapshot = breaker.snapshot(1_000);

      const restored = CircuitBreaker.restore(json(snapshot), make(clock), 1_000);

      expect([breaker.state, restored.state]).toEqual([state, state]);
      expect(restored.snapshot(1_000)).toEqual(snapshot);
      // And they do the same from here on.
      const next = [breaker, restored].map((each) => {
        const trace: unknown[] = [];
        for (const outcome of ['fail', 'fail', 'succeed', 'fail'] as const) {
          each.tryAcquire()?.[outcome]();
          trace.push(each.state);
        }
        return trace;
      });
      expect(next[1]).toEqual(next[0]);
    });

    it('leaves an isolation behind', () => {
      const { clock, breaker } = opened();
      const isolation = breaker.isolate();

      const restored = CircuitBreaker.restore(json(breaker.snapshot(0)), make(clock), 0);

      expect([breaker.state, restored.state]).toEqual(['isolated', 'open']);
      isolation.release();
    });

    it('lets the time in between have passed, by the wall clock', () => {
      const snapshot = opened().breaker.snapshot(5_000);

      const states = [5_000, 5_079, 5_080].map((at) => {
        const restored = restore(json(snapshot), {}, at);
        return [restored.tryAcquire() !== undefined, restored.state];
      });

      expect(states).toEqual([
        [false, 'open'],
        [false, 'open'],
        [true, 'half-open'],
      ]);
    });

    it('takes a wall clock that went back for one that stood still', () => {
      const restored = restore(json(opened().breaker.snapshot(5_000)), {}, 0);

      expect(restored.snapshot(0)).toMatchObject({ now: 520 });
    });

    it('forgets outcomes that have left the window in between', () => {
      const trips = { trip: failureRate({ threshold: 1, minimumCalls: 3, window: 1_000 }) };
      const clock = new VirtualClock();
      const breaker = new CircuitBreaker({ ...trips, clock });
      breaker.tryAcquire()!.fail();
      breaker.tryAcquire()!.fail();

      const states = [0, 899, 1_000].map((at) => {
        const restored = CircuitBreaker.restore(json(breaker.snapshot(0)), { ...trips, clock }, at);
        restored.tryAcquire()!.fail();
        return restored.state;
      });

      expect(states).toEqual(['open', 'open', 'closed']);
    });

    it('reads the wall clock unless told', () => {
      const { clock, breaker } = opened();
      const before = Date.now();

      const { takenAt } = breaker.snapshot();
      const restored = CircuitBreaker.restore(json(breaker.snapshot()), make(clock));

      expect(takenAt).toBeGreaterThanOrEqual(before);
      expect(restored.state).toBe('open');
    });
  });

  describe('given something else', () => {
    const snapshots = [used, opened, halfOpen].map((prepare) => prepare().breaker.snapshot(1_000));
    const good = snapshots[2]!;

    it('accepts the snapshot that the others are made of', () => {
      expect(snapshots.map((snapshot) => restore(json(snapshot)).state)).toEqual(['closed', 'open', 'half-open']);
    });

    it.each([
      ['null', null],
      ['a text', '{"version":1}'],
      ['a number', 1],
      ['a list', []],
      ['nothing', undefined],
      ['an empty object', {}],
      ['another version', put(good, 'version', 2)],
      ['a version that is a text', put(good, 'version', '1')],
      ['takenAt NaN', { ...good, takenAt: NaN }],
      ['takenAt below 0', put(good, 'takenAt', -1)],
      ['takenAt that is a text', put(good, 'takenAt', '5')],
      ['now Infinity', { ...good, now: Infinity }],
      ['now below 0', put(good, 'now', -1)],
      ['now null, as JSON writes NaN', put(good, 'now', null)],
      ['no circuit', put(good, 'circuit', null)],
      ['a circuit that is a list', put(good, 'circuit', [])],
      ['a circuit that is a text', put(good, 'circuit', 'closed')],
      ['a state that there is not', put(good, 'circuit.state', 'ajar')],
      ['the state that is an isolation', put(good, 'circuit.state', 'isolated')],
      ['a number for a state', put(good, 'circuit.state', 0)],
      ['a list for a state', put(good, 'circuit.state', ['closed'])],
      ['isolations', put(good, 'circuit.isolations', 1)],
      ['isolations below 0', put(good, 'circuit.isolations', -1)],
      ['another reason', put(good, 'circuit.reason', 'tripped')],
      ['probes', put(good, 'circuit.probes', [5])],
      ['since in the future', put(good, 'circuit.since', 1e6)],
      ['since NaN', { ...good, circuit: { ...good.circuit, since: NaN } }],
      ['an era below 0', put(good, 'circuit.era', -1)],
      ['an era that is a text', put(good, 'circuit.era', '1')],
      ['openings that are no number', put(good, 'circuit.openings', null)],
      ['an open duration below 0', put(good, 'circuit.openFor', -1)],
      ['too few windows', changed(good, ['circuit', 'windows', 2], (parent) => (parent as unknown as []).pop())],
      ['too many windows', put(good, 'circuit.windows.3', {})],
      ['windows that are an object', put(good, 'circuit.windows', { first: 1 })],
      ['a window that is a list', put(good, 'circuit.windows.1', [])],
      [
        'huge buckets',
        put(
          good,
          'circuit.windows.1.buckets',
          Array.from({ length: 1e6 }, () => 0),
        ),
      ],
      ['too few buckets', put(good, 'circuit.windows.1.buckets', [0, 0, 0])],
      ['sparse buckets', { ...good, circuit: sparse(good) }],
      ['a head in the future', put(good, 'circuit.windows.1.head', 1e9)],
      ['a wrong sum', put(good, 'circuit.windows.1.sums.1', 9)],
      ['a wrong bucket', put(good, 'circuit.windows.2.buckets.0', 9)],
      ['a negative bucket', put(good, 'circuit.windows.2.buckets.0', -9)],
      ['no snapshot of these rules', new CircuitBreaker().snapshot(0)],
      ['a list in disguise', put(good, 'circuit.windows', { length: 3 })],
    ])('refuses %s', (_, hostile) => {
      expect(() => restore(hostile as never)).toThrow(REFUSED);
    });

    it.each<[what: string, hostile: unknown, says: string]>([
      ['that it is none', {}, 'a snapshot of a breaker'],
      [
        'that it is none, where only the version is missing',
        { ...good, version: undefined },
        'a snapshot of a breaker',
      ],
      ['that it is none, where it is not of a circuit', put(good, 'circuit', {}), 'a snapshot of a breaker'],
      [
        'that it is none, where the sums are wrong',
        put(good, 'circuit.windows.1.sums.1', 9),
        'a snapshot of a breaker',
      ],
      [
        'that the rule is another one',
        new CircuitBreaker().snapshot(0),
        'a snapshot of a breaker with the same trip rule',
      ],
      [
        'that a window is a longer one',
        put(good, 'circuit.windows.1.buckets.30', 0),
        'a snapshot of a breaker with the same trip rule',
      ],
    ])('says %s', (_, hostile, says) => {
      expect(() => restore(hostile as never)).toThrow(
        wrongArgument(TypeError, `Cannot restore a circuit breaker: expected ${says}, got a value of type object`),
      );
    });

    it('refuses every snapshot from which something is missing inside the circuit, or in which it is something else', () => {
      const wrong: unknown[] = [undefined, null, 'text', true, {}, [], -1];
      let refused = 0;
      for (const path of paths(json(good)).filter(([first]) => first === 'circuit')) {
        const missing = changed(good, path, (parent, key) => delete parent[key]);
        const others = wrong
          .map((value) => changed(good, path, (parent, key) => (parent[key] = value)))
          .filter((copy) => JSON.stringify(copy) !== JSON.stringify(good) || Object.is(copy, undefined));
        for (const hostile of [missing, ...others]) {
          expect(() => restore(hostile), path.join('.')).toThrow(REFUSED);
          refused++;
        }
      }
      expect(refused).toBeGreaterThan(500);
    });

    it('refuses every snapshot with something more in it, at every depth', () => {
      const records = [
        [],
        ['circuit'],
        ...[0, 1, 2].flatMap((window) => [
          ['circuit', 'windows', window],
          ['circuit', 'windows', window, 'sums', 3],
        ]),
      ];
      for (const path of records) {
        const more = typeof path.at(-1) === 'number' && path.length > 3 ? path : [...path, 'more'];

        expect(() => restore(changed(good, more, (parent, key) => (parent[key] = 0))), more.join('.')).toThrow(REFUSED);
      }
    });

    it.each(['__proto__', 'constructor', 'hasOwnProperty'])('refuses a key that is called %s', (key) => {
      const inside = JSON.parse(JSON.stringify(good).replace('"era"', `"${key}":1,"era"`)) as never;
      const outside = JSON.parse(JSON.stringify(good).replace('"version"', `"${key}":{},"version"`)) as never;

      expect(() => restore(inside)).toThrow(REFUSED);
      expect(() => restore(outside)).toThrow(REFUSED);
      expect(({} as Loose)['more']).toBeUndefined();
    });

    it('reads own properties only', () => {
      const inherited = { ...good, circuit: Object.create(good.circuit) as object };

      expect(() => restore(inherited)).toThrow(REFUSED);
      expect(() => restore(Object.create(good) as never)).toThrow(REFUSED);
    });

    it('lets the error of a getter out', () => {
      const broken = new Error('broken getter');
      const getter = {
        enumerable: true,
        get() {
          throw broken;
        },
      };
      const outside = Object.defineProperty({ ...good }, 'now', getter);
      const inside = { ...good, circuit: Object.defineProperty({ ...good.circuit }, 'era', getter) };

      expect(() => restore(outside)).toThrow(broken);
      expect(() => restore(inside)).toThrow(broken);
    });

    it('refuses a million buckets without counting them', () => {
      const { circuit: saved } = good as { circuit: Circuit };
      const huge = new Proxy(
        Array.from({ length: 1_000_000 }, () => 0),
        {
          get(target, key) {
            if (key === 'length') return target.length;
            throw new Error(`read ${String(key)}`);
          },
        },
      );
      const windows = saved.windows.map((window) => ({ ...window, buckets: huge }));

      expect(() => restore({ ...good, circuit: { ...saved, windows } })).toThrow(REFUSED);
    });

    it('refuses any JSON with that message, and nothing else', () => {
      fc.assert(
        fc.property(fc.jsonValue(), fc.constantFrom(...paths(json(good))), (value, path) => {
          const hostile = json(changed(good, path, (parent, key) => (parent[key] = value)));
          let restored: CircuitBreaker | undefined;
          try {
            restored = restore(hostile);
          } catch (error) {
            expect((error as Error).message).toMatch(REFUSED);
            return;
          }
          // What is taken is a snapshot: it can be written down again, and read.
          expect(json(restored.snapshot(1_000))).toEqual(restored.snapshot(1_000));
          restore(json(restored.snapshot(1_000)));
        }),
        { numRuns: 3_000 },
      );
    });

    it.each([
      ['no version', changed(good, ['version'], (parent, key) => delete parent[key])],
      ['no takenAt, which made a breaker at the time NaN', changed(good, ['takenAt'], (p, key) => delete p[key])],
      ['probes that are no list', put(good, 'circuit.probes', { length: 0 })],
      ['sums that are no list', put(good, 'circuit.windows.0.sums', { 0: 0, 1: 0, 2: 0, length: 3 })],
      ['buckets that are no list', put(good, 'circuit.windows.0.buckets', { length: 0 })],
      ['windows that are no list', put(good, 'circuit.windows', asObject((good.circuit as Circuit).windows))],
      ['half a call', put(good, 'circuit.consecutiveFailures', 0.5)],
      ['half a bucket for a head', put(good, 'circuit.windows.2.head', 0.5)],
      ['an era so large that the next one is the same', put(good, 'circuit.era', 1e300)],
    ])('refuses %s', (_, hostile) => {
      expect(() => restore(hostile)).toThrow(REFUSED);
    });

    it.each([NaN, '5', Infinity])('refuses %s for the time of the restore', (at) => {
      expect(() => restore(json(good), {}, at as number)).toThrow(REFUSED);
    });

    it('lets a breaker recover whose options ask for fewer probes than before', () => {
      const restored = restore(json(good), { probes: { required: 1 } });

      expect(restored.tryAcquire()).toBeDefined();
    });
  });

  it('makes a copy, so that what is done to the snapshot later changes nothing', () => {
    const rules = {
      trips: rulesOf(failureConfidence()),
      required: 1,
      concurrent: 1,
      lease: 1,
      slowCallDuration: Infinity,
      calm: 1,
    };
    const snapshot = snapshotOf(circuit(rules), 5, 0);

    const made = circuitFrom(snapshot, rules);
    (snapshot.circuit as Circuit).state = 'open';

    expect(made).toEqual(circuit(rules));
  });
});

function sparse({ circuit: saved }: CircuitSnapshot): object {
  const copy = structuredClone(saved) as Circuit;
  delete (copy.windows[1]!.buckets as (number | undefined)[])[4];
  return copy;
}

/** A list as an object with the same keys and a length. */
function asObject(list: readonly unknown[]): object {
  return { ...list, length: list.length };
}
