import { describe, expect, it, vi } from 'vitest';
import { retryCall, systemClock } from 'holdfast';
import { recordingSleeper, scriptedCall, VirtualClock, type ScriptedCall, type ScriptStep } from 'holdfast/testing';
import { wrongArgument } from '../wrong-argument.ts';

const context = { attempt: 1, signal: new AbortController().signal, remaining: Infinity };

describe('scriptedCall()', () => {
  describe('given steps that settle at once', () => {
    it('returns and throws by script, one step a call', async () => {
      const error = new Error('busy');
      const call = scriptedCall([{ returns: 1 }, { throws: error }, { returns: undefined }, { throws: undefined }]);

      const outcomes = await Promise.allSettled([call(context), call(context), call(context), call(context)]);

      expect(outcomes).toEqual([
        { status: 'fulfilled', value: 1 },
        { status: 'rejected', reason: error },
        { status: 'fulfilled', value: undefined },
        { status: 'rejected', reason: undefined },
      ]);
    });

    it('keeps a log of attempts, times and contexts', async () => {
      const clock = new VirtualClock(500);
      const steps: ScriptStep[] = [{ throws: 'a' }, { throws: 'b' }, { returns: 'c' }];
      const call = scriptedCall<string>(steps, { clock });

      const settled = retryCall(call, 3, 10, { clock });
      await clock.runAll();

      expect(await settled).toEqual({ value: 'c', attempts: 3, delays: [10, 20] });
      expect(call.log).toEqual([
        { attempt: 1, at: 500, step: steps[0], context: call.log[0]!.context },
        { attempt: 2, at: 510, step: steps[1], context: call.log[1]!.context },
        { attempt: 3, at: 530, step: steps[2], context: call.log[2]!.context },
      ]);
      expect(call.log[2]!.context.attempt).toBe(3);
    });

    it('logs the time as 0 without a clock', async () => {
      const call = scriptedCall([{ returns: 1 }]);

      await call(context);

      expect(call.log).toEqual([{ attempt: 1, at: 0, step: { returns: 1 }, context }]);
    });
  });

  describe('given steps that stall', () => {
    it('never settles', async () => {
      const clock = new VirtualClock();
      const call = scriptedCall([{ stalls: true }, { stalls: true, after: 5 }], { clock });
      const settled = vi.fn();

      void call(context).finally(settled);
      void call(context).finally(settled);
      await clock.advance(1e6);

      expect(settled).not.toHaveBeenCalled();
      expect(call.log).toHaveLength(2);
    });
  });

  describe('given steps that settle after a time', () => {
    it('settles when the clock has moved so far', async () => {
      const clock = new VirtualClock();
      const call = scriptedCall(
        [
          { returns: 'slow', after: 10 },
          { throws: 'late', after: 20 },
          { returns: 'now', after: 0 },
        ],
        { clock },
      );
      const trace: string[] = [];
      const note = (outcome: unknown): number => trace.push(`${outcome} at ${clock.now()}`);

      for (let index = 0; index < 3; index++) void call(context).then(note, note);
      await clock.runAll();

      expect(trace).toEqual(['now at 0', 'slow at 10', 'late at 20']);
    });
  });

  describe('given more calls than steps', () => {
    it('rejects with a RangeError that is not retried', async () => {
      const call = scriptedCall([{ throws: new Error('busy') }]);
      const sleep = recordingSleeper();

      const settled = retryCall(call, 5, 10, { sleep });

      await expect(settled).rejects.toThrow(
        wrongArgument(RangeError, 'Cannot go on with a scripted call: expected at most 1 calls, got 2'),
      );
      expect(call.log).toHaveLength(1);
      expect(sleep.delays).toEqual([10]);
    });

    it('rejects the first call of an empty script', async () => {
      const settled = scriptedCall([])(context);

      await expect(settled).rejects.toThrow(
        wrongArgument(RangeError, 'Cannot go on with a scripted call: expected at most 0 calls, got 1'),
      );
    });
  });

  describe('given a wrong script', () => {
    const says = '{ returns }, { throws } or { stalls: true }';
    it.each([
      [undefined, undefined, TypeError, 'expected steps to be a list of steps, got undefined'],
      ['returns', undefined, TypeError, 'expected steps to be a list of steps, got "returns"'],
      [[{}], undefined, TypeError, `expected step 1 to be ${says}, got a value of type object`],
      [[{ returns: 1 }, null], undefined, TypeError, `expected step 2 to be ${says}, got null`],
      [[{ returns: 1 }, undefined], undefined, TypeError, `expected step 2 to be ${says}, got undefined`],
      [[{ stalls: false }], undefined, TypeError, `expected step 1 to be ${says}, got a value of type object`],
      [[{ returns: 1, throws: 2 }], undefined, TypeError, `expected step 1 to be ${says}, got a value of type object`],
      [
        [Object.create({ returns: 1 })],
        undefined,
        TypeError,
        `expected step 1 to be ${says}, got a value of type object`,
      ],
      [[{ returns: 1, after: 5 }], undefined, TypeError, 'expected clock to be a Clock, got undefined'],
      [
        [{ returns: 1, after: -1 }],
        systemClock,
        RangeError,
        'expected step 1.after to be a finite number of ms ≥ 0, got -1',
      ],
      [
        [{ returns: 1, after: '5' }],
        systemClock,
        TypeError,
        'expected step 1.after to be a finite number of ms ≥ 0, got "5"',
      ],
      [[], {}, TypeError, 'expected clock to be a Clock, got a value of type object'],
    ] as const)('throws before anything is called (%#)', (steps, clock, Class, message) => {
      const make = (): ScriptedCall<unknown> => scriptedCall(steps as never, { clock: clock as never });

      expect(make).toThrow(wrongArgument(Class, `Cannot script a call: ${message}`));
    });

    it('refuses an option that it does not know', () => {
      const make = (): ScriptedCall<unknown> => scriptedCall([], { time: systemClock } as never);

      expect(make).toThrow(
        wrongArgument(TypeError, 'Cannot script a call: expected a known option (clock), got "time"'),
      );
    });
  });

  it('counts its own calls where it is called without a context, as under wrap()', async () => {
    const call = scriptedCall([
      { throws: new Error('busy') },
      { returns: 'ok' },
    ]) as unknown as (() => Promise<string>) & {
      log: { attempt: number }[];
    };

    await call().catch(() => {});

    expect(await call()).toBe('ok');
    expect(call.log.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });
});
