import { describe, expect, it } from 'vitest';
import { schedule } from 'holdfast';
import { backoffFrom } from 'holdfast/json';
import { seededRandom } from 'holdfast/testing';
import type { BackoffJson } from '../../src/cli/backoff-flags.ts';
import { exactMeans } from '../../src/cli/exact-means.ts';

const inner = { kind: 'exponential' };
const full = { kind: 'full-jitter', inner };
const options = { baseDelay: 100, retries: 3 };
const floored = (minDelay: number): BackoffJson => ({ kind: 'at-least', minDelay, inner: full });

/** By drawing a great many. */
function drawn(backoff: BackoffJson): number[] {
  const random = seededRandom(1);
  const sums = [0, 0, 0];
  for (let draw = 0; draw < 20_000; draw++) {
    schedule(backoffFrom(backoff), { ...options, random }).forEach((delay, at) => (sums[at]! += delay / 20_000));
  }
  return sums;
}

describe('exactMeans()', () => {
  it.each<[BackoffJson, number[]]>([
    [full, [50, 100, 200]],
    [{ kind: 'equal-jitter', inner }, [75, 150, 300]],
    [{ kind: 'additive-jitter', spread: 30, inner }, [115, 215, 415]],
    [{ kind: 'proportional-jitter', ratio: 0.25, inner }, [100, 200, 400]],
    [{ kind: 'full-jitter', inner: { kind: 'capped', maxDelay: 150, inner } }, [50, 75, 75]],
    [{ kind: 'full-jitter', inner: { kind: 'constant' } }, [50, 50, 50]],
    [floored(0), [50, 100, 200]],
    [floored(50), [62.5, 106.25, 203.125]],
    [floored(150), [150, 156.25, 228.125]],
    [{ kind: 'decorrelated-jitter' }, [200, 350, 575]],
    [{ kind: 'at-least', minDelay: 100, inner: { kind: 'decorrelated-jitter' } }, [200, 350, 575]],
    [{ kind: 'decorrelated-jitter', maxDelay: 2_700 }, [200, 350, 575]],
  ])('knows those of %j, which draws come near to', (backoff, means) => {
    const [exact, near] = [exactMeans(backoff, options)!, drawn(backoff)];

    exact.forEach((mean, at) => {
      expect(mean).toBeCloseTo(means[at]!, 9);
      expect(Math.abs(near[at]! / mean - 1)).toBeLessThan(0.015);
    });
  });

  it('knows them where there is nothing to draw from', () => {
    expect(exactMeans(full, { ...options, baseDelay: 0 })).toEqual([0, 0, 0]);
  });

  it.each<BackoffJson>([
    inner,
    { kind: 'smooth-jitter' },
    { kind: 'decorrelated-jitter', maxDelay: 2_699 },
    { kind: 'at-least', minDelay: 101, inner: { kind: 'decorrelated-jitter' } },
    { kind: 'at-least', minDelay: 50, inner: { kind: 'decorrelated-jitter', maxDelay: 20 } },
  ])('leaves those of %j to others', (backoff) => {
    expect(exactMeans(backoff, options)).toBeUndefined();
  });
});
