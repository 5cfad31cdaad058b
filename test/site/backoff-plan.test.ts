import { capped, equalJitter, envelope, exponential, schedule } from 'holdfast';
import { seededRandom } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { backoffCode, backoffDocument } from '../../docs/site/playground/backoff-code.ts';
import { BACKOFF_FORM, type BackoffValues } from '../../docs/site/playground/backoff-form.ts';
import { backoffJson, planOf } from '../../docs/site/playground/backoff-plan.ts';
import { initialOf } from '../../docs/site/playground/field.ts';

const given = (values: Partial<BackoffValues>): BackoffValues => ({ ...initialOf(BACKOFF_FORM), ...values });

describe('planOf()', () => {
  it('gives exactly base · 2ⁿ for the plain case', () => {
    const { samples, bounds, jittered } = planOf(given({ base: '0.1s', jitter: 'none', cap: '', retries: 5 }));

    expect({ samples, jittered }).toEqual({ samples: [[100, 200, 400, 800, 1_600]], jittered: false });
    expect(bounds.at(-1)).toEqual({ min: 1_600, mean: 1_600, max: 1_600 });
  });

  it('gives the numbers of the library for a jitter around a cap', () => {
    const { samples, bounds } = planOf(given({ jitter: 'equal-jitter', cap: '1s', seed: 7, retries: 6 }));
    const backoff = equalJitter(capped(exponential(), 1_000));

    expect(bounds).toEqual(envelope(backoff, { baseDelay: 100, retries: 6 }));
    expect(samples[2]).toEqual(schedule(backoff, { baseDelay: 100, retries: 6, random: seededRandom(9) }));
  });

  it('takes every strategy with every jitter', () => {
    for (const [strategy] of BACKOFF_FORM.strategy.choices) {
      for (const [jitter] of BACKOFF_FORM.jitter.choices) {
        for (const cap of ['', '1s']) {
          const { bounds } = planOf(given({ strategy, jitter, cap }));
          expect(bounds.every(({ min, mean, max }) => min <= mean && mean <= max)).toBe(true);
        }
      }
    }
  });
});

describe('backoffJson()', () => {
  it('puts the cap inside the jitter', () => {
    expect(
      backoffJson(given({ strategy: 'linear', increment: '50ms', jitter: 'additive-jitter', spread: '10ms' })),
    ).toEqual({
      kind: 'additive-jitter',
      spread: '10ms',
      inner: { kind: 'capped', maxDelay: '20s', inner: { kind: 'linear', increment: '50ms' } },
    });
  });
});

describe('backoffCode() and backoffDocument()', () => {
  it('say the same as the page', () => {
    const values = given({ base: '1s', seed: 3 });
    const plan = planOf(values);

    expect(backoffCode(plan, values)).toBe(`import { capped, exponential, fullJitter, schedule } from 'holdfast';
import { seededRandom } from 'holdfast/testing';

const backoff = fullJitter(capped(exponential(), 20_000));
schedule(backoff, { baseDelay: 1_000, retries: 8, random: seededRandom(3) }); // ms
`);
    expect(JSON.parse(backoffDocument(plan, values))).toEqual({
      version: 1,
      policy: { kind: 'retry', maxAttempts: 9, baseDelay: '1s', backoff: plan.json },
    });
  });
});
