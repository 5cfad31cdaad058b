import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advance,
  charge,
  correct,
  earliest,
  gcra,
  grant,
  lower,
  unitsLeft,
  type Gcra,
  type Grant,
} from '../../src/state/gcra.ts';

/** Four units in 40 ms, so a unit in 10 ms; four of them at once. */
const four = (): Gcra => gcra(4, 40, 4);

describe('gcra()', () => {
  it('begins with nothing taken, as plain data', () => {
    expect(gcra(4, 40, 8)).toEqual({ limit: 4, interval: 40, burst: 8, tat: 0, base: 0, open: [] });
  });
});

describe('earliest()', () => {
  it('is in the past where there is more than enough', () => {
    expect([1, 4].map((cost) => earliest(four(), cost))).toEqual([-30, 0]);
  });

  it('is when the cost fits into the burst again', () => {
    const state = four();
    charge(state, 4, 100);

    expect([1, 2, 3, 4].map((cost) => earliest(state, cost))).toEqual([110, 120, 130, 140]);
  });

  it('says so also for a time that is reckoned', () => {
    const state = four();
    charge(state, 4, 100);

    const tats = [undefined, 600, 840];

    expect(tats.map((tat) => earliest(state, 1, tat))).toEqual([110, 120, 180]);
  });

  it('keeps thirds of a ms apart from one another, without drift', () => {
    const state = gcra(3, 1_000, 1);
    const times = Array.from({ length: 10_801 }, () => {
      const time = Math.max(0, earliest(state, 1));
      charge(state, 1, time);
      return time;
    });

    expect(times).toEqual(Array.from({ length: 10_801 }, (_, index) => (index * 1_000) / 3));
    expect(state.tat).toBe(10_801_000);
  });
});

describe('advance()', () => {
  it('says what a grant makes of the time, without granting it', () => {
    const state = four();
    charge(state, 4, 100);

    expect([advance(state, 1, 130), advance(state, 1, 200), advance(state, 1, 200, 900)]).toEqual([600, 840, 940]);
    expect(state.tat).toBe(560);
  });
});

describe('charge()', () => {
  it('counts from now where nothing is owed, and on top where something is', () => {
    const state = four();

    const paid = [0, 5, 5, 100].map((time) => {
      charge(state, 1, time);
      return state.tat / 4;
    });

    expect(paid).toEqual([10, 20, 30, 110]);
  });

  it('is noted as what came after the last open grant', () => {
    const state = four();
    const granted = grant(state, 2, 0);
    charge(state, 1, 19);

    charge(state, 1, 30);

    expect(granted).toEqual({ cost: 2, start: 0, next: { sum: 80, floor: 160 } });
    expect([state.base, state.tat]).toEqual([0, 160]);
  });
});

describe('grant()', () => {
  it('takes the cost, and says what it has granted', () => {
    const state = four();

    const granted = grant(state, 3, 7);

    expect(granted).toEqual({ cost: 3, start: 28, next: { sum: 0, floor: -Infinity } });
    expect([unitsLeft(state, 7), state.open]).toEqual([1, [granted]]);
  });

  it('keeps 10 000 grants open at most, and closes the oldest tenth for the next', () => {
    const state = four();
    const grants = Array.from({ length: 10_001 }, () => grant(state, 1, 0));
    const { tat } = state;

    const corrected = [grants[0]!, grants[999]!, grants[1_000]!].map((each) => {
      correct(state, each, 0, 0);
      return state.tat;
    });

    expect([tat, ...corrected]).toEqual([400_040, 400_040, 400_040, 400_000]);
    expect(state.open.length).toBe(9_000);
  });
});

describe('correct()', () => {
  it('gives back what was not used', () => {
    const state = four();
    const granted = grant(state, 4, 0);

    correct(state, granted, 1, 5);

    expect(unitsLeft(state, 0)).toBe(3);
    expect(state.open.length).toBe(0);
  });

  it('gives back nothing that has come back by itself', () => {
    const state = four();
    const granted = grant(state, 2, 0);
    charge(state, 4, 20);

    correct(state, granted, 0, 20);

    expect(unitsLeft(state, 20)).toBe(0);
  });

  it('gives back nothing for which somebody has had to wait', () => {
    const state = four();
    const granted = grant(state, 4, 0);
    charge(state, 4, 40);

    correct(state, granted, 0, 40);

    expect(unitsLeft(state, 40)).toBe(0);
  });

  it('gives back the part that nobody has had to wait for', () => {
    const state = four();
    const granted = grant(state, 4, 0);
    charge(state, 3, 30);

    correct(state, granted, 0, 30);

    // From the beginning: nothing, and three at 30 ms.
    expect(unitsLeft(state, 30)).toBe(1);
  });

  it('gives back once', () => {
    const state = four();
    const [first, second] = [grant(state, 1, 0), grant(state, 1, 0)];

    correct(state, first, 0, 0);
    correct(state, first, 0, 0);

    expect([unitsLeft(state, 0), [...state.open]]).toEqual([3, [second]]);
  });

  it('charges what was used besides, now, though there is not so much', () => {
    const state = four();
    const granted = grant(state, 1, 0);

    correct(state, granted, 9, 50);

    expect([unitsLeft(state, 50), earliest(state, 1), state.open.length]).toEqual([-4, 100, 0]);
  });

  it('charges that also where the grant is closed', () => {
    const state = four();
    const granted = grant(state, 1, 0);
    charge(state, 1, 50);

    correct(state, granted, 2, 50);

    expect(unitsLeft(state, 50)).toBe(2);
  });

  it('changes nothing where the cost was right', () => {
    const state = four();
    const granted = grant(state, 2, 0);

    correct(state, granted, 2, 100);

    expect(state).toEqual({ ...four(), tat: 80, base: 80 });
  });

  it('comes out as if every cost had been so from the beginning, in any order', () => {
    const event = fc.record({
      what: fc.constantFrom('grant', 'grant', 'charge', 'lower', 'correct', 'correct'),
      pause: fc.constantFrom(0, 0, 1, 5, 10, 40),
      ahead: fc.constantFrom(0, 0, 0, 3, 30),
      units: fc.nat(4),
      which: fc.nat(10),
    });

    fc.assert(
      fc.property(fc.array(event, { maxLength: 40, size: 'max' }), (events) => {
        const state = four();
        const log: ({ at: number; cost: number } | { at: number; left: number })[] = [];
        const open: { granted: Grant; entry: { at: number; cost: number } }[] = [];
        let now = 0;
        const replay = (): number =>
          log.reduce(
            (paid, entry) =>
              'cost' in entry
                ? Math.max(paid, entry.at) + 10 * entry.cost
                : Math.max(paid, entry.at + 40 - 10 * entry.left),
            0,
          );
        for (const { what, pause, ahead, units, which } of events) {
          now += pause;
          if (what === 'lower') {
            log.push({ at: now, left: units });
            lower(state, units, now);
          } else if (what === 'correct') {
            const [claim] = open.splice(which % (open.length || 1), 1);
            if (!claim) continue;
            const { entry, granted } = claim;
            if (units > entry.cost) log.push({ at: now, cost: units - entry.cost });
            else if (units) entry.cost = units;
            else log.splice(log.indexOf(entry), 1);
            correct(state, granted, units, now);
          } else {
            const cost = Math.max(1, units);
            // Whether there is so much does not matter here, nor whether it is for now or for later.
            const entry = { at: now + ahead, cost };
            log.push(entry);
            if (what === 'charge') charge(state, cost, now + ahead);
            else open.push({ entry, granted: grant(state, cost, now + ahead, now) });
          }
          // What lies in the past is all the same.
          const [paid, expected] = [state.tat / 4, replay()].map((time) => Math.max(time, now));
          if (paid !== expected) throw new Error(`${paid} is not ${expected}`);
        }
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('lower()', () => {
  it('lowers what is left', () => {
    const state = four();

    lower(state, 1, 100);

    expect([unitsLeft(state, 100), earliest(state, 2)]).toEqual([1, 110]);
  });

  it('never raises it', () => {
    const state = four();
    charge(state, 3, 100);

    const left = [1, 2, 4, 5, 1e9].map((units) => {
      lower(state, units, 100);
      return unitsLeft(state, 100);
    });

    expect(left).toEqual([1, 1, 1, 1, 1]);
  });

  it('goes to nothing, and not below', () => {
    const state = four();

    lower(state, 0, 100);

    expect(unitsLeft(state, 100)).toBe(0);
  });

  it('stays when a grant before it is given back, which one after it does not', () => {
    const state = four();
    const before = grant(state, 2, 0);
    lower(state, 1, 0);
    const after = grant(state, 1, 0);

    const left = [before, after].map((granted) => {
      correct(state, granted, 0, 0);
      return unitsLeft(state, 0);
    });

    expect(left).toEqual([0, 1]);
  });
});

describe('unitsLeft()', () => {
  it('grows to the burst and no further', () => {
    const state = four();
    charge(state, 4, 0);

    expect([0, 5, 10, 40, 1e9].map((now) => unitsLeft(state, now))).toEqual([0, 0.5, 1, 4, 4]);
  });

  it('is below 0 where more was charged than there was', () => {
    const state = four();
    charge(state, 6, 0);

    expect(unitsLeft(state, 0)).toBe(-2);
  });

  it('is the burst at a clock that begins at 0, and at one that begins later', () => {
    expect([0, 1e12].map((now) => unitsLeft(four(), now))).toEqual([4, 4]);
  });
});
