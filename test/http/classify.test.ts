import fc from 'fast-check';
import {
  BulkheadFullError,
  CircuitOpenError,
  RateLimitedError,
  retryCall,
  ThrottledError,
  TimeoutError,
} from 'holdfast';
import { StreamIdleError, StreamIncompleteError, StreamInterruptedError } from 'holdfast/stream';
import { recordingSleeper } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { classify } from '../../src/http/classify.ts';
import { failureCodes } from '../../src/http/failure-codes.ts';
import { rejection } from '../rejection.ts';

const failed = (facts: object, message = 'x'): Error => Object.assign(new Error(message), facts);
const wrapped = (cause: unknown, message = 'fetch failed'): Error => new TypeError(message, { cause });
const all = (...failures: unknown[]): string[] => failures.map(classify);
const reset = failed({ code: 'ECONNRESET' });
const denied = failed({ status: 403 });
const limited = failed({ status: 429 });

describe('classify()', () => {
  describe('given a response', () => {
    it('goes by its status', () => {
      const statuses = [200, 304, 400, 404, 409, 413, 421, 429, 500, 503, 507, 511];

      const classes = statuses.map((status) => classify(new Response(null, { status })));

      expect(classes).toEqual([
        'unknown',
        'unknown',
        'permanent',
        'permanent',
        'permanent',
        'permanent',
        'permanent',
        'throttled',
        'transient',
        'transient',
        'unknown',
        'unknown',
      ]);
    });

    it('does not touch its body', () => {
      const response = new Response('busy', { status: 503 });

      classify(response);

      expect([response.bodyUsed, response.body?.locked]).toEqual([false, false]);
    });
  });

  describe('given an error of an HTTP client', () => {
    it.each([
      ['openai, ky with its status', { status: 503 }],
      ['AI SDK', { statusCode: 503 }],
      ['axios, ky', { response: { status: 503 } }],
      ['got', { response: { statusCode: 503 } }],
      ['AWS', { $metadata: { httpStatusCode: 503 } }],
      ['of a stream that had begun', { status: undefined, code: 503 }],
    ])('finds the status of %s', (_, facts) => {
      expect(classify(failed(facts))).toBe('transient');
    });

    it('takes a code before the status beside it', () => {
      const quota = failed({ status: 429, code: 'insufficient_quota', type: 'insufficient_quota' });
      const slow = failed({ name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } });
      const bad = failed({ code: 'ERR_BAD_RESPONSE', response: { status: 502 } });

      expect(all(quota, slow, bad)).toEqual(['permanent', 'throttled', 'transient']);
    });

    it('finds nothing in a status that is no failure', () => {
      const error = failed({ code: 'ERR_BAD_RESPONSE', response: { status: 200 } });

      expect(classify(error)).toBe('unknown');
    });
  });

  describe('given what fetch rejects with', () => {
    it('looks at the cause of Node', () => {
      const closed = failed({ code: 'UND_ERR_SOCKET' });

      expect(all(wrapped(reset), wrapped(closed, 'terminated'), wrapped(new Error('bad port')))).toEqual([
        'transient',
        'transient',
        'permanent',
      ]);
    });

    it('knows nothing of a cause that nobody knows', () => {
      const error = wrapped(failed({ code: 'Z_DATA_ERROR' }), 'terminated');

      expect(classify(error)).toBe('unknown');
    });

    it('looks at the code of Bun', () => {
      const error = Object.assign(new TypeError('ECONNREFUSED: Unable to connect.'), { code: 'ECONNREFUSED' });

      expect(classify(error)).toBe('transient');
    });

    it('reads the chain of Deno link by link', () => {
      const sending = 'error sending request for url (https://a.example/): client error';
      const messages = [
        `${sending} (Connect): tcp connect error: Connection refused (os error 111)`,
        `${sending} (Connect): dns error: failed to lookup address information: Name or service not known`,
        `${sending} (SendRequest): connection closed before message completed`,
        `${sending} (Connect): invalid peer certificate: UnknownIssuer`,
        'Connection reset by peer (os error 104)',
        `${sending} (Connect): received corrupt message of type InvalidContentType`,
      ];

      expect(messages.map((message) => classify(wrapped(new Error(message))))).toEqual([
        'transient',
        'transient',
        'transient',
        'permanent',
        'transient',
        'unknown',
      ]);
    });

    it('knows the messages of browsers, with or without a host', () => {
      const messages = ['Failed to fetch', 'Failed to fetch (a.example)', 'Load failed', 'Load failed (a.example)'];

      expect(messages.map((message) => classify(new TypeError(message)))).toEqual([
        'transient',
        'transient',
        'transient',
        'transient',
      ]);
    });

    it('does not take an application that says something like it for a browser', () => {
      const errors = ['Failed to fetch user 7', 'Failed to fetch: 404', 'Failed to fetch (404)', 'x|408'].map(
        (each) => new Error(each),
      );

      expect(all(...errors)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
    });

    it('goes by the name of a DOMException, not by its number', () => {
      const errors = ['TimeoutError', 'AbortError', 'InvalidStateError'].map((name) => new DOMException('x', name));

      expect(all(...errors)).toEqual(['transient', 'permanent', 'unknown']);
    });

    it('knows nothing of a wrong argument that has no code', () => {
      expect(classify(new TypeError('Body is unusable: Body has already been read'))).toBe('unknown');
    });
  });

  describe('given an error of holdfast', () => {
    it('knows it by its code', () => {
      const errors = [
        new TimeoutError(1),
        new CircuitOpenError('circuit', 1),
        new StreamIdleError('idle', 1, 0),
        new StreamIncompleteError(1),
        new StreamInterruptedError(1, denied),
        new BulkheadFullError('bulkhead', 1, 0),
        new RateLimitedError('limiter', 1),
        new ThrottledError('throttle', 0.5),
      ];

      expect(all(...errors)).toEqual([
        'transient',
        'transient',
        'transient',
        'transient',
        'transient',
        'throttled',
        'throttled',
        'throttled',
      ]);
    });

    it('knows a wrong argument', async () => {
      const error = await rejection(retryCall(() => 'ok', -1, 100));

      expect(classify(error)).toBe('permanent');
    });
  });

  describe('given an error of gRPC', () => {
    it('reads the number beside details and metadata', () => {
      const codes = [1, 2, 3, 4, 8, 9, 10, 13, 14, 15];

      const classes = codes.map((code) => classify(failed({ code, details: '', metadata: {} })));

      expect(classes).toEqual([
        'permanent',
        'unknown',
        'permanent',
        'transient',
        'throttled',
        'permanent',
        'transient',
        'unknown',
        'transient',
        'permanent',
      ]);
    });

    it('reads no such number of others, and their status', () => {
      const both = { details: '', metadata: {} };

      expect(all(failed({ code: 14 }), failed({ code: 14, metadata: {} }), failed({ ...both, status: 503 }))).toEqual([
        'unknown',
        'unknown',
        'transient',
      ]);
    });
  });

  describe('given an error of a database', () => {
    it('knows classes of SQLSTATEs, and codes that are exceptions', () => {
      const codes = ['08006', '08P01', '23505', '42601', '40003', '0A000', 'XX000', '57014'];

      expect(codes.map((code) => classify(failed({ code })))).toEqual([
        'transient',
        'transient',
        'permanent',
        'permanent',
        'unknown',
        'unknown',
        'unknown',
        'permanent',
      ]);
    });

    it('reads the SQLSTATE of MySQL, and its own code before that', () => {
      const syntax = failed({ code: 'ER_PARSE_ERROR', errno: 1064, sqlState: '42000' });
      const users = failed({ code: 'ER_TOO_MANY_USER_CONNECTIONS', errno: 1203, sqlState: '42000' });

      expect(all(syntax, users, failed({ errno: 1213, sqlState: '40001' }), failed({ errno: -104 }))).toEqual([
        'permanent',
        'throttled',
        'transient',
        'unknown',
      ]);
    });

    it('knows PostgreSQL clients by what they say', () => {
      const messages = [
        'Connection terminated unexpectedly',
        'timeout exceeded when trying to connect',
        'Query read timeout',
      ];

      expect(messages.map((message) => classify(new Error(message)))).toEqual(['transient', 'throttled', 'permanent']);
    });
  });

  describe('given an error of postgres.js', () => {
    class PostgresError extends Error {}
    const said = (code: string): Error =>
      Object.assign(new PostgresError('x'), { name: 'PostgresError', severity: 'ERROR', code, routine: 'x' });
    const connection = (code: string): Error =>
      failed({ code, errno: code, address: '127.0.0.1', port: 5432 }, `write ${code} 127.0.0.1:5432`);

    it('knows what the server says by its SQLSTATE', () => {
      const codes = ['40001', '40P01', '57P01', '53300', '23505', '57014'];

      expect(codes.map((code) => classify(said(code)))).toEqual([
        'transient',
        'transient',
        'transient',
        'throttled',
        'permanent',
        'permanent',
      ]);
    });

    it('knows the codes of the client, but not those that mean several things', () => {
      const codes = ['CONNECTION_CLOSED', 'CONNECT_TIMEOUT', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED'];
      const unsupported = failed({ code: 'MESSAGE_NOT_SUPPORTED', name: 'NegotiateProtocolVersion' });
      const copying = failed({ code: 'COPY_IN_PROGRESS' }, 'COPY_IN_PROGRESS: You cannot execute queries during copy');

      expect(all(...codes.map(connection), unsupported, copying)).toEqual([
        'transient',
        'transient',
        'permanent',
        'unknown',
        'permanent',
        'unknown',
      ]);
    });
  });

  describe('given an error of Prisma', () => {
    const known = (code: string, meta: object = {}): Error =>
      failed({ name: 'PrismaClientKnownRequestError', code, meta, clientVersion: '7.0.0' });
    const initial = (errorCode: string | undefined): Error =>
      failed({ name: 'PrismaClientInitializationError', errorCode, clientVersion: '7.0.0' });

    it('knows it by its code, if that means one thing', () => {
      const codes = ['P1001', 'P1008', 'P1017', 'P2034', 'P2024', 'P2037', 'P1000', 'P2002', 'P2025', 'P2028', 'P2010'];

      expect(codes.map((code) => classify(known(code)))).toEqual([
        'transient',
        'transient',
        'transient',
        'transient',
        'throttled',
        'throttled',
        'permanent',
        'permanent',
        'permanent',
        'unknown',
        'unknown',
      ]);
    });

    it('reads the errorCode of a client that could not begin', () => {
      expect(all(initial('P1001'), initial('P1000'), initial('P1011'), initial(undefined))).toEqual([
        'transient',
        'permanent',
        'unknown',
        'unknown',
      ]);
    });

    it('takes a code before an errorCode, and that before a status', () => {
      const both = failed({ code: 'ECONNRESET', errorCode: 'P1000' });

      expect(all(both, failed({ errorCode: 'P1001', status: 400 }), failed({ errorCode: 'x', status: 400 }))).toEqual([
        'transient',
        'transient',
        'permanent',
      ]);
    });

    it('knows what a raw query failed of when that is handed on', () => {
      const meta = { code: '40001', message: 'could not serialize access due to concurrent update' };

      expect(all(known('P2010', meta), meta)).toEqual(['unknown', 'transient']);
    });
  });

  describe('given an error of Redis', () => {
    class SimpleError extends Error {}
    class ClientOfflineError extends Error {}
    const reply = (message: string): Error => failed({ name: 'ReplyError' }, message);

    it('reads the first word of a reply', () => {
      const words = ['LOADING Redis is loading', 'OOM command not allowed', 'WRONGTYPE Operation', 'MYSCRIPT no'];

      expect(words.map((message) => classify(reply(message)))).toEqual([
        'transient',
        'throttled',
        'permanent',
        'permanent',
      ]);
      expect(classify(reply('ERR max number of clients reached'))).toBe('throttled');
    });

    it('knows clients that give their errors no name', () => {
      expect(all(new SimpleError('BUSY running a script'), new ClientOfflineError('The client is offline'))).toEqual([
        'transient',
        'transient',
      ]);
    });

    it('takes no word of an ordinary error for a reply', () => {
      expect(classify(new Error('BUSY'))).toBe('unknown');
    });

    it('tells a connection that was closed from an abort', () => {
      const error = failed({ name: 'AbortError' }, 'Command aborted due to connection close');

      expect(classify(error)).toBe('transient');
    });
  });

  describe('given an error that says whether it may be retried', () => {
    it('believes KafkaJS', () => {
      const names = ['KafkaJSConnectionError', 'KafkaJSProtocolError'];
      const [lost, refused] = names.map((name, at) => failed({ name, retriable: !at }));
      const vain = (cause: unknown): Error =>
        failed({ name: 'KafkaJSNumberOfRetriesExceeded', retriable: false, cause });

      expect(all(lost, refused, vain(lost), vain(refused), vain(new Error('x')))).toEqual([
        'transient',
        'permanent',
        'transient',
        'permanent',
        'unknown',
      ]);
    });

    it('believes AWS', () => {
      const hints = [{}, { throttling: false }, { throttling: true }];

      expect(hints.map(($retryable) => classify(failed({ $retryable })))).toEqual([
        'transient',
        'transient',
        'throttled',
      ]);
    });

    it('believes a yes of anybody, and a no of nobody else', () => {
      expect(all(failed({ retryable: true }), failed({ retryable: false }), failed({ retriable: false }))).toEqual([
        'transient',
        'unknown',
        'unknown',
      ]);
    });
  });

  describe('given an error of a model server', () => {
    class APIConnectionError extends Error {}

    it('looks behind a wrapper before it goes by its class', () => {
      const expired = wrapped(failed({ code: 'CERT_HAS_EXPIRED' }));

      expect(all(new APIConnectionError('x'), new APIConnectionError('x', { cause: expired }))).toEqual([
        'transient',
        'permanent',
      ]);
    });

    it('goes by the class of a timeout and of an abort, whatever is behind them', () => {
      class APIConnectionTimeoutError extends Error {}
      class APIUserAbortError extends Error {}
      const aborted = new DOMException('This operation was aborted', 'AbortError');
      const late = new DOMException('The operation was aborted due to timeout', 'TimeoutError');

      expect(
        all(
          new APIConnectionTimeoutError('Request timed out.', { cause: aborted }),
          new APIUserAbortError('Request was aborted.', { cause: late }),
        ),
      ).toEqual(['transient', 'permanent']);
    });

    it('reads what stands in a stream', () => {
      const body = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };

      expect(
        all(failed({ code: 500 }), failed({ code: null, type: 'server_error' }), failed({ error: body }), body),
      ).toEqual(['transient', 'transient', 'transient', 'transient']);
    });
  });

  describe('given several errors', () => {
    it('is throttled if one is, else transient if one is', () => {
      const classes = all(
        new AggregateError([denied, reset, limited]),
        new AggregateError([denied, new Error('x'), reset]),
        new AggregateError([denied, denied]),
        new AggregateError([denied, new Error('x')]),
        new AggregateError([]),
      );

      expect(classes).toEqual(['throttled', 'transient', 'permanent', 'unknown', 'unknown']);
    });

    it('takes the last one where it is marked', () => {
      const error = failed({ errors: [new Error('x')], lastError: reset });

      expect(classify(error)).toBe('transient');
    });

    it('does not call permanent what it has not looked through', () => {
      const many = Array.from({ length: 15 }, () => denied);

      expect(all(new AggregateError(many), new AggregateError([...many, denied]))).toEqual(['permanent', 'unknown']);
    });

    it('is not taken in by a length that is none', () => {
      const lengths = [NaN, -1, Infinity, '2', 0.5];

      expect(lengths.map((length) => classify({ errors: { length, 0: reset } }))).toEqual([
        'unknown',
        'unknown',
        'transient',
        'unknown',
        'unknown',
      ]);
    });
  });

  describe('given a chain of causes', () => {
    const chain = (length: number): unknown => (length ? new Error('x', { cause: chain(length - 1) }) : reset);

    it('follows it through 16 errors', () => {
      expect(all(chain(15), chain(16))).toEqual(['transient', 'unknown']);
    });

    it('comes to an end where the chain does not', () => {
      const error = new Error('x');
      error.cause = error;

      expect(classify(error)).toBe('unknown');
    });
  });

  it('knows nothing of what does not let itself be read, and goes on', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const getter = {
      status: 503,
      get code(): never {
        throw new Error('no');
      },
    };

    expect(all(proxy, getter, new AggregateError([proxy, getter, reset]))).toEqual(['unknown', 'unknown', 'transient']);
  });

  it('knows nothing of what is no error', () => {
    expect(all(undefined, null, 0, 'ECONNRESET', Symbol('x'), () => {}, {}, [])).toEqual(
      Array.from({ length: 8 }, () => 'unknown'),
    );
  });

  it('knows nothing of codes and messages that are too long to be any', () => {
    const long = 'x'.repeat(5000);

    expect(all(failed({ code: `ECONNRESET${long}` }), new Error(`Connection reset by peer ${long}`))).toEqual([
      'unknown',
      'unknown',
    ]);
  });

  it('tells a retry which transactions are worth another attempt', async () => {
    const errors = [failed({ code: '40001' }), failed({ code: '40P01' }), failed({ code: '23505' })];
    const sleep = recordingSleeper();
    const transaction = (): Promise<never> => Promise.reject(errors.shift()!);

    const isRetryable = ({ error }: { error: unknown }): boolean => classify(error) === 'transient';
    const error = await rejection(retryCall(transaction, 5, 20, { isRetryable, sleep }));

    expect([(error as { code: string }).code, sleep.delays]).toEqual(['23505', [20, 40]]);
  });

  describe('given anything whatever', () => {
    it('names a class and does not throw, in less than 1 ms', { timeout: 300_000 }, () => {
      const law = fc.property(recipes, (recipe) => {
        // A pause of the collector is not the function's, and does not come each of twenty times.
        let best = ms(recipe);
        for (let again = 0; again < 20 && best >= 1; again++) best = Math.min(best, ms(recipe));
        return best < 1;
      });

      fc.assert(law, { numRuns: 100_000 });
    });

    it('takes less than 1 ms also for as many and as long texts as it reads', () => {
      const text = (part: string, length = 64): Recipe => ({ is: 'text', part, length });
      const worst = (depth: number): Recipe => {
        const long = { code: text('4'), errorCode: text('P'), type: text('A'), name: text('x'), sqlState: text('0') };
        const facts = { ...long, message: text('error sending request: ', 2048), errors: text('y') };
        return { is: 'error', facts: depth ? { ...facts, cause: worst(depth - 1) } : facts };
      };

      const best = Math.min(...Array.from({ length: 20 }, () => ms(worst(20))));

      expect(best).toBeLessThan(1);
    });
  });

  it('knows words, not what begins like one', () => {
    const failed = (facts: object): Error => Object.assign(new Error('x'), facts);

    expect([classify(failed({ code: '40001x' })), classify(failed({ code: '23505-7' }))]).toEqual([
      'unknown',
      'unknown',
    ]);
    expect(classify(failed({ code: 14, details: '' }))).toBe('unknown');
    expect(classify(failed({ retriable: 'no' }))).toBe('unknown');
  });

  it('takes what is true from a flag of a client before a status', () => {
    const error = Object.assign(new Error('x'), { $retryable: {}, $metadata: { httpStatusCode: 400 } });

    expect(classify(error)).toBe('transient');
  });

  it('knows nothing of seventeen errors, since it looks at sixteen', () => {
    expect(classify({ errors: Array.from({ length: 17 }, () => ({ status: 403 })) })).toBe('unknown');
  });
});

const classes: readonly string[] = ['transient', 'throttled', 'permanent', 'unknown'];

/** How long it takes to classify a failure that nobody has looked at before. */
function ms(recipe: Recipe): number {
  const failure = made(recipe);
  const begun = performance.now();
  const found = classify(failure);
  const taken = performance.now() - begun;
  if (!classes.includes(found)) throw new Error(`no class: ${found}`);
  return taken;
}

/** How a failure is made, to be shown and to be made anew: what a text is made of is put together by its first reader. */
type Recipe =
  | { readonly is: 'value'; readonly value: unknown }
  | { readonly is: 'text'; readonly part: string; readonly length: number }
  | { readonly is: 'trap' | 'revoked' | 'mirror' | 'endless' | 'deep' }
  | {
      readonly is: 'error' | 'object' | 'list' | 'cycle' | 'getters';
      readonly facts: { readonly [name: string]: Recipe };
    };

function made(recipe: Recipe): unknown {
  switch (recipe.is) {
    case 'value':
      return recipe.value;
    case 'text': {
      let text = recipe.part;
      while (2 * text.length < recipe.length) text += text;
      return text + recipe.part.repeat(Math.max(0, recipe.length - text.length) / recipe.part.length);
    }
    case 'trap':
      return new Proxy(new Error('trap'), { get: no, has: no, getPrototypeOf: no, ownKeys: no });
    case 'revoked': {
      const { proxy, revoke } = Proxy.revocable([], {});
      revoke();
      return proxy;
    }
    case 'mirror': {
      const proxy: object = new Proxy({}, { get: () => proxy });
      return proxy;
    }
    case 'endless':
      return { length: Infinity };
    case 'deep':
      return Array.from({ length: 1000 }).reduce((cause) => ({ cause, errors: [cause, cause] }), reset);
    case 'list':
      return Object.values(recipe.facts).map(made);
    default: {
      const target: object = recipe.is === 'error' ? new Error('x') : {};
      for (const [name, each] of Object.entries(recipe.facts)) {
        const value = made(each);
        const facts: PropertyDescriptor = recipe.is === 'getters' ? { get: () => value } : { value };
        Object.defineProperty(target, name, { ...facts, configurable: true });
      }
      if (recipe.is === 'cycle')
        Object.defineProperty(target, 'cause', { value: { errors: [target, { error: target }] } });
      return target;
    }
  }
}

function no(): never {
  throw new Error('no');
}

const words = Object.values(failureCodes).flatMap((row) => row.split('|'));
const names =
  'code|errorCode|errno|sqlState|type|name|message|status|statusCode|response|$metadata|cause|errors|error|lastError|' +
  'originalError|metadata|details|$retryable|retriable|length|constructor|httpStatusCode|throttling|0|1';
const parts = ['x', '\u{e9}\u{20ac}', ': ', ' (', '4', 'a.', '\ud800', 'error sending request: '];

const { recipe: recipes } = fc.letrec<{ recipe: Recipe }>((tie) => ({
  recipe: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: fc.record({ is: fc.constant('value'), value: fc.constantFrom<unknown>(...words) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        is: fc.constant('value'),
        value: fc.oneof(
          fc.nat({ max: 5000 }),
          fc.double(),
          fc.string(),
          fc.constantFrom(null, undefined, true, false, 5n),
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        is: fc.constant('text'),
        part: fc.constantFrom(...parts),
        length: fc.oneof(fc.nat({ max: 5000 }), fc.nat({ max: 1 << 20 })),
      }),
    },
    { weight: 1, arbitrary: fc.record({ is: fc.constantFrom('trap', 'revoked', 'mirror', 'endless', 'deep') }) },
    {
      weight: 8,
      arbitrary: fc.record({
        is: fc.constantFrom('error', 'object', 'list', 'cycle', 'getters'),
        facts: fc.dictionary(fc.constantFrom(...names.split('|')), tie('recipe'), { maxKeys: 6 }),
      }),
    },
  ) as fc.Arbitrary<Recipe>,
}));
