import { describe, expect, it } from 'vitest';
import { charge, gcra } from '../../src/state/gcra.ts';
import { following, rateForecast, spend, turnOf, unitsOf } from '../../src/state/rate-forecast.ts';

/** Ten units in 100 ms, and one call in 50 ms. */
const limits = () => [gcra(10, 100, 10), gcra(1, 50, 1)];

describe('rateForecast()', () => {
  it('says where the limits stand', () => {
    const both = limits();
    charge(both[0]!, 4, 0);

    expect(rateForecast(both)).toEqual({ tats: [400, 0], turn: 0 });
  });
});

describe('unitsOf()', () => {
  it('is the cost for the first limit, and a call for the second', () => {
    expect([unitsOf(7, 0), unitsOf(7, 1)]).toEqual([7, 1]);
  });
});

describe('spend()', () => {
  it('takes the cost from the first limit, and a call from the second', () => {
    const both = limits();

    const taken = spend(both, 4, 5);

    expect(taken).toBe(true);
    expect(rateForecast(both)).toEqual({ tats: [450, 55], turn: 0 });
  });

  it('takes from one limit alone where there is one', () => {
    const [only] = limits();

    const taken = [10, 1].map((cost) => spend([only!], cost, 0));

    expect(taken).toEqual([true, false]);
    expect(only!.tat).toBe(1_000);
  });

  it.each([
    ['first', 0, 10, 9.9, 10],
    ['second', 1, 1, 49.9, 50],
  ])(
    'takes nothing from either before the %s has so much again, and all from then on',
    (_, index, used, early, due) => {
      const both = limits();
      charge(both[index]!, used, 0);
      const before = rateForecast(both);

      const tooEarly = spend(both, 1, early);
      const left = rateForecast(both);

      expect(tooEarly).toBe(false);
      expect(left).toEqual(before);
      expect(spend(both, 1, due)).toBe(true);
    },
  );
});

describe('turnOf()', () => {
  it('is when both limits have enough, and not before the least time', () => {
    const both = limits();
    charge(both[0]!, 10, 0);
    charge(both[1]!, 1, 0);

    expect([1, 6].map((cost) => turnOf(both, cost, 0))).toEqual([50, 60]);
    expect(turnOf(both, 1, 80)).toBe(80);
  });

  it('is not before the one ahead', () => {
    expect(turnOf(limits(), 1, 0, { tats: [0, 0], turn: 30 })).toBe(30);
  });
});

describe('following()', () => {
  it('is where the limits stand after a grant, which is not made', () => {
    const both = limits();

    const after = following(both, 3, 20, rateForecast(both));

    expect(after).toEqual({ tats: [500, 70], turn: 20 });
    expect(rateForecast(both)).toEqual({ tats: [0, 0], turn: 0 });
  });
});
