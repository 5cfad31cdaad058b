import { describe, expect, it } from 'vitest';
import {
  capped,
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
