import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { schedule } from 'holdfast';
import { backoffFrom } from 'holdfast/json';
import { seededRandom } from 'holdfast/testing';
import { backoffs, functions } from '../policy-documents.ts';
import { wrongArgument } from '../wrong-argument.ts';

describe('backoffFrom()', () => {
  it('makes of every backoff in JSON what the same made by hand is, in 500 trees', () => {
    fc.assert(
      fc.property(backoffs, fc.nat(1_000), fc.nat(), ({ json, made }, baseDelay, seed) => {
        const delays = [backoffFrom(json, { functions }), made].map((backoff) =>
          schedule(backoff, { baseDelay, retries: 8, random: seededRandom(seed) }),
        );

        expect(delays[0]).toEqual(delays[1]);
      }),
      { numRuns: 500 },
    );
  });

  it.each<[json: unknown, delays: number[]]>([
    ['exponential', [100, 200, 400]],
    [{ kind: 'exponential', factor: 3 }, [100, 300, 900]],
    [{ kind: 'capped', inner: 'exponential', maxDelay: '0.3s' }, [100, 200, 300]],
    [{ kind: 'capped', inner: 'exponential', maxDelay: 'Infinity' }, [100, 200, 400]],
    [{ kind: 'sequence', delays: ['10ms', 20] }, [10, 20, 20]],
  ])('reads %j', (json, delays) => {
    expect(schedule(backoffFrom(json), { baseDelay: 100, retries: 3 })).toEqual(delays);
  });

  it('changes nothing when the document is changed afterwards', () => {
    const json = { kind: 'sequence', delays: [10, 20] };

    const backoff = backoffFrom(json);
    json.delays[0] = 99;

    expect(schedule(backoff, { baseDelay: 0, retries: 2 })).toEqual([10, 20]);
  });

  it.each<[json: unknown, Class: ErrorConstructor, message: string]>([
    [undefined, TypeError, 'expected backoff to be JSON, got undefined'],
    [5, TypeError, 'expected backoff to be a backoff, such as "exponential", got 5'],
    [[], TypeError, 'expected backoff to be a backoff, such as "exponential", got a value of type object'],
    ['exponentail', TypeError, 'expected backoff to be a known kind (did you mean "exponential"?), got "exponentail"'],
    [
      'constructor',
      TypeError,
      'expected backoff to be a known kind (constant, exponential, linear, fibonacci, sequence, decorrelated-jitter, smooth-jitter, full-jitter, equal-jitter, additive-jitter, proportional-jitter, capped, at-least), got "constructor"',
    ],
    [{ kind: 'linaer' }, TypeError, 'expected backoff.kind to be a known kind (did you mean "linear"?), got "linaer"'],
    [
      { kind: 'full-jitter', inner: { kind: 'capped', inner: 'exponential', maxDelay: -1 } },
      RangeError,
      'expected backoff.inner.maxDelay to be a duration: a number of ms, or a text such as "100ms", "1.5s", "2m", "1h" or "PT1M30S", or "Infinity", got -1',
    ],
    ['capped', TypeError, 'expected backoff.inner to be a backoff, such as "exponential", got undefined'],
    [
      { kind: 'sequence', delays: [] },
      TypeError,
      'expected backoff.delays to be a list of at least 1, got a value of type object',
    ],
    [
      { kind: 'linear', increment: '5x' },
      TypeError,
      'expected backoff.increment to be a duration: a number of ms, or a text such as "100ms", "1.5s", "2m", "1h" or "PT1M30S", got "5x"',
    ],
    [
      { kind: 'linear', increments: 5 },
      TypeError,
      'expected a known option (did you mean backoff.increment?), got "backoff.increments"',
    ],
    [
      { function: 'mine' },
      TypeError,
      'backoff: Cannot look up a function: expected functions.mine to be a function, got undefined',
    ],
  ])('refuses %j', (json, Class, message) => {
    expect(() => backoffFrom(json)).toThrow(wrongArgument(Class, `Cannot read a backoff: ${message}`));
  });

  it('lists the kinds where none is given', () => {
    expect(() => backoffFrom({})).toThrow(
      /^Cannot read a backoff: expected backoff\.kind to be a known kind \(constant, exponential, .*at-least\), got undefined$/,
    );
  });

  it.each([
    [{ functions: 5 }, 'expected functions to be an object, got 5'],
    [{ function: {} }, 'expected a known option (did you mean functions?), got "function"'],
  ])('refuses the options %j', (options, message) => {
    expect(() => backoffFrom('linear', options as never)).toThrow(
      wrongArgument(TypeError, `Cannot read a backoff: ${message}`),
    );
  });
});
