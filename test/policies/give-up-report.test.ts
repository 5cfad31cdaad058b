import { describe, expect, it } from 'vitest';
import { giveUpReport, instantSleeper, pipeline, retry, retryCall } from 'holdfast';
import { rejection } from '../rejection.ts';

describe('giveUpReport()', () => {
  describe('given an error of another origin, or no error at all', () => {
    it('has nothing to say', () => {
      const reports = [new Error('x'), {}, () => {}, null, undefined, 0, 'text', Symbol('s')].map(giveUpReport);

      expect(reports).toEqual(reports.map(() => undefined));
    });
  });

  describe('given the rejection of a retry', () => {
    it('tells the attempts, the delays and the reason, and leaves the error as it was', async () => {
      const down = Object.freeze(new Error('down'));

      const error = await rejection(retryCall(() => Promise.reject(down), 3, 10, { sleep: instantSleeper }));

      expect(error).toBe(down);
      expect(giveUpReport(error)).toEqual({ attempts: 3, delays: [10, 20], reason: 'attempts' });
      expect(Reflect.ownKeys(down).filter((key) => key !== 'stack')).toEqual(['message']);
    });

    it('cannot be changed', async () => {
      const error = await rejection(retryCall(() => Promise.reject(new Error('down')), 1, 10));

      expect(Object.isFrozen(giveUpReport(error))).toBe(true);
    });

    it('keeps a report for whatever object was thrown, a function among them', async () => {
      for (const thrown of [{}, [], () => {}]) {
        await rejection(retryCall(() => Promise.reject(thrown), 1, 10));

        expect(giveUpReport(thrown)).toEqual({ attempts: 1, delays: [], reason: 'attempts' });
      }
    });
  });

  describe('given one error that two retries gave up with', () => {
    it('tells of the later one', async () => {
      const down = new Error('down');
      const fn = (): Promise<never> => Promise.reject(down);

      await rejection(retryCall(fn, 3, 10, { sleep: instantSleeper }));
      await rejection(retryCall(fn, 1, 10, { sleep: instantSleeper }));

      expect(giveUpReport(down)).toEqual({ attempts: 1, delays: [], reason: 'attempts' });
    });
  });

  describe('given nested retries', () => {
    it('tells of the outermost one', async () => {
      const down = new Error('down');
      const sleep = instantSleeper;
      const random = (): number => 0.5;
      const inner = retry({ maxAttempts: 2, sleep, random, allowNestedRetry: true });
      const policy = pipeline(retry({ maxAttempts: 3, baseDelay: 100, sleep, random }), inner);

      await rejection(policy.execute(() => Promise.reject(down)));

      expect(giveUpReport(down)).toEqual({ attempts: 3, delays: [50, 100], reason: 'attempts' });
    });
  });
});
