import { describe, expect, it } from 'vitest';
import {
  additiveJitter,
  capped,
  constant,
  decorrelatedJitter,
  envelope,
  equalJitter,
  exponential,
  fullJitter,
  proportionalJitter,
  schedule,
  smoothJitter,
  type Backoff,
  type DelayBounds,
} from 'holdfast';
import { seededRandom } from 'holdfast/testing';
import { wrongArgument } from '../wrong-argument.ts';

describe('envelope()', () => {
  it('has no entry without retries', () => {
    const bounds = envelope(exponential(), { baseDelay: 100, retries: 0 });

    expect(bounds).toEqual([]);
  });

  it('is the schedule itself where nothing is left to chance', () => {
    const bounds = envelope(exponential(), { baseDelay: 128, retries: 3 });

    expect(bounds).toEqual([
      { min: 128, max: 128, mean: 128 },
      { min: 256, max: 256, mean: 256 },
      { min: 512, max: 512, mean: 512 },
    ]);
  });

  it('is the same every time', () => {
    const compute = (): DelayBounds[] => envelope(decorrelatedJitter(), { baseDelay: 100, retries: 5 });

    const [one, other] = [compute(), compute()];

    expect(one).toEqual(other);
  });

  it('finds the bounds where a second draw counters the first', () => {
    const contrary: Backoff = ({ random }) => 100 * (1 + random() - random());

    const [bounds] = envelope(contrary, { baseDelay: 1, retries: 1 });

    expect(bounds).toEqual({ min: 0, max: 200, mean: expect.closeTo(100, 0) });
  });

  it.each([
    ['full jitter', fullJitter(exponential()), [50, 100, 200]],
    ['equal jitter', equalJitter(exponential()), [75, 150, 300]],
    ['proportional jitter', proportionalJitter(exponential(), 0.5), [100, 200, 400]],
    ['decorrelated jitter', decorrelatedJitter(), [200, 350, 575]],
    ['full jitter in full jitter', fullJitter(fullJitter(exponential())), [25, 50, 100]],
  ])('has a mean within 1 % of the true one for %s', (_, backoff, means) => {
    const bounds = envelope(backoff, { baseDelay: 100, retries: 3 });

    bounds.forEach(({ mean }, index) => expect(Math.abs(mean / means[index]! - 1)).toBeLessThan(0.01));
  });

  it('has the same mean however many draws came before', () => {
    const retries = 2_000;
    const means = (backoff: Backoff): number[] =>
      envelope(backoff, { baseDelay: 100, retries }).map(({ mean }) => mean / 100);

    means(fullJitter(constant())).forEach((mean) => expect(Math.abs(mean - 0.5)).toBeLessThan(1e-9));
    means(fullJitter(fullJitter(constant()))).forEach((mean) => expect(Math.abs(mean / 0.25 - 1)).toBeLessThan(0.01));
  });

  it('has the same mean whether or not those before have drawn anew', () => {
    const means = (backoff: Backoff): number[] =>
      envelope(backoff, { baseDelay: 100, retries: 60 }).map(({ mean }) => mean);

    // Once it has grown beyond its cap, it is drawn from 0 to the cap.
    for (const mean of means(capped(smoothJitter(), 1_000)).slice(8)) {
      expect(Math.abs(mean / 500 - 1)).toBeLessThan(0.01);
    }
    for (const mean of means(fullJitter(capped(smoothJitter(), 1_000))).slice(8)) {
      expect(Math.abs(mean / 250 - 1)).toBeLessThan(0.01);
    }
  });

  it('has a mean within 3 % of the true one for a long decorrelated jitter', () => {
    let exact = 100;

    // Each delay is drawn from 100 to three times the one before.
    for (const { mean } of envelope(decorrelatedJitter(), { baseDelay: 100, retries: 12 })) {
      exact = (100 + 3 * exact) / 2;
      expect(Math.abs(mean / exact - 1)).toBeLessThan(0.03);
    }
  });

  it.each([
    ['decorrelated jitter', decorrelatedJitter({ maxDelay: 20_000 }), 20],
    ['smooth jitter', capped(smoothJitter(), 10_000), 20],
  ])('has a mean within 3 %% of that of a hundred thousand long schedules of a capped %s', (_, backoff, retries) => {
    const random = seededRandom(7);
    const runs = 100_000;
    const means = Array.from({ length: retries }, () => 0);
    for (let run = 0; run < runs; run++) {
      schedule(backoff, { baseDelay: 100, retries, random }).forEach((delay, index) => {
        means[index]! += delay / runs;
      });
    }

    const bounds = envelope(backoff, { baseDelay: 100, retries });

    bounds.forEach(({ mean }, index) => expect(Math.abs(mean / means[index]! - 1)).toBeLessThan(0.03));
  });

  it('holds what is drawn anew where it is too long', () => {
    const backoff = capped(additiveJitter(capped(smoothJitter(), 1_000), 100), 100);
    const draws = [...Array.from({ length: 8 }, () => 0.9), 0.99, 0, 0];
    let draw = 0;

    const last = schedule(backoff, { baseDelay: 100, retries: 5, random: () => draws[draw++]! })[4];

    expect(last).toBe(0);
    expect(envelope(backoff, { baseDelay: 100, retries: 5 })[4]).toMatchObject({ min: 0, max: 100 });
  });

  it('has a mean within 1 % of that of a hundred thousand schedules of a capped smooth jitter', () => {
    const backoff = capped(smoothJitter(), 500);
    const random = seededRandom(1);
    const sums = [0, 0, 0, 0];
    for (let run = 0; run < 100_000; run++) {
      schedule(backoff, { baseDelay: 100, retries: 4, random }).forEach((delay, index) => {
        sums[index]! += delay;
      });
    }

    const bounds = envelope(backoff, { baseDelay: 100, retries: 4 });

    bounds.forEach(({ mean }, index) => expect(Math.abs(mean / (sums[index]! / 100_000) - 1)).toBeLessThan(0.01));
  });

  it.each([
    [undefined, { baseDelay: 1, retries: 1 }, TypeError, 'expected backoff to be a function, got undefined'],
    [exponential(), {}, TypeError, 'expected baseDelay to be a finite number of ms ≥ 0, got undefined'],
    [exponential(), { baseDelay: 1 }, TypeError, 'expected retries to be an integer ≥ 0, got undefined'],
    [
      exponential(),
      { baseDelay: NaN, retries: 1 },
      RangeError,
      'expected baseDelay to be a finite number of ms ≥ 0, got NaN',
    ],
    [exponential(), { baseDelay: 1, retries: 0.5 }, RangeError, 'expected retries to be an integer ≥ 0, got 0.5'],
    [exponential(), [], TypeError, 'expected options to be an object, got a value of type object'],
  ] as const)('refuses wrong arguments (%#)', (backoff, options, Class, message) => {
    const compute = (): DelayBounds[] => envelope(backoff as never, options as never);

    expect(compute).toThrow(wrongArgument(Class, `Cannot compute an envelope: ${message}`));
  });

  it('refuses a backoff that returns no delay', () => {
    const compute = (): DelayBounds[] => envelope(() => -1, { baseDelay: 1, retries: 1 });

    expect(compute).toThrow(
      wrongArgument(RangeError, 'Cannot wait: expected backoff to return a finite number of ms ≥ 0, got -1'),
    );
  });
});
