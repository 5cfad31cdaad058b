import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elapsedBy } from '../../src/base/clock.ts';
import { clear, outcomeWindow, record, type OutcomeCounts, type Tally } from '../../src/state/outcome-window.ts';

const SUCCESS: Tally = [1, 0, 0];
const FAILURE: Tally = [1, 1, 0];
const SLOW: Tally = [1, 0, 1];
const LATE_FAILURE: Tally = [0, 1, 0];

describe('outcomeWindow()', () => {
  it('has ten buckets for a span of time, one for each of so many calls, and none for nothing', () => {
    const sizes = [{ duration: 1 }, { calls: 4 }, { calls: 1 }, undefined].map(
      (spec) => outcomeWindow(spec).buckets.length / 3,
    );

    expect(sizes).toEqual([10, 4, 1, 0]);
  });
});

describe('record()', () => {
  describe('given a window of time', () => {
    it('counts what lies in the last ten buckets', () => {
      const spec = { duration: 100 };
      const window = outcomeWindow(spec);

      const counts = [
        record(window, spec, 0, FAILURE),
        record(window, spec, 9, SUCCESS),
        record(window, spec, 10, SLOW),
        record(window, spec, 99, SUCCESS),
        record(window, spec, 100, SUCCESS),
        record(window, spec, 110, SUCCESS),
      ];

      expect(counts).toEqual([
        { calls: 1, failures: 1, slow: 0 },
        { calls: 2, failures: 1, slow: 0 },
        { calls: 3, failures: 1, slow: 1 },
        { calls: 4, failures: 1, slow: 1 },
        { calls: 3, failures: 0, slow: 1 },
        { calls: 3, failures: 0, slow: 0 },
      ]);
    });

    it('forgets everything after a long silence', () => {
      const spec = { duration: 100 };
      const window = outcomeWindow(spec);
      for (let now = 0; now < 100; now += 5) record(window, spec, now, FAILURE);

      expect(record(window, spec, 1e15, SUCCESS)).toEqual({ calls: 1, failures: 0, slow: 0 });
    });

    it('never tells fewer calls than failures', () => {
      const spec = { duration: 100 };

      expect(record(outcomeWindow(spec), spec, 0, LATE_FAILURE)).toEqual({ calls: 1, failures: 1, slow: 0 });
    });
  });

  describe('given a window of calls', () => {
    it('counts the last so many, whatever the time', () => {
      const spec = { calls: 2 };
      const window = outcomeWindow(spec);

      const counts = [FAILURE, SLOW, SUCCESS, LATE_FAILURE, SUCCESS].map((tally) => record(window, spec, NaN, tally));

      expect(counts).toEqual([
        { calls: 1, failures: 1, slow: 0 },
        { calls: 2, failures: 1, slow: 1 },
        { calls: 2, failures: 0, slow: 1 },
        { calls: 2, failures: 1, slow: 1 },
        { calls: 2, failures: 1, slow: 0 },
      ]);
    });
  });

  describe('given no window', () => {
    it('remembers nothing', () => {
      expect(record(outcomeWindow(undefined), undefined, 5, FAILURE)).toEqual({ calls: 0, failures: 0, slow: 0 });
    });
  });

  const tallies = fc.constantFrom(SUCCESS, FAILURE, SLOW, [1, 1, 1] as const, LATE_FAILURE);

  it('agrees with a recount by hand, for any span and any readings of the clock', () => {
    const readings = fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 300 }) },
      { weight: 2, arbitrary: fc.double({ min: -1_000, max: 1e12, noNaN: true }) },
      { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 0, -1e12) },
    );
    const steps = fc.array(fc.tuple(readings, fc.boolean(), tallies), { maxLength: 60 });
    const durations = fc.constantFrom(0.5, 1, 7, 10, 100, 1_000, 86_400_000);

    fc.assert(
      fc.property(durations, steps, (duration, steps) => {
        let reading = 0;
        const elapsed = elapsedBy({ now: () => reading, setTimer: () => () => {} });
        const spec = { duration };
        const window = outcomeWindow(spec);
        const seen: { bucket: number; tally: Tally }[] = [];
        for (const [given, isStep, tally] of steps) {
          // Small steps on from where it is, and jumps to anywhere.
          reading = isStep ? (Number.isFinite(reading) ? reading : 0) + (given % 40) : given;
          const now = elapsed();
          const bucket = Math.floor(now / (duration / 10));
          seen.push({ bucket, tally });
          const inside = seen.filter((outcome) => bucket - outcome.bucket < 10);
          expect(record(window, spec, now, tally)).toEqual(recount(inside.map((outcome) => outcome.tally)));
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('agrees with a recount by hand, for any number of calls', () => {
    const steps = fc.array(tallies, { maxLength: 80 });

    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), steps, (calls, steps) => {
        const spec = { calls };
        const window = outcomeWindow(spec);
        // What counts no call of its own belongs to the call before it.
        const slots: Tally[][] = [[]];
        for (const tally of steps) {
          if (tally[0]) slots.push([tally]);
          else slots.at(-1)!.push(tally);
          expect(record(window, spec, 0, tally)).toEqual(recount(slots.slice(-calls).flat()));
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('keeps its size, and stays plain data', () => {
    const spec = { duration: 100 };
    const window = outcomeWindow(spec);
    for (let call = 0; call < 10_000; call++) record(window, spec, call * 3, FAILURE);

    expect(JSON.parse(JSON.stringify(window))).toEqual(window);
    expect([window.buckets.length, window.sums.length]).toEqual([30, 3]);
  });
});

describe('clear()', () => {
  it('forgets everything', () => {
    const spec = { calls: 5 };
    const window = outcomeWindow(spec);
    record(window, spec, 0, FAILURE);

    clear(window);

    expect(record(window, spec, 0, SUCCESS)).toEqual({ calls: 1, failures: 0, slow: 0 });
  });
});

function recount(tallies: readonly Tally[]): OutcomeCounts {
  const sum = (part: number): number => tallies.reduce((all, tally) => all + tally[part]!, 0);
  const [calls, failures, slow] = [sum(0), sum(1), sum(2)];
  return { calls: Math.max(calls, failures, slow), failures, slow };
}
