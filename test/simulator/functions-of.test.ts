import { describe, expect, it } from 'vitest';
import { functionsOf } from '../../src/simulator/functions-of.ts';
import { serviceFault } from '../../src/simulator/service-fault.ts';

type Judge = (failure: { readonly error: unknown }) => unknown;

describe('functionsOf()', () => {
  const { retryAfter, isTransient } = functionsOf() as { retryAfter: Judge; isTransient: Judge };

  it('knows the hint of a service, and that its faults may pass', () => {
    const error = serviceFault('api', 'rate-limited', 40);

    expect([retryAfter({ error }), isTransient({ error })]).toEqual([40, true]);
  });

  it('knows nothing of other errors', () => {
    const error = new Error('own');

    expect([retryAfter({ error }), isTransient({ error })]).toEqual([undefined, false]);
  });

  it('has those that are handed in, which may replace its own', () => {
    const own = (): number => 1;

    expect(functionsOf({ own, retryAfter: own })).toEqual({ own, retryAfter: own, isTransient });
  });
});
