import { describe, expect, it, vi } from 'vitest';
import {
  giveUpReport,
  instantSleeper,
  pipeline,
  retry,
  RetryBudget,
  timeout,
  type CallContext,
  type Policy,
} from 'holdfast';
import { layered } from '../../src/base/layers.ts';
import { retryLayer } from '../../src/policies/retry-layer.ts';
import { retryRules, type RetryWaitOptions } from '../../src/policies/retry-rules.ts';
import { VirtualClock } from 'holdfast/testing';
import { rejection, turns } from '../rejection.ts';

const down = new Error('down');
const make = (options: RetryWaitOptions<never>, ...rest: [boolean, ...never[]] | [boolean, () => unknown]): Policy =>
  layered([retryLayer(retryRules('retry', 3, 10, options), ...(rest as [boolean]))]);

describe('retryLayer()', () => {
  it('says what it is, and whether it may stand in another', () => {
    const [may, mayNot] = [true, false].map((allowed) => retryLayer(retryRules('retry', 3, 10, {}), allowed));

    expect(may).toMatchObject({ kind: 'retry', allowNestedRetry: true });
    expect(mayNot).toMatchObject({ kind: 'retry', allowNestedRetry: false });
  });

  it('lets the value out, or what `result` makes of it and of the run', async () => {
    const plain = make({ sleep: instantSleeper }, false);
    const result = (value: unknown, { attempts, delays }: { attempts: number; delays: number[] }): unknown => [
      value,
      attempts,
      delays,
    ];
    const told = make({ sleep: instantSleeper }, false, result as () => unknown);
    const fn = ({ attempt }: { attempt: number }): string => {
      if (attempt < 3) throw down;
      return 'up';
    };

    expect(await plain.execute(fn)).toBe('up');
    expect(await told.execute(fn)).toEqual(['up', 3, [10, 20]]);
  });

  describe('given a sleeper that wakes after the call is over', () => {
    it('makes no further attempt, and takes nothing back twice', async () => {
      for (const late of ['resolve', 'reject'] as const) {
        const controller = new AbortController();
        const budget = new RetryBudget({ ratio: 0, burst: 2 });
        const wake: (() => void)[] = [];
        const sleep = (): Promise<void> =>
          new Promise((resolve, reject) => wake.push(() => (late === 'resolve' ? resolve() : reject(down))));
        const fn = vi.fn(() => Promise.reject(down));

        const outcome = rejection(make({ sleep, budget }, false).execute(fn, { signal: controller.signal }));
        await turns();
        controller.abort('stop');
        wake.forEach((each) => each());
        await turns();

        expect([await outcome, fn.mock.calls.length, budget.available]).toEqual(['stop', 1, 2]);
      }
    });
  });

  describe('given a sleeper that settles once its run was cut, and another run has taken its place', () => {
    it.each(['resolves', 'rejects'] as const)('leaves that one alone where it %s', async (late) => {
      const clock = new VirtualClock();
      const waits: (() => void)[] = [];
      const sleep = (): Promise<void> =>
        new Promise((resolve, reject) => waits.push(late === 'resolves' ? resolve : () => reject(new Error('late'))));
      const inner = retry({ maxAttempts: 3, sleep, allowNestedRetry: true });
      const policy = pipeline(retry({ maxAttempts: 2, baseDelay: 0, clock }), timeout(50, { clock }), inner);
      const fn = vi.fn(() => Promise.reject(down));
      const outcome = rejection(policy.execute(fn));
      await clock.advance(50);
      const before = [fn.mock.calls.length, waits.length];

      waits[0]!();
      await clock.advance(49);
      const after = [fn.mock.calls.length, waits.length];
      await clock.advance(1);

      expect([before, after]).toEqual([
        [2, 2],
        [2, 2],
      ]);
      expect(await outcome).toMatchObject({ code: 'ERR_TIMEOUT' });
    });
  });

  describe.each([
    ['clock', {}],
    ['sleeper', { sleep: instantSleeper }],
  ])('given a clock that fails after a wait by the %s', (_, options) => {
    it('ends the call with that', async () => {
      const broken = new Error('broken');
      const rings: (() => void)[] = [];
      let works = true;
      const now = (): number => {
        if (!works) throw broken;
        return 0;
      };
      const clock = { now, setTimer: (__: number, ring: () => void) => (rings.push(ring), () => {}) };
      const fn = vi.fn(() => Promise.reject(down));
      const on = { retry: () => void (works = false) };

      const outcome = rejection(make({ clock, on, maxElapsed: 100, ...options }, false).execute(fn));
      await turns();
      rings.forEach((ring) => ring());

      expect(await outcome).toBe(broken);
      expect(fn).toHaveBeenCalledTimes(1);
    });
  });

  describe.each([false, true])('given a sleeper that settles at once (with a signal: %s)', (long) => {
    const options = long ? { signal: new AbortController().signal } : undefined;
    const failing = (): Promise<never> => Promise.reject(down);

    it('comes out with what the sleeper fails with', async () => {
      const broken = new Error('broken');
      const policy = make({ sleep: () => Promise.reject(broken) }, false);

      expect(await rejection(policy.execute(failing, options))).toBe(broken);
    });

    it('comes out with the error where the wait has used up the time', async () => {
      const clock = new VirtualClock();
      const sleep = (): Promise<void> => (clock.jump(1_000), Promise.resolve());

      expect(await rejection(make({ clock, sleep, maxElapsed: 100 }, false).execute(failing, options))).toBe(down);
    });

    it('makes the other attempts, and comes out with the last error', async () => {
      const fn = vi.fn(failing);

      expect(await rejection(make({ sleep: instantSleeper }, false).execute(fn, options))).toBe(down);
      expect(fn).toHaveBeenCalledTimes(3);
    });
  });

  it('has a value tried again until it is accepted', async () => {
    const isRetryableResult = ({ value }: { value: number }): boolean => value < 2;
    const policy = make({ sleep: instantSleeper, isRetryableResult }, false);

    expect(await policy.execute(({ attempt }) => attempt)).toBe(2);
  });

  it('sees no deadline any more in the context of a call that is over', async () => {
    const clock = new VirtualClock();
    const contexts: CallContext[] = [];

    await make({ clock, maxElapsed: 100 }, false).execute((context) => contexts.push(context));

    expect(contexts.map(({ remaining }) => remaining)).toEqual([Infinity]);
  });

  describe('given a clock that rings a timer twice', () => {
    it('makes one attempt for it', async () => {
      const clock = new VirtualClock();
      const rings: (() => void)[] = [];
      const twice = { now: clock.now, setTimer: (_: number, ring: () => void) => (rings.push(ring), () => {}) };
      const fn = vi.fn(() => Promise.reject(down));

      const outcome = rejection(make({ clock: twice }, false).execute(fn));
      for (let ring = 0; ring < 2; ring++) {
        await turns();
        rings[ring]!();
        rings[ring]!();
      }

      expect(await outcome).toBe(down);
      expect(fn).toHaveBeenCalledTimes(3);
      expect(giveUpReport(down)).toEqual({ attempts: 3, delays: [10, 20], reason: 'attempts' });
    });
  });
});
