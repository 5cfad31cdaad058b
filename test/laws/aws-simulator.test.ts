import { afterAll, describe, expect, it } from 'vitest';
import {
  capped,
  decorrelatedJitter,
  equalJitter,
  exponential,
  fullJitter,
  sequence,
  type Backoff,
  type Random,
} from 'holdfast';
import { seededRandom } from 'holdfast/testing';
import { EventQueue } from '../../src/simulator/event-queue.ts';

// Source: M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015, and the simulator published with it.

const CLIENTS = 100;
const BASE = 5;
const CAP = 2_000;
const NETWORK = { mean: 10, deviation: 2 };
const SEEDS = Array.from({ length: 25 }, (_, index) => index + 1);

const strategies = {
  none: sequence([0]),
  exponential: capped(exponential(), CAP),
  decorrelated: decorrelatedJitter({ maxDelay: CAP }),
  equal: equalJitter(capped(exponential(), CAP)),
  full: fullJitter(capped(exponential(), CAP)),
};
type Name = keyof typeof strategies;

/** What all clients together needed until the last one had written. */
interface Contest {
  readonly calls: number;
  readonly time: number;
}

const names = Object.keys(strategies) as Name[];
const contests = Object.fromEntries(
  names.map((name) => [name, SEEDS.map((seed) => contest(strategies[name], CLIENTS, seed))]),
) as Record<Name, Contest[]>;
const work = medians('calls');
const time = medians('time');
const fewerCalls = median(
  SEEDS.map((_, index) => 1 - contests.full[index]!.calls / contests.exponential[index]!.calls),
);
const timesSooner = median(SEEDS.map((_, index) => contests.exponential[index]!.time / contests.full[index]!.time));

afterAll(() => {
  const figures = names.map((name) => `${name} ${Math.round(work[name])} calls ${Math.round(time[name])} ms`);
  console.log(
    `aws simulator: ${CLIENTS} clients, median of ${SEEDS.length} seeds: ${figures.join(' · ')}; ` +
      `full jitter makes ${(100 * fewerCalls).toFixed(1)} % fewer calls than exponential and is done ${timesSooner.toFixed(1)} times sooner`,
  );
});

describe('the AWS simulator of optimistic concurrency control', () => {
  describe('given a single client', () => {
    it('needs one write and four hops, whatever the backoff', () => {
      const alone = names.map((name) => contest(strategies[name], 1, 1));

      const [first] = alone;

      expect(alone).toEqual(names.map(() => first));
      expect(first!.calls).toBe(1);
      expect(first!.time).toBeGreaterThan(4 * (NETWORK.mean - 4 * NETWORK.deviation));
      expect(first!.time).toBeLessThan(4 * (NETWORK.mean + 4 * NETWORK.deviation));
    });
  });

  describe('given the same seed twice', () => {
    it.each(names)('gives the same numbers for %s', (name) => {
      const [again] = [contest(strategies[name], CLIENTS, SEEDS[0]!)];

      const other = contest(strategies[name], CLIENTS, SEEDS[1]!);

      expect(again).toEqual(contests[name][0]);
      expect(other).toEqual(contests[name][1]);
      expect(again).not.toEqual(other);
    });
  });

  describe('given 100 clients that contend for one row', () => {
    it('makes about 57 % fewer calls with full jitter than with exponential backoff alone', () => {
      expect(fewerCalls).toBeGreaterThan(0.5);
      expect(fewerCalls).toBeLessThan(0.65);
    });

    it('is done more than ten times sooner with full jitter than with exponential backoff alone', () => {
      expect(timesSooner).toBeGreaterThan(10);
    });

    it('orders the strategies by work as published: full, equal, decorrelated, exponential, none', () => {
      const byWork = names.toSorted((one, other) => work[one] - work[other]);

      expect(byWork).toEqual(['full', 'equal', 'decorrelated', 'exponential', 'none']);
    });

    it('orders the jitters by time as published: decorrelated, full, equal; and exponential alone is the clear loser', () => {
      const byTime = names.filter((name) => name !== 'none').toSorted((one, other) => time[one] - time[other]);

      expect(byTime).toEqual(['decorrelated', 'full', 'equal', 'exponential']);
    });

    it('finds equal jitter the loser of the jitters: slightly more work than full jitter, and much longer', () => {
      const moreWork = work.equal / work.full;

      const moreTime = time.equal / time.full;

      expect(moreWork).toBeGreaterThan(1);
      expect(moreWork).toBeLessThan(1.1);
      expect(moreTime).toBeGreaterThan(1.2);
    });

    it('finds decorrelated jitter slightly sooner than full jitter, with more work', () => {
      const moreWork = work.decorrelated / work.full;

      const lessTime = time.decorrelated / time.full;

      expect(moreWork).toBeGreaterThan(1.1);
      expect(lessTime).toBeLessThan(1);
      expect(lessTime).toBeGreaterThan(0.8);
    });
  });
});

/** All clients read the row and write it back if nobody else has in between; who fails waits and reads again. */
function contest(backoff: Backoff, clients: number, seed: number): Contest {
  const random = seededRandom(seed);
  const hop = normal(random);
  const queue = new EventQueue();
  let version = 0;
  let calls = 0;
  for (let client = 0; client < clients; client++) {
    let failures = 0;
    let previousDelay = BASE;
    let totalDelay = 0;
    const read = (): void => {
      const seen = version;
      queue.plan(hop() + hop(), () => write(seen));
    };
    const write = (seen: number): void => {
      calls++;
      const succeeds = seen === version;
      if (succeeds) version++;
      queue.plan(hop(), () => answered(succeeds));
    };
    const answered = (succeeded: boolean): void => {
      if (succeeded) return;
      failures++;
      // The simulator's first delay is base * 2 ** 1: its count is one ahead of ours.
      previousDelay = backoff({ attempt: failures + 1, baseDelay: BASE, previousDelay, totalDelay, random });
      totalDelay += previousDelay;
      queue.plan(hop() + previousDelay, read);
    };
    queue.plan(hop(), read);
  }
  for (let event = queue.next(Infinity), time = 0; ; event = queue.next(Infinity)) {
    if (!event) return { time, calls };
    time = event.at;
    event.happen();
  }
}

/** The delay of one hop: normally distributed, by the method of Box and Muller. */
function normal(random: Random): () => number {
  return () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return Math.abs(NETWORK.mean + NETWORK.deviation * radius * Math.cos(2 * Math.PI * random()));
  };
}

function medians(what: keyof Contest): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, median(contests[name].map((each) => each[what]))])) as Record<
    Name,
    number
  >;
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1]!;
}
