import { describe, expect, it, vi } from 'vitest';
import { giveUpReport, RetryBudget, type RetryWaitOptions } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import type { Place } from '../../src/base/context.ts';
import { announce, begin, giveUp, judge, left, refund, startRun, type RetryRun } from '../../src/policies/retry-run.ts';
import { retryRules } from '../../src/policies/retry-rules.ts';

const down = new Error('down');
/** Where there are so many ms left. */
const within = (remaining: number): Place => ({ layers: [], slots: [], parent: { remaining }, holder: undefined });
const begun = (options: RetryWaitOptions<never> = {}, maxAttempts = 3): RetryRun => {
  const run = startRun(retryRules('retry', maxAttempts, 10, options));
  begin(run);
  return run;
};

describe('startRun()', () => {
  it('credits the budget for a first call', () => {
    const budget = new RetryBudget({ ratio: 0.5, burst: 1 });
    budget.tryWithdraw();

    begun({ budget });

    expect(budget.available).toBe(0.5);
  });

  it('draws on the budget of the run around it, without crediting that, unless it has its own', () => {
    const [outer, own] = [new RetryBudget({ ratio: 0.5, burst: 1 }), new RetryBudget()];
    const around = begun({ budget: outer });
    outer.tryWithdraw();

    const [inner, other] = [undefined, own].map((budget) => startRun(retryRules('retry', 3, 10, { budget }), around));

    expect([inner!.budget, other!.budget, outer.available]).toEqual([outer, own, 0]);
  });
});

describe('the budget of the runs inside a run, where nobody gave one', () => {
  it('is one of ten retries for all of them together, whatever is deposited', () => {
    const outer = begun();
    const [inner, sibling] = [1, 2].map(() => startRun(retryRules('retry', 4, 10, {}), outer));
    const innermost = startRun(retryRules('retry', 4, 10, {}), inner);
    const { budget } = innermost;
    const withdrawn: boolean[] = [];

    budget!.deposit();
    for (let retry = 0; retry < 12; retry++) withdrawn.push(budget!.tryWithdraw());
    budget!.refund();
    withdrawn.push(budget!.tryWithdraw());

    expect([inner!.budget, sibling!.budget]).toEqual([budget, budget]);
    expect(inner!.budget).toBe(sibling!.budget);
    expect(inner!.budget).toBe(budget);
    expect(withdrawn).toEqual([...Array.from({ length: 12 }, (_, retry) => retry < 10), true]);
  });

  it('is not drawn on by the outermost run, and is another for each of those', () => {
    const outer = [begun(), begun()];
    const inner = outer.map((run) => startRun(retryRules('retry', 4, 10, {}), run));

    expect(outer.map(({ budget }) => budget)).toEqual([undefined, undefined]);
    expect(inner[0]!.budget).not.toBe(inner[1]!.budget);
  });
});

describe('left()', () => {
  it('counts maxElapsed down', () => {
    const clock = new VirtualClock(5);
    const run = begun({ clock, maxElapsed: 100 });

    clock.jump(30);

    expect([left(run), left(begun({ clock }))]).toEqual([70, Infinity]);
  });
});

describe('left() by a clock that cannot be relied on', () => {
  it.each([
    ['goes back', 4_000],
    ['is no number', NaN],
  ])('takes a reading that %s for no time passed', (_, reading) => {
    let now = 5_000;
    const run = begun({ clock: { now: () => now, setTimer: () => () => {} }, maxElapsed: 100 });

    now = reading;

    expect(left(run)).toBe(100);
  });
});

describe('judge()', () => {
  it('says nothing of a success', () => {
    expect(judge(begun(), false, 'up')).toBeUndefined();
  });

  it('has nothing to try again after the last attempt', () => {
    const last = Object.assign(begun({ isRetryableResult: () => true }), { last: 'used' as const });

    expect(judge(last, true, down)).toBe('not-retryable');
    expect(judge(last, false, 'up')).toBeUndefined();
  });

  it('names the first reason that stops it, in the order of the design', () => {
    const stop = {
      isRetryable: () => false,
      retryAfter: () => 99,
      maxRetryAfter: 5,
      maxElapsed: 0,
      budget: new RetryBudget({ burst: 0 }),
    };
    const reasons: unknown[] = [];

    reasons.push(judge(begun(stop, 1), true, down));
    reasons.push(judge(begun({ ...stop, isRetryable: () => true }, 1), true, down));
    reasons.push(judge(begun({ ...stop, isRetryable: () => true }), true, down));
    reasons.push(judge(begun({ maxElapsed: 0, budget: stop.budget }), true, down));
    reasons.push(judge(begun({ budget: stop.budget }), true, down, within(10)));
    reasons.push(judge(begun({ budget: stop.budget }), true, down));
    reasons.push(judge(begun(), true, down, within(10.1)));

    expect(reasons).toEqual(['not-retryable', 'attempts', 'retry-after', 'elapsed', 'elapsed', 'budget', 10]);
  });

  it('takes a hint of undefined or 0 for none, and draws nothing for it', () => {
    const random = vi.fn(() => 0.5);

    const delays = [undefined, 0].map((hint) => judge(begun({ random, retryAfter: () => hint }), true, down));

    expect(delays).toEqual([10, 10]);
    expect(random).not.toHaveBeenCalled();
  });

  it.each([
    [Infinity, 0.5],
    [Number.MAX_VALUE, 0],
  ])('never lets a hint of %d become a delay of NaN', (hint, drawn) => {
    const options = { retryAfter: () => hint, maxRetryAfter: Infinity, random: () => drawn };

    const verdict = judge(begun(options), true, down);

    expect(verdict).not.toBeNaN();
  });
});

describe('begin()', () => {
  it('keeps neither the wait before the attempt nor what that came after', () => {
    const run = Object.assign(begun(), { cancel: () => {}, outcome: down });

    begin(run, 10);

    expect([run.cancel, run.outcome]).toEqual([undefined, undefined]);
    expect([run.attempts, run.delays, run.waited]).toEqual([2, [10], 10]);
  });
});

describe('giveUp()', () => {
  it('files a report of an error, and tells of it', () => {
    const on = { giveUp: vi.fn(), retry: vi.fn() };
    const run = begun({ on });

    announce(run, true, down, 10);
    begin(run, 10);
    giveUp(run, true, down, 'attempts');

    const report = { attempts: 2, delays: [10], reason: 'attempts' };
    expect(giveUpReport(down)).toEqual(report);
    expect(on.retry.mock.calls).toEqual([[{ error: down, attempt: 1, delay: 10 }]]);
    expect(on.giveUp.mock.calls).toEqual([[{ error: down, ...report }]]);
  });

  it('files one of a value that was not accepted, too', () => {
    const value = {};
    const giveUpObserver = vi.fn();

    giveUp(begun({ on: { giveUp: giveUpObserver } }), false, value, 'attempts');

    expect(giveUpReport(value)).toEqual({ attempts: 1, delays: [], reason: 'attempts' });
    expect(giveUpObserver.mock.calls).toEqual([
      [{ error: undefined, value, attempts: 1, delays: [], reason: 'attempts' }],
    ]);
  });
});

describe('refund()', () => {
  it('gives back what was paid for an attempt that has not begun, and once', () => {
    const budget = new RetryBudget({ ratio: 0, burst: 3 });
    const run = begun({ budget });

    judge(run, true, down);
    const paid = budget.available;
    refund(run);
    refund(run);
    const refunded = budget.available;
    judge(run, true, down);
    begin(run, 10);
    refund(run);

    expect([paid, refunded, budget.available]).toEqual([2, 3, 2]);
  });
});
