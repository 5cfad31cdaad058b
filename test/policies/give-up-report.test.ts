import { describe, expect, it } from 'vitest';
import { giveUpReport, instantSleeper, pipeline, retry, retryCall, timeout, type CallContext } from 'holdfast';
import { guarded, type OpenStream } from 'holdfast/stream';
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

      it('tells of the outer one, also where work that nobody waits for begins another one later', async () => {
        const clock = new VirtualClock();
        const late: Promise<unknown>[] = [];
        const outer = pipeline(
          retry({ ...options, clock, maxAttempts: 2, sleep: instantSleeper }),
          timeout(20, { clock }),
        );

        const outcome = rejection(
          outer.execute((context) => {
            clock.setTimer(40, () => late.push(rejection(retry({ clock }).execute(() => 1, context))));
            return new Promise(() => {});
          }),
        );
        await clock.runAll();
        await Promise.all(late);

        expect(late).toHaveLength(2);
        expect(giveUpReport(await outcome)).toEqual({ attempts: 2, delays: [0.5], reason: 'attempts' });
      });

      it('tells of the outermost one also in a guarded stream', async () => {
        const clock = new VirtualClock();
        const caller = new AbortController();
        const fn = script();
        const open: OpenStream<never> = (context) => retry({ ...options, clock }).execute(fn, context);

        const stream = guarded(retry({ ...options, clock }), open, { clock, signal: caller.signal });
        const outcome = rejection(stream[Symbol.asyncIterator]().next());
        await clock.advance(20);
        caller.abort(new Error('enough'));

        expect(giveUpReport(await outcome)).toEqual({ attempts: 1, delays: [], reason: 'aborted' });
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

      it.each(['in its pipeline', 'in a call between', 'as what the outer one is asked about'])(
        'tells of the inner one where a timeout around that alone has ended it: %s',
        async (where) => {
          const clock = new VirtualClock();
          const reports: unknown[] = [];
          const note = (error: unknown): number => reports.push(giveUpReport(error));
          const inner = retry({ ...options, clock });
          const limit = timeout(50, { clock });
          const isRetryable = ({ error }: { error: unknown }): boolean => !note(error);
          const outer = retry({ ...options, clock, ...(where.startsWith('as') && { isRetryable }) });

          const done =
            where === 'in its pipeline'
              ? outer.execute((context) => pipeline(limit, inner).execute(script(), context).catch(note))
              : where === 'in a call between'
                ? outer.execute((context) =>
                    limit.execute((within) => inner.execute(script(), within), context).catch(note),
                  )
                : rejection(pipeline(outer, limit).execute((context) => inner.execute(script(), context)));
          await clock.runAll();
          await done;

          expect(reports).toEqual([{ attempts: 2, delays: [0.5], reason: 'elapsed' }]);
        },
      );

      it('tells of the inner one where the outer one has ended well', async () => {
        const clock = new VirtualClock();
        let kept!: CallContext;
        await pipeline(timeout(1e6, { clock }), retry({ ...options, clock })).execute((context) => (kept = context));

        const outcome = rejection(
          timeout(50, { clock }).execute((context) => retry({ ...options, clock }).execute(script(), context), kept),
        );
        await clock.runAll();

        expect(giveUpReport(await outcome)).toEqual({ attempts: 2, delays: [0.5], reason: 'elapsed' });
      });
    });
  });
});
