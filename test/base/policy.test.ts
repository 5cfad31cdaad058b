import { CircuitBreaker, fallback, keyed, pipeline, retry, standard, timeout, wrap, type Policy } from 'holdfast';
import { policyFrom } from 'holdfast/json';
import { describe, expect, expectTypeOf, it } from 'vitest';

const one = async (): Promise<number> => 1;
const fails = async (): Promise<number> => {
  throw new Error('down');
};

describe('Policy', () => {
  describe('given a substitute somewhere in it', () => {
    it.each<[name: string, policy: Policy<'none'>]>([
      ['a fallback', fallback<'none'>('none')],
      ['a pipeline', pipeline(retry({ maxAttempts: 1 }), fallback<'none'>('none'), new CircuitBreaker())],
      ['a pipeline in a pipeline', pipeline(timeout(5), pipeline(fallback<'none'>('none')), timeout(5))],
      ['standard()', standard({ fallback: fallback<'none'>('none'), retry: false })],
      ['policyFrom()', policyFrom<'none'>({ version: 1, policy: { kind: 'fallback', substitute: 'none' } })],
    ])('has it in the type of what comes out: %s', async (_, policy) => {
      const values = [await policy.execute(one), await policy.execute(fails)];

      expectTypeOf(values).toEqualTypeOf<(number | 'none')[]>();
      expect(values).toEqual([1, 'none']);
    });

    it('has all of them, where there are several', () => {
      const policy = pipeline(
        fallback(null),
        retry(),
        fallback(async () => 'none'),
      );

      expectTypeOf(policy).toEqualTypeOf<Policy<string | null>>();
    });

    it('hands it to a function, and to a key', async () => {
      const wrapped = wrap(fallback('none'), async (fn: typeof one) => fn());
      const keys = keyed(() => fallback('none'));

      const values = [await wrapped(fails), await keys.execute('a', fails)];

      expectTypeOf(values).toEqualTypeOf<(number | string)[]>();
      expect(values).toEqual(['none', 'none']);
    });
  });

  describe('given none', () => {
    it('gives what the function gives', async () => {
      const policies = [pipeline(retry(), new CircuitBreaker(), timeout(5)), standard(), pipeline()];
      const wrapped = wrap(retry(), one);
      const breakers = keyed(() => new CircuitBreaker());

      const values = [...policies.map((policy) => policy.execute(one)), wrapped(), breakers.execute('a', one)];

      expectTypeOf(policies).toEqualTypeOf<Policy[]>();
      expectTypeOf(values).toEqualTypeOf<Promise<number>[]>();
      expect(await Promise.all(values)).toEqual([1, 1, 1, 1, 1]);
    });
  });
});
