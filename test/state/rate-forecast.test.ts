import { describe, expect, it } from 'vitest';
import { charge, gcra } from '../../src/state/gcra.ts';
import { following, rateForecast, turnOf, unitsOf } from '../../src/state/rate-forecast.ts';

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
