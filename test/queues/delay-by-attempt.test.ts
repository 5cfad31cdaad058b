import { describe, expect, it } from 'vitest';
import { capped, decorrelatedJitter, exponential, fullJitter, schedule, sequence, smoothJitter } from 'holdfast';
import { delayByAttempt } from 'holdfast/queues';
import { seededRandom } from 'holdfast/testing';
import { wrongArgument } from '../wrong-argument.ts';

describe('delayByAttempt()', () => {
  describe('given a backoff without jitter', () => {
    it('gives the schedule, in any order and as often as it is asked', () => {
      const backoff = capped(exponential(), 1_000);
      const delay = delayByAttempt(backoff, { baseDelay: 100 });

      const delays = [1, 2, 3, 4, 5, 6].map((attempt) => delay(attempt));

      expect(delays).toEqual(schedule(backoff, { baseDelay: 100, retries: 6 }));
      expect([delay(4), delay(2), delay(4)]).toEqual([800, 200, 800]);
    });

    it('knows attempts beyond the end of a sequence', () => {
      const delay = delayByAttempt(sequence([10, 50]), { baseDelay: 0 });

      const delays = [delay(1), delay(2), delay(1_000)];

      expect(delays).toEqual([10, 50, 50]);
    });
  });

  describe('given a backoff with jitter', () => {
    it('draws with the chance that it was given', () => {
      const delay = delayByAttempt(fullJitter(exponential()), { baseDelay: 100, random: () => 0.25 });

      const delays = [delay(1), delay(2), delay(3)];

      expect(delays).toEqual([25, 50, 100]);
    });

    it('draws with the chance of the machine by default', () => {
      const delay = delayByAttempt(fullJitter(exponential()), { baseDelay: 100 });

      const third = delay(3);

      expect(third).toBeGreaterThanOrEqual(0);
      expect(third).toBeLessThan(400);
    });
  });

  describe('given a backoff that builds on its last delays', () => {
    it.each([
      ['decorrelated jitter', decorrelatedJitter({ maxDelay: 5_000 })],
      ['smooth jitter', smoothJitter()],
    ])('draws each delay of a %s as the last one of a schedule of its own', (_, backoff) => {
      const delay = delayByAttempt(backoff, { baseDelay: 100, random: seededRandom(1) });

      const delays = [delay(1), delay(4)];

      const random = seededRandom(1);
      const [first, second] = [1, 4].map((retries) => schedule(backoff, { baseDelay: 100, retries, random }).at(-1));
      expect(delays).toEqual([first, second]);
    });
  });

  it.each([
    [undefined, { baseDelay: 1 }, TypeError, 'backoff to be a function, got undefined'],
    [exponential(), undefined, TypeError, 'baseDelay to be a finite number of ms ≥ 0, got undefined'],
    [exponential(), [], TypeError, 'options to be an object, got a value of type object'],
    [exponential(), { baseDelay: -1 }, RangeError, 'baseDelay to be a finite number of ms ≥ 0, got -1'],
    [exponential(), { baseDelay: 1, random: 7 }, TypeError, 'random to be a function, got 7'],
    [exponential(), { baseDelay: 1, rnd: 7 }, TypeError, 'a known option (baseDelay, random), got "rnd"'],
  ] as const)('refuses wrong arguments (%#)', (backoff, options, Class, message) => {
    const make = (): unknown => delayByAttempt(backoff as never, options as never);

    expect(make).toThrow(wrongArgument(Class, `Cannot compute a delay by attempt: expected ${message}`));
  });

  it.each([
    ['1', TypeError, '"1"'],
    [0, RangeError, '0'],
    [1.5, RangeError, '1.5'],
    [Infinity, RangeError, 'Infinity'],
  ])('refuses the attempt %s', (attempt, Class, shown) => {
    const delay = delayByAttempt(exponential(), { baseDelay: 1 });

    expect(() => delay(attempt as never)).toThrow(
      wrongArgument(Class, `Cannot compute a delay by attempt: expected attempt to be an integer ≥ 1, got ${shown}`),
    );
  });
});
