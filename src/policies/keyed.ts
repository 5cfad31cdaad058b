import type { CallContext } from '../base/context.ts';
import {
  callable,
  check,
  clockKind,
  count,
  durationOrNever,
  invalid,
  policyKind,
  readOptions,
  type Kind,
} from '../base/check.ts';
import { elapsedBy, systemClock, type Clock } from '../base/clock.ts';
import { layersIn } from '../base/layers.ts';
import { Line, type Linked } from '../base/line.ts';
import type { ExecuteOptions, Guarded, Policy, SubstituteOf } from '../base/policy.ts';

/** How many policies `keyed` keeps. */
export interface KeyedOptions {
  /** Keys at once; the least recently used one makes room · an integer, at least 1 · default 1 000. */
  readonly maxKeys?: number | undefined;
  /** A key that was not used for longer is forgotten · ms or `Infinity` · default `Infinity`. */
  readonly idleTtl?: number | undefined;
  /** Default `systemClock`. */
  readonly clock?: Clock | undefined;
}

/** One policy for each key. */
export interface Keyed<Each extends Policy<unknown> = Policy, Key extends string | number = string> {
  /** The policy of a key; made, if there is none. */
  get(key: Key): Each;
  /** Calls `fn` under the policy of a key. See `Policy.execute`. */
  execute<T>(key: Key, fn: Guarded<T>, options?: ExecuteOptions | CallContext): Promise<T | SubstituteOf<Each>>;
  /** How many keys it holds. */
  readonly size: number;
}

/**
 * One policy for each key: a breaker for each host, a bulkhead for each tenant. It holds `maxKeys` at most. Room is made
 * by forgetting the key that was not used for longest. Those with calls in a bulkhead, or a limit that is partly used up,
 * go after the others, and those with a breaker that is not closed go last; under a flood, all keys are looked at once a
 * second, and the 64 oldest otherwise. There are no timers: what has expired goes when something else is asked.
 *
 * @param make called with a key that is new; returns a policy of its own.
 * @throws `TypeError` or `RangeError` for a wrong option or key.
 * @example
 * import { CircuitBreaker, keyed } from 'holdfast';
 * const breakers = keyed((host) => new CircuitBreaker({ name: `${host}` }), { maxKeys: 500 });
 * await breakers.execute('a.example', () => 'ok'); // => 'ok'
 * breakers.get('a.example').state; // => 'closed'
 * breakers.size; // => 1
 */
export function keyed<Each extends Policy<unknown>, Key extends string | number = string>(
  make: (key: Key) => Each,
  options?: KeyedOptions,
): Keyed<Each, Key> {
  check(make, callable, 'make', 'make a keyed policy');
  const given = readOptions('make a keyed policy', options, KINDS);
  const { maxKeys = 1_000, idleTtl = Infinity, clock = systemClock } = given;
  const now = elapsedBy(clock);
  const entries = new Map<Key, Entry<Key, Each>>();
  /** Least recently used first. A `Map` keeps an order too, but leaves holes at its front for every walk to cross. */
  const line = new Line<Entry<Key, Each>>();

  function get(key: Key): Each {
    check(key, keyKind, 'key', 'get a policy');
    const usedAt = now();
    expire(usedAt, 2);
    let entry = entries.get(key);
    if (!entry || (usedAt - entry.usedAt > idleTtl && !weight(entry.policy))) {
      const policy = make(key);
      if (!policyKind[1](policy as never)) throw invalid('get a policy', 'make to return a policy', policy);
      entry = { key, policy, usedAt, earlier: undefined, later: undefined, inLine: false };
    }
    hold(entry, usedAt);
    return entry.policy;
  }

  /** Puts an entry at the end of the line. One that is not in it takes the place of any other of its key, or makes room. */
  function hold(entry: Entry<Key, Each>, usedAt: number): void {
    const { key } = entry;
    if (!line.leave(entry)) {
      // Observers may ask for keys meanwhile, this one too.
      for (let other = entries.get(key); other || entries.size >= maxKeys; other = entries.get(key)) {
        forget(other ?? leastMissed(usedAt));
      }
      entries.set(key, entry);
    }
    moves++;
    entry.usedAt = usedAt;
    line.join(entry);
  }

  function forget(entry: Entry<Key, Each>): void {
    moves++;
    if (line.leave(entry)) entries.delete(entry.key);
  }

  /** Forgets the oldest keys that have been idle for too long: two at a time keep up with any number of new ones. */
  function expire(time: number, most: number): void {
    for (let entry = line.first; entry && time - entry.usedAt > idleTtl && most--; entry = line.first) {
      forget(entry);
      if (weight(entry.policy)) hold(entry, time);
    }
  }

  /** How often the line has changed. */
  let moves = 0;
  /** When all keys were last looked at, and none was at rest. */
  let lookedAt = -Infinity;

  function leastMissed(time: number): Entry<Key, Each> {
    const thorough = time - lookedAt >= LOOK_EVERY;
    const looked = new Set<Entry<Key, Each>>();
    let least = line.first!;
    let lightest = Infinity;
    for (let entry: typeof least | undefined = least; entry;) {
      if (!looked.has(entry)) {
        looked.add(entry);
        const before = moves;
        const weighs = weight(entry.policy);
        if (weighs < lightest) [least, lightest] = [entry, weighs];
        if (!weighs || (looked.size >= LOOK_AT && !thorough)) return least;
        if (moves !== before) {
          // Looking has run an observer, which has asked for a key: the line is another one.
          entry = line.first;
          continue;
        }
      }
      entry = entry.later;
    }
    lookedAt = time;
    return least;
  }

  return {
    get,
    async execute<T>(key: Key, fn: Guarded<T>, options?: ExecuteOptions | CallContext) {
      return get(key).execute(fn, options) as Promise<T | SubstituteOf<Each>>;
    },
    get size() {
      expire(now(), Infinity);
      return entries.size;
    },
  };
}

/** How many of the oldest keys are looked at for one that is at rest. */
const LOOK_AT = 64;
/** Ms after which all are looked at again, where none of those was. */
const LOOK_EVERY = 1_000;

interface Entry<Key, Each> extends Linked<Entry<Key, Each>> {
  readonly key: Key;
  readonly policy: Each;
  usedAt: number;
}

/** How much would be lost with a policy: that of its heaviest layer. */
function weight(policy: Policy<unknown>): number {
  return layersIn(policy).reduce((most, layer) => Math.max(most, layer.weight?.() ?? 0), 0);
}

const keyKind: Kind = ['a string or a number', (value) => typeof value === 'string' || typeof value === 'number'];
const KINDS = { maxKeys: count, idleTtl: durationOrNever, clock: clockKind };
