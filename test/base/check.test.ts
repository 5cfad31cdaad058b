import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  anyOf,
  CircuitBreaker,
  decorrelatedJitter,
  exponential,
  fallback,
  hedge,
  keyed,
  linear,
  retry,
  RetryBudget,
  retryCall,
  standard,
  timeout,
} from 'holdfast';
import { recordingSleeper } from 'holdfast/testing';
import * as kinds from '../../src/base/check.ts';
import { rejection } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const clock = { now: () => 0, setTimer: () => () => {} };

/** What each kind says, what it takes, and which numbers it finds out of range. */
const KINDS: readonly {
  kind: Exclude<
    keyof typeof kinds,
    'check' | 'checkOuter' | 'handlers' | 'instead' | 'invalid' | 'readOptions' | 'refusePromise' | 'INVALID_ARGUMENT'
  >;
  says: string;
  fits: readonly unknown[];
  outOfRange?: readonly number[];
  wrong: readonly unknown[];
}[] = [
  { kind: 'callable', says: 'a function', fits: [() => {}, class {}, vi.fn()], wrong: [undefined, null, 1, 'fn', {}] },
  {
    kind: 'duration',
    says: 'a finite number of ms ≥ 0',
    fits: [0, -0, 0.5, 2 ** 31, Number.MAX_VALUE],
    outOfRange: [-1, NaN, Infinity, -Infinity, -Number.MIN_VALUE],
    wrong: ['5', 5n, null, undefined, true, [5], new Number(5)],
  },
  {
    kind: 'durationOrNever',
    says: 'a number of ms ≥ 0, or Infinity',
    fits: [0, 0.5, Infinity],
    outOfRange: [-1, NaN, -Infinity],
    wrong: ['Infinity', 1n, null, new Date(0)],
  },
  {
    kind: 'count',
    says: 'an integer ≥ 1',
    fits: [1, 2 ** 31, Number.MAX_SAFE_INTEGER],
    outOfRange: [0, -1, 1.5, NaN, Infinity, 2 ** 53],
    wrong: ['1', 1n, null, {}],
  },
  {
    kind: 'countOrInfinity',
    says: 'an integer ≥ 1, or Infinity',
    fits: [1, 3, Infinity],
    outOfRange: [0, -1, 0.5, NaN, -Infinity, 2 ** 53],
    wrong: ['3', 3n, undefined],
  },
  {
    kind: 'ratio',
    says: 'a number from 0 to 1',
    fits: [0, 0.5, 1],
    outOfRange: [-0.1, 1.1, NaN, Infinity],
    wrong: ['0.5', 1n, null],
  },
  {
    kind: 'amount',
    says: 'a finite number ≥ 0',
    fits: [0, 0.5, 1e300],
    outOfRange: [-1, NaN, Infinity],
    wrong: ['1', 1n, null],
  },
  { kind: 'flag', says: 'true or false', fits: [true, false], wrong: [undefined, null, 0, 1, 'true'] },
  { kind: 'text', says: 'a string', fits: ['', 'name'], wrong: [undefined, null, 0, {}, Symbol('name')] },
  {
    kind: 'clockKind',
    says: 'a Clock',
    fits: [clock, Object.create(clock)],
    wrong: [undefined, null, 0, 'clock', {}, { now: clock.now }, { setTimer: clock.setTimer }],
  },
  {
    kind: 'policyKind',
    says: 'a policy',
    fits: [{ execute: () => {} }],
    wrong: [undefined, null, 0, {}, { execute: 'x' }, () => {}],
  },
  {
    kind: 'abortSignal',
    says: 'an AbortSignal',
    fits: [AbortSignal.abort(), { aborted: false, addEventListener: () => {}, removeEventListener: () => {} }],
    wrong: [
      undefined,
      null,
      0,
      {},
      { aborted: true },
      { aborted: false, addEventListener: () => {} },
      { aborted: 'no', addEventListener: () => {} },
      new AbortController(),
    ],
  },
];

describe.each(KINDS)('$kind', ({ kind, says, fits, outOfRange = [], wrong }) => {
  it.each(fits.map((value) => [value]))('takes %s', (value) => {
    const check = (): void => kinds.check(value, kinds[kind], 'thing', 'do it');

    expect(check).not.toThrow();
  });

  it.each(outOfRange.map((value) => [value]))('refuses %s with a RangeError', (value) => {
    const check = (): void => kinds.check(value, kinds[kind], 'thing', 'do it');

    expect(check).toThrow(wrongArgument(RangeError, `Cannot do it: expected thing to be ${says}, got ${value}`));
  });

  it.each(wrong.map((value) => [value]))('refuses %s with a TypeError', (value) => {
    const check = (): void => kinds.check(value, kinds[kind], 'thing', 'do it');

    expect(check).toThrow(wrongArgument(TypeError, `Cannot do it: expected thing to be ${says}, got ${shown(value)}`));
  });
});

describe('invalid()', () => {
  it.each([
    ['a number', -0, '0'],
    ['a bigint', 12n, '12n'],
    ['null', null, 'null'],
    ['undefined', undefined, 'undefined'],
    ['a boolean', false, 'false'],
    ['a symbol', Symbol('secret'), 'Symbol(secret)'],
    ['a string', 'it "is"\n', '"it \\"is\\"\\n"'],
    ['a long string', 'x'.repeat(1e6), `"${'x'.repeat(60)}"`],
    ['an array', [1, 2], 'a value of type object'],
    ['a function', () => 1, 'a value of type function'],
    [
      'an object that must not be asked',
      {
        toString: forbidden,
        toJSON: forbidden,
        get a() {
          return forbidden();
        },
      },
      'a value of type object',
    ],
    ['a proxy that must not be asked', new Proxy({}, { get: forbidden, ownKeys: forbidden }), 'a value of type object'],
  ])('shows %s without running any code of it', (_, value, shown) => {
    const error = kinds.invalid('act', 'something else', value);

    expect(error).toEqual(wrongArgument(TypeError, `Cannot act: expected something else, got ${shown}`));
  });

  it('is a TypeError unless told otherwise, with a code', () => {
    const error = kinds.invalid('act', 'less', 9, RangeError);

    expect(error).toEqual(wrongArgument(RangeError, 'Cannot act: expected less, got 9'));
    expect(kinds.INVALID_ARGUMENT).toBe('ERR_INVALID_ARGUMENT');
  });

  it('listens to a promise that it refuses, and to nothing that only looks like one', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const hostile = new Proxy(Promise.resolve(), { getPrototypeOf: forbidden });

    const later = (): Promise<never> => Promise.reject(new Error('later'));
    const elsewhere = runInNewContext('Promise.reject(1)') as unknown;
    const own = Object.assign(later(), { catch: later });

    const refused = [later(), elsewhere, own, hostile];
    const errors = refused.map((value) => kinds.invalid('act', 'less', value));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);

    const error = wrongArgument(TypeError, 'Cannot act: expected less, got a value of type object');
    expect([errors, unhandled.mock.calls]).toEqual([refused.map(() => error), []]);
  });
});

describe('an asynchronous function in place of one that decides', () => {
  const late = (() => Promise.reject(new Error('later'))) as never;
  const down = (): never => {
    throw new Error('down');
  };

  it.each<[string, () => Promise<unknown>]>([
    ['isRetryable', () => retryCall(down, 2, 0, { isRetryable: late })],
    ['isRetryableResult', () => retryCall(() => 1, 2, 0, { isRetryableResult: late })],
    ['backoff', () => retryCall(down, 2, 0, { backoff: late })],
    ['retryAfter', () => retryCall(down, 2, 0, { retryAfter: late })],
    ['isFailure', () => new CircuitBreaker({ isFailure: late }).execute(down)],
    ['trips', () => new CircuitBreaker({ trip: { window: undefined, trips: late } }).execute(down)],
    ['isTransient', () => standard({ isTransient: late }).execute(down)],
    ['isHandled', () => fallback(1, { isHandled: late }).execute(down)],
    ['isHedgeable', () => hedge({ delay: 5, isHedgeable: late }).execute(down)],
    ['delay', () => hedge({ delay: late }).execute(down)],
    ['make', async () => keyed(late).get('a')],
  ])('is refused, whatever its promise does later: %s', async (name, run) => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);

    const error = await rejection(run());
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);

    expect(error).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringMatching(`expected ${name} to return .*, got a value of type object$`) as unknown,
    });
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('readOptions()', () => {
  const KNOWN = { maxDelay: kinds.duration, minDelay: kinds.duration, signal: kinds.abortSignal };
  const read = (options: unknown): object => kinds.readOptions('act', options as { maxDelay?: number }, KNOWN as never);

  describe('given no options', () => {
    it.each([undefined, {}, Object.create(null) as object])('gives an empty record (%s)', (options) => {
      const record = read(options);

      expect({ ...record }).toEqual({});
      expect('toString' in record).toBe(false);
      expect(Object.isFrozen(record)).toBe(true);
    });
  });

  describe('given known options', () => {
    it('copies them into a frozen record that inherits nothing', () => {
      const options = { maxDelay: 5, minDelay: 0 };

      const record = read(options);
      options.maxDelay = 6;

      expect({ ...record }).toEqual({ maxDelay: 5, minDelay: 0 });
      expect('toString' in record).toBe(false);
      expect(Object.isFrozen(record)).toBe(true);
    });

    it('leaves out what is undefined, which means the default', () => {
      const record = read({ maxDelay: undefined, minDelay: 3 });

      expect(Object.keys(record)).toEqual(['minDelay']);
    });

    it('reads each of them exactly once', () => {
      const maxDelay = vi.fn(() => 5);
      const options = Object.defineProperty({}, 'maxDelay', { get: maxDelay, enumerable: true });

      const record = read(options);

      expect({ ...record }).toEqual({ maxDelay: 5 });
      expect(maxDelay).toHaveBeenCalledTimes(1);
    });

    it('passes on what a getter throws', () => {
      const error = new Error('getter');
      const options = {
        get maxDelay() {
          throw error;
        },
      };

      expect(() => read(options)).toThrow(error);
    });

    it('reads own properties only, and none that is hidden', () => {
      const inherited = Object.create({ maxDelay: -1 }, { minDelay: { value: -1, enumerable: false } }) as object;

      const record = read(Object.assign(inherited, { [Symbol('other')]: 1 }));

      expect(Object.keys(record)).toEqual([]);
    });

    it('refuses a value that is not of its kind, by the name of the option', () => {
      const outOfRange = (): object => read({ maxDelay: -1 });
      const wrongType = (): object => read({ maxDelay: null });

      expect(outOfRange).toThrow(
        wrongArgument(RangeError, 'Cannot act: expected maxDelay to be a finite number of ms ≥ 0, got -1'),
      );
      expect(wrongType).toThrow(
        wrongArgument(TypeError, 'Cannot act: expected maxDelay to be a finite number of ms ≥ 0, got null'),
      );
    });
  });

  describe('given an unknown option', () => {
    it.each([
      ['maxdelay', 'maxDelay'],
      ['max_delay', 'maxDelay'],
      ['maximumDelay', 'maxDelay'],
      ['sign', 'signal'],
    ])('refuses %s with the known name that was meant, %s', (wrong, near) => {
      const attempt = (): object => read({ [wrong]: 1 });

      expect(attempt).toThrow(
        wrongArgument(TypeError, `Cannot act: expected a known option (did you mean ${near}?), got "${wrong}"`),
      );
    });

    it('refuses it also where its value is undefined', () => {
      const attempt = (): object => read({ maxDelays: undefined });

      expect(attempt).toThrow(
        wrongArgument(TypeError, 'Cannot act: expected a known option (did you mean maxDelay?), got "maxDelays"'),
      );
    });

    it.each(['', 'x', 'minimum', 'abortSignal', 'toString', 'constructor', 'hasOwnProperty', '__proto__'])(
      'refuses %j, which is far from all, with all of them',
      (wrong) => {
        const attempt = (): object => read(JSON.parse(`{ ${JSON.stringify(wrong)}: { "maxDelay": 1 } }`));

        const error = caught(attempt);

        expect(error).toBeInstanceOf(TypeError);
        expect(String(error)).toMatch(
          /^TypeError: Cannot act: expected a known option \(maxDelay, minDelay, signal\), got "\w*"$/,
        );
      },
    );

    it('does so at no more cost where the name is hostile and long', () => {
      const key = 'maxDelay'.repeat(1_000_000);

      const attempt = (): object => read({ [key]: 1 });

      expect(attempt).toThrow(
        wrongArgument(
          TypeError,
          `Cannot act: expected a known option (maxDelay, minDelay, signal), got "${key.slice(0, 60)}"`,
        ),
      );
    });
  });

  describe('given options that are no object', () => {
    it.each([
      [null, 'null'],
      [[], 'a value of type object'],
      [[1], 'a value of type object'],
      [0, '0'],
      ['', '""'],
      ['text', '"text"'],
      [true, 'true'],
      [5n, '5n'],
      [Symbol('options'), 'Symbol(options)'],
      [() => {}, 'a value of type function'],
    ])('refuses %s', (options, shown) => {
      const attempt = (): object => read(options);

      expect(attempt).toThrow(wrongArgument(TypeError, `Cannot act: expected options to be an object, got ${shown}`));
    });
  });
});

describe('handlers()', () => {
  const read = (on: unknown): object =>
    kinds.readOptions('act', { on }, { on: kinds.handlers('retry', 'giveUp') }) as object;

  it('reads observers by their names', () => {
    const retry = (): void => {};

    const record = read({ retry, giveUp: undefined }) as { on: object };

    expect({ ...record.on }).toEqual({ retry });
    expect(Object.isFrozen(record.on)).toBe(true);
  });

  it.each([
    [{ retry: 1 }, 'expected on.retry to be a function, got 1'],
    [{ retries: () => {} }, 'expected a known option (retry, giveUp), got "on.retries"'],
    [null, 'expected on to be an object, got null'],
    [() => {}, 'expected on to be an object, got a value of type function'],
  ])('refuses what is none (%#)', (on, message) => {
    expect(() => read(on)).toThrow(wrongArgument(TypeError, `Cannot act: ${message}`));
  });
});

describe('a polluted Object.prototype', () => {
  const POLLUTION: Record<string, unknown> = {
    maxDelay: 'x',
    factor: 'x',
    increment: 'x',
    clock: 'x',
    ratio: 'x',
    burst: 'x',
    maxAttempts: 'x',
    baseDelay: 'x',
    trip: 'x',
    probes: 'x',
    maxElapsed: 'x',
    maxRetryAfter: 'x',
  };
  afterEach(() => {
    for (const key of Object.keys(POLLUTION)) Reflect.deleteProperty(Object.prototype, key);
    for (const key of LATE) Reflect.deleteProperty(Object.prototype, key);
  });

  it('has no effect on what a policy or a backoff is made with', () => {
    const makers = [
      () => exponential({}),
      () => linear({}),
      () => decorrelatedJitter({}),
      () => new RetryBudget({}),
      () => retry({}),
      () => timeout(1, {}),
      () => anyOf({ window: undefined, trips: () => false }),
    ];

    Object.assign(Object.prototype, POLLUTION);
    const make = (): unknown[] => makers.map((maker) => maker());

    expect(make).not.toThrow();
  });

  const LATE = 'isRetryableResult retryAfter budget on sleep isFailure isFailureResult clock random name'.split(' ');

  it('is not looked at while a policy runs', async () => {
    const looked = new Set<string>();
    const sleep = recordingSleeper();
    for (const key of LATE) {
      Object.defineProperty(Object.prototype, key, {
        configurable: true,
        get: () => void looked.add(key),
        set(this: object, value: unknown) {
          Object.defineProperty(this, key, { value, writable: true, enumerable: true, configurable: true });
        },
      });
    }

    await retryCall(() => Promise.reject(new Error('down')), 2, 1, { sleep }).catch(() => {});
    const breaker = new CircuitBreaker();
    await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => {});
    await breaker.execute(() => 'ok');
    for (const key of LATE) Reflect.deleteProperty(Object.prototype, key);

    expect([...looked]).toEqual([]);
  });
});

function shown(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value === 'function' || (typeof value === 'object' && value)) return `a value of type ${typeof value}`;
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

function caught(fn: () => unknown): unknown {
  try {
    return fn();
  } catch (error) {
    return error;
  }
}

function forbidden(): never {
  throw new Error('A value is not to be asked');
}

describe('instead()', () => {
  it.each([
    ['maxAtempts', ' (did you mean <maxAttempts>?)'],
    ['maxattempts', ' (did you mean <maxAttempts>?)'],
    ['base', ' (baseDelay, maxAttempts, on)'],
    ['no', ' (did you mean <on>?)'],
    ['attempts', ' (did you mean <maxAttempts>?)'],
    ['m'.repeat(40), ' (baseDelay, maxAttempts, on)'],
    ['delay', ' (baseDelay, maxAttempts, on)'],
    ['retries', ' (baseDelay, maxAttempts, on)'],
    ['', ' (baseDelay, maxAttempts, on)'],
  ])('says for %j what could stand there', (wrong, says) => {
    const said = kinds.instead(wrong, ['baseDelay', 'maxAttempts', 'on'], (name) => `<${name}>`);

    expect(said).toBe(says);
  });
});
