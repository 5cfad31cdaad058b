import { describe, expect, it } from 'vitest';
import { recovery, timeToJudge } from '../../src/simulator/recovery.ts';
import type { SimulationBucket } from '../../src/simulator/simulation-result.ts';
import type { Trigger } from '../../src/simulator/trigger.ts';

/** Buckets of a second with ten calls each, of which so many succeed. */
function series(...succeeded: number[]): SimulationBucket[] {
  return succeeded.map((good, index) => ({ ...bucket, time: index * 1_000, succeeded: good, failed: 10 - good }));
}
const none = { p50: null, p90: null, p99: null, p999: null, max: null };
const bucket: SimulationBucket = {
  time: 0,
  offered: 10,
  sent: 10,
  succeeded: 10,
  failed: 0,
  refused: 0,
  latency: none,
  breakers: { closed: 0, open: 0, halfOpen: 0 },
  queued: 0,
  busy: 0,
  inFlight: 0,
};
const outage: Trigger[] = [{ kind: 'outage', at: 2_000, duration: 2_000 }];
const judge = (buckets: SimulationBucket[], within = 3_000, triggers = outage, stopped = false): unknown =>
  recovery(buckets, 1_000, triggers, within, stopped);

describe('recovery()', () => {
  it('is at once, and stable, where goodput is back at the end of the trigger', () => {
    expect(judge(series(10, 10, 0, 0, 10, 10, 10, 10, 10, 10))).toEqual({ recovery: 0, verdict: 'stable' });
  });

  it('is as late as the first bucket that is back, and slow if that is too late', () => {
    const buckets = series(10, 10, 0, 0, 5, 5, 5, 5, 10, 10, 10, 10, 10);

    expect([judge(buckets, 4_000), judge(buckets, 3_999)]).toEqual([
      { recovery: 4_000, verdict: 'stable' },
      { recovery: 4_000, verdict: 'slow' },
    ]);
  });

  it('is never, and metastable, where goodput does not come back', () => {
    expect(judge(series(10, 10, 0, 0, 5, 5, 5, 5, 5, 5))).toEqual({ recovery: Infinity, verdict: 'metastable' });
  });

  it('is never where there are no five buckets to tell by', () => {
    expect(judge(series(10, 10, 0, 0, 10, 10, 10, 10))).toEqual({ recovery: Infinity, verdict: 'metastable' });
  });

  it('is at once where there was no dip, though the run ends too early to tell of one', () => {
    const long: Trigger[] = [{ kind: 'outage', at: 2_000, duration: 20_000 }];
    const late: Trigger[] = [{ kind: 'outage', at: 20_000, duration: 1_000 }];
    const steady = series(10, 10, 10, 10, 10, 10, 10);

    expect([judge(steady), judge(steady, 3_000, long), judge(steady, 3_000, late)]).toEqual(
      Array.from({ length: 3 }, () => ({ recovery: 0, verdict: 'stable' })),
    );
    expect(judge(series(10, 10, 10, 4, 4, 4, 4), 3_000, long)).toEqual({ recovery: Infinity, verdict: 'metastable' });
  });

  it('is not for good before a relapse', () => {
    expect(judge(series(10, 10, 0, 0, 10, 10, 10, 10, 0, 0, 10, 10, 10, 10, 10))).toEqual({
      recovery: 6_000,
      verdict: 'slow',
    });
  });

  it('forgives one bucket that is late', () => {
    expect(judge(series(10, 10, 0, 0, 10, 10, 6, 10, 10, 10))).toEqual({ recovery: 0, verdict: 'stable' });
  });

  it('measures by the level before the trigger', () => {
    expect(judge(series(8, 8, 0, 0, 8, 8, 8, 8, 8))).toEqual({ recovery: 0, verdict: 'stable' });
  });

  it('takes all calls for the level where the trigger is there from the beginning', () => {
    const triggers: Trigger[] = [{ kind: 'outage', at: 0, duration: 1_000 }];

    expect(judge(series(0, 9, 9, 9, 9, 9), 1_000, triggers)).toEqual({ recovery: 0, verdict: 'stable' });
    expect(judge(series(0, 8, 8, 8, 8, 8), 1_000, triggers)).toEqual({ recovery: Infinity, verdict: 'metastable' });
  });

  it('judges all but the first quarter without a trigger', () => {
    expect(judge(series(10, 10, 10, 10, 10, 10, 10, 10), 0, [])).toEqual({ recovery: 0, verdict: 'stable' });
    expect(judge(series(10, 10, 2, 2, 2, 2, 2, 2), 0, [])).toEqual({ recovery: Infinity, verdict: 'metastable' });
  });

  it('counts calls that do not end, but for as many as were under way before', () => {
    const hanging = series(10, 10, 0, 0, 10, 10, 10, 10, 10, 10).map((each) => ({ ...each, failed: 0, inFlight: 2 }));
    const begun = hanging.map((each) => ({ ...each, offered: each.time < 4_000 ? 10 : 11 }));

    expect([judge(hanging), judge(begun)]).toEqual([
      { recovery: 0, verdict: 'stable' },
      { recovery: 0, verdict: 'stable' },
    ]);
    expect(judge(begun.map((each) => ({ ...each, offered: each.time < 4_000 ? 10 : 12 })))).toEqual({
      recovery: Infinity,
      verdict: 'metastable',
    });
  });

  it('is never where the run was stopped before it could be told', () => {
    const stopped = [series(10), series(10, 10, 0), series(10, 10, 0, 0, 10, 10, 10, 10)];

    expect(stopped.map((buckets) => judge(buckets, 3_000, outage, true))).toEqual(
      stopped.map(() => ({ recovery: Infinity, verdict: 'metastable' })),
    );
    expect(judge(series(10, 10, 0, 0, 10, 10, 10, 10, 10), 3_000, outage, true)).toEqual({
      recovery: 0,
      verdict: 'stable',
    });
  });

  describe('given calls of which none succeeds', () => {
    const never = { recovery: Infinity, verdict: 'metastable' };
    const pending = (...succeeded: number[]): SimulationBucket[] =>
      series(...succeeded).map((each) => ({ ...each, failed: 0 }));

    it('is never; where that is so before the trigger alone, the level is that all do', () => {
      expect(judge(series(0, 0, 0, 0, 0, 0, 0, 0, 0, 0))).toEqual(never);
      expect(judge(series(0, 0, 0, 0, 10, 10, 10, 10, 10, 10))).toEqual({ recovery: 0, verdict: 'stable' });
      expect(judge(series(0, 0, 0, 0, 5, 5, 5, 5, 5, 5))).toEqual(never);
      expect(judge(series(0, 0, 0, 0, 0, 0, 0, 0), 0, [])).toEqual(never);
    });

    it('is never where they do not even end', () => {
      const late: Trigger[] = [{ kind: 'outage', at: 6_000, duration: 1_000 }];
      const hanging = pending(...Array.from({ length: 24 }, () => 0)).map((each, index) => ({
        ...each,
        inFlight: 10 * (index + 1),
      }));

      expect([judge(hanging, 3_000, late), judge(hanging, 0, [])]).toEqual([never, never]);
    });

    it('is never without a trigger, though nothing is asked for any more', () => {
      const once = series(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0).map((each) =>
        each.time === 4_000 ? each : { ...each, offered: 0, failed: 0 },
      );

      expect(judge(once, 3_000, [])).toEqual(never);
    });

    it('is told by what follows where none has ended before the trigger', () => {
      const slow = pending(0, 0, 10, 10, 10, 10, 10, 10, 10, 10).map((each) => ({ ...each, inFlight: 20 }));

      expect(judge(slow)).toEqual({ recovery: 0, verdict: 'stable' });
    });
  });

  it('takes all calls for the level where none was made before the trigger', () => {
    const quiet = (...succeeded: number[]): SimulationBucket[] =>
      series(...succeeded).map((each) => (each.time < 2_000 ? { ...each, offered: 0, failed: 0 } : each));

    expect(judge(quiet(0, 0, 0, 0, 9, 9, 9, 9, 9))).toEqual({ recovery: 0, verdict: 'stable' });
    expect(judge(quiet(0, 0, 0, 0, 8, 8, 8, 8, 8))).toEqual({ recovery: Infinity, verdict: 'metastable' });
    expect(judge(quiet(0, 0, 0, 0, 0, 0, 0, 0, 0))).toEqual({ recovery: Infinity, verdict: 'metastable' });
  });

  it('is there where nothing was asked for', () => {
    const quiet = series(10, 10, 0, 0, 0, 0, 0, 0, 0).map((each) =>
      each.time < 4_000 ? each : { ...each, offered: 0, failed: 0 },
    );

    expect(judge(quiet)).toEqual({ recovery: 0, verdict: 'stable' });
  });
});

describe('timeToJudge()', () => {
  it('is the end of the last trigger, how soon goodput has to be back, and the buckets to tell it by', () => {
    const triggers: Trigger[] = [{ kind: 'outage', at: 0, duration: 9_000 }, ...outage];

    expect([timeToJudge(triggers, 1_000, 3_000), timeToJudge(outage, 500, 0)]).toEqual([17_000, 6_500]);
  });

  it('is just enough to tell that a fleet is back in time', () => {
    const least = timeToJudge(outage, 1_000, 3_000) / 1_000;
    const buckets = series(10, 10, 0, 0, 0, 0, 0, 10, 10, 10, 10, 10);

    expect([buckets.length, judge(buckets)]).toEqual([least, { recovery: 3_000, verdict: 'stable' }]);
  });
});
