import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import {
  BulkheadFullError,
  captureRefusalStacks,
  CircuitOpenError,
  HoldfastError,
  RateLimitedError,
  RefusalError,
  ThrottledError,
  TimeoutError,
} from 'holdfast';
import { StreamIdleError, StreamIncompleteError, StreamInterruptedError } from 'holdfast/stream';
import { isRefusal, withCause } from '../../src/base/errors.ts';

afterEach(() => captureRefusalStacks(false));

describe('TimeoutError', () => {
  it.each([
    [0, 'Timed out after 0 ms'],
    [5_000, 'Timed out after 5000 ms'],
    [0.5, 'Timed out after 0.5 ms'],
    [Infinity, 'Timed out after Infinity ms'],
  ])('says its limit of %d ms and carries it', (timeout, message) => {
    const error = new TimeoutError(timeout);

    expect(factsOf(error)).toEqual({ name: 'TimeoutError', code: 'ERR_TIMEOUT', message, own: ['code', 'timeout'] });
    expect(error.timeout).toBe(timeout);
  });

  it('is an error of holdfast, and no refusal: the function was called', () => {
    const error = new TimeoutError(1);

    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(HoldfastError);
    expect(error).not.toBeInstanceOf(RefusalError);
  });
});

describe('CircuitOpenError', () => {
  it.each([
    [1_200, 'Refused by circuit breaker db (open): next probe in 1200 ms'],
    [0.2, 'Refused by circuit breaker db (open): next probe in 1 ms'],
    [0, 'Refused by circuit breaker db (open)'],
    [undefined, 'Refused by circuit breaker db (open)'],
  ])('says when the next probe is allowed (%s) and carries it unrounded', (retryAfter, message) => {
    const error = new CircuitOpenError('circuit breaker db (open)', retryAfter);

    expect(factsOf(error)).toEqual({
      name: 'CircuitOpenError',
      code: 'ERR_CIRCUIT_OPEN',
      message,
      own: ['code', 'retryAfter'],
    });
    expect(error.retryAfter).toBe(retryAfter);
  });

  it('is an error of holdfast, and a refusal', () => {
    const error = new CircuitOpenError('circuit breaker', 1);

    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(HoldfastError);
    expect(error).toBeInstanceOf(RefusalError);
  });
});

describe('BulkheadFullError', () => {
  it.each([
    [1, 0, 'Refused by bulkhead db: 1 running, 0 queued'],
    [20, 100_000, 'Refused by bulkhead db: 20 running, 100000 queued'],
  ])('says how many run (%d) and wait (%d), and carries both', (running, queued, message) => {
    const error = new BulkheadFullError('bulkhead db', running, queued);

    expect(factsOf(error)).toEqual({
      name: 'BulkheadFullError',
      code: 'ERR_BULKHEAD_FULL',
      message,
      own: ['code', 'retryAfter', 'running', 'queued'],
    });
    expect([error.running, error.queued]).toEqual([running, queued]);
  });

  it('does not say when to come back: nobody knows when a call will end', () => {
    const { retryAfter } = new BulkheadFullError('bulkhead', 1, 0);

    expect(retryAfter).toBeUndefined();
  });
});

describe('RateLimitedError', () => {
  it.each([
    [1_200, 'Refused by rate limiter api: next turn in 1200 ms'],
    [0.2, 'Refused by rate limiter api: next turn in 1 ms'],
    [0, 'Refused by rate limiter api: next turn in 0 ms'],
  ])('says when its turn would have been (%d ms) and carries it unrounded', (retryAfter, message) => {
    const error = new RateLimitedError('rate limiter api', retryAfter);

    expect(factsOf(error)).toEqual({
      name: 'RateLimitedError',
      code: 'ERR_RATE_LIMITED',
      message,
      own: ['code', 'retryAfter'],
    });
    expect(error.retryAfter).toBe(retryAfter);
  });
});

describe('ThrottledError', () => {
  it.each([
    [0.5, 'Refused by adaptive throttle, with a probability of 0.50'],
    [0.123456, 'Refused by adaptive throttle, with a probability of 0.12'],
    [0.999, 'Refused by adaptive throttle, with a probability of 1.00'],
  ])('says its probability (%d) in two digits and carries it unrounded', (probability, message) => {
    const error = new ThrottledError('adaptive throttle', probability);

    expect(factsOf(error)).toEqual({
      name: 'ThrottledError',
      code: 'ERR_THROTTLED',
      message,
      own: ['code', 'retryAfter', 'probability'],
    });
    expect(error.probability).toBe(probability);
  });

  it('does not say when to come back: it is chance', () => {
    const { retryAfter } = new ThrottledError('adaptive throttle', 0.5);

    expect(retryAfter).toBeUndefined();
  });
});

describe('StreamIdleError', () => {
  it.each([
    ['firstEvent', 5_000, 0, 'Stream stalled after 0 events: firstEvent limit of 5000 ms'],
    ['idle', 0.5, 1, 'Stream stalled after 1 event: idle limit of 0.5 ms'],
    ['total', 0, 1_000_000, 'Stream stalled after 1000000 events: total limit of 0 ms'],
  ] as const)(
    'says which limit it was (%s of %d ms, after %d events) and carries it',
    (limit, ms, received, message) => {
      const error = new StreamIdleError(limit, ms, received);

      expect(factsOf(error)).toEqual({
        name: 'StreamIdleError',
        code: 'ERR_STREAM_IDLE',
        message,
        own: ['code', 'limit', 'timeout', 'received'],
      });
      expect([error.limit, error.timeout, error.received]).toEqual([limit, ms, received]);
    },
  );
});

describe('StreamIncompleteError', () => {
  it.each([
    [0, 'Stream ended too early, after 0 events'],
    [1, 'Stream ended too early, after 1 event'],
    [7, 'Stream ended too early, after 7 events'],
  ])('says how many events were delivered (%d) and carries it', (received, message) => {
    const error = new StreamIncompleteError(received);

    expect(factsOf(error)).toEqual({
      name: 'StreamIncompleteError',
      code: 'ERR_STREAM_INCOMPLETE',
      message,
      own: ['code', 'received'],
    });
    expect(error.received).toBe(received);
  });
});

describe('StreamInterruptedError', () => {
  it.each([new Error('cut'), 'text', 0, undefined, null])('carries what it broke off with (%s)', (cause) => {
    const error = new StreamInterruptedError(3, cause);

    expect(factsOf(error)).toEqual({
      name: 'StreamInterruptedError',
      code: 'ERR_STREAM_INTERRUPTED',
      message: 'Stream broke off after 3 events',
      own: ['code', 'received', 'cause'],
    });
    expect(error.received).toBe(3);
    expect(error.cause).toBe(cause);
  });

  it('shows what it broke off with on a console', () => {
    const text = inspect(new StreamInterruptedError(3, new Error('cut')));

    expect(text).toContain('StreamInterruptedError: Stream broke off after 3 events');
    expect(text).toContain('Error: cut');
  });
});

describe.each([
  ['StreamIdleError', new StreamIdleError('idle', 5, 1)],
  ['StreamIncompleteError', new StreamIncompleteError(1)],
  ['StreamInterruptedError', new StreamInterruptedError(1, 'cut')],
])('%s', (_name, error) => {
  it('is an error of holdfast, and no refusal: the stream was opened', () => {
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(HoldfastError);
    expect(error).not.toBeInstanceOf(RefusalError);
  });
});

describe.each([
  ['BulkheadFullError', new BulkheadFullError('bulkhead', 1, 0)],
  ['RateLimitedError', new RateLimitedError('rate limiter', 1)],
  ['ThrottledError', new ThrottledError('adaptive throttle', 0.5)],
])('%s', (_name, error) => {
  it('is an error of holdfast, and a refusal', () => {
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(HoldfastError);
    expect(error).toBeInstanceOf(RefusalError);
  });
});

describe.each([
  ['TimeoutError', () => new TimeoutError(5), '{"code":"ERR_TIMEOUT","timeout":5}', 'Timed out after 5 ms'],
  [
    'CircuitOpenError',
    () => new CircuitOpenError('circuit breaker (open)', 7),
    '{"code":"ERR_CIRCUIT_OPEN","retryAfter":7}',
    'Refused by circuit breaker (open): next probe in 7 ms',
  ],
  [
    'BulkheadFullError',
    () => new BulkheadFullError('bulkhead', 2, 1),
    '{"code":"ERR_BULKHEAD_FULL","running":2,"queued":1}',
    'Refused by bulkhead: 2 running, 1 queued',
  ],
  [
    'RateLimitedError',
    () => new RateLimitedError('rate limiter', 7),
    '{"code":"ERR_RATE_LIMITED","retryAfter":7}',
    'Refused by rate limiter: next turn in 7 ms',
  ],
  [
    'ThrottledError',
    () => new ThrottledError('adaptive throttle', 0.25),
    '{"code":"ERR_THROTTLED","probability":0.25}',
    'Refused by adaptive throttle, with a probability of 0.25',
  ],
  [
    'StreamIdleError',
    () => new StreamIdleError('firstEvent', 7, 2),
    '{"code":"ERR_STREAM_IDLE","limit":"firstEvent","timeout":7,"received":2}',
    'Stream stalled after 2 events: firstEvent limit of 7 ms',
  ],
  [
    'StreamIncompleteError',
    () => new StreamIncompleteError(2),
    '{"code":"ERR_STREAM_INCOMPLETE","received":2}',
    'Stream ended too early, after 2 events',
  ],
  [
    'StreamInterruptedError',
    () => new StreamInterruptedError(2, 'cut'),
    '{"code":"ERR_STREAM_INTERRUPTED","received":2,"cause":"cut"}',
    'Stream broke off after 2 events',
  ],
] as const)('%s', (name, make, json, message) => {
  it('is its facts as JSON', () => {
    const text = JSON.stringify(make());

    expect(text).toBe(json);
  });

  it('shows its name, its message and its facts on a console', () => {
    const text = inspect(make());

    expect(text).toContain(`${name}: ${message}`);
    expect(text).toContain(`code: '${make().code}'`);
    expect(String(make())).toBe(`${name}: ${message}`);
  });

  it('has a name that cannot be changed, so that it can be trusted in logs', () => {
    const error = make();

    const changed = Reflect.set(error, 'name', 'Other');

    expect(changed).toBe(false);
    expect(error.name).toBe(name);
  });

  it('captures no stack by default', () => {
    const { stack } = make();

    expect(stack).toBe(`${name}: ${message}`);
  });

  it('captures one when asked, and again none when no longer asked', () => {
    captureRefusalStacks(true);
    const asked = make().stack;
    captureRefusalStacks(false);
    const again = make().stack;

    expect(asked).toContain('errors.test.ts');
    expect(again).toBe(`${name}: ${message}`);
  });

  it.each([0, 1, 10, 50, Infinity, undefined])('leaves Error.stackTraceLimit at %s', (limit) => {
    const { stackTraceLimit } = Error;
    Reflect.set(Error, 'stackTraceLimit', limit);

    make();
    const left = Error.stackTraceLimit;
    Error.stackTraceLimit = stackTraceLimit;

    expect(left).toBe(limit);
  });

  it('is made also where Error is frozen, as under --frozen-intrinsics', () => {
    const own = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')!;
    Object.defineProperty(Error, 'stackTraceLimit', { value: 3, writable: false, configurable: true });

    const error = make();
    const left = Error.stackTraceLimit;
    Object.defineProperty(Error, 'stackTraceLimit', own);

    expect(String(error)).toBe(`${name}: ${message}`);
    expect(error.stack).toContain('errors.test.ts');
    expect(left).toBe(3);
  });
});

describe('isRefusal()', () => {
  it.each<[string, unknown, boolean]>([
    ['a full bulkhead', new BulkheadFullError('bulkhead', 1, 0), true],
    ['a timeout', new TimeoutError(1), false],
    ['nothing', undefined, false],
    ['what does not let itself be looked at', new Proxy({}, { getPrototypeOf: () => expect.fail() }), false],
  ])('of %s', (_, value, expected) => {
    expect(isRefusal(value)).toBe(expected);
  });
});

describe('withCause()', () => {
  it('makes the cause reachable, and does not show it among the own keys', () => {
    const error = new Error('outer');
    const cause = new Error('inner');

    const result = withCause(error, cause);

    expect(result).toBe(error);
    expect(error.cause).toBe(cause);
    expect(Object.keys(error)).toEqual([]);
  });

  it.each([undefined, null, 0, 'why'])('carries a cause that is no error, too (%s)', (cause) => {
    const error = new Error('outer');

    withCause(error, cause);

    expect('cause' in error).toBe(true);
    expect(error.cause).toBe(cause);
  });

  it.each([new Error('own'), undefined])('leaves an error alone that has a cause of its own (%s)', (own) => {
    const error = new Error('outer', { cause: own });

    const result = withCause(error, new Error('inner'));

    expect(result).toBe(error);
    expect(error.cause).toBe(own);
  });

  it('makes no error the cause of itself', () => {
    const error = new Error('same');

    const result = withCause(error, error);

    expect(result).toBe(error);
    expect('cause' in error).toBe(false);
  });

  it('lets a frozen error be', () => {
    const error = Object.freeze(new Error('frozen'));

    const result = withCause(error, new Error('inner'));

    expect(result).toBe(error);
    expect('cause' in error).toBe(false);
  });

  it.each([undefined, null, 1, 'text', Symbol.iterator, { message: 'no error' }])(
    'lets %s be, which is no error',
    (value) => {
      const result = withCause(value, new Error('inner'));

      expect(result).toBe(value);
    },
  );
});

function factsOf(error: HoldfastError): { name: string; code: string; message: string; own: string[] } {
  return { name: error.name, code: error.code, message: error.message, own: Object.keys(error) };
}
