import { describe, expect, it } from 'vitest';
import { backoffFrom } from 'holdfast/json';
import { backoffFlags, backoffOf, type BackoffFlags } from '../../src/cli/backoff-flags.ts';
import type { FlagValues } from '../../src/cli/flag.ts';

const make = (flags: FlagValues<BackoffFlags>, cap?: number): unknown =>
  backoffOf(flags, { jitter: 'none', ...(cap !== undefined && { cap }) }, 'test');

describe('backoffOf()', () => {
  it.each<[FlagValues<BackoffFlags>, object]>([
    [{}, { kind: 'exponential' }],
    [{ factor: 3 }, { kind: 'exponential', factor: 3 }],
    [{ backoff: 'constant' }, { kind: 'constant' }],
    [{ backoff: 'fibonacci' }, { kind: 'fibonacci' }],
    [
      { backoff: 'linear', increment: 50 },
      { kind: 'linear', increment: 50 },
    ],
    [
      { backoff: 'sequence', delays: [1, 2] },
      { kind: 'sequence', delays: [1, 2] },
    ],
    [{ cap: 500 }, { kind: 'capped', maxDelay: 500, inner: { kind: 'exponential' } }],
    [
      { jitter: 'full', cap: 500, floor: 10 },
      {
        kind: 'at-least',
        minDelay: 10,
        inner: { kind: 'full-jitter', inner: { kind: 'capped', maxDelay: 500, inner: { kind: 'exponential' } } },
      },
    ],
    [{ jitter: 'equal' }, { kind: 'equal-jitter', inner: { kind: 'exponential' } }],
    [{ jitter: 'additive' }, { kind: 'additive-jitter', inner: { kind: 'exponential' } }],
    [
      { jitter: 'additive', spread: 5 },
      { kind: 'additive-jitter', spread: 5, inner: { kind: 'exponential' } },
    ],
    [{ jitter: 'proportional' }, { kind: 'proportional-jitter', ratio: 0.25, inner: { kind: 'exponential' } }],
    [
      { jitter: 'proportional', ratio: 1 },
      { kind: 'proportional-jitter', ratio: 1, inner: { kind: 'exponential' } },
    ],
    [{ jitter: 'decorrelated' }, { kind: 'decorrelated-jitter' }],
    [
      { jitter: 'decorrelated', cap: 500 },
      { kind: 'decorrelated-jitter', maxDelay: 500 },
    ],
    [{ jitter: 'smooth' }, { kind: 'smooth-jitter' }],
    [
      { jitter: 'smooth', cap: 500 },
      { kind: 'capped', maxDelay: 500, inner: { kind: 'smooth-jitter' } },
    ],
  ])('makes of %j what holdfast/json reads', (flags, json) => {
    expect(make(flags)).toEqual(json);
    expect(typeof backoffFrom(json)).toBe('function');
  });

  it('has the cap of the command where none is said', () => {
    expect(make({}, 20)).toEqual({ kind: 'capped', maxDelay: 20, inner: { kind: 'exponential' } });
  });

  it.each<[FlagValues<BackoffFlags>, string]>([
    [{ jitter: 'smooth', backoff: 'linear' }, '--jitter smooth without --backoff, whose place it takes, got "both"'],
    [{ backoff: 'linear', factor: 3 }, '--factor only with exponential, got "linear, jitter none"'],
    [{ increment: 3 }, '--increment only with linear, got "exponential, jitter none"'],
    [{ delays: [3] }, '--delays only with sequence, got "exponential, jitter none"'],
    [{ spread: 3, jitter: 'full' }, '--spread only with additive, got "exponential, jitter full"'],
    [{ ratio: 0.5 }, '--ratio only with proportional, got "exponential, jitter none"'],
    [{ backoff: 'sequence' }, '--delays with --backoff sequence, got "none"'],
  ])('refuses %j', (flags, says) => {
    expect(() => make(flags)).toThrow(`Cannot test: expected ${says}`);
  });
});

describe('backoffFlags()', () => {
  it('reads a list of delays', () => {
    const { delays } = backoffFlags({ base: '1s', jitter: 'full', cap: '20s' });

    expect(delays.read('50ms, 1s,2', '--delays', 'test')).toEqual([50, 1_000, 2]);
    expect(() => delays.read('50ms,,1s', '--delays', 'test')).toThrow('expected --delays to be a duration');
  });

  it('shows the defaults of its command', () => {
    const { base, jitter, cap } = backoffFlags({ base: '1s', jitter: 'full', cap: '20s' });

    expect([base, jitter, cap].map(({ byDefault }) => byDefault)).toEqual(['1s', 'full', '20s']);
    expect(backoffFlags({ base: '1s', jitter: 'full' }).cap.byDefault).toBe('none');
  });
});
