import { describe, expect, it } from 'vitest';
import { giveUpReport, instantSleeper, pipeline, retry, retryCall, timeout, type CallContext } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
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

    describe('by a context that was handed on', () => {
      const options = { baseDelay: 1, random: () => 0.5, allowNestedRetry: true };
      /** Fails once, then hangs. */
      const script = (): (() => Promise<never>) => {
        let calls = 0;
        return () => (calls++ ? new Promise(() => {}) : Promise.reject(new Error('down')));
      };

      it.each([
        ['elapsed', 'a timeout around them'],
        ['aborted', 'their caller'],
      ])('tells of the outermost one (%s, by %s)', async (reason) => {
        const clock = new VirtualClock();
        const caller = new AbortController();
        const [outer, inner] = [retry({ ...options, clock }), retry({ ...options, clock })];
        const fn = script();

        const outcome = rejection(
          pipeline(timeout(50, { clock }), outer).execute((context: CallContext) => inner.execute(fn, context), {
            signal: caller.signal,
          }),
        );
        await clock.advance(20);
        if (reason === 'aborted') caller.abort(new Error('enough'));
        await clock.runAll();

        expect(giveUpReport(await outcome)).toEqual({ attempts: 1, delays: [], reason });
      });

      it('tells nothing of one that begins when all is over', async () => {
        const clock = new VirtualClock();
        const late: Promise<unknown>[] = [];

        const outcome = rejection(
          timeout(50, { clock }).execute((context) =>
            retryCall(
              async (within) => {
                await clock.setTimer(80, () => late.push(rejection(retryCall(() => 1, 2, 1, { context: within }))));
                return new Promise(() => {});
              },
              2,
              1,
              { context, clock },
            ),
          ),
        );
        await clock.runAll();

        expect(late).toHaveLength(1);
        expect([await late[0]!, giveUpReport(await outcome)]).toEqual([
          await outcome,
          { attempts: 1, delays: [], reason: 'elapsed' },
        ]);
      });

      it('tells of the inner one where a timeout around that alone has ended it', async () => {
        const clock = new VirtualClock();
        const reports: unknown[] = [];
        const inner = pipeline(timeout(50, { clock }), retry({ ...options, clock }));

        const value = retry({ ...options, clock }).execute((context) =>
          inner.execute(script(), context).catch((error: unknown) => reports.push(giveUpReport(error))),
        );
        await clock.runAll();

        expect([await value, reports]).toEqual([1, [{ attempts: 2, delays: [0.5], reason: 'elapsed' }]]);
      });
    });
  });
});
