import { describe, expect, it } from 'vitest';
import { decorrelatedJitter, exponential, fullJitter, smoothJitter, type Backoff } from 'holdfast';
import { backoffLaws, type BackoffLawOptions } from 'holdfast/testing';
import { wrongArgument } from '../wrong-argument.ts';

describe('backoffLaws()', () => {
  describe('given a backoff that keeps them', () => {
    it.each([
      ['exponential()', exponential(), { grows: true }],
      [
        'fullJitter(exponential())',
        fullJitter(exponential()),
        {
          bounds: ({ attempt, baseDelay }) => [
            0,
            baseDelay && Math.min(baseDelay * 2 ** (attempt - 1), Number.MAX_VALUE),
          ],
        },
      ],
      ['decorrelatedJitter()', decorrelatedJitter({ maxDelay: 50 }), { bounds: () => [0, 50] }],
      ['smoothJitter()', smoothJitter(), undefined],
    ] as const satisfies readonly (readonly [string, Backoff, BackoffLawOptions | undefined])[])(
      'resolves for %s',
      async (_, backoff, options) => {
        const laws = backoffLaws(backoff, options);

        await expect(laws).resolves.toBeUndefined();
      },
    );

    it.each([
      [undefined, 1_000],
      [1, 1],
      [37, 37],
    ])('tries %s steps', async (runs, expected) => {
      const steps = new Set<unknown>();
      const backoff: Backoff = (step) => (steps.add(step.random), 1);

      await backoffLaws(backoff, { runs });

      expect(steps.size).toBe(3 * expected);
    });
  });

  describe('given a backoff that breaks one', () => {
    let calls = 0;
    it.each([
      ['is negative', () => -1, undefined, 'a delay is finite and at least 0, not -1'],
      ['is NaN', () => NaN, undefined, 'a delay is finite and at least 0, not NaN'],
      [
        'overflows',
        ({ attempt, baseDelay }) => baseDelay * 2 ** attempt,
        undefined,
        /a delay is finite and at least 0, not (NaN|Infinity)/,
      ],
      ['is no number', () => '100' as never, undefined, 'a delay is finite and at least 0, not 100'],
      ['has a memory', () => calls++, undefined, 'equal steps and equal chance give equal delays'],
      ['has a chance of its own', () => Math.random(), undefined, 'equal steps and equal chance give equal delays'],
      ['trusts chance', ({ random }) => 1 / (1 - random()), undefined, /a delay is finite and at least 0, not/],
      ['falls', ({ attempt }) => 100 / attempt, { grows: true }, /the delay does not fall, as from .* to/],
      ['leaves its interval', ({ attempt }) => attempt, { bounds: () => [0, 3] }, /a delay lies in \[0, 3\], not at 4/],
      ['leaves it downwards', () => 1, { bounds: () => [2, 3] }, /a delay lies in \[2, 3\], not at 1/],
    ] as const satisfies readonly (readonly [string, Backoff, BackoffLawOptions | undefined, string | RegExp])[])(
      'rejects with the law, where it %s',
      async (_, backoff, options, law) => {
        const error = await backoffLaws(backoff, options).catch((error: Error) => error);

        expect(error).toBeInstanceOf(Error);
        expect((error as Error).message).toContain('Property failed after');
        const reason = String(((error as Error).cause as Error | undefined)?.message ?? (error as Error).message);
        expect(reason).toMatch(typeof law === 'string' ? `Law broken: ${law}` : law);
      },
    );

    it('gives the seed that finds it again, and a counterexample made small', async () => {
      const error = await backoffLaws(({ attempt }) => (attempt > 3 ? NaN : 1)).catch((error: Error) => error);

      expect((error as Error).message).toMatch(/seed: -?\d+/);
      expect((error as Error).message).toMatch(/"?attempt"?:4/);
    });

    it('finds nothing that it was not promised', async () => {
      const laws = backoffLaws(({ attempt }) => 100 / attempt, { grows: false });

      await expect(laws).resolves.toBeUndefined();
    });
  });

  describe('given wrong arguments', () => {
    it.each([
      [undefined, undefined, TypeError, 'expected backoff to be a function, got undefined'],
      [exponential(), { grow: true }, TypeError, 'expected a known option (did you mean grows?), got "grow"'],
      [exponential(), { grows: 1 }, TypeError, 'expected grows to be true or false, got 1'],
      [exponential(), { bounds: [0, 1] }, TypeError, 'expected bounds to be a function, got a value of type object'],
      [exponential(), { runs: 0 }, RangeError, 'expected runs to be an integer ≥ 1, got 0'],
    ] as const)('rejects (%#)', async (backoff, options, Class, message) => {
      const laws = backoffLaws(backoff as never, options as never);

      await expect(laws).rejects.toThrow(wrongArgument(Class, `Cannot test the laws of a backoff: ${message}`));
    });
  });
});
