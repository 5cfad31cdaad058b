import { seededRandom } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { main } from '../../docs/examples/jittered-schedule.mjs';

const exact = [100, 200, 400, 800, 1_600, 3_200];

describe('docs/examples/jittered-schedule', () => {
  it('doubles the exact delay after each attempt', async () => {
    expect((await main(() => {})).exact).toEqual(exact);
  });

  it('draws full jitter evenly between 0 and the exact delay', async () => {
    const random = seededRandom(1);

    const { full, bounds } = await main(() => {});

    expect(full).toEqual(exact.map((delay) => delay * random()));
    expect(bounds.map(({ min }) => min)).toEqual([0, 0, 0, 0, 0, 0]);
    bounds.forEach(({ max, mean }, index) => {
      expect(max).toBeCloseTo(exact[index]!);
      expect(mean / exact[index]!).toBeCloseTo(0.5, 1);
    });
  });

  it('computes min(maxDelay, exponential + U(0, baseDelay)) as by hand', async () => {
    const random = seededRandom(1);

    const { additive, byHand } = await main(() => {});

    expect(additive).toEqual(exact.map((delay) => Math.min(1_000, delay + 100 * random())));
    expect(additive.slice(4)).toEqual([1_000, 1_000]);
    expect(byHand).toEqual(additive);
  });

  it('spreads the delays under a cap inside the jitter', async () => {
    const random = seededRandom(1);

    const { spread } = await main(() => {});

    expect(spread).toEqual(exact.map((delay) => Math.min(delay, 1_000) * random()));
  });

  it('prints a line for each schedule', async () => {
    const lines: string[] = [];

    await main((line) => lines.push(line));

    expect(lines).toEqual([
      'exponential()                                   100 ms  200 ms  400 ms  800 ms 1600 ms 3200 ms',
      'fullJitter(exponential())                        86 ms   10 ms  251 ms   98 ms  639 ms  273 ms',
      '  its mean                                       50 ms  100 ms  200 ms  400 ms  800 ms 1600 ms',
      'capped(additiveJitter(exponential()), 1000)     186 ms  205 ms  463 ms  812 ms 1000 ms 1000 ms',
      'min(1000, base * 2 ** (n - 1) + U(0, base))     186 ms  205 ms  463 ms  812 ms 1000 ms 1000 ms',
      'fullJitter(capped(exponential(), 1000))          86 ms   10 ms  251 ms   98 ms  399 ms   85 ms',
    ]);
  });
});
